"""The findings as tables, and docs/performance.md made of them."""

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

`scripts/bench` measures what is on this page, in less than four minutes, and fails when a goal is missed. All times are from one run on one
machine, and only ratios mean something on another.

## How it is measured

- One process holds a Home Assistant with its own web server, Elks and `rest_command`. The simulated 46elks is a process of its own, as 46elks is a
  machine of its own: in the same process its work would be part of every time on both sides, and make the ratios look better than they are.
- So is whoever makes callbacks. What Elks still does after its answer delays nobody then, and does not count; the next callback comes later.
- What is compared is timed in turns, in an order that chance decides, after a warm-up: what disturbs the machine disturbs both. Times are
  medians. Behind each ratio is the range in which it lies 19 times out of 20, by drawing anew from the rounds (bootstrap).
- Calls are placed one right after the other, and written in the background as they are in use: the first at once, those that follow within a
  tenth of a second together. *The first call after a rest* begins a write of its own each time, on a machine that has slept.
- It is the same number each time, so that it is read only once. *Many calls at once* are to numbers that were never called.
- An end counts from the callback until the sensor's new state, by a clock that both processes share, and not until its answer, which comes after
  the event and is in its table below. The call was picked up before. With a home and a caller that have slept, both take longer, and Elks by more.
- Many calls at once are compared by the processor's time, which others on the machine disturb less; the time by the clock is in their table.
  They are compared within each of three rounds, as a machine is faster now and slower then; the median of these ratios counts.
- The event loop counts as held only as long as it works: waiting for a processor that others have is not counted. What the home held before is frozen
  (`gc.freeze`). Unfrozen, a full run of Python's garbage collector through all of Home Assistant held the loop for more than 100 ms here.
- Set-up ends when the account is loaded. The library for phone numbers, nearly as much again, is imported in the background after that, and not counted.
  Its goal is a time and no ratio, so a slow or busy machine misses it.
- A call that lasts for more than a minute is written three times: when it is asked for, within a minute what 46elks told of it, and its end.
"""


def tables(findings: Findings) -> str:
    """Return what was found, as Markdown that can also be read on a terminal."""
    parts = ["## Goals\n\n" + _goals(findings.goals)]
    parts += [_comparison(one) for one in findings.comparisons]
    parts.append("## Many calls at once\n\n" + _growth(findings.growth))
    return "\n".join(parts)


def write(findings: Findings) -> None:
    """Write the page and its picture."""
    _PLOT.write_text(plot.goals(findings.goals))
    parts = (_ABOUT, _machine(), _verdict(findings.goals), tables(findings))
    _DOCUMENT.write_text("\n".join(parts))


def _verdict(goals: list[Goal]) -> str:
    missed = [goal for goal in goals if not goal.holds]
    lines = [
        f"- **{goal.what}**: {_figure(goal, goal.measured)}, where the goal is "
        f"{_figure(goal, goal.limit)}. {goal.why}".rstrip()
        for goal in missed
    ]
    if not missed:
        lines = ["All of them are reached."]
    picture = f"![How much of each goal is used]({_PLOT.relative_to(_DOCUMENT.parent)})"
    heading = "Not reached:\n\n" if missed else ""
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
    return _table(("What", "Measured", "At most", "Holds"), rows)


def _figure(goal: Goal, value: float) -> str:
    return f"{value:.{goal.decimals}f} {goal.unit}".strip()


def _comparison(comparison: Comparison) -> str:
    first = comparison.sides[0].times
    rows = []
    for side in comparison.sides:
        found = ratio(side.times, first)
        rows.append(
            (
                side.what,
                f"{side.times.median * 1000:.2f} ms",
                f"{side.times.p99 * 1000:.2f} ms",
                f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
                if side.times is not first
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
