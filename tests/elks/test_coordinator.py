"""The account: asked for at start and once an hour."""

from datetime import timedelta
from typing import Any

from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.elks.api import ElksClient
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import Fault, FaultKind, Simulator

from .conftest import PHONE, Home


async def pass_minutes(home: Home, freezer: FrozenDateTimeFactory, number: int) -> None:
    """Let minutes pass, one by one."""
    for _ in range(number):
        freezer.tick(timedelta(minutes=1))
        async_fire_time_changed(home.hass)
        await home.hass.async_block_till_done(wait_background_tasks=True)


def balance(home: Home) -> str:
    """Return what the sensor shows."""
    state = home.hass.states.get("sensor.demo_home_balance")
    assert state is not None
    return state.state


async def test_once_an_hour(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """An idle home asks once an hour and for nothing else; the balance follows."""
    home.provider.requests.clear()
    home.provider.account.balance = 123_400

    await pass_minutes(home, freezer, 6 * 60)

    assert [request.path for request in home.provider.requests] == ["/a1/me"] * 6
    assert balance(home) == "12.34"


async def test_end_is_learnt_late(home: Home) -> None:
    """The price of a call that had ended when 46elks was asked lowers the balance once."""
    home.provider.fault(Fault(FaultKind.CALLBACK_DROPPED, times=None))
    home.provider.phone(PHONE, answer_after=1, talk_for=12)
    await home.place_call(voice_start={"ivr": "sound/beep", "timeout": 30})
    await home.provider.settled()

    with freeze_time(dt_util.utcnow() + timedelta(minutes=1), tick=True):
        await home.hass.config_entries.async_reload(home.entry.entry_id)
        await home.hass.async_block_till_done(wait_background_tasks=True)
        async_fire_time_changed(home.hass)
        await home.hass.async_block_till_done(wait_background_tasks=True)

    assert home.last_call.state == "success"
    assert home.last_call.attributes["cost"] > 0
    assert balance(home) == str(home.provider.account.balance / 10_000)


async def test_not_told(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """When 46elks does not answer for once, the balance is not known for five minutes."""
    home.provider.fault(Fault(FaultKind.STATUS, on="GET /me", status=500))
    home.provider.requests.clear()
    home.provider.account.balance = 50_000

    await pass_minutes(home, freezer, 1)
    assert balance(home) == "unavailable"
    await pass_minutes(home, freezer, 5)

    assert balance(home) == "5.0"
    assert len(home.provider.requests) == 2


async def test_polling_switched_off(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    provider: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Without polling, the account is still asked until it has answered once."""
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    provider.fault(Fault(FaultKind.STATUS, on="GET /me", status=500, times=1))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    for _ in range(20):
        freezer.tick(timedelta(seconds=31))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    state = hass.states.get("sensor.demo_home_balance")
    assert state and state.state not in ("unavailable", "unknown"), state


@pytest.mark.parametrize("status", [401, 500, 403])
async def test_account_comes_back(
    home: Home, freezer: FrozenDateTimeFactory, status: int
) -> None:
    """Whatever 46elks answered before, the balance comes back within the hour."""
    home.provider.fault(Fault(FaultKind.STATUS, on="GET /me", status=status, times=3))
    for _ in range(60 * 5):
        freezer.tick(timedelta(minutes=1))
        async_fire_time_changed(home.hass)
        await home.hass.async_block_till_done(wait_background_tasks=True)
    state = home.hass.states.get("sensor.demo_home_balance")
    assert state and state.state not in ("unavailable", "unknown")


async def test_unexpected_error(
    home: Home, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected error does not end the asking."""
    times = 0
    real = ElksClient.account

    async def account(self: Any) -> Any:
        nonlocal times
        times += 1
        if times < 3:
            raise RuntimeError("secret")
        return await real(self)

    monkeypatch.setattr(ElksClient, "account", account)
    for _ in range(90):
        freezer.tick(timedelta(minutes=1))
        async_fire_time_changed(home.hass)
        await home.hass.async_block_till_done(wait_background_tasks=True)
    assert times >= 3
    state = home.hass.states.get("sensor.demo_home_balance")
    assert state and state.state not in ("unavailable", "unknown")
