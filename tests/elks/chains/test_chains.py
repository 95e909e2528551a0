"""The chains of an account: begun, cancelled, told of and kept, also while the disk is slow."""

import asyncio

import pytest

from custom_components.elks.api import UnreachableError
from custom_components.elks.calls import CallRecord, CallsStoppedError
from custom_components.elks.chains import ChainChange, ChainEnd, UnknownChainError
from custom_components.elks.helpers.listeners import Stage

from ..calls.conftest import Clock, Disk, turns
from .house import ANNA, BO, ChainsHome, without_words


@pytest.fixture
def told(house: ChainsHome) -> list[tuple[str, ChainEnd | None]]:
    """Return what is told of the chains: which one, and how it ended."""
    told: list[tuple[str, ChainEnd | None]] = []
    house.listeners.async_listen(
        ChainChange,
        Stage.DECISIONS,
        lambda change: told.append((change.chain.id, change.chain.end)),
    )
    return told


async def test_told(house: ChainsHome, told: list[tuple[str, ChainEnd | None]]) -> None:
    """Every chain is told of when it begins, and once when it ends."""
    run = await house.begin(ANNA)
    assert told == [(run.chain.id, None)]

    await house.presses(ANNA)

    ends = [told_of for told_of in told if told_of[1]]
    assert ends == [(run.chain.id, ChainEnd.ACKNOWLEDGED)]
    assert told[-1] == ends[0]


async def test_cancel_one(house: ChainsHome) -> None:
    """A chain is cancelled by its id, once more without effect; the others go on."""
    first = await house.begin(ANNA)
    second = await house.begin(BO)

    house.chains.async_cancel(second.chain.id)
    house.chains.async_cancel(second.chain.id)

    assert second.chain.end is ChainEnd.CANCELLED
    assert house.chains.running == [first.chain]


async def test_cancel_one_that_ended(house: ChainsHome) -> None:
    """A chain that has ended is cancelled without effect, also when others began since."""
    first = await house.begin(ANNA)
    await house.presses(ANNA)
    second = await house.begin(BO)

    house.chains.async_cancel(first.chain.id)

    assert first.chain.end is ChainEnd.ACKNOWLEDGED
    assert house.chains.running == [second.chain]


async def test_cancel_one_that_ended_before(house: ChainsHome) -> None:
    """The chain begun last before a restart may be cancelled without effect afterwards."""
    first = await house.begin(ANNA)
    await house.presses(ANNA)
    await house.stop()
    await house.start()
    second = await house.begin(BO)

    house.chains.async_cancel(first.chain.id)

    assert house.chains.running == [second.chain]


async def test_cancel_all(house: ChainsHome) -> None:
    """Without an id all chains end, and whoever is called hangs up when it is picked up."""
    runs = [await house.begin(ANNA), await house.begin(BO)]

    house.chains.async_cancel(None)

    assert [run.chain.end for run in runs] == [ChainEnd.CANCELLED] * 2
    assert [record.hang_up for record in house.tracker.book.open()] == [True, True]


async def test_cancel_unknown(house: ChainsHome) -> None:
    """An id that is no chain's is an error, and stops nothing."""
    await house.begin(ANNA)

    with pytest.raises(UnknownChainError):
        house.chains.async_cancel("unknown")

    assert len(house.chains.running) == 1


async def test_cancel_while_it_is_written(
    house: ChainsHome, disk: Disk, told: list[tuple[str, ChainEnd | None]]
) -> None:
    """A chain that is cancelled before it is on disk calls nobody, and its end is told once."""
    disk.free.clear()
    beginning = asyncio.create_task(house.begin(ANNA))
    await turns()
    house.chains.async_cancel(None)
    disk.free.set()

    run = await beginning

    assert (await run.async_outcome()).end is ChainEnd.CANCELLED
    assert told == [(run.chain.id, None), (run.chain.id, ChainEnd.CANCELLED)]
    assert house.called == []


async def test_stopped_while_it_is_written(house: ChainsHome, disk: Disk) -> None:
    """A script that is stopped before its chain is on disk leaves the chain alone."""
    disk.free.clear()
    beginning = asyncio.create_task(house.begin(ANNA))
    await turns()
    beginning.cancel()
    disk.free.set()
    await turns()

    assert beginning.cancelled()
    assert house.called == [ANNA]
    await house.presses(ANNA)
    assert house.last.end is ChainEnd.ACKNOWLEDGED


async def test_unload_while_it_is_written(house: ChainsHome, disk: Disk) -> None:
    """A chain whose account is unloaded before it is on disk begins after the restart."""
    disk.free.clear()
    beginning = asyncio.create_task(house.begin(ANNA))
    await turns()
    house.chains.async_stop()
    disk.free.set()
    run = await beginning
    with pytest.raises(CallsStoppedError):
        await run.async_outcome()
    assert house.called == []

    await house.stop()
    await house.start()

    assert house.called == [ANNA]


async def test_begins_with_one_write(house: ChainsHome, disk: Disk) -> None:
    """The first turns are written together with their chain, before anybody is called."""
    disk.free.clear()
    beginning = asyncio.create_task(house.begin(ANNA))
    await turns()
    assert house.called == []
    disk.free.set()
    await beginning
    await turns()

    assert house.called == [ANNA]
    # The second one is of the call that was placed
    assert disk.writes == 2


async def test_cancelled_while_a_turn_is_written(house: ChainsHome, disk: Disk) -> None:
    """A write that nobody waits for any more does not undo a newer one."""
    disk.turns = 20
    beginning = asyncio.create_task(house.begin(ANNA))
    while disk.writes < 1:
        await turns(1)
    disk.turns = 0
    house.chains.async_cancel(None)
    await turns(40)
    await beginning
    assert house.called == []

    await house.kill()
    await house.start()

    assert house.last.end is ChainEnd.CANCELLED


async def test_begin_after_the_unload(house: ChainsHome) -> None:
    """An account that is unloaded calls nobody, and says so."""
    await house.stop()

    with pytest.raises(CallsStoppedError):
        await house.begin(ANNA)

    assert house.called == []
    assert house.chains.running == []


async def test_calls(house: ChainsHome) -> None:
    """The calls of a chain are those that were placed, the first one first."""
    run = await house.begin(ANNA, BO)
    await house.ends(ANNA)
    house.carrier.holds()
    await house.begin(ANNA)

    calls = house.chains.calls(run.chain)

    assert [call.to_number for call in calls] == [ANNA, BO]
    assert house.chains.calls(house.last) == []


async def test_calls_of_a_long_chain(house: ChainsHome) -> None:
    """Whoever waits for the end finds all calls, just as who is told of it."""
    people = [f"+4670{number:07}" for number in range(101)]
    told: list[list[CallRecord]] = []
    house.listeners.async_listen(
        ChainChange, Stage.EVENTS, lambda change: told.append(list(change.calls))
    )
    run = await house.begin(*people)
    for number in people:
        await house.ends(number)

    await run.async_outcome()

    assert [call.to_number for call in run.calls] == people
    assert told[-1] == run.calls


async def test_kept(house: ChainsHome) -> None:
    """A restart remembers what runs and the chain begun last, and no other that ended."""
    first = await house.begin(ANNA)
    dropped = await house.begin(BO)
    last = await house.begin(BO)
    house.chains.async_cancel(dropped.chain.id)
    house.chains.async_cancel(last.chain.id)
    await house.stop()
    await house.start()

    assert [chain.id for chain in house.chains.running] == [first.chain.id]
    assert without_words(house.last) == without_words(last.chain)
    with pytest.raises(UnknownChainError):
        house.chains.async_cancel(dropped.chain.id)


async def test_cancelled_in_the_pause(house: ChainsHome, clock: Clock) -> None:
    """A chain that is cancelled between two rounds calls nobody any more."""
    await house.begin(ANNA, rounds=2, pause=30)
    await house.ends(ANNA)
    house.chains.async_cancel(None)
    await clock.passes(60)

    assert house.last.end is ChainEnd.CANCELLED
    assert house.called == [ANNA]


async def test_expired_while_ringing(house: ChainsHome, clock: Clock) -> None:
    """Who is called when the hour is over hears nothing when picking up."""
    await house.begin(ANNA, rounds=99)
    await clock.passes(3610, step=10)

    assert house.last.end is ChainEnd.EXPIRED
    record = house.tracker.reports.async_question(
        house.token_of(ANNA), house.call_to(ANNA).id, 0, None
    )
    assert record is not None
    assert record.hang_up


async def test_cancelled_between_two_requests(house: ChainsHome, clock: Clock) -> None:
    """A request that had no effect is not sent again once the chain was cancelled."""
    house.carrier.answers.append(UnreachableError("no connection"))
    await house.begin(ANNA)
    house.chains.async_cancel(None)
    await clock.passes(20)

    assert house.placed == []
