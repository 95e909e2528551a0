"""Chains go on, whatever goes wrong that nobody expected."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.elks.chains import Chain, ChainChange, ChainEnd
from custom_components.elks.helpers.listeners import Stage
from homeassistant.helpers.storage import Store

from ..calls.conftest import Clock, Disk, turns
from .house import ANNA, BO, ChainsHome


@pytest.fixture(autouse=True)
def no_number_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Let no number reach the log."""
    yield
    ours = [record for record in caplog.records if "elks" in record.name]
    assert "+4670" not in "".join(record.getMessage() for record in ours)


async def test_one_cannot_be_planned(
    house: ChainsHome, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody whose call cannot be planned is left out, and the log has the place."""
    house.unplannable = {ANNA}
    run = await house.begin(ANNA, BO)
    assert house.called == [BO]
    await house.presses(BO)

    assert (await run.async_outcome()).by == 1
    assert "Unexpected RuntimeError while planning a call of a chain" in caplog.text
    assert "in _plan" in caplog.text


async def test_nobody_can_be_planned(house: ChainsHome) -> None:
    """A chain in which nobody can be called ends."""
    house.unplannable = {ANNA, BO}
    run = await house.begin(ANNA, BO)

    assert (await run.async_outcome()).end is ChainEnd.REFUSED
    assert house.chains.running == []


async def test_one_cannot_be_resumed(house: ChainsHome, clock: Clock) -> None:
    """A turn that cannot be planned after a restart keeps no other chain from going on."""
    await house.begin(ANNA)
    await house.begin(BO)
    for key in [key for key in house.disk.data if not key.endswith(".chains")]:
        del house.disk.data[key]
    await house.kill()
    house.unplannable = {ANNA}
    await house.start()
    await clock.passes(10)
    await house.presses(BO)

    assert house.last.end is ChainEnd.ACKNOWLEDGED


async def test_request_fails_otherwise(house: ChainsHome, clock: Clock) -> None:
    """A request that fails as nobody expected may have been a call: the next one is called."""
    house.carrier.answers.append(RuntimeError(ANNA))
    run = await house.begin(ANNA, BO)
    await clock.passes(20)
    assert house.called == [ANNA, BO]
    await house.presses(BO)

    assert (await run.async_outcome()).by == 1


async def test_end_cannot_be_waited_for(house: ChainsHome, clock: Clock) -> None:
    """Where waiting for a call's end fails, the others are called all the same."""
    with patch.object(house.tracker.ends, "async_wait", side_effect=RuntimeError(ANNA)):
        run = await house.begin(ANNA, BO)
        await clock.passes(30)

    assert house.called[:2] == [ANNA, BO]
    house.chains.async_cancel(None)
    assert (await run.async_outcome()).end is ChainEnd.CANCELLED


async def test_listener_fails(house: ChainsHome) -> None:
    """Whoever fails to take in a change keeps nobody from being called, or from being told."""
    told: list[Chain] = []

    def fail(change: ChainChange) -> None:
        raise RuntimeError(change.chain.people[0].number)

    house.listeners.async_listen(ChainChange, Stage.DECISIONS, fail)
    house.listeners.async_listen(
        ChainChange, Stage.DECISIONS, lambda change: told.append(change.chain)
    )
    await house.begin(ANNA)
    second = await house.begin(BO)
    assert house.called == [ANNA, BO]

    house.chains.async_cancel(None)

    assert house.chains.running == []
    assert told[-1] == second.chain
    assert (await second.async_outcome()).end is ChainEnd.CANCELLED


@pytest.fixture
def broken_disk(disk: Disk) -> Iterator[None]:
    """Let no chain be written."""
    write: Any = Store._async_write_data  # noqa: SLF001

    async def fail(store: Store[Any], data: dict[str, Any]) -> None:
        if store.key.endswith(".chains"):
            raise OSError(f"no room for {ANNA}")
        await write(store, data)

    with patch.object(Store, "_async_write_data", fail):
        yield


async def test_not_written(
    house: ChainsHome, broken_disk: None, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that takes nothing keeps nobody's phone from ringing."""
    run = await house.begin(ANNA, BO)
    await house.ends(ANNA)
    await house.presses(BO)

    assert (await run.async_outcome()).by == 1
    assert "Unexpected OSError while writing chains to disk" in caplog.text


async def test_written_too_slowly(house: ChainsHome, disk: Disk, clock: Clock) -> None:
    """A disk that does not get anywhere delays a call by seconds, and no more."""
    disk.free.clear()
    beginning = asyncio.create_task(house.begin(ANNA))
    await turns()
    assert house.called == []

    await clock.passes(15)

    assert house.called == [ANNA]
    disk.free.set()
    run = await beginning
    await house.presses(ANNA)
    assert (await run.async_outcome()).end is ChainEnd.ACKNOWLEDGED


async def test_same_person_twice(house: ChainsHome) -> None:
    """Who is named twice is called twice in a round, and each turn counts."""
    run = await house.begin(ANNA, ANNA)
    await house.ends(ANNA)
    assert house.called == [ANNA, ANNA]
    await house.presses(ANNA)

    assert (await run.async_outcome()).by == 1


async def test_taken_before_the_answer(house: ChainsHome) -> None:
    """A key that is pressed before the request is answered takes it; the answer then changes nothing."""
    answer = house.carrier.holds()
    run = await house.begin(ANNA, BO)
    call = house.carrier.takes(ANNA)
    await house.presses(ANNA)
    answer.set_result(call)
    await turns()

    assert (await run.async_outcome()).by == 0
    assert house.called == [ANNA]
    assert [record.hang_up for record in house.tracker.book.open()] == [False]


async def test_taken_by_two(house: ChainsHome, clock: Clock) -> None:
    """Who presses the key second does not take it, and the end is told once."""
    ends: list[ChainEnd] = []
    house.listeners.async_listen(
        ChainChange,
        Stage.DECISIONS,
        lambda change: ends.extend([change.chain.end] if change.chain.end else []),
    )
    answer = house.carrier.holds()
    run = await house.begin(ANNA, BO)
    answer.set_exception(RuntimeError("lost"))
    await clock.passes(20)
    assert house.called == [ANNA, BO]
    house.carrier.takes(ANNA)
    await house.presses(BO)
    await house.presses(ANNA)

    assert (await run.async_outcome()).by == 1
    assert ends == [ChainEnd.ACKNOWLEDGED]


async def test_clock_was_set_back(house: ChainsHome, clock: Clock) -> None:
    """A chain that seems to begin in the future goes on for an hour at most."""
    house.carrier.answers.extend([asyncio.Future() for _ in range(9)])
    await house.begin(ANNA)
    await house.stop()
    house.carrier.ahead -= timedelta(hours=5)
    await house.start()
    await clock.passes(3610, step=10)

    assert house.last.end is ChainEnd.EXPIRED
