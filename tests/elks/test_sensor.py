"""The sensors: the last call and answer, who acknowledged, and figures of the account."""

import asyncio
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from simulator import KeyPress, Outcome

from .conftest import LAST_CALL, LINE, PHONE, Home, make_contact, make_line
from .speech.conftest import Engine


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return one line."""
    return [make_line(menu=[{"key": "1", "say": "open the gate"}])]


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


ANNA_LAST_CALL = "sensor.anna_last_call"
LINE_LAST_CALL = "sensor.home_last_call"


async def test_call_to_a_line(engine: Engine, home: Home) -> None:
    """The last call to a line can be read, also after a restart, and displaces no call placed."""
    await home.place_call()
    await home.settle()
    before = {key: home.hass.states.get(key) for key in (LAST_CALL, ANNA_LAST_CALL)}
    keys = [KeyPress(after=1, keys="1", sound=2)]
    call = home.provider.dial(PHONE, talk_for=12, keys=keys)
    await home.settle()

    shown = home.hass.states.get(LINE_LAST_CALL)
    assert shown is not None and call.cost
    assert shown.state == "success"
    assert dict(shown.attributes) == {
        "call_id": call.id,
        "contact": "Anna",
        "direction": "incoming",
        "from": PHONE,
        "to": LINE,
        "created": shown.attributes["created"],
        "start": shown.attributes["start"],
        "duration": call.duration,
        "cost": call.cost / 10_000,
        "answered": True,
        "spoken": shown.attributes["spoken"],
        "digits": "1",
        "device_class": "enum",
        "friendly_name": "Home Last call",
        "options": ["ongoing", "success", "busy", "failed"],
    }
    assert before == {key: home.hass.states.get(key) for key in before}

    await restart(home)
    again = home.hass.states.get(LINE_LAST_CALL)
    assert again is not None
    assert (again.state, again.attributes) == (shown.state, shown.attributes)


@pytest.mark.parametrize("owner", ["demo_home", "anna", "home"])
async def test_numbers_are_not_recorded(
    event_entities: None, home: Home, owner: str
) -> None:
    """People's numbers and keys stay out of the recorder."""
    for entity in (f"sensor.{owner}_last_call", f"event.{owner}_call"):
        state = home.hass.states.get(entity)
        assert state is not None and state.state_info is not None
        assert {"from", "to", "digits"} <= state.state_info["unrecorded_attributes"]


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
    """Accounts, contacts and lines differ in their models, also those that had none before."""
    registry = dr.async_get(home.hass)
    devices = [home.device_id(), home.device_id("Anna"), home.device_id("Home")]
    for device in devices:
        registry.async_update_device(device, model=None)
    await home.hass.config_entries.async_reload(home.entry.entry_id)

    assert [model(home, device) for device in devices] == [
        "Account",
        "Contact",
        "Line",
    ]


def model(home: Home, device_id: str) -> str | None:
    """Return the model of a device."""
    device = dr.async_get(home.hass).async_get(device_id)
    assert isinstance(device, dr.DeviceEntry)
    return device.model


CLOSE: dict[str, Any] = {
    "message": "Press 1 to close, 2 to wait",
    "answers": [{"key": "1", "id": "close"}, {"key": "2", "id": "wait"}],
}
CLOSES: dict[str, Any] = {"talk_for": None, "keys": [KeyPress(after=1, keys="1")]}
WAITS: dict[str, Any] = {"talk_for": None, "keys": [KeyPress(after=1, keys="2")]}
STRANGER = "+46709999999"


def answers(home: Home) -> dict[str, str]:
    """Return the last answers of all and of Anna, and who acknowledged last."""
    return {
        key: state.state
        for key in (
            "demo_home_last_answer",
            "anna_last_answer",
            "demo_home_acknowledged_by",
        )
        if (state := home.hass.states.get(f"sensor.{key}"))
    }


async def restart(home: Home) -> None:
    """Load the account anew, from what is on disk."""
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()


async def test_last_answer(engine: Engine, home: Home) -> None:
    """The answer given last is shown, by all and by each contact, also after a restart."""
    assert set(answers(home).values()) == {"unknown"}
    home.provider.phone(PHONE, **CLOSES)
    home.provider.phone(STRANGER, **WAITS)

    await home.speak(**CLOSE)
    assert answers(home)["demo_home_last_answer"] == "close"
    await home.speak(to=STRANGER, **CLOSE)
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await home.speak(**CLOSE)

    await given_before_and_after_a_restart(
        home,
        demo_home_last_answer="wait",
        anna_last_answer="close",
        demo_home_acknowledged_by="unknown",
    )


async def given_before_and_after_a_restart(home: Home, **given: str) -> None:
    """Compare what the sensors of answers show, also after a restart."""
    assert answers(home) == given
    await restart(home)
    assert answers(home) == given


async def press(home: Home, to: str, key: str) -> None:
    """Have 46elks report that somebody pressed a key; their phone still rings in the simulator."""
    [call] = [call for call in home.provider.calls if call.to == to]
    url = str(call.whenhangup)
    fields = {"callid": call.id, "result": key}
    path = f"{url[url.index('/api/') :]}&asked=1"
    async with home.client.post(path, data=fields) as answer:
        assert answer.status == 200
    await home.hass.async_block_till_done()


async def test_answer_of_an_older_call(engine: Engine, home: Home) -> None:
    """An answer that comes late, in an older call, does not displace a newer one."""
    home.rings_on()
    home.provider.phone(STRANGER, outcome=Outcome.NO_ANSWER)
    for to in (PHONE, STRANGER):
        await home.act("place_call", to=to, timeout=300, wait=False, **CLOSE)

    await press(home, STRANGER, "2")
    await press(home, PHONE, "1")

    await given_before_and_after_a_restart(
        home,
        demo_home_last_answer="wait",
        anna_last_answer="close",
        demo_home_acknowledged_by="unknown",
    )


async def test_an_answer_that_is_too_long(engine: Engine, home: Home) -> None:
    """Of an answer that no state can hold, the beginning is shown."""
    home.provider.phone(PHONE, **CLOSES)
    await home.speak(message="1?", answers=[{"key": "1", "id": "x" * 300}])

    assert answers(home)["anna_last_answer"] == "x" * 255


async def test_acknowledged_by(engine: Engine, home: Home) -> None:
    """Who acknowledged last is shown by name, else by number; that is an answer, too."""
    home.provider.phone(PHONE, **CLOSES)
    home.provider.phone(STRANGER, **CLOSES)
    await home.act("call_chain", to=STRANGER, message="Fire")
    await home.settle()
    assert answers(home) == {
        "demo_home_last_answer": "acknowledged",
        "anna_last_answer": "unknown",
        "demo_home_acknowledged_by": STRANGER,
    }

    await home.act("call_chain", to=["Anna"], message="Fire")
    await home.settle()
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await home.act("call_chain", to=["Anna"], message="Fire", rounds=1)
    await home.settle()

    shown = {
        "demo_home_last_answer": "acknowledged",
        "anna_last_answer": "acknowledged",
        "demo_home_acknowledged_by": "Anna",
    }
    assert answers(home) == shown
    await restart(home)
    assert answers(home) == shown
    assert value(home, "call_chain") == "unanswered"


async def test_long_name(
    engine: Engine, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a name that no state can hold, the beginning is shown."""
    home.provider.phone(PHONE, **CLOSES)
    anna = next(iter(home.entry.subentries.values()))
    home.hass.config_entries.async_update_subentry(
        home.entry, anna, data={**anna.data, "name": "A" * 300}
    )

    await home.act("call_chain", to=PHONE, message="Fire")
    await home.settle()

    assert answers(home)["demo_home_acknowledged_by"] == "A" * 255
    assert "longer than 255" not in caplog.text


async def test_acknowledged_in_another_order(engine: Engine, home: Home) -> None:
    """The chain begun first may be acknowledged last; a restart remembers that."""
    home.rings_on()
    home.provider.phone(STRANGER, outcome=Outcome.NO_ANSWER)
    for to in (PHONE, STRANGER):
        await home.hass.services.async_call(
            "elks",
            "call_chain",
            {"to": to, "message": "Fire", "timeout": 300},
            blocking=True,
        )
        async with asyncio.timeout(30):
            while to not in {call.to for call in home.provider.calls}:
                await asyncio.sleep(0.01)

    await press(home, STRANGER, "1")
    assert answers(home)["demo_home_acknowledged_by"] == STRANGER
    await press(home, PHONE, "1")

    assert answers(home)["demo_home_acknowledged_by"] == "Anna"
    await restart(home)
    assert answers(home)["demo_home_acknowledged_by"] == "Anna"


async def test_nothing_new_is_not_written(engine: Engine, home: Home) -> None:
    """What a sensor shows already is not written again, whatever else becomes known."""
    home.provider.phone(PHONE, **CLOSES)
    home.provider.phone(STRANGER, **CLOSES)
    await home.act("call_chain", to=["Anna"], message="Fire")
    await home.settle()
    before = {
        key: home.hass.states.get(f"sensor.{key}").last_reported  # type: ignore[union-attr]
        for key in (
            "anna_last_answer",
            "anna_last_call",
            "demo_home_acknowledged_by",
            "demo_home_call_chain",
            "demo_home_last_answer",
        )
    }

    home.provider.phone(STRANGER, **CLOSES)
    await home.act("place_call", to=STRANGER, message="Hello")
    await home.settle()

    for key, written in before.items():
        shown = home.hass.states.get(f"sensor.{key}")
        assert shown is not None
        assert shown.last_reported == written, key


def value(home: Home, key: str) -> str:
    """Return the state of one of the account's sensors."""
    state = home.hass.states.get(f"sensor.demo_home_{key}")
    assert state is not None
    return state.state


def asked_of_calls(home: Home) -> list[str]:
    """Return what 46elks was asked, but how the number of the line is set."""
    asked = [request.path for request in home.provider.requests]
    return [path for path in asked if "/numbers" not in path]


@pytest.fixture
def all_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the sensors that are less used, too."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


async def test_figures(all_sensors: None, home: Home) -> None:
    """Calls move the figures of the account, without anything being asked."""
    home.provider.phone(PHONE, answer_after=1, talk_for=12)
    assert value(home, "balance") == "100.0"
    asked = len(asked_of_calls(home))

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
    assert len(asked_of_calls(home)) == asked + 2


async def test_figures_of_a_call_to_a_line(
    all_sensors: None, engine: Engine, home: Home
) -> None:
    """Calls to a line are counted and cost money; the figures of the last call are not theirs."""
    call = home.provider.dial(PHONE, talk_for=12)
    missed = home.provider.dial(STRANGER)
    await home.settle()

    assert call.cost and not missed.cost
    assert value(home, "calls_this_month") == "2"
    assert float(value(home, "cost_this_month")) == call.cost / 10_000
    assert value(home, "calls_in_progress") == "0"
    assert value(home, "last_call_duration") == "unknown"
    assert value(home, "last_answer") == "unknown"


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
    """Those that few want are there when they are asked for; who has them keeps them."""
    registry = er.async_get(home.hass)
    entities = er.async_entries_for_config_entry(registry, home.entry.entry_id)

    assert {entity.entity_id for entity in entities if entity.disabled} == {
        "event.anna_call",
        "sensor.demo_home_calls_this_month",
        "sensor.demo_home_last_call_cost",
        "sensor.demo_home_last_call_duration",
    }


@pytest.fixture
def registered(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Have registered an entity when it was not yet disabled at first."""
    contact = next(iter(entry.subentries))
    er.async_get(hass).async_get_or_create(
        "event",
        "elks",
        f"{contact}_call",
        config_entry=entry,
        config_subentry_id=contact,
        suggested_object_id="anna_call",
    )


async def test_not_disabled_by_an_update(registered: None, home: Home) -> None:
    """Who has an entity keeps it, although it is disabled at first by now."""
    assert home.hass.states.get("event.anna_call")
