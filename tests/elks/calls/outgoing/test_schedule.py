"""When to ask how calls stand."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from custom_components.elks.calls.outgoing.schedule import (
    Schedule,
    first_look,
    next_look,
)
from homeassistant.core import HomeAssistant

from ..conftest import Clock, make_record


@pytest.fixture
def due() -> list[list[str]]:
    """Return the list of what was due, together."""
    return []


@pytest.fixture
def schedule(hass: HomeAssistant, clock: Clock, due: list[list[str]]) -> Schedule:
    """Return an empty schedule."""
    return Schedule(hass, due.append)


@pytest.mark.parametrize(
    ("minutes", "reported", "unreported"),
    [
        (0, 30, 3),
        (0.9, 30, 3),
        (1, 30, 10),
        (4.9, 30, 10),
        (5, 120, 10),
        (999, 120, 10),
    ],
)
def test_intervals(minutes: float, reported: float, unreported: float) -> None:
    """A home that is told asks seldom, and ever more so; another one asks often."""
    age = timedelta(minutes=minutes)

    assert next_look(make_record(reported=True), age) == reported
    assert next_look(make_record(reported=False), age) == unreported


def test_first_look() -> None:
    """A home that is told waits until the ringing is over, and a little longer."""
    assert first_look(make_record(timeout=20)) == 35
    assert first_look(make_record(timeout=20, reported=False)) == 3


async def test_each_at_its_time(
    schedule: Schedule, clock: Clock, due: list[list[str]], timers: Callable[[], int]
) -> None:
    """Calls become due in their order, with one timer for all of them."""
    for token, delay in (("b", 20), ("a", 10), ("c", 30)):
        schedule.async_set(token, delay)
        assert timers() == 1

    await clock.passes(9)
    assert due == []
    await clock.passes(2)
    assert due == [["a"]]
    assert "a" not in schedule
    assert timers() == 1
    await clock.passes(21)
    assert due == [["a"], ["b"], ["c"]]
    assert timers() == 0


async def test_together(schedule: Schedule, clock: Clock, due: list[list[str]]) -> None:
    """Calls that are due at the same time are asked for together."""
    for token in ("a", "b", "c"):
        schedule.async_set(token, 10)

    await clock.passes(11)

    assert due == [["a", "b", "c"]]


@pytest.mark.parametrize("delay", [1, 5, 20])
async def test_set_again(
    schedule: Schedule, clock: Clock, due: list[list[str]], delay: float
) -> None:
    """What is set last counts, sooner or later."""
    schedule.async_set("a", 10)
    schedule.async_set("a", delay)
    assert "a" in schedule

    await clock.passes(delay - 1)
    assert due == []
    await clock.passes(30)
    assert due == [["a"]]


async def test_drop(
    schedule: Schedule,
    clock: Clock,
    due: list[list[str]],
    timers: Callable[[], int],
) -> None:
    """A call that has ended is not asked for; without calls there is no timer."""
    schedule.async_set("a", 10)
    schedule.async_set("b", 20)

    schedule.async_drop("a")
    schedule.async_drop("a")
    assert timers() == 1
    schedule.async_drop("b")
    assert timers() == 0

    await clock.passes(30)
    assert due == []


async def test_stop(
    schedule: Schedule,
    clock: Clock,
    due: list[list[str]],
    timers: Callable[[], int],
) -> None:
    """After the end nothing is due any more, whatever is still set."""
    schedule.async_set("a", 10)

    schedule.async_stop()
    schedule.async_set("b", 10)

    assert timers() == 0
    await clock.passes(30)
    assert due == []
