"""What happens to calls, as the event entities tell it."""

import pytest

from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_track_state_change_event
from simulator import KeyPress

from .conftest import LAST_CALL, PHONE, Home
from .speech.conftest import Engine

EVENT = "event.demo_home_call"

pytestmark = pytest.mark.usefixtures("event_entities")


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
