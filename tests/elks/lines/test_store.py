"""How lines stand, on disk."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.elks.lines import LineStore
from custom_components.elks.lines.store import LineState
from homeassistant.core import HomeAssistant

from ..calls.conftest import START

STATE = LineState(
    answering=False,
    day="2026-11-03",
    seconds=90,
    wrong_pins=(START, START + timedelta(minutes=1)),
    locked=START,
)


async def load(hass: HomeAssistant, *known: str) -> LineStore:
    """Return what is on disk of the lines there are."""
    store = LineStore(hass, "entry")
    await store.async_load(known)
    return store


async def test_nothing_yet(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """A new line answers, and nothing limits it; an account without lines writes nothing."""
    store = await load(hass, "line")
    await store.async_save()

    assert store.state("line") == LineState()
    assert LineState().answering
    assert hass_storage == {}


async def test_over_a_restart(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """What is written is read again; of a line that was removed, nothing stays."""
    store = await load(hass)
    store.async_set("line", STATE)
    store.async_set("gone", STATE)
    await store.async_save()

    store = await load(hass, "line", "other")
    assert store.state("line") == STATE
    assert store.state("gone") == store.state("other") == LineState()
    await store.async_save()
    assert list(hass_storage["elks.entry.lines"]["data"]) == ["line"]


async def test_removed(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """Of an account that is removed, nothing stays."""
    store = await load(hass)
    store.async_set("line", STATE)
    await store.async_save()

    await store.async_remove()

    assert hass_storage == {}


async def test_older_and_newer_versions(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """What is not there is as with a new line; what is not known is passed over."""
    data = {"line": {"seconds": 5, "day": "2026-11-03"}, "new": {"mood": "good"}}
    hass_storage["elks.entry.lines"] = {
        "version": 1,
        "minor_version": 9,
        "key": "elks.entry.lines",
        "data": data,
    }

    store = await load(hass, "line", "new")

    assert store.state("line") == LineState(day="2026-11-03", seconds=5)
    assert store.state("new") == LineState()


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {"day": 5},
        {"seconds": "5"},
        {"wrong_pins": ["soon"]},
        {"wrong_pins": 5},
        {"locked": "2026-11-03T15:00:00"},
    ],
)
async def test_cannot_be_read(
    hass: HomeAssistant, hass_storage: dict[str, Any], broken: object
) -> None:
    """What cannot be read costs that one line, and only how it stood."""
    store = await load(hass)
    store.async_set("line", STATE)
    await store.async_save()
    hass_storage["elks.entry.lines"]["data"]["broken"] = broken

    store = await load(hass, "line", "broken")

    assert store.state("line") == STATE
    assert store.state("broken") == LineState()


async def test_stays_off(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """A line that does not answer does not begin to because something else is damaged."""
    store = await load(hass)
    store.async_set("line", LineState(answering=False))
    await store.async_save()
    hass_storage["elks.entry.lines"]["data"]["line"]["locked"] = 5

    assert (await load(hass, "line")).state("line") == LineState(answering=False)


async def test_file_cannot_be_read(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """A file that cannot be read costs no account."""
    hass_storage["elks.entry.lines"] = {
        "version": 1,
        "minor_version": 1,
        "key": "elks.entry.lines",
        "data": [1],
    }

    assert (await load(hass, "line")).state("line") == LineState()
