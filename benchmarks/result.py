"""The results of the measurements, and whether they are good enough."""

from dataclasses import dataclass, field

from .figures import Durations, ratio


@dataclass(frozen=True)
class Goal:
    """A figure with a limit that it must not exceed."""

    what: str
    measured: float
    limit: float
    unit: str
    """Written after the figures."""
    note: str = ""
    """How certain the figure is, or anything else to know about it."""
    decimals: int = 2
    why: str = ""
    """Why it is hard to reach; shown when it is missed."""

    @property
    def holds(self) -> bool:
        """Whether the goal is reached."""
        return self.measured <= self.limit


@dataclass(frozen=True)
class Side:
    """One of the things that are compared."""

    what: str
    durations: Durations


@dataclass(frozen=True)
class Comparison:
    """Things timed in turns, each compared with the first."""

    title: str
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class Growth:
    """What a call costs when a number of calls are in progress at once."""

    calls: int
    wall: float
    """Seconds elapsed."""
    work: float
    """Seconds of processor time."""
    memory: float | None
    """Bytes; None where too little to measure."""


@dataclass
class Findings:
    """All results."""

    goals: list[Goal] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)


def at_most(
    what: str,
    ours: Side,
    beside: Side,
    limit: float,
    why: str = "",
    *,
    bare: Side | None = None,
) -> Goal:
    """Return the goal that the ratio of one side to another does not exceed a limit.

    With `bare`, which is a part of both, what each of them takes on top of it is compared.
    """
    found = ratio(ours.durations, beside.durations, bare.durations if bare else None)
    note = f"{found.low:.2f} to {found.high:.2f}"
    return Goal(what, found.value, limit, "times", note, why=why)
