"""Figures out of times."""

import pytest

from benchmarks.figures import Durations, ratio


def test_durations() -> None:
    """The median and the 99th percentile are those of all times, in whatever order."""
    durations = Durations([float(number) for number in range(100, -1, -1)])

    assert durations.median == 50
    assert durations.p99 == 99


def test_ratio() -> None:
    """A ratio is that of the medians, and lies in its range; an outlier does not move it."""
    beside = Durations([1.0, 1.1, 0.9] * 20)
    ours = Durations([2.0, 2.2, 1.8] * 20 + [100.0])

    found = ratio(ours, beside)

    assert found.value == pytest.approx(2)
    assert 1.8 <= found.low <= found.value <= found.high <= 2.3


def test_ratio_of_own_costs() -> None:
    """What both of them hold is taken off."""
    bare, beside, ours = (Durations([seconds] * 10) for seconds in (1.0, 1.5, 2.5))

    found = ratio(ours, beside, bare)

    assert (found.low, found.value, found.high) == (3, 3, 3)


def test_ratio_of_equals() -> None:
    """What is always the same leaves no range."""
    found = ratio(Durations([3.0] * 10), Durations([2.0] * 10))

    assert (found.low, found.value, found.high) == (1.5, 1.5, 1.5)
