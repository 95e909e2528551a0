"""Statistics of durations that were measured on a busy machine."""

from collections.abc import Sequence
from dataclasses import dataclass
import random
from statistics import median, quantiles

_RESAMPLES = 1000


@dataclass(frozen=True)
class Durations:
    """How long one thing took, each time it was measured."""

    seconds: Sequence[float]

    @property
    def median(self) -> float:
        """The duration that half of them do not exceed, in seconds."""
        return median(self.seconds)

    @property
    def p99(self) -> float:
        """The duration that 99 of 100 do not exceed, in seconds."""
        return quantiles(self.seconds, n=100, method="inclusive")[-1]


@dataclass(frozen=True)
class Ratio:
    """How many times longer one thing takes than another."""

    value: float
    low: float
    """The lower end of the 95% confidence interval."""
    high: float
    """The upper end of the 95% confidence interval."""


def ratio(ours: Durations, beside: Durations, bare: Durations | None = None) -> Ratio:
    """Return the ratio of two medians, with its confidence interval (bootstrap).

    With `bare`, which is a part of both, the ratio of what each of them takes on top of it.
    """
    chance = random.Random(0)

    def resample(durations: Durations) -> float:
        return median(chance.choices(durations.seconds, k=len(durations.seconds)))

    def drawn() -> float:
        part = resample(bare) if bare else 0
        return (resample(ours) - part) / (resample(beside) - part)

    part = bare.median if bare else 0
    cuts = quantiles([drawn() for _ in range(_RESAMPLES)], n=40)
    value = (ours.median - part) / (beside.median - part)
    return Ratio(value, cuts[0], cuts[-1])
