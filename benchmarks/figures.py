"""Figures out of times that a busy machine disturbs."""

from collections.abc import Sequence
from dataclasses import dataclass
import random
from statistics import median, quantiles

_RESAMPLES = 1000


@dataclass(frozen=True)
class Times:
    """How long one thing took, time after time."""

    seconds: Sequence[float]

    @property
    def median(self) -> float:
        """The time that half of them took at most, in seconds."""
        return median(self.seconds)

    @property
    def p99(self) -> float:
        """The time that 99 of 100 took at most, in seconds."""
        return quantiles(self.seconds, n=100, method="inclusive")[-1]


@dataclass(frozen=True)
class Ratio:
    """How many times as long one thing takes as another."""

    value: float
    low: float
    """It is likely (19 of 20) not to be less."""
    high: float
    """It is likely not to be more."""


def ratio(ours: Times, beside: Times) -> Ratio:
    """Return the ratio of two medians, and between what it lies, by drawing anew (bootstrap)."""
    chance = random.Random(0)

    def drawn(times: Times) -> float:
        return median(chance.choices(times.seconds, k=len(times.seconds)))

    ratios = [drawn(ours) / drawn(beside) for _ in range(_RESAMPLES)]
    cuts = quantiles(ratios, n=40)
    return Ratio(ours.median / beside.median, cuts[0], cuts[-1])
