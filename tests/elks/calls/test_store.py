"""The calls on disk."""

from custom_components.elks.calls import CallRecord, CallStore
from custom_components.elks.calls.store import Kept
from homeassistant.core import HomeAssistant

from .conftest import Disk, make_call, make_record, turns

KEPT = Kept((make_record(call=make_call()), make_record("t2")), ("c8", "c9"))


async def test_nothing_yet(hass: HomeAssistant, disk: Disk) -> None:
    """An account without calls has nothing on disk."""
    assert await CallStore(hass, "entry").async_load() == Kept()


async def test_over_a_restart(hass: HomeAssistant, disk: Disk) -> None:
    """What is written can be read again, by the same account alone."""
    await CallStore(hass, "entry").async_save(KEPT)

    assert await CallStore(hass, "entry").async_load() == KEPT
    assert await CallStore(hass, "other").async_load() == Kept()


async def test_remove(hass: HomeAssistant, disk: Disk) -> None:
    """The calls of an account that is removed are forgotten."""
    store = CallStore(hass, "entry")
    await store.async_save(KEPT)

    await store.async_remove()

    assert disk.data == {}


async def test_begins_at_once(hass: HomeAssistant, disk: Disk) -> None:
    """Writing has begun when this returns, and nobody waits for its end."""
    disk.free.clear()

    CallStore(hass, "entry").async_save_soon(lambda: KEPT)

    assert disk.writes == 1
    assert disk.data == {}
    disk.free.set()
    await turns()
    assert disk.tokens() == ["t1", "t2"]


async def test_writes_are_joined(hass: HomeAssistant, disk: Disk) -> None:
    """What changes while something is written is written together, and nothing is lost."""
    store = CallStore(hass, "entry")
    records: list[CallRecord] = []
    disk.free.clear()
    for number in range(50):
        records.append(make_record(f"t{number}"))
        store.async_save_soon(lambda: Kept(tuple(records)))

    disk.free.set()
    await turns()

    assert disk.writes == 2
    assert disk.tokens() == [record.token for record in records]
