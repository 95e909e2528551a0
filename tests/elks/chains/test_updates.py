"""Accounts that are updated while chains run, or whose contacts are removed meanwhile."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from homeassistant.core import HomeAssistant
from simulator import Outcome, Simulator

from ..chained import ANNA, BO, CHAIN, CILLA, DAN, called, state, until
from ..conftest import Home
from .test_store import stored

OTHER = "+46701234567"
"""The fifth of those who are called."""

type Update = Callable[[str], Coroutine[None, None, Home]]


@pytest.fixture
def update(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    provider: Simulator,
    hass_storage: dict[str, Any],
    hass_client_no_auth: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
    freezer: FrozenDateTimeFactory,
) -> Update:
    """Return what sets an account up from what was stored two minutes ago."""

    async def update(name: str) -> Home:
        key = f"elks.{entry.entry_id}"
        hass_storage[f"{key}.chains"] = chains = stored(name)
        if name == "calling":
            hass_storage[key] = stored(name, "calls")
        for chain in chains["data"]["chains"][-1:]:
            began = datetime.fromisoformat(chain["started"])
            freezer.move_to(began + timedelta(minutes=2))
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        client = await hass_client_no_auth()
        hass.config.external_url = str(client.make_url("")).rstrip("/")
        return Home(hass, entry, provider, client)

    return update


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("acknowledged", "acknowledged"),
        ("expired", "expired"),
        ("no_credit", "unanswered"),
        ("not_reachable", "unanswered"),
        ("none", "idle"),
    ],
)
async def test_ended_before(update: Update, name: str, shown: str) -> None:
    """The sensor shows how the last chain ended, and nobody is called."""
    home = await update(name)

    assert state(home, CHAIN) == shown
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert called(home) == []


async def test_goes_on(update: Update, freezer: FrozenDateTimeFactory) -> None:
    """A chain that an older version began goes on where it was, also without its contacts."""
    home = await update("calling")
    told = async_capture_events(home.hass, "elks_chain_ended")
    shown = home.hass.states.get(CHAIN)
    assert shown is not None
    assert shown.state == "calling"
    assert (shown.attributes["contact"], shown.attributes["round"]) == ("Dan", 1)

    def time_passes() -> bool:
        freezer.tick(1)
        async_fire_time_changed(home.hass)
        return bool(told)

    await until(time_passes)

    # The sounds are not there: nobody can take it
    assert called(home) == [DAN, OTHER, ANNA, BO, CILLA, DAN, OTHER]
    assert state(home, CHAIN) == "unanswered"
    calls = told[0].data["calls"]
    assert [call["to"] for call in calls] == [ANNA, *called(home)]
    assert {call["contact"] for call in calls} == {None}


async def test_several_go_on(
    update: Update, provider: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Three turns that were cut off are taken up beside each other, and the others follow."""
    for number in (ANNA, BO, CILLA, DAN, OTHER):
        provider.phone(number, outcome=Outcome.DECLINE)
    home = await update("three_at_once")
    told = async_capture_events(home.hass, "elks_chain_ended")

    def time_passes() -> bool:
        freezer.tick(1)
        async_fire_time_changed(home.hass)
        return bool(told)

    await until(time_passes)

    assert sorted(called(home)[:3]) == [BO, CILLA, DAN]
    assert called(home)[3] == OTHER
    assert sorted(called(home)[4:]) == sorted([ANNA, BO, CILLA, DAN, OTHER])
    assert state(home, CHAIN) == "unanswered"
