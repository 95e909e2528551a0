"""The findings as tables, and docs/performance.md made from them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
import os
from pathlib import Path
import platform

from . import plot
from .figures import ratio
from .result import Comparison, Findings, Goal, Growth

_DOCUMENT = Path("docs/performance.md")
_PLOT = Path("docs/images/performance.svg")
_ABOUT = """\
# How fast it is, and what it costs

<!-- Written by scripts/bench: do not edit -->

`scripts/bench` measures everything on this page in less than five minutes, and fails when a goal is missed. All figures come from one run on one
machine; on another machine only the ratios are comparable.

## How it is measured

- One process runs Home Assistant with its own web server, Elks and `rest_command`. The simulated 46elks runs in another, as the real one runs on another
  machine: in the same process, its work would add to every time on both sides, and make the ratios look better than they are.
- A third process sends the callbacks. What Elks does after its answer delays nobody and does not count; the next callback comes later.
- After a warm-up, the sides of a comparison are timed in turns, in random order, so that whatever disturbs the machine affects them alike. Times are
  medians. Each ratio comes with its 95% confidence interval, from resampling the rounds (bootstrap).
- Calls are placed one right after another and stored in the background, as in normal use: the first at once, those that follow within a tenth of a
  second together. *The first call after a pause* starts a new write each time, on an idle machine.
- The *own cost* of a call over the WebSocket API is how much longer it takes than a bare request, which Home Assistant's session sends with nothing
  around it.
- Speech comes from a voice that takes 1.5 s for each text. The request is timed from the action to its arrival at the provider, after a pause, and
  before anything is spoken. A phone is answered when its message is ready.
- The number called is always the same, so it is parsed only once. *Many calls at once* go to numbers never called before.
- The end of a call is timed from the callback to the sensor's new state, by a clock that both processes share. The answer comes later, after the
  event; its time is in the table below. The call has been answered before. After both processes were idle, both take longer, and Elks more so.
- Calls to the home come from a contact, one after the other to 20 lines, each with a menu that is ready. The time ends with the answer, which says
  what the caller hears. An empty automation has the webhook trigger of Home Assistant, and no actions.
- Many calls at once are compared by processor time, which other programs disturb less; the elapsed time is in their table. They are compared
  within each of three rounds, because a machine's speed varies; the median of the three ratios counts.
- The event loop counts as blocked only while it works, not while it waits for a busy processor. What Home Assistant already holds is frozen
  (`gc.freeze`): otherwise, Python's garbage collector went through all of it and blocked the loop for more than 100 ms here.
- Set-up ends when the account is loaded. The library for phone numbers takes nearly as long again, but is imported afterwards, in the background, and
  does not count. This goal is a time rather than a ratio, so a slow or busy machine misses it.
- A call that lasts longer than a minute is written three times: when it is requested, within a minute with 46elks' answer, and at its end.
"""


def tables(findings: Findings) -> str:
    """Return the findings as Markdown tables, readable on a terminal too."""
    parts = ["## Goals\n\n" + _goals(findings.goals)]
    parts += [_comparison(one) for one in findings.comparisons]
    parts.append("## Many calls at once\n\n" + _growth(findings.growth))
    return "\n".join(parts)


def write(findings: Findings) -> None:
    """Write the page and its chart."""
    _PLOT.write_text(plot.goals(findings.goals))
    parts = (_ABOUT, _machine(), _verdict(findings.goals), tables(findings))
    _DOCUMENT.write_text("\n".join(parts))


def _verdict(goals: list[Goal]) -> str:
    missed = [goal for goal in goals if not goal.holds]
    lines = [
        f"- **{goal.what}**: {_figure(goal, goal.measured)}; the goal is "
        f"{_figure(goal, goal.limit)}. {goal.why}".rstrip()
        for goal in missed
    ]
    if not missed:
        lines = ["All goals are reached."]
    picture = f"![How much of each goal is used]({_PLOT.relative_to(_DOCUMENT.parent)})"
    heading = "Goals missed:\n\n" if missed else ""
    return heading + "\n".join(lines) + f"\n\n{picture}\n"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rows = {
        "Measured": datetime.now(UTC).date().isoformat(),
        "Processor": f"{os.cpu_count()} × {_processor()}",
        "Memory": f"{memory:.0f} GiB",
        "Python": platform.python_version(),
        "Home Assistant": version("homeassistant"),
        "aiohttp": version("aiohttp"),
    }
    return _table(("", ""), rows.items())


def _processor() -> str:
    names = Path("/proc/cpuinfo").read_text().partition("model name")[2]
    return names.partition("\n")[0].strip("\t :") or platform.machine()


def _goals(goals: Iterable[Goal]) -> str:
    rows = (
        (
            goal.what,
            _figure(goal, goal.measured) + (f" ({goal.note})" if goal.note else ""),
            _figure(goal, goal.limit),
            "yes" if goal.holds else "**no**",
        )
        for goal in goals
    )
    return _table(("Goal", "Measured", "At most", "Reached"), rows)


def _figure(goal: Goal, value: float) -> str:
    return f"{value:.{goal.decimals}f} {goal.unit}".strip()


def _comparison(comparison: Comparison) -> str:
    first = comparison.sides[0].durations
    rows = []
    for side in comparison.sides:
        found = ratio(side.durations, first)
        rows.append(
            (
                side.what,
                f"{side.durations.median * 1000:.2f} ms",
                f"{side.durations.p99 * 1000:.2f} ms",
                f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
                if side.durations is not first
                else "1",
            )
        )
    heading = f"### {comparison.title}\n\n"
    return heading + _table(("", "Median", "99th percentile", "Ratio"), rows)


def _growth(growth: Iterable[Growth]) -> str:
    rows = (
        (
            f"{row.calls:,}",
            f"{row.wall * 1000:.2f} ms",
            f"{row.work * 1000:.2f} ms",
            "–" if row.memory is None else f"{row.memory / 1000:.1f} KB",
        )
        for row in growth
    )
    heads = (
        "Calls in progress",
        "Time per call",
        "Processor time per call",
        "Memory per call",
    )
    return _table(heads, rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
