"""Contacts: found by name or entity, each with a device of its own."""

import asyncio
from datetime import timedelta
from itertools import count
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.elks.const import DOMAIN, SUBENTRY_CONTACT
from homeassistant.components.event import EventEntity
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from simulator import Outcome

from ..conftest import PHONE, Home, make_contact
from ..speech.conftest import Engine

ANNA, BO = "+46701111111", "+46702222222"
CECILIA = "+46704444444"
ACCOUNT_EVENT, ANNA_EVENT = "event.demo_home_call", "event.anna_call"

pytestmark = pytest.mark.usefixtures("event_entities")


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return three contacts, two of whom share a name."""
    return [
        make_contact("Anna", ANNA, language="sv", tts_entity_id="tts.tones"),
        make_contact("Bo", BO, options={"voice": "Erik"}),
        make_contact("Bo", "+46703333333"),
    ]


@pytest.mark.parametrize(
    "to", ["Anna", "  anna ", "notify.anna", ANNA, "070-111 11 11", 46701111111]
)
async def test_whom(home: Home, to: str | int) -> None:
    """A contact is meant by name, by entity and by number, however it is written."""
    await home.place_call(to=to)
    await home.settle()

    assert [call.to for call in home.provider.calls] == [ANNA]
    assert state(home, "sensor.anna_last_call") == "success"
    assert state(home, "sensor.bo_last_call") == "unknown"


async def test_somebody_else(home: Home) -> None:
    """A number that is nobody's can be called as well, and shows at the account only."""
    await home.place_call(to=PHONE)
    await home.settle()

    assert home.last_call.state == "success"
    assert state(home, "sensor.anna_last_call") == "unknown"


@pytest.mark.parametrize(
    ("to", "key"),
    [
        ("Bo", "ambiguous_contact"),
        ("Cecilia", "unknown_contact"),
        ("notify.cecilia", "unknown_contact"),
        ("123", "invalid_number"),
    ],
)
async def test_nobody(home: Home, to: str, key: str) -> None:
    """Who is not known, or not for certain, is not called; the error names who is known."""
    with pytest.raises(ServiceValidationError) as raised:
        await home.place_call(to=to)

    assert raised.value.translation_key == key
    placeholders = raised.value.translation_placeholders
    assert placeholders is not None
    assert placeholders["field"] == "Number (to)"
    if "contact" in key:
        assert placeholders["contacts"] == "Anna, Bo, Bo"
    assert home.provider.calls == []


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("Ana", "Number (to): there is no contact called “Ana”. Did you mean Anna?"),
        (
            "anna lisa",
            "Number (to): there is no contact called “anna lisa”. Did you mean Anna?",
        ),
        ("ÁNNA", "Number (to): there is no contact called “ÁNNA”. Did you mean Anna?"),
        (
            "notify.ana",
            "Number (to): there is no contact called “notify.ana”. Did you mean notify.anna?",
        ),
        (
            "notify.phone",
            "Number (to): there is no contact called “notify.phone”. Contacts: Anna, Bo, Bo",
        ),
        (
            "Eva 0701234567",
            "Number (to): there is no contact called “Eva 070•••••567”. Contacts: Anna, Bo, Bo",
        ),
        (
            f"Xerxes\n {'and so on ' * 9}",
            "Number (to): there is no contact called “Xerxes and so on and so on and so on an…”",
        ),
    ],
)
async def test_mistyped(home: Home, to: str, words: str) -> None:
    """A name that nobody has is quoted, with the one that was probably meant."""
    with pytest.raises(ServiceValidationError) as raised:
        await home.place_call(to=to)

    assert str(raised.value).startswith(words)


async def test_events_of_a_contact(home: Home) -> None:
    """Each contact has the events of the calls to them, and no others."""
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    await home.place_call(to="Anna")
    await home.settle()

    event = home.hass.states.get("event.anna_call")
    assert event is not None
    assert event.attributes["event_type"] == "busy"
    assert event.attributes["to"] == ANNA
    assert state(home, "event.bo_call") == "unknown"


async def test_one_moment_is_one_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event has the same time at the account and at the contact; the next has a later one."""
    begin, looks = dt_util.utcnow(), count()
    # Whoever looks at the clock finds a second gone by
    monkeypatch.setattr(
        dt_util, "utcnow", lambda: begin + timedelta(seconds=next(looks))
    )
    shown: dict[str, list[tuple[str, str]]] = {ACCOUNT_EVENT: [], ANNA_EVENT: []}

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        assert new is not None
        shown[new.entity_id].append((new.attributes["event_type"], new.state))

    async_track_state_change_event(home.hass, list(shown), changed)
    await home.place_call(to="Anna", wait=True)

    assert shown[ANNA_EVENT] == shown[ACCOUNT_EVENT]
    assert [event for event, _ in shown[ANNA_EVENT]] == [
        "placed",
        "answered",
        "success",
    ]
    assert len({time for _, time in shown[ANNA_EVENT]}) == 3


async def test_one_that_cannot_show_an_event(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entity that fails to show an event keeps no other from it."""
    trigger = EventEntity._trigger_event  # noqa: SLF001

    def fail(entity: EventEntity, *event: Any) -> None:
        if entity.entity_id == ACCOUNT_EVENT:
            raise RuntimeError("no")
        trigger(entity, *event)

    monkeypatch.setattr(EventEntity, "_trigger_event", fail)
    await home.place_call(to="Anna", wait=True)
    await home.hass.async_block_till_done()

    event = home.hass.states.get(ANNA_EVENT)
    assert event is not None
    assert event.attributes["event_type"] == "success"


async def test_time_of_an_event_survives_a_restart(home: Home) -> None:
    """The last event is shown after a restart, at its time."""
    await home.place_call(to="Anna", wait=True)
    before = state(home, ANNA_EVENT)

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()

    assert state(home, ANNA_EVENT) == state(home, ACCOUNT_EVENT) == before


async def test_last_call_survives_a_restart(home: Home) -> None:
    """Each contact's last call is there after a restart, not only the last of all."""
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    await home.place_call(to="Anna")
    await home.settle()
    await home.place_call(to=PHONE)
    await home.settle()

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()

    assert state(home, "sensor.anna_last_call") == "busy"
    assert home.last_call.state == "success"


def record_states(home: Home) -> dict[str, list[str | None]]:
    """Return the states that entities take from now on, by entity; None for no entity."""
    taken: dict[str, list[str | None]] = {}

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        taken.setdefault(event.data["entity_id"], []).append(new.state if new else None)

    home.hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    return taken


async def change(home: Home, who: str, **data: Any) -> None:
    """Change a contact, as its form does."""
    subentry = contact(home, who)
    home.hass.config_entries.async_update_subentry(
        home.entry,
        subentry,
        title=data.get("name", who),
        data={**subentry.data, **data},
    )
    await home.hass.async_block_till_done()


def contact(home: Home, name: str) -> ConfigSubentry:
    """Return the contact that was added first under a name."""
    return next(one for one in home.entry.subentries.values() if one.title == name)


async def add(home: Home, name: str, number: str) -> None:
    """Add a contact, as its form does."""
    subentry = ConfigSubentry(
        data=MappingProxyType({"name": name, "number": number}),
        subentry_type=SUBENTRY_CONTACT,
        title=name,
        unique_id=number,
    )
    home.hass.config_entries.async_add_subentry(home.entry, subentry)
    await home.hass.async_block_till_done()


async def test_others_stay(home: Home) -> None:
    """When a contact is added, changed or removed, nothing else is written again or reloaded."""
    runtime = home.entry.runtime_data
    taken = record_states(home)

    await add(home, "Cecilia", CECILIA)
    await change(home, "Cecilia", name="Cilla", number="+46704444445")
    home.hass.config_entries.async_remove_subentry(
        home.entry, contact(home, "Cilla").subentry_id
    )
    await home.hass.async_block_till_done()

    assert taken == {
        "button.cecilia_test_call": ["unknown", "unknown", None],
        "sensor.cecilia_last_answer": ["unknown", "unknown", None],
        "sensor.cecilia_last_call": ["unknown", "unknown", None],
        "event.cecilia_call": ["unknown", "unknown", None],
        "notify.cecilia": ["unknown", "unknown", None],
    }
    assert home.entry.runtime_data is runtime


async def test_added(engine: Engine, home: Home) -> None:
    """Who is added can be called, has a device, and shows calls, also after a restart."""
    await add(home, "Cecilia", CECILIA)

    await home.place_call(to="Cecilia", wait=True)
    assert home.device_id("Cecilia") != home.device_id()
    assert state(home, "sensor.cecilia_last_call") == "success"
    assert state(home, "event.cecilia_call") == state(home, ACCOUNT_EVENT)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert state(home, "sensor.cecilia_last_call") == "success"


async def test_added_while_unloaded(home: Home) -> None:
    """Who is added while the account is being unloaded is there when it is loaded again."""

    @callback
    def unloading() -> None:
        home.hass.async_create_task(add(home, "Cecilia", CECILIA))

    home.entry.async_on_unload(unloading)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.place_call(to="Cecilia", wait=True)

    assert state(home, "sensor.cecilia_last_call") == "success"


async def test_changed(engine: Engine, home: Home) -> None:
    """Another name, number and voice are used at once, by actions and notifications."""
    await home.place_call(to="Anna", wait=True)
    event = state(home, ANNA_EVENT)

    await change(home, "Anna", name="Anna Bok", number=CECILIA, language="en")

    shown = home.hass.states.get("sensor.anna_last_call")
    assert shown is not None
    assert (shown.state, shown.name) == ("success", "Anna Bok Last call")
    assert state(home, ANNA_EVENT) == event
    device = dr.async_get(home.hass).async_get(home.device_id("Anna Bok"))
    assert device is not None
    assert device.name == "Anna Bok"
    await home.hass.services.async_call(
        "notify",
        "send_message",
        {"entity_id": "notify.anna", "message": "Hello"},
        blocking=True,
    )
    await home.settle()
    await home.speak(to="anna bok", message="Hello")
    assert [call.to for call in home.provider.calls] == [ANNA, CECILIA, CECILIA]
    assert {language for _, language, _ in engine.asked} == {"en"}
    with pytest.raises(ServiceValidationError):
        await home.place_call(to="Anna")


async def test_changed_during_a_call(home: Home) -> None:
    """A call and who waits for its end go on; its end shows at the contact, whatever its name."""
    home.provider.clock.speed = 1
    home.provider.phone(ANNA, outcome=Outcome.NO_ANSWER)
    calling = asyncio.create_task(home.place_call(to="Anna", wait=True))
    while not home.provider.calls:
        await asyncio.sleep(0)

    await change(home, "Anna", name="Anna Bok", number=CECILIA)
    while state(home, "sensor.anna_last_call") != "ongoing":
        await asyncio.sleep(0)
    await home.callback(id=home.provider.calls[0].id, state="busy")

    assert (await calling)["state"] == "busy"
    assert state(home, "sensor.anna_last_call") == "busy"


async def test_removed_during_a_call(home: Home) -> None:
    """The end of a call to a removed contact is reported, with the account's device."""
    ended = async_capture_events(home.hass, "elks_call_ended")
    home.provider.clock.speed = 1
    home.provider.phone(ANNA, outcome=Outcome.NO_ANSWER)
    response = await home.place_call(to="Anna")

    home.hass.config_entries.async_remove_subentry(
        home.entry, contact(home, "Anna").subentry_id
    )
    await home.callback(id=response["call_id"], state="busy")
    await home.hass.async_block_till_done()

    [event] = ended
    assert event.data["contact"] is None
    assert event.data["device_id"] == home.device_id()
    assert home.last_call.state == "busy"


async def test_removed(home: Home) -> None:
    """A contact that is removed takes device and entities along, and can be called no more."""
    [anna, *_] = home.entry.subentries.values()
    await home.place_call(to="Anna")
    await home.settle()

    home.hass.config_entries.async_remove_subentry(home.entry, anna.subentry_id)
    await home.hass.async_block_till_done()

    assert home.hass.states.get("sensor.anna_last_call") is None
    assert er.async_get(home.hass).async_get("notify.anna") is None
    with pytest.raises(ServiceValidationError):
        await home.place_call(to="Anna")
    assert home.last_call.attributes["to"] == ANNA


async def test_device(home: Home, hass: HomeAssistant) -> None:
    """A contact is a device of the service type, below its own subentry."""
    registry = dr.async_get(hass)
    for subentry in home.entry.subentries.values():
        [device] = [
            device
            for device in dr.async_entries_for_config_entry(
                registry, home.entry.entry_id
            )
            if (DOMAIN, subentry.subentry_id) in device.identifiers
        ]
        assert device.name == subentry.title
        assert device.entry_type is dr.DeviceEntryType.SERVICE


@pytest.mark.parametrize(
    ("data", "spoken"),
    [
        ({"to": "Anna"}, ("Hello", "sv", {})),
        ({"to": ANNA, "language": "en"}, ("Hello", "en", {})),
        ({"to": BO}, ("Hello", "en", {"voice": "Erik"})),
        (
            {"to": BO, "options": {"voice": "Astrid"}},
            ("Hello", "en", {"voice": "Astrid"}),
        ),
        ({"to": BO, "tts_entity_id": "tts.tones"}, ("Hello", "en", {})),
        ({"to": PHONE}, ("Hello", "en", {})),
    ],
)
async def test_voice(
    engine: Engine, home: Home, data: dict[str, Any], spoken: tuple[object, ...]
) -> None:
    """A contact hears their own language and voice, unless the action wants others."""
    await home.hass.services.async_call(
        DOMAIN, "place_call", {"message": "Hello", **data}, blocking=True
    )

    await home.settle()

    [(text, language, options)] = engine.asked
    voice = {"voice": options["voice"]} if "voice" in options else {}
    assert (text, language, voice) == spoken


def state(home: Home, entity_id: str) -> str:
    """Return the state of an entity."""
    state = home.hass.states.get(entity_id)
    assert state is not None
    return state.state
