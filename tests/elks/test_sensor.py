"""The sensor of the call placed last."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from simulator import Outcome

from .conftest import LAST_CALL, PHONE, Home, make_contact


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


async def test_before_the_first_call(home: Home) -> None:
    """Nothing is known before the first call."""
    assert home.last_call.state == "unknown"


async def test_story(home: Home) -> None:
    """A call goes from ongoing to its end, and each is told once."""
    states: list[str] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        states.append(event.data["new_state"].state)

    async_track_state_change_event(home.hass, LAST_CALL, changed)
    await home.place_call()
    await home.settle()

    assert states == ["ongoing", "success"]


async def test_attributes(home: Home) -> None:
    """What 46elks told of the call can be read."""
    home.provider.phone(PHONE, answer_after=3, talk_for=12)
    await home.place_call(voice_start={"ivr": "sound/beep", "timeout": 30})
    before = home.last_call.attributes
    assert (before["answered"], before["start"], before["cost"]) == (None, None, None)
    await home.settle()

    [call] = home.provider.calls
    assert call.cost
    assert dict(home.last_call.attributes) == {
        "call_id": call.id,
        "direction": "outgoing",
        "from": home.provider.voice_number,
        "to": PHONE,
        "created": call.created,
        "start": call.start,
        "duration": 12,
        "cost": call.cost / 10_000,
        "answered": True,
        "spoken": None,
        "digits": None,
        "device_class": "enum",
        "friendly_name": "Demo home Last call",
        "options": ["ongoing", "success", "busy", "failed"],
    }


async def test_not_answered(home: Home) -> None:
    """A call that nobody picked up has no start, and was not answered."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await home.place_call()
    await home.settle()

    assert home.last_call.state == "busy"
    assert home.last_call.attributes["answered"] is False
    assert home.last_call.attributes["start"] is None


async def test_older_call_ends_later(home: Home) -> None:
    """An older call's late end does not displace the call placed last."""
    older, newer = "+46700000003", "+46700000004"
    home.provider.phone(older, answer_after=200, talk_for=1)
    home.provider.phone(newer, outcome=Outcome.DECLINE)
    await home.place_call(to=older, timeout=300)
    await home.place_call(to=newer)
    await home.settle()

    assert [callback.form["to"] for callback in home.provider.callbacks] == [
        newer,
        older,
    ]
    assert home.last_call.state == "busy"
    assert home.last_call.attributes["to"] == newer


async def test_numbers_are_not_recorded(home: Home) -> None:
    """People's numbers and keys stay out of the recorder."""
    state_info = home.last_call.state_info

    assert state_info is not None
    assert {"from", "to", "digits"} <= state_info["unrecorded_attributes"]


async def test_registries(home: Home) -> None:
    """The account is a service, and the sensor belongs to it."""
    entity = er.async_get(home.hass).async_get(LAST_CALL)
    assert entity is not None
    assert entity.unique_id == f"{home.provider.account_id}_last_call"
    assert entity.device_id is not None
    device = dr.async_get(home.hass).async_get(entity.device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert (device.name, device.entry_type) == ("Demo home", dr.DeviceEntryType.SERVICE)


async def test_models(home: Home) -> None:
    """Accounts and contacts differ in their models, also those that had none before."""
    registry = dr.async_get(home.hass)
    devices = [home.device_id(), home.device_id("Anna")]
    for device in devices:
        registry.async_update_device(device, model=None)
    await home.hass.config_entries.async_reload(home.entry.entry_id)

    found = [registry.async_get(device) for device in devices]
    assert [one and one.model for one in found] == ["Account", "Contact"]


def value(home: Home, key: str) -> str:
    """Return the state of one of the account's sensors."""
    state = home.hass.states.get(f"sensor.demo_home_{key}")
    assert state is not None
    return state.state


@pytest.fixture
def all_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the sensors that are less used, too."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


async def test_figures(all_sensors: None, home: Home) -> None:
    """Calls move the figures of the account, without anything being asked."""
    home.provider.phone(PHONE, answer_after=1, talk_for=12)
    assert value(home, "balance") == "100.0"
    asked = len(home.provider.requests)

    await home.place_call(voice_start={"ivr": "sound/beep", "timeout": 30})
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=1))
    assert value(home, "calls_in_progress") == "1"
    await home.settle()
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await home.place_call()
    await home.settle()

    first, second = home.provider.calls
    assert first.cost and not second.cost
    cost = first.cost / 10_000
    assert float(value(home, "balance")) == 100 - cost
    assert value(home, "calls_in_progress") == "0"
    assert value(home, "calls_this_month") == "2"
    assert float(value(home, "cost_this_month")) == cost
    assert value(home, "last_call_duration") == "unknown"
    assert len(home.provider.requests) == asked + 2


async def test_figures_of_last_call(all_sensors: None, home: Home) -> None:
    """Duration and cost are those of the call placed last."""
    home.provider.phone(PHONE, answer_after=1, talk_for=12)
    await home.place_call(voice_start={"ivr": "sound/beep", "timeout": 30})
    await home.settle()

    assert float(value(home, "last_call_duration")) == 12
    cost = home.last_call.attributes["cost"]
    assert float(value(home, "last_call_cost")) == cost


async def test_month_over_a_restart(all_sensors: None, home: Home) -> None:
    """What was counted this month is there after a restart, and counted once."""
    await home.place_call()
    await home.settle()

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()

    assert value(home, "calls_this_month") == "1"
    assert float(value(home, "cost_this_month")) > 0


async def test_next_month(
    all_sensors: None, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """With the home's new month the counting begins anew."""
    home.provider.phone(PHONE, outcome=Outcome.UNREACHABLE)
    await home.place_call()
    await home.hass.async_block_till_done()
    assert value(home, "calls_this_month") == "1"

    month = dt_util.start_of_local_day() + timedelta(days=32)
    freezer.move_to(month.replace(day=1))
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done()

    shown = home.hass.states.get("sensor.demo_home_calls_this_month")
    assert shown is not None
    assert shown.state == "0"
    assert shown.attributes["last_reset"] == month.replace(day=1).isoformat()


async def test_disabled_by_default(home: Home) -> None:
    """Those that few want are there when they are asked for."""
    registry = er.async_get(home.hass)
    entities = er.async_entries_for_config_entry(registry, home.entry.entry_id)

    assert {entity.translation_key for entity in entities if entity.disabled} == {
        "calls_this_month",
        "last_call_cost",
        "last_call_duration",
    }
