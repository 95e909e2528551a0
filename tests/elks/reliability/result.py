"""What came of the rows, and how it is shown."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
import json
from typing import Self

PROPERTY = "reliability"
"""Under which name a test reports its result to pytest."""


class Group(StrEnum):
    """Where something goes wrong."""

    REQUEST = "Request side"
    ANSWER = "Answer side"
    CALLBACK = "Callback side"
    RESTART = "Restart side"
    SPEECH = "Speech"
    DIALECT = "Dialects"
    LINE = "Lines"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a row."""

    group: str
    name: str
    goes_wrong: str
    actions: int
    """How many calls were wanted; at a line, how many times its gate was to open."""
    calls: int
    """How many there were."""
    outcome: str
    """What came of each action; at a line, what the last caller heard."""
    state: str
    spoken: str
    """What was heard of the messages, each once; empty for nothing."""
    seconds: float | None
    """From the end of the call until the sensor was right; None without such an end."""

    @classmethod
    def of(cls, report: object) -> Self | None:
        """Read the result from pytest's report of a test, if it holds one."""
        found = dict(getattr(report, "user_properties", ())).get(PROPERTY)
        return cls(**json.loads(found)) if found else None

    def as_property(self) -> str:
        """Return the result as it goes into pytest's report, and on to another process."""
        return json.dumps(asdict(self))


def summary(results: Sequence[Result]) -> list[str]:
    """Return one line for each group, and one for all."""
    lines = [f"{'':14}rows  calls per action  slowest to the right state"]
    for group in (*Group, "All"):
        rows = [row for row in results if group in (row.group, "All")]
        if rows:
            slowest = max((row.seconds or 0, row.name) for row in rows)
            most = max(row.calls / max(row.actions, 1) for row in rows)
            lines.append(
                f"{group:14}{len(rows):4}  {'at most ' + format(most, '.0f'):>16}"
                f"  {duration(slowest[0])} ({slowest[1]})"
            )
    return lines


def duration(seconds: float | None) -> str:
    """Return a duration as people read it."""
    if seconds is None:
        return "–"
    return f"{seconds / 3600:.1f} h" if seconds >= 7200 else f"{round(seconds)} s"
