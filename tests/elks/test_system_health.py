"""What Home Assistant's system information tells of the way to 46elks and back."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)

from custom_components.elks.const import DOMAIN
from homeassistant.const import CONF_URL, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import Simulator

from .conftest import Home, make_entry, webhook_path

NOWHERE = "http://127.0.0.1:1/a1"


@pytest.fixture(autouse=True)
async def system_health(hass: HomeAssistant) -> None:
    """Set system health up."""
    assert await async_setup_component(hass, "system_health", {})


@pytest.fixture
async def other(socket_enabled: None) -> AsyncIterator[Simulator]:
    """Return another account at another 46elks."""
    simulator = Simulator(account_id="u" + 32 * "9", displayname="Cabin", speed=1000)
    async with simulator.serve():
        yield simulator


async def told(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is told, once it is known whether the API answers."""
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    return {**info, "api_reachable": await info["api_reachable"]}


async def test_account(home: Home) -> None:
    """The host is told without its secret path; a report counts if it has its secret."""
    host = str(home.hass.config.external_url).removeprefix("http://")
    expected = {"api_reachable": "ok", "reach": "direct", "callback_host": host}

    assert await told(home.hass) == {**expected, "last_callback": "none"}

    before = dt_util.utcnow()
    await home.place_call()
    await home.settle()

    info = await told(home.hass)
    assert info == {**expected, "last_callback": info["last_callback"]}
    assert before < info["last_callback"] < dt_util.utcnow()

    await home.client.post(webhook_path(), data={"id": "c1", "state": "success"})
    assert await told(home.hass) == info


async def test_words(home: Home) -> None:
    """Everything that is told has words."""
    words = await async_get_translations(home.hass, "en", "system_health", [DOMAIN])

    path = "component.elks.system_health.info."
    assert {path + key for key in await told(home.hass)} == words.keys()


async def test_no_account(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Without an account, all there is to tell is whether 46elks answers."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_remove(entry.entry_id)

    info = await get_system_health_info(hass, DOMAIN)

    assert info.keys() == {"api_reachable"}
    info["api_reachable"].close()


async def test_several_accounts(home: Home, other: Simulator) -> None:
    """What the accounts have in common is told once; one that has no API shows."""
    entry = make_entry(home.hass, other)
    home.hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_WEBHOOK_ID: "another"}
    )
    await home.hass.config_entries.async_setup(entry.entry_id)
    await home.place_call(config_entry_id=home.entry.entry_id)
    await home.settle()

    info = await told(home.hass)
    assert (info["api_reachable"], info["reach"]) == ("ok", "direct")
    assert isinstance(info["last_callback"], datetime)

    home.hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_URL: NOWHERE}
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)

    failed = {"type": "failed", "error": "unreachable"}
    assert (await told(home.hass))["api_reachable"] == failed


async def test_not_reachable(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A home that nothing reaches has no host."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    info = await told(hass)

    assert (info["reach"], info["callback_host"]) == ("none", "none")
