"""What a measurement has found, and whether that is good enough."""

from dataclasses import dataclass, field

from .figures import Times, ratio


@dataclass(frozen=True)
class Goal:
    """A figure that shall not be exceeded."""

    what: str
    measured: float
    limit: float
    unit: str
    """Written behind the figures."""
    note: str = ""
    """How sure the figure is, or what else is to be known of it."""
    decimals: int = 2
    why: str = ""
    """What makes it hard to reach, told when it is missed."""

    @property
    def holds(self) -> bool:
        """Whether the goal is reached."""
        return self.measured <= self.limit


@dataclass(frozen=True)
class Side:
    """One of the things that were timed side by side."""

    what: str
    times: Times


@dataclass(frozen=True)
class Comparison:
    """Things timed in turns, all beside the first of them."""

    title: str
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class Growth:
    """What a call costs when so many are in progress at once."""

    calls: int
    wall: float
    """Seconds."""
    work: float
    """Seconds of a processor."""
    memory: float | None
    """Bytes; None where it is too little to be told."""


@dataclass
class Findings:
    """All that was found."""

    goals: list[Goal] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)


def at_most(what: str, ours: Side, beside: Side, limit: float, why: str = "") -> Goal:
    """Return the goal that one side takes at most so many times as long as another."""
    found = ratio(ours.times, beside.times)
    note = f"{found.low:.2f} to {found.high:.2f}"
    return Goal(what, found.value, limit, "times", note, why=why)
