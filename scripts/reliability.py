"""Runs the fault matrix and writes the results to docs/reliability.md."""

from pathlib import Path
import sys

import pytest

from tests.elks.reliability.result import Group, Result, duration

_DOCUMENT = Path("docs/reliability.md")
_MATRIX = "tests/elks/reliability"
_ABOUT = """\
# What can fail, and what happens then

<!-- Written by scripts/reliability: do not edit -->

Alarm calls are placed when things go wrong: the power flickers, the internet is down, Home Assistant restarts. Whatever fails
between Home Assistant and 46elks:

- **One action places at most one call.** A request is sent again only when it certainly had no effect: no connection,
  429, 503. Otherwise Home Assistant looks for the call in the account's history, or the action fails and says that it is
  unknown whether the phone is ringing.
- **Whoever answers hears something.** A call that is to speak waits for no speech. Who answers too early hears "One moment, please"; what
  cannot be spoken in any way is replaced by a built-in sentence.
- **Whoever calls opens the gate once or not at all.** However often, late or falsely a call to the home is reported, what it does is
  done once; a call that is over, or of which 46elks cannot say that it still rings, opens nothing. Its caller hears busy, the line or a
  goodbye.
- **You learn how every call really ended.** 46elks calls back when a call has ended. If it does not, Home Assistant looks
  the call up; if that fails for a day, the sensor shows unknown.
- **Only 46elks can change a call**, and no log line or error contains a phone number, a password or a secret.

Each row below is a test. It stages the fault with this repository's simulated 46elks, over real sockets, in a Home
Assistant whose clock jumps to whatever is due next. It counts the calls that 46elks placed, compares what the sensor shows
with how the call really ended, and measures how long that took. Then it waits another half hour and checks that nothing
changes, no more requests are made, no error is logged, and no secret is revealed.

In places, 46elks' documentation and public code contradict each other or say nothing: how precise times are, which fields exist, what they
are called, how refusals are worded. The simulator does as most examples do, or uses another of these dialects (`simulator/wire/dialect.py`). Each row
uses a random dialect, but always the same one; the rows under *Dialects* try every other choice in turn.

`scripts/reliability` runs all rows and writes this page. To run a single row: `scripts/test tests/elks -k request-reset-after`.

## How to read it

- *Calls*: how many calls 46elks placed, out of how many were wanted.
- *Action*: its result. `ongoing`, `success`, `busy` and `failed` are states of the call; `acknowledged` and `not_reachable` are
  why a chain ended. With `unreachable`, `refused`,
  `no_credit` and `invalid_auth` no phone rings, with `outcome_unknown` one may ring, and with `stopped_waiting` the action
  no longer waits for the end.
- *Sensor*: what the last call's sensor shows in the end; `unknown` if there was no call.
- *Spoken*: what is heard of the message, under *Speech*: `message`, or `substitute` for the built-in sentence.
- *Gate*, under *Lines*: how many times it opened, out of how many times it was to; an action of the line stands for it.
- *Heard*: what the last caller heard, in order: ringing, the signal of a call that was not picked up, what the line said, by name, and
  built-in sounds, by language and name.
- *Time*: from the end of the call at 46elks until the sensor shows it. Phones ring for up to 60 s here, so a call that
  46elks does not report is looked up after 75 s, then every 30 s, and after 5 min every 2 min. A home without an
  address looks it up every 3 s in the first minute, and then every 10 s.

## What stays uncertain

46elks has no names for requests, and its history does not show which request placed a call. So when two requests for one
number get no answer, or another program calls that number from the same number in the same minutes, no call is
adopted, and only a callback reports how it ended (`two-unanswered`, `one-of-two-lost`, `foreign-call`). When the request
is lost and the other program's call is the only one, Elks takes it for its own (`foreign-call-only`). And Elks believes a
503: if a proxy answers 503 after passing the request on, a second call is placed.

Home Assistant stores a call when requesting it, but may take a minute to store 46elks' answer, which the history repeats.
If the power fails in that minute, the above applies to this call too; for two calls between the same numbers, it stores the answers at once.

A call to the home that began less than 10 s ago is believed to ring, so that a gate opens at once: whoever hangs up in these seconds has
opened it all the same (`caller-gives-up`). A key that 46elks does not report does nothing, and the call ends there (`key-dropped`); nor does
one of a call that was not on disk when the power failed (`kill-unrecorded`).
"""


class _Collector:
    """Collects the results of the rows while pytest runs them."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a row that passed."""
        if report.when == "call" and report.passed and (result := Result.of(report)):
            self.results.append(result)


def document(results: list[Result]) -> str:
    """Return the page."""
    parts = [_ABOUT]
    for group in Group:
        rows = [_row(result) for result in results if result.group == group]
        columns = _columns(group)
        parts.append(
            f"\n## {group}: {len(rows)} rows\n\n"
            f"| {' | '.join(columns)} |\n"
            f"|{len(columns) * '---|'}\n" + "".join(rows)
        )
    return "".join(parts)


def _columns(group: Group) -> tuple[str, ...]:
    if group is Group.LINE:
        return ("Row", "What goes wrong", "Gate", "Heard", "Sensor", "Time")
    spoken = ("Spoken",) if group is Group.SPEECH else ()
    return ("Row", "What goes wrong", "Calls", "Action", "Sensor", *spoken, "Time")


def _row(result: Result) -> str:
    spoken = (_each(result.spoken),) if result.group == Group.SPEECH else ()
    outcome = (
        result.outcome or "–" if result.group == Group.LINE else _each(result.outcome)
    )
    cells = (
        f"`{result.name}`",
        result.goes_wrong,
        f"{result.calls} of {result.actions}",
        outcome,
        f"`{result.state}`",
        *spoken,
        duration(result.seconds),
    )
    return f"| {' | '.join(cells)} |\n"


def _each(values: str) -> str:
    """Return all values, each once."""
    named = values.split(", ") if values else []
    return ", ".join(f"`{one}`" for one in dict.fromkeys(named)) or "–"


def main() -> int:
    """Run the matrix; write the page only if every row passes."""
    collector = _Collector()
    status = pytest.main([_MATRIX, "-q"], plugins=[collector])
    if status == pytest.ExitCode.OK:
        _DOCUMENT.parent.mkdir(exist_ok=True)
        _DOCUMENT.write_text(document(collector.results))
        print(f"Wrote {_DOCUMENT}: {len(collector.results)} rows")
    return status


if __name__ == "__main__":
    sys.exit(main())
