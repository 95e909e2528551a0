"""Chains that are cancelled, or whose account is reloaded, as they begin or later."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.elks.chains import ChainChange
from custom_components.elks.const import DOMAIN
from custom_components.elks.helpers.listeners import Stage
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from simulator import Outcome

from ..chained import (
    ANNA,
    BO,
    CHAIN,
    TAKES_IT,
    call_chain,
    called,
    five_contacts,
    state,
    until,
    until_called,
)
from ..conftest import Home
from ..speech.conftest import Engine


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return five contacts."""
    return five_contacts()


async def cancel(home: Home, chain_id: str) -> None:
    """Cancel a chain."""
    await home.hass.services.async_call(
        DOMAIN, "cancel_chain", {"chain_id": chain_id}, blocking=True
    )


def as_it_begins(home: Home, domain: str, action: str, **data: Any) -> None:
    """Perform an action as soon as the sensor shows that a chain calls."""

    @callback
    def act(event: Event[EventStateChangedData]) -> None:
        now, before = event.data["new_state"], event.data["old_state"]
        if now and before and (before.state, now.state) == ("idle", "calling"):
            home.hass.async_create_task(
                home.hass.services.async_call(domain, action, data)
            )

    async_track_state_change_event(home.hass, CHAIN, act)


async def test_cancel(engine: Engine, home: Home) -> None:
    """A chain that is cancelled calls nobody else, and who picks up then hears nothing."""
    home.provider.phone(ANNA, answer_after=200, talk_for=None)
    chain = asyncio.create_task(call_chain(home, timeout=300))
    await until_called(home, 1)

    await home.hass.services.async_call(DOMAIN, "cancel_chain", {}, blocking=True)
    response = await chain
    await home.settle()

    assert response["reason"] == "cancelled"
    assert called(home) == [ANNA]
    [call] = home.provider.calls
    assert [next(iter(action)) for action in call.actions] == ["hangup"]
    assert state(home, CHAIN) == "cancelled"


async def test_cancel_one(engine: Engine, home: Home) -> None:
    """A chain is cancelled by its id, once more without effect; an unknown id is an error."""
    home.provider.phone(ANNA, answer_after=200)
    home.provider.phone(BO, answer_after=200, **TAKES_IT)
    first = asyncio.create_task(call_chain(home, to="Anna", timeout=300))
    await until_called(home, 1)
    shown = home.hass.states.get(CHAIN)
    assert shown is not None
    second = asyncio.create_task(call_chain(home, to="Bo", timeout=300))
    await until_called(home, 2)

    await cancel(home, shown.attributes["chain_id"])

    assert (await first)["reason"] == "cancelled"
    assert (await second)["reason"] == "acknowledged"
    await cancel(home, (await second)["chain_id"])
    assert state(home, CHAIN) == "acknowledged"
    with pytest.raises(ServiceValidationError) as raised:
        await cancel(home, "long ago")
    assert raised.value.translation_key == "unknown_chain"
    assert "“long ago”" in str(raised.value)
    await home.settle()


async def test_cancel_while_a_listener_fails(engine: Engine, home: Home) -> None:
    """A fault of somebody who listens is not reported as an unknown chain."""
    running = asyncio.create_task(call_chain(home, to="Bo", timeout=300))
    await until_called(home, 1)
    shown = home.hass.states.get(CHAIN)
    assert shown is not None

    def fail(_: ChainChange) -> None:
        raise KeyError("a fault")

    home.entry.runtime_data.listeners.async_listen(ChainChange, Stage.ENTITIES, fail)
    await cancel(home, shown.attributes["chain_id"])

    assert (await running)["reason"] == "cancelled"
    await home.settle()


async def test_cancel_with_a_fault_of_ours(engine: Engine, home: Home) -> None:
    """A fault while a chain ends is not reported as an unknown chain."""
    running = asyncio.create_task(call_chain(home, to="Bo", timeout=300))
    await until_called(home, 1)
    shown = home.hass.states.get(CHAIN)
    assert shown is not None

    with (
        patch(
            "custom_components.elks.chains.run.calls_of", side_effect=KeyError("fault")
        ),
        pytest.raises(KeyError, match="fault"),
    ):
        await cancel(home, shown.attributes["chain_id"])

    await cancel(home, shown.attributes["chain_id"])
    assert (await running)["reason"] == "cancelled"
    await home.settle()


async def test_cancelled_as_it_begins(engine: Engine, home: Home) -> None:
    """A chain cancelled as soon as it calls has nobody called, and ends once."""
    ended = async_capture_events(home.hass, "elks_chain_ended")
    shown = async_capture_events(home.hass, EVENT_STATE_CHANGED)
    as_it_begins(home, DOMAIN, "cancel_chain")

    response = await call_chain(home)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert response["reason"] == "cancelled"
    assert called(home) == []
    assert [event.data["reason"] for event in ended] == ["cancelled"]
    states = [
        now.state
        for event in shown
        if event.data["entity_id"] == CHAIN and (now := event.data["new_state"])
    ]
    assert states == ["calling", "cancelled"]


async def test_cancelled_while_it_is_spoken(engine: Engine, home: Home) -> None:
    """Who cancels all chains means also the one whose message is still being made."""
    ended = async_capture_events(home.hass, "elks_chain_ended")
    engine.waits_at = 1
    chain = asyncio.create_task(call_chain(home))
    await until(lambda: bool(engine.asked))
    await home.hass.services.async_call(DOMAIN, "cancel_chain", {}, blocking=True)
    engine.go_on.set()

    assert (await chain)["reason"] == "cancelled"
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert called(home) == []
    assert [event.data["reason"] for event in ended] == ["cancelled"]
    assert state(home, CHAIN) == "cancelled"


@pytest.mark.parametrize("first", ["cancel", "reload"])
async def test_cancelled_and_reloaded_while_it_is_spoken(
    engine: Engine, home: Home, first: str
) -> None:
    """It stays cancelled when the account is reloaded, before or after, and it is recorded again."""
    engine.waits_at = 1
    chain = asyncio.create_task(call_chain(home))
    await until(lambda: bool(engine.asked))
    if first == "reload":
        await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.services.async_call(DOMAIN, "cancel_chain", {}, blocking=True)
    if first == "cancel":
        await home.hass.config_entries.async_reload(home.entry.entry_id)
    engine.go_on.set()

    assert (await chain)["reason"] == "cancelled"
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert called(home) == []


async def test_reloaded_as_it_begins(engine: Engine, home: Home) -> None:
    """When the account is reloaded as soon as a chain calls, everybody is called once."""
    for number in (ANNA, BO):
        home.provider.phone(number, outcome=Outcome.BUSY)
    ended = async_capture_events(home.hass, "elks_chain_ended")
    await async_setup_component(home.hass, "homeassistant", {})
    as_it_begins(home, "homeassistant", "reload_config_entry", entity_id=CHAIN)

    data = {"to": ["Anna", "Bo"], "message": "Fire", "rounds": 1}
    await home.hass.services.async_call(DOMAIN, "call_chain", data, blocking=True)
    await until(lambda: len(ended) > 0)
    await home.settle()

    assert called(home) == [ANNA, BO]
    assert [event.data["reason"] for event in ended] == ["unanswered"]
