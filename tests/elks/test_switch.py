"""The switches of lines: off, nobody is let in."""

from types import MappingProxyType

import pytest

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from simulator import SimulatedCall

from .conftest import PHONE, Home, make_contact, make_line
from .speech.conftest import Engine

SWITCH = "switch.home_answering"
GATE = "+46766860002"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line that forwards strangers."""
    menu = [{"key": "1", "say": "open the gate"}]
    return [make_line(menu=menu, others="forward", forward_to="+46709999998")]


async def switch(home: Home, turn: str) -> str:
    """Switch the line; return what the switch shows then."""
    await home.hass.services.async_call(
        "switch", turn, {"entity_id": SWITCH}, blocking=True
    )
    return state(home)


def state(home: Home) -> str:
    """Return what the switch shows."""
    shown = home.hass.states.get(SWITCH)
    assert shown is not None
    return shown.state


async def called(home: Home, caller: str) -> SimulatedCall:
    """Return a call to the line that is over."""
    call = home.provider.dial(caller, talk_for=5)
    await home.settle()
    return call


async def test_answering(engine: Engine, home: Home) -> None:
    """Off, everybody hears busy, nobody is forwarded; on, they are let in again."""
    assert state(home) == "on"
    assert await switch(home, "turn_off") == "off"
    for caller in (PHONE, "+46709999999"):
        call = await called(home, caller)
        assert [next(iter(one)) for one in call.actions] == ["hangup"]

    assert await switch(home, "turn_on") == "on"
    call = await called(home, PHONE)
    assert [next(iter(one)) for one in call.actions] == ["play", "ivr"]


async def test_after_a_restart(home: Home) -> None:
    """A switch that is off is off after a restart, and never shown as on meanwhile."""
    await switch(home, "turn_off")
    shown: list[str] = []

    @callback
    def note(event: object) -> None:
        shown.append(state(home))

    home.hass.bus.async_listen("state_changed", note)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()

    assert set(shown) == {"off", "unavailable"}


async def test_follows_lines(home: Home) -> None:
    """A line that is added is there at once, renamed and removed, all without a reload."""
    entries, loaded = home.hass.config_entries, home.entry.runtime_data
    added = make_line("Gate", GATE, line_key="another secret")
    gate = ConfigSubentry(**(added | {"data": MappingProxyType(added["data"])}))

    entries.async_add_subentry(home.entry, gate)
    await home.hass.async_block_till_done()
    shown = {"event.gate_call", "sensor.gate_last_call", "switch.gate_answering"}
    assert {
        one for one in home.hass.states.async_entity_ids() if "gate" in one
    } == shown

    entries.async_update_subentry(home.entry, gate, title="Barn")
    await home.hass.async_block_till_done()
    device = dr.async_get(home.hass).async_get(home.device_id("Barn"))
    assert device is not None and device.name == "Barn"

    entries.async_remove_subentry(home.entry, gate.subentry_id)
    await home.hass.async_block_till_done()
    assert not [one for one in home.hass.states.async_entity_ids() if "gate" in one]
    assert home.entry.runtime_data is loaded
