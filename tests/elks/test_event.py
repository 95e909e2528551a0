"""What happens to calls, as the event entities tell it."""

from typing import Any

import pytest

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_track_state_change_event
from simulator import KeyPress, Outcome

from .conftest import LAST_CALL, LINE, PHONE, Home, make_contact, make_line
from .speech.conftest import Engine

EVENT = "event.demo_home_call"
LINE_EVENT = "event.home_call"
STRANGER = "+46709999999"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line that asks for a PIN."""
    return [make_line(pin="2468", menu=[{"key": "1", "say": "open the gate"}])]


async def test_events(engine: Engine, home: Home) -> None:
    """Every event of a call is told once, in order, with its data."""
    told: list[str] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        told.append(event.data["new_state"].attributes["event_type"])

    async_track_state_change_event(home.hass, EVENT, changed)
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])

    await home.speak(message="Press 1", answers=[{"key": "1", "id": "close"}])

    assert told == ["placed", "answered", "key_pressed", "success"]
    state = home.hass.states.get(EVENT)
    assert state is not None
    assert state.attributes["answer"] == "close"
    assert state.attributes["to"] == PHONE


async def test_sensors_are_first(home: Home) -> None:
    """Whoever acts on an end finds the sensors as they are by then."""
    found: dict[str, dict[str, str]] = {}

    def look(at: str) -> None:
        found[at] = {
            key: home.hass.states.get(key).state  # type: ignore[union-attr]
            for key in (
                LAST_CALL,
                "sensor.demo_home_calls_in_progress",
                "sensor.demo_home_cost_this_month",
            )
        }

    @callback
    def happened(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        assert state is not None
        if state.attributes["event_type"] == "success":
            look("event")

    @callback
    def ended(_: Event) -> None:
        look("bus")

    async_track_state_change_event(home.hass, EVENT, happened)
    home.hass.bus.async_listen("elks_call_ended", ended)
    home.provider.phone(PHONE, answer_after=1, talk_for=12)
    await home.place_call(voice_start={"ivr": "sound/beep", "timeout": 30}, wait=True)
    look("action")

    [call] = home.provider.calls
    assert call.cost
    values = ["success", "0", str(call.cost / 10_000)]
    assert {at: list(read.values()) for at, read in found.items()} == {
        "event": values,
        "bus": values,
        "action": values,
    }


def events_of(home: Home, *entities: str) -> list[tuple[str, dict[str, Any]]]:
    """Return a list to which each event of these entities is added, with what is shown of it."""
    shown: list[tuple[str, dict[str, Any]]] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        assert state is not None
        shown.append((state.attributes["event_type"], dict(state.attributes)))

    async_track_state_change_event(home.hass, entities, changed)
    return shown


async def test_call_to_a_line(engine: Engine, home: Home) -> None:
    """Each event of a call to a line is shown once, in order, with who called."""
    shown = events_of(home, LINE_EVENT)
    keys = [
        KeyPress(after=1, keys=keys, sound=sound)
        for keys, sound in (("1111", 1), ("2468", 3), ("1", 5))
    ]
    call = home.provider.dial(PHONE, talk_for=60, keys=keys)
    await home.settle()

    assert [event for event, _ in shown] == [
        "ringing",
        "answered",
        "pin_refused",
        "key_pressed",
        "ended",
    ]
    assert {data["contact"] for _, data in shown} == {"Anna"}
    _, last = shown[-1]
    expected = {
        "call_id": call.id,
        "direction": "incoming",
        "from": PHONE,
        "to": LINE,
        "digits": "1",
        "answer": None,
        "answered": True,
        "duration": call.duration,
    }
    assert {key: last[key] for key in expected} == expected


async def test_missed_call_to_a_line(home: Home) -> None:
    """A call that is not let in rings and is missed; a number that is withheld is none."""
    shown = events_of(home, LINE_EVENT)
    home.provider.dial(STRANGER)
    home.provider.dial(None)
    await home.settle()

    by_caller = {
        number: [event for event, data in shown if data["from"] == number]
        for number in (STRANGER, None)
    }
    assert by_caller == {one: ["ringing", "missed"] for one in (STRANGER, None)}
    assert {data["contact"] for _, data in shown} == {None}


async def test_each_event_is_shown_by_its_owner(
    event_entities: None, engine: Engine, home: Home
) -> None:
    """A call to a line is none of the account or of the contact who calls, and theirs none of it."""
    placed = events_of(home, EVENT, "event.anna_call")
    received = events_of(home, LINE_EVENT)

    home.provider.dial(PHONE, talk_for=5)
    await home.settle()
    assert placed == []
    count = len(received)

    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await home.place_call()
    await home.settle()
    assert len(placed) == 4
    assert len(received) == count > 2
