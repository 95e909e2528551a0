"""What automations hear on Home Assistant's bus."""

from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

import custom_components.elks as integration
from homeassistant.config_entries import ConfigEntries, ConfigSubentryData
from simulator import Fault, FaultKind, KeyPress, Outcome

from ..conftest import LINE, PHONE, Home, make_contact, make_line
from ..speech.conftest import Engine


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
        "device_id": home.device_id("Anna"),
        "entity_id": "notify.anna",
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
        "spoken": None,
        "contact": "Anna",
        "line": None,
    }


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return one line."""
    return [make_line(menu=[{"key": "1", "say": "open the gate"}])]


async def test_call_to_a_line_ended(engine: Engine, home: Home) -> None:
    """A call to a line is told once when it has ended, with who called and which line."""
    ended = async_capture_events(home.hass, "elks_call_ended")
    keys = [KeyPress(after=1, keys="1", sound=2)]

    call = home.provider.dial(PHONE, talk_for=12, keys=keys)
    await home.settle()
    await home.callback(id=call.id, state="success")

    [event] = ended
    assert call.cost
    expected = {
        "config_entry_id": home.entry.entry_id,
        "device_id": home.device_id("Home"),
        "entity_id": "switch.home_answering",
        "call_id": call.id,
        "state": "success",
        "direction": "incoming",
        "from": PHONE,
        "to": LINE,
        "duration": call.duration,
        "cost": call.cost / 10_000,
        "currency": "SEK",
        "answered": True,
        "digits": "1",
        "answer": None,
        "contact": "Anna",
        "line": "Home",
    }
    assert event.data | expected == event.data
    assert event.data.keys() - expected == {"created", "start", "spoken"}


async def test_missed_call_to_a_line(home: Home) -> None:
    """A call from a withheld number that nobody answers has no name and no number."""
    ended = async_capture_events(home.hass, "elks_call_ended")

    home.provider.dial(None)
    await home.settle()

    [event] = ended
    assert event.data["answered"] is False
    assert event.data["from"] is event.data["contact"] is None
    assert event.data["device_id"] == home.device_id("Home")


async def test_to_nobody(home: Home) -> None:
    """A number that is nobody's has no name."""
    ended = async_capture_events(home.hass, "elks_call_ended")

    await home.place_call(to="+46709999999")
    await home.settle()

    [event] = ended
    assert event.data["contact"] is None
    assert event.data["entity_id"] is None
    assert event.data["device_id"] == home.device_id()


async def test_chain_ended(engine: Engine, home: Home) -> None:
    """Each chain is told once when it has ended, with the response's data."""
    ended = async_capture_events(home.hass, "elks_chain_ended")
    keys = [KeyPress(after=1, keys="1")]
    home.provider.phone(PHONE, talk_for=None, keys=keys)

    response = await home.act("call_chain", to="Anna", message="Fire")
    await home.settle()

    [event] = ended
    assert event.data == {
        "config_entry_id": home.entry.entry_id,
        "device_id": home.device_id(),
        **response,
    }


@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (integration, "async_keep_recordings"),
        (ConfigEntries, "async_forward_entry_setups"),
    ],
)
async def test_ended_before_the_start(home: Home, owner: Any, step: str) -> None:
    """An end that is learnt after a start is told to all, however long a step of it takes."""
    home.provider.fault(Fault(FaultKind.CALLBACK_DROPPED, times=None))
    await home.place_call()
    await home.provider.settled()
    ended = async_capture_events(home.hass, "elks_call_ended")
    take_step = getattr(owner, step)

    async def slowly(*args: object) -> None:
        await do_what_is_due(home)
        await take_step(*args)

    with patch.object(owner, step, slowly):
        await home.hass.config_entries.async_reload(home.entry.entry_id)
    await do_what_is_due(home)

    assert [event.data["state"] for event in ended] == ["success"]
    shown = home.hass.states.get("event.demo_home_call")
    assert shown is not None
    assert shown.attributes["event_type"] == "success"


async def do_what_is_due(home: Home) -> None:
    """Let happen what is to happen now."""
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)
