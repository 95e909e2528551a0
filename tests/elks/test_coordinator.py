"""The account: asked for at start and once an hour."""

from datetime import timedelta

from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.util import dt as dt_util
from simulator import Fault, FaultKind

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
