"""Chains that are cancelled, or cut off, in every moment."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from yarl import URL

from custom_components.elks.api import Call, CallRequest, CallState
from custom_components.elks.chains import Chain, ChainChange, ChainEnd
from custom_components.elks.helpers.listeners import Stage

from ..calls.conftest import Clock, Disk, turns
from .house import ANNA, BO, ChainsHome

TWICE = [ANNA, BO, ANNA, BO]
"""Who is called when nobody takes it."""
CHANGES = range(1, 10)
"""Four turns begin and end, and then the chain ends."""
MOMENTS = range(1, 100, 3)
"""From the beginning to the end, in turns of the event loop."""

type Halt = Callable[[ChainsHome], Coroutine[None, None, None]]


@pytest.fixture
def slow(house: ChainsHome, disk: Disk) -> ChainsHome:
    """Return a house in which everything takes its time, and everybody is busy."""
    disk.turns = 3
    place_call = house.carrier.place_call
    talks: set[asyncio.Task[None]] = set()

    async def place_slowly(request: CallRequest) -> Call:
        call = await place_call(request)
        talks.add(asyncio.create_task(talk(request, call)))
        await turns(3)
        return call

    async def talk(request: CallRequest, call: Call) -> None:
        await turns(8)
        ended = house.carrier.ends(call, state=CallState.BUSY)
        token = URL(request.report_url or "").query["token"]
        house.tracker.reports.async_end(token, ended)

    house.carrier.place_call = place_slowly  # type: ignore[method-assign]
    return house


def ends_of(house: ChainsHome) -> list[ChainEnd]:
    """Return the ends of chains that are told from now on."""
    ends: list[ChainEnd] = []
    house.listeners.async_listen(
        ChainChange,
        Stage.DECISIONS,
        lambda change: ends.extend([change.chain.end] if change.chain.end else []),
    )
    return ends


def at_change(house: ChainsHome, number: int, do: Callable[[], None]) -> list[Chain]:
    """Let the listener of a chain's change do something; return the chains that are told."""
    told: list[Chain] = []

    def listen(change: ChainChange) -> None:
        told.append(change.chain)
        if len(told) == number:
            do()

    house.listeners.async_listen(ChainChange, Stage.DECISIONS, listen)
    return told


async def begin(house: ChainsHome, at_once: int = 1) -> None:
    """Begin a chain of two people and two rounds."""
    await house.begin(ANNA, BO, rounds=2, pause=0, at_once=at_once)


@pytest.mark.parametrize("change", CHANGES)
async def test_cancelled_by_a_listener(
    slow: ChainsHome, clock: Clock, change: int
) -> None:
    """Whoever is told of a change can cancel the chain: nothing more comes of it."""
    called: list[list[str]] = []

    def cancel() -> None:
        slow.chains.async_cancel(None)
        called.append(slow.called)

    ends = ends_of(slow)
    told = at_change(slow, change, cancel)
    await begin(slow)
    await clock.passes(30)

    assert called == [slow.called]
    assert ends == [ChainEnd.UNANSWERED if change == 9 else ChainEnd.CANCELLED]
    assert told[-1].end == ends[0]


@pytest.mark.parametrize("at_once", [1, 2])
async def test_cancelled(slow: ChainsHome, clock: Clock, at_once: int) -> None:
    """In whatever moment it is cancelled, nobody else is called, and its end is told once."""
    ends = ends_of(slow)
    for moment in MOMENTS:
        beginning = asyncio.create_task(begin(slow, at_once))
        await turns(moment)
        called = slow.called
        slow.chains.async_cancel(None)
        await beginning
        assert all(record.hang_up for record in slow.tracker.book.open()), moment
        await clock.passes(10)

        assert slow.called == called, moment
        assert len(ends) == 1, moment
        ends.clear()
        # No request that went out is lost
        assert slow.tracker.book.open() == []
        ended = [call.to_number for call in slow.tracker.book.ended()]
        assert sorted(ended) == sorted(called[-100:]), moment


@pytest.mark.parametrize("change", CHANGES)
async def test_stopped_by_a_listener(
    slow: ChainsHome, clock: Clock, change: int
) -> None:
    """When Home Assistant stops as a change is told, the chain goes on after the restart."""
    called: list[list[str]] = []

    def stop() -> None:
        slow.chains.async_stop()
        called.append(slow.called)

    at_change(slow, change, stop)
    await begin(slow)
    await clock.passes(30)
    assert called == [slow.called]

    await slow.stop()
    await slow.start()
    await clock.passes(60)

    assert slow.placed == TWICE
    assert slow.last.end is ChainEnd.UNANSWERED


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("halt", [ChainsHome.stop, ChainsHome.kill])
async def test_halted(slow: ChainsHome, clock: Clock, halt: Halt, at_once: int) -> None:
    """In whatever moment it is cut off, everybody is called once in each round."""
    for moment in MOMENTS:
        slow.carrier.history.clear()
        beginning = asyncio.create_task(begin(slow, at_once))
        await turns(moment)
        await halt(slow)
        await beginning
        await slow.start()
        await clock.passes(90, step=3)

        # Before it is written, a power cut forgets it
        placed = slow.placed
        if at_once > 1:
            # Of two that were cut off together either may be called first
            placed = sorted(placed[:2]) + sorted(placed[2:])
        assert placed == TWICE or (halt is ChainsHome.kill and moment < 5), moment
        assert slow.chains.running == []
        await clock.passes(300, step=30)
