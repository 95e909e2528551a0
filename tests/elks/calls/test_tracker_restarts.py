"""An account's calls over a restart, a power cut and a reload."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from custom_components.elks.api import CallState, OutcomeUnknownError
from custom_components.elks.calls import new_token

from .conftest import (
    KEY,
    OTHER_PHONE,
    OUR_NUMBER,
    PHONE,
    CallsHome,
    Clock,
    Disk,
    begin,
    make_plan,
    place,
    turns,
)

UNKNOWN = OutcomeUnknownError("the connection broke")


async def test_restart_during_a_call(home: CallsHome, clock: Clock) -> None:
    """A call in progress is asked for at once after a restart."""
    call = await place(home, make_plan())
    await home.stop()
    home.carrier.ends(call)
    await clock.passes(300, step=60)
    assert home.carrier.asked == []

    await home.start()
    assert [record.state for record in home.tracker.book.open()] == ["ongoing"]
    await clock.passes(1)

    assert [record.state for record in home.tracker.book.ended()] == ["success"]
    assert home.carrier.asked == ["c1"]


async def test_restart_without_calls(
    home: CallsHome, clock: Clock, timers: Callable[[], int]
) -> None:
    """Without calls in progress a restart asks nothing."""
    plan = make_plan()
    home.tracker.reports.async_end(
        plan.token, home.carrier.ends(await place(home, plan))
    )
    ended = home.tracker.book.last

    await home.stop()
    await home.start()

    assert home.tracker.book.last == ended
    assert timers() == 0
    await clock.passes(100, step=10)
    assert home.carrier.asked == home.carrier.searches == []


async def test_killed_before_the_answer(home: CallsHome, clock: Clock) -> None:
    """A call that was written down, but not answered, is found in the history."""
    home.carrier.holds()
    plan = make_plan()
    task = await begin(home, plan)
    call = home.carrier.takes()
    await home.kill()
    await turns()
    assert task.exception()

    await home.start()
    await clock.passes(1)

    assert [record.call for record in home.tracker.book.open()] == [call]
    assert len(home.carrier.requests) == 1


async def test_ended_calls_are_known_after_a_restart(
    home: CallsHome, clock: Clock
) -> None:
    """A call that ended before a restart is not taken for the one looked for."""
    plans = [make_plan(), make_plan(OTHER_PHONE)]
    for plan in plans:
        call = await place(home, plan)
        home.tracker.reports.async_end(plan.token, home.carrier.ends(call))
    await home.stop()
    await home.start()
    home.carrier.answers.append(UNKNOWN)

    task = await begin(home, make_plan())
    await clock.passes(8)

    assert isinstance(task.exception(), OutcomeUnknownError)


async def test_killed_before_the_write(home: CallsHome, clock: Clock) -> None:
    """A call of which nothing was written is brought back by its callback, and settled."""
    home.disk.free.clear()
    plan = make_plan()
    call = await place(home, plan)
    await home.kill()
    await home.start()
    assert home.tracker.book.open() == []
    ended = home.carrier.ends(call, cost=0.5)

    home.tracker.reports.async_end(plan.token, replace(ended, state=CallState.BUSY))
    [record] = home.tracker.book.open()
    assert (record.from_number, record.to_number) == (OUR_NUMBER, PHONE)
    await clock.passes(1)

    assert home.carrier.asked == ["c1"]
    assert [record.call for record in home.tracker.book.ended()] == [ended]


async def test_revived_in_progress(home: CallsHome, clock: Clock) -> None:
    """A revived call that goes on is followed like any other."""
    token = new_token(KEY)
    call = home.carrier.takes()

    home.tracker.reports.async_end(
        token, replace(call, created=None, from_number=None, to_number=None)
    )
    await clock.passes(29)
    assert [record.call for record in home.tracker.book.open()] == [call]
    home.tracker.reports.async_end(token, home.carrier.ends(call))

    assert [record.state for record in home.tracker.book.ended()] == ["success"]


async def test_reports_of_revived_calls(home: CallsHome, clock: Clock) -> None:
    """A callback for a call without a record shows that callbacks arrive."""
    for _ in range(4):
        ended = home.carrier.ends(home.carrier.takes())
        home.tracker.reports.async_end(new_token(KEY), ended)
        await clock.passes(1)
        assert home.tracker.arrivals.missing <= 1

    assert home.tracker.book.open() == []


async def test_known_calls_are_not_revived(home: CallsHome, clock: Clock) -> None:
    """A call that is known has one record, whatever secret comes for it."""
    plan = make_plan()
    call = await place(home, plan)

    home.tracker.reports.async_end(new_token(KEY), replace(call, state=CallState.BUSY))
    await clock.passes(5)

    assert [record.token for record in home.tracker.book.open()] == [plan.token]
    assert home.tracker.book.ended() == []
    assert home.carrier.asked == []


async def test_reload_while_asking(home: CallsHome, clock: Clock, disk: Disk) -> None:
    """An account that is unloaded asks nothing any more, and is settled when it is back."""
    call = await place(home, make_plan(reported=False))
    home.carrier.silent = asyncio.Event()
    await clock.passes(3)
    assert len(home.carrier.asked) == 1

    await home.stop()
    home.carrier.silent = None
    await clock.passes(30)
    assert len(home.carrier.asked) == 1

    home.carrier.ends(call)
    await home.start()
    await clock.passes(1)
    assert [record.state for record in home.tracker.book.ended()] == ["success"]
