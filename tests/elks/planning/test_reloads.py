"""Calls that are planned while the account is reloaded."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.elks.address import Address
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryData
from homeassistant.exceptions import ServiceValidationError
from simulator import KeyPress

from ..conftest import PHONE, Home, make_contact
from ..speech.conftest import Engine

ACTIONS = [
    (
        "elks.place_call",
        {
            "to": "Anna",
            "message": "Leak",
            "answers": [{"key": "1", "id": "ok", "reply": "Fine"}],
        },
    ),
    ("elks.call_chain", {"to": ["Anna"], "message": "Leak"}),
    ("notify.send_message", {"entity_id": "notify.anna", "message": "Leak"}),
]


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


async def until_placed(home: Home) -> None:
    """Wait until a call is placed."""
    while not home.provider.calls:
        await asyncio.sleep(0)


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_reloaded_meanwhile(
    engine: Engine, home: Home, action: str, data: dict[str, Any]
) -> None:
    """The call says all of it, also when the account is reloaded while it is spoken."""
    engine.waits_at = 1 if action.startswith("notify") else 2
    home.provider.phone(PHONE, talk_for=None, keys=(KeyPress(2, "1"),))
    domain, name = action.split(".")
    acting = home.hass.async_create_task(
        home.hass.services.async_call(domain, name, data, blocking=True)
    )
    while len(engine.asked) < engine.waits_at:
        await asyncio.sleep(0)

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    engine.go_on.set()
    await acting
    await until_placed(home)
    await home.settle()

    assert len(home.provider.calls) == 1
    assert "play success" in home.heard()
    assert set(home.heard()) <= {"play success", "ivr success", "ivr 1"}
    assert home.last_call.attributes["answered"]


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_unloaded_meanwhile(
    engine: Engine, home: Home, action: str, data: dict[str, Any]
) -> None:
    """An account that is gone when all is planned is an error, and nobody is called."""
    domain, name = action.split(".")
    go_on = asyncio.Event()

    async def look(_: Address) -> None:
        await go_on.wait()

    with patch.object(Address, "async_look", look):
        acting = home.hass.async_create_task(
            home.hass.services.async_call(domain, name, data, blocking=True)
        )
        await home.hass.config_entries.async_set_disabled_by(
            home.entry.entry_id, ConfigEntryDisabler.USER
        )
        go_on.set()
        with pytest.raises(ServiceValidationError) as raised:
            await acting

    assert raised.value.translation_key == "service_config_entry_not_loaded"
    assert home.provider.calls == []
    assert not home.hass.config_entries.async_loaded_entries("elks")
