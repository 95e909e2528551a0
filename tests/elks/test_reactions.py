"""What automations find that react while something is reported, and what ends in that moment."""

import asyncio
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.elks.api import Call
from custom_components.elks.const import SUBENTRY_CONTACT
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from simulator import Outcome

from .conftest import PHONE, Home
from .speech.conftest import Engine

CHAIN = "sensor.demo_home_call_chain"
OTHER = "+46709876543"


def add_contact(home: Home, name: str, number: str) -> None:
    """Add a contact while the account is loaded."""
    home.hass.config_entries.async_add_subentry(
        home.entry,
        ConfigSubentry(
            data=MappingProxyType({"name": name, "number": number}),
            subentry_type=SUBENTRY_CONTACT,
            title=name,
            unique_id=number,
        ),
    )


async def until(true: Any) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


def report_end(home: Home, state: str) -> None:
    """Report the end of the newest call in this very moment."""
    call = home.provider.calls[-1]
    token = str(call.whenhangup).partition("token=")[2]
    end = Call.from_api({"id": call.id, "state": state})
    home.entry.runtime_data.tracker.reports.async_end(token, end)


async def test_event_entity_of_a_new_contact_is_before_the_bus(
    event_entities: None,
    home: Home,
) -> None:
    """Who acts on elks_call_ended finds the event entity of a contact as it is by then."""
    add_contact(home, "Anna", PHONE)
    await home.hass.async_block_till_done()
    seen: list[Any] = []

    @callback
    def ended(_: Event) -> None:
        state = home.hass.states.get("event.anna_call")
        seen.append(state and state.attributes.get("event_type"))

    home.hass.bus.async_listen("elks_call_ended", ended)
    await home.place_call(wait=True)
    await home.settle()
    assert seen == ["success"]


@pytest.mark.parametrize(
    "trigger",
    [
        {"trigger": "event", "event_type": "elks_call_ended"},
        {
            "trigger": "state",
            "entity_id": "event.demo_home_call",
            "attribute": "event_type",
            "to": "busy",
        },
        {"trigger": "state", "entity_id": "sensor.demo_home_last_call", "to": "busy"},
    ],
    ids=["bus", "event", "sensor"],
)
async def test_cancel_shows_at_once_in_an_automation(
    event_entities: None, engine: Engine, home: Home, trigger: dict[str, Any]
) -> None:
    """After cancel_chain returns, the sensor shows it: also in an automation on an event."""
    assert await async_setup_component(
        home.hass,
        "automation",
        {
            "automation": {
                "triggers": trigger,
                "actions": [
                    {"action": "elks.cancel_chain", "data": {}},
                    {
                        "event": "after",
                        "event_data_template": {
                            "state": "{{ states('" + CHAIN + "') }}",
                            "running": "{{ state_attr('" + CHAIN + "', 'running') }}",
                        },
                    },
                ],
            }
        },
    )
    await home.hass.async_block_till_done()
    seen: list[Any] = []
    home.hass.bus.async_listen("after", callback(lambda event: seen.append(event.data)))
    home.provider.phone(PHONE, outcome=Outcome.BUSY)
    home.provider.phone(OTHER, outcome=Outcome.BUSY)
    await home.act("call_chain", to=[PHONE, OTHER], message="Leak", pause=0, rounds=1)
    await home.settle()
    assert seen and (seen[0]["state"], str(seen[0]["running"])) == ("cancelled", "0"), (
        seen
    )


async def test_cancel_in_an_automation_calls_nobody_else(
    engine: Engine, home: Home
) -> None:
    """A chain that is cancelled as its first call ends has one call, and one end on the bus."""
    assert await async_setup_component(
        home.hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "state",
                    "entity_id": "sensor.demo_home_last_call",
                    "to": "busy",
                },
                "actions": [{"action": "elks.cancel_chain", "data": {}}],
            }
        },
    )
    await home.hass.async_block_till_done()
    ends: list[Any] = []
    home.hass.bus.async_listen(
        "elks_chain_ended", callback(lambda e: ends.append(e.data))
    )
    home.provider.phone(PHONE, outcome=Outcome.BUSY)
    home.provider.phone(OTHER, outcome=Outcome.BUSY)
    got = await home.act(
        "call_chain", to=[PHONE, OTHER], message="Leak", pause=0, rounds=1
    )
    await home.settle()
    assert len(home.provider.calls) == 1
    assert [one["reason"] for one in ends] == ["cancelled"]
    assert [one["state"] for one in ends[0]["calls"]] == ["busy"]
    assert got["reason"] == "cancelled" and [c["state"] for c in got["calls"]] == [
        "busy"
    ]


async def test_place_in_the_event_of_another(
    event_entities: None, engine: Engine, home: Home
) -> None:
    """Calls placed from within events: each once, each with all of its events in order."""
    assert await async_setup_component(
        home.hass,
        "automation",
        {
            "automation": {
                "mode": "parallel",
                "triggers": {
                    "trigger": "event",
                    "event_type": "elks_call_ended",
                    "event_data": {"to": PHONE},
                },
                "actions": [
                    {
                        "action": "elks.place_call",
                        "data": {"to": OTHER, "message": "x", "wait": True},
                    }
                ],
            }
        },
    )
    await home.hass.async_block_till_done()
    shown: list[Any] = []
    async_track_state_change_event(
        home.hass,
        "event.demo_home_call",
        callback(
            lambda e: shown.append(
                (
                    e.data["new_state"].attributes["to"],
                    e.data["new_state"].attributes["event_type"],
                )
            )
        ),
    )
    for _ in range(3):
        await home.act("place_call", to=PHONE, message="x", wait=True)
    await home.settle()
    assert len(home.provider.calls) == 6
    for to in (PHONE, OTHER):
        assert [k for t, k in shown if t == to].count("success") == 3, shown


@pytest.mark.parametrize("how", ["reload", "unload", "stop"])
async def test_end_in_the_moment_of(home: Home, how: str) -> None:
    """A call that ends in the very moment of a reload or stop is reported to all."""
    home.rings_on()
    ends: list[Any] = []
    home.hass.bus.async_listen(
        "elks_call_ended", callback(lambda e: ends.append(e.data["state"]))
    )
    calling = asyncio.create_task(home.place_call(wait=True))
    await until(lambda: home.last_call.state == "ongoing")
    report_end(home, "busy")
    if how == "reload":
        await home.hass.config_entries.async_reload(home.entry.entry_id)
    elif how == "unload":
        await home.hass.config_entries.async_unload(home.entry.entry_id)
    else:
        home.hass.bus.async_fire("homeassistant_stop")
    async with asyncio.timeout(3):
        assert (await calling)["state"] == "busy"
    assert ends == ["busy"]


async def test_reload_from_within_an_event(home: Home) -> None:
    """A reload that an automation begins as a call ends takes nothing from who waits."""
    ends: list[Any] = []

    async def ended(event: Event) -> None:
        ends.append(event.data["state"])
        await home.hass.config_entries.async_reload(home.entry.entry_id)

    home.hass.bus.async_listen("elks_call_ended", ended)
    home.provider.phone(PHONE, outcome=Outcome.BUSY)
    got = await home.place_call(wait=True)
    await home.settle()
    assert got["state"] == "busy"
    assert ends == ["busy"]
    assert home.last_call.state == "busy"


async def test_contact_is_removed_from_within_an_event(home: Home) -> None:
    """A contact that is removed as its call ends takes nothing from the others."""
    add_contact(home, "Anna", PHONE)
    await home.hass.async_block_till_done()
    [subentry] = home.entry.subentries
    ends: list[Any] = []

    @callback
    def changed(_: Event[EventStateChangedData]) -> None:
        if home.entry.subentries:
            home.hass.config_entries.async_remove_subentry(home.entry, subentry)

    home.hass.bus.async_listen(
        "elks_call_ended", callback(lambda e: ends.append(e.data["state"]))
    )
    async_track_state_change_event(home.hass, "event.demo_home_call", changed)
    home.provider.phone(PHONE, outcome=Outcome.BUSY)
    got = await home.place_call(wait=True)
    await home.settle()
    assert got["state"] == "busy" and ends == ["busy"]
    assert home.hass.states.get("event.anna_call") is None
