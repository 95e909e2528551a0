"""What happens to calls, as the event entities tell it."""

from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_track_state_change_event

from .conftest import LAST_CALL, PHONE, Home

EVENT = "event.demo_home_call"


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
    await home.place_call(voice_start={"ivr": "sound/beep", "timeout": 30})
    await home.settle()

    [call] = home.provider.calls
    assert call.cost
    values = ["success", "0", str(call.cost / 10_000)]
    assert {at: list(read.values()) for at, read in found.items()} == {
        "event": values,
        "bus": values,
    }
