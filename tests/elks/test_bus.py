"""What automations hear on Home Assistant's bus."""

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.config_entries import ConfigSubentryData
from simulator import KeyPress, Outcome

from .audio.conftest import Engine
from .conftest import PHONE, Home, make_contact


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


async def test_call_ended(home: Home) -> None:
    """Each call is told once when it has ended, with the response's data and to whom it was."""
    ended = async_capture_events(home.hass, "elks_call_ended")
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)

    await home.place_call()
    await home.settle()
    await home.callback(id=home.provider.calls[0].id, state="busy")

    [event] = ended
    [call] = home.provider.calls
    assert event.data == {
        "config_entry_id": home.entry.entry_id,
        "call_id": call.id,
        "state": "busy",
        "direction": "outgoing",
        "from": home.provider.voice_number,
        "to": PHONE,
        "created": call.created.isoformat(),
        "start": None,
        "duration": call.duration,
        "cost": None if call.cost is None else call.cost / 10_000,
        "currency": "SEK",
        "answered": False,
        "digits": None,
        "answer": None,
        "contact": "Anna",
    }


async def test_to_nobody(home: Home) -> None:
    """A number that is nobody's has no name."""
    ended = async_capture_events(home.hass, "elks_call_ended")

    await home.place_call(to="+46709999999")
    await home.settle()

    [event] = ended
    assert event.data["contact"] is None


async def test_chain_ended(engine: Engine, home: Home) -> None:
    """Each chain is told once when it has ended, with the response's data."""
    ended = async_capture_events(home.hass, "elks_chain_ended")
    keys = [KeyPress(after=1, keys="1")]
    home.provider.phone(PHONE, talk_for=None, keys=keys)

    response = await home.act("call_chain", to="Anna", message="Fire")
    await home.settle()

    [event] = ended
    assert event.data == {"config_entry_id": home.entry.entry_id, **response}
