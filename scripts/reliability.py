"""Runs the fault matrix, and writes what came of it into docs/reliability.md."""

from pathlib import Path
import sys

import pytest

from tests.elks.reliability.result import Group, Result, duration

_DOCUMENT = Path("docs/reliability.md")
_MATRIX = "tests/elks/reliability"
_ABOUT = """\
# What fails, and what comes of it

<!-- Written by scripts/reliability: do not edit -->

An alarm call is placed when things go wrong: power blips, the line is down, Home Assistant restarts. Whatever fails
between Home Assistant and 46elks:

- **One action places at most one call.** A request is sent again only when it certainly had no effect: no connection,
  429, 503. Otherwise the call is looked for in the account's history, or the action fails and says that it is
  unknown whether the phone rings.
- **Every call reaches its true end.** 46elks calls back when a call has ended. When that does not come, Home
  Assistant asks; when nobody answers for a day, the end is shown as unknown.
- **Nobody but 46elks can move a call**, and no log line or error tells a number, a password or a secret.

Each row below is a test. It stages the fault with the simulated 46elks of this repository, over real sockets, in a Home
Assistant whose clock jumps to whatever is due next. It counts the calls that 46elks has placed, compares what the
sensor shows with the true end of the call, and measures how long that took. Then it waits for another half hour, and
checks that nothing has changed, nothing is asked any more, no error was logged, and no secret was told.

46elks' documentation and public code differ from each other in places, and are silent in others: how precise times are, which fields are there, what
they are called, how refusals read. The simulator speaks as most examples show, or in any of these dialects (`simulator/wire/dialect.py`). Each row is played in
one chosen by chance, always the same for the same row; those under *Dialects* play every other choice, one after the other.

`scripts/reliability` runs all rows and writes this page. A single one: `scripts/test tests/elks -k request-reset-after`.

## How to read it

- *Calls*: how many 46elks has placed, of how many that were asked for.
- *Action*: what came of it. `ongoing`, `success`, `busy` and `failed` are states of the call. `unreachable`, `refused`,
  `no_credit` and `invalid_auth` say that no phone rings, `outcome_unknown` that one may, and `stopped_waiting` that nobody waits
  for the end any more.
- *Sensor*: what the last call's sensor shows in the end; without any call, `unknown`.
- *Time*: from the end of the call at 46elks until the sensor shows it. Phones ring for up to 60 s here, so a call that
  46elks does not report is asked for after 75 s, then every 30 s, and after 5 min every 2 min. A home without an
  address asks every 3 s in the first minute, and then every 10 s.

## What stays uncertain

46elks gives a request no name, and the history does not tell which request placed a call. So when two requests to one
number are unanswered, or another program phones that number from the same number in the same minutes, no call is
adopted, and only a callback tells how it ended (`two-unanswered`, `one-of-two-lost`, `foreign-call`). When the request
is lost and the other program's call is the only one there is, it is taken for ours (`foreign-call-only`). And a 503 is
believed: a proxy that answers so after it has passed the request on makes a second call.

Home Assistant writes a call down when it is asked for, but what 46elks then tells of it only within a minute, as the history tells it
again. Should the power fail in that minute, the same holds for this call; two calls from one number to another do not wait to be written.
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
        parts.append(
            f"\n## {group}: {len(rows)} rows\n\n"
            "| Row | What goes wrong | Calls | Action | Sensor | Time |\n"
            "|---|---|---|---|---|---|\n" + "".join(rows)
        )
    return "".join(parts)


def _row(result: Result) -> str:
    cells = (
        f"`{result.name}`",
        result.goes_wrong,
        f"{result.calls} of {result.actions}",
        _counted(result.outcome),
        f"`{result.state}`",
        duration(result.seconds),
    )
    return f"| {' | '.join(cells)} |\n"


def _counted(outcome: str) -> str:
    """Return what came of all actions, equal outcomes once."""
    outcomes = outcome.split(", ") if outcome else []
    return ", ".join(f"`{one}`" for one in dict.fromkeys(outcomes)) or "–"


def main() -> int:
    """Run the matrix; write the page only if all is well."""
    collector = _Collector()
    status = pytest.main([_MATRIX, "-q"], plugins=[collector])
    if status == pytest.ExitCode.OK:
        _DOCUMENT.parent.mkdir(exist_ok=True)
        _DOCUMENT.write_text(document(collector.results))
        print(f"Wrote {_DOCUMENT}: {len(collector.results)} rows")
    return status


if __name__ == "__main__":
    sys.exit(main())
