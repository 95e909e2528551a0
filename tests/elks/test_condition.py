"""The conditions, in automations that ask before they act."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryData
from homeassistant.helpers import entity_registry as er
from simulator import Fault, FaultKind, Outcome

from .automations import (
    ANNA,
    BO,
    TO_ALL,
    TO_ANNA,
    TO_BO,
    automate,
    is_set_up,
    move_to_kitchen,
    offered,
    set_preview,
)
from .conftest import Home, make_contact, make_line
from .speech.conftest import Engine, until

TO_BOTH = {"entity_id": ["event.anna_call", "event.bo_call"]}
ASKED = {"trigger": "event", "event_type": "ask"}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts."""
    return [make_contact("Anna", ANNA), make_contact("Bo", BO)]


def if_(condition: str, target: dict[str, Any]) -> Any:
    """Return a condition of ours."""
    return {"condition": f"elks.{condition}", "target": target}


class Asking:
    """Automations that ask when they are told to."""

    def __init__(self, home: Home, runs: list[Any]) -> None:
        """Take up what notes the runs."""
        self._home = home
        self._runs = runs

    @classmethod
    async def make(cls, home: Home, condition: dict[str, Any]) -> Asking:
        """Make an automation with a condition."""
        asking = cls(home, await automate(home.hass, ASKED, condition))
        assert is_set_up(home.hass)
        return asking

    async def answer(self) -> bool:
        """Return whether it is so now."""
        self._runs.clear()
        self._home.hass.bus.async_fire("ask")
        await self._home.hass.async_block_till_done()
        return bool(self._runs)


def rings_on(home: Home) -> None:
    """Let Anna's phone ring for longer than any test takes, and Bo's."""
    home.provider.clock.speed = 1
    for number in (ANNA, BO):
        home.provider.phone(number, outcome=Outcome.NO_ANSWER)


async def hang_up(home: Home, state: str = "failed") -> None:
    """End the newest call."""
    placed = home.provider.calls[-1]
    await home.callback(id=placed.id, state=state)
    await home.hass.async_block_till_done()


@pytest.mark.parametrize(
    ("target", "is_so"),
    [(TO_ANNA, True), (TO_BO, False), (TO_BOTH, True), (TO_ALL, True), ({}, False)],
)
async def test_is_on_call(home: Home, target: dict[str, Any], is_so: bool) -> None:
    """A call counts from when the phone rings until it has ended; so for one of several."""
    rings_on(home)
    asking = await Asking.make(home, if_("is_on_call", target))
    assert not await asking.answer()

    await home.place_call(to="Anna")
    assert await asking.answer() is is_so

    await hang_up(home)
    assert not await asking.answer()


async def test_call_that_is_only_requested(home: Home) -> None:
    """A call that 46elks has not taken yet does not count."""
    rings_on(home)
    home.provider.fault(Fault(FaultKind.DELAY, on="POST /calls", delay=0.5))
    asking = await Asking.make(home, if_("is_on_call", TO_ANNA))

    placing = asyncio.create_task(home.place_call(to="Anna"))
    while not home.entry.runtime_data.book.open():
        await asyncio.sleep(0.001)
    assert not await asking.answer()

    await placing
    assert await asking.answer()


@pytest.mark.parametrize(
    ("target", "is_so"),
    [(TO_ANNA, True), (TO_BO, True), (TO_ALL, True), ({}, False)],
)
async def test_chain_is_running(
    engine: Engine, home: Home, target: dict[str, Any], is_so: bool
) -> None:
    """A chain counts for all whom it is to call, until it has ended."""
    rings_on(home)
    asking = await Asking.make(home, if_("chain_is_running", target))
    assert not await asking.answer()

    await begin_chain(home, "Anna", "Bo")
    assert await asking.answer() is is_so

    await home.hass.services.async_call("elks", "cancel_chain", {}, blocking=True)
    assert not await asking.answer()


async def begin_chain(home: Home, *people: str) -> None:
    """Begin a chain, and do not wait for its end."""
    data = {"to": list(people), "message": "Leak"}
    await home.hass.services.async_call("elks", "call_chain", data, blocking=True)
    await home.hass.async_block_till_done()


async def test_chain_of_others(engine: Engine, home: Home) -> None:
    """A chain that calls only others is none of a contact's."""
    rings_on(home)
    asking = await Asking.make(home, if_("chain_is_running", TO_BO))

    await begin_chain(home, "Anna", "+46703333333")

    assert not await asking.answer()


@pytest.mark.parametrize("condition", ["is_on_call", "chain_is_running"])
async def test_over_a_reload(engine: Engine, home: Home, condition: str) -> None:
    """What goes on does so after a reload, whose entities may be disabled."""
    rings_on(home)
    asking = await Asking.make(home, if_(condition, TO_ANNA))
    await begin_chain(home, "Anna")
    await home.place_call(to="Anna")
    er.async_get(home.hass).async_update_entity(
        "event.anna_call", disabled_by=er.RegistryEntryDisabler.USER
    )

    await home.hass.config_entries.async_reload(home.entry.entry_id)

    assert await asking.answer()


@pytest.mark.parametrize("condition", ["is_on_call", "chain_is_running"])
async def test_not_loaded(engine: Engine, home: Home, condition: str) -> None:
    """Nothing goes on in an account that is disabled, and asking is no error."""
    rings_on(home)
    asking = await Asking.make(home, if_(condition, TO_ALL))
    await begin_chain(home, "Anna")
    await home.hass.config_entries.async_set_disabled_by(
        home.entry.entry_id, ConfigEntryDisabler.USER
    )

    assert not await asking.answer()


@pytest.mark.parametrize(
    "condition",
    [
        {"condition": "elks.is_on_call"},
        if_("is_on_call", TO_ANNA) | {"options": {"state": "busy"}},
        if_("is_asleep", TO_ANNA),
    ],
)
async def test_wrong(home: Home, condition: dict[str, Any]) -> None:
    """What cannot be meant is refused when the automation is made."""
    await automate(home.hass, ASKED, condition)

    assert not is_set_up(home.hass)


@pytest.mark.parametrize("on", [True, False])
async def test_preview(
    editor: None, home: Home, hass_ws_client: WebSocketGenerator, on: bool
) -> None:
    """Where new conditions are still a preview, ours do not depend on it."""
    await set_preview(home.hass, hass_ws_client, on=on)
    rings_on(home)
    asking = await Asking.make(home, if_("is_on_call", TO_ANNA))
    device = {"device_id": home.device_id("Anna")}

    await home.place_call(to="Anna")

    assert await asking.answer()
    assert len(await offered(hass_ws_client, "conditions", device)) == 2


@pytest.mark.parametrize("contact", ["Anna", None])
async def test_offered(
    editor: None, home: Home, hass_ws_client: WebSocketGenerator, contact: str | None
) -> None:
    """The editor offers the conditions under contacts and accounts."""
    device = home.device_id(contact)
    area = move_to_kitchen(home.hass, device)

    for target in ({"device_id": device}, {"area_id": area}):
        assert await offered(hass_ws_client, "conditions", target) == {
            "elks.chain_is_running",
            "elks.is_on_call",
        }


class TestLine:
    """Somebody calls the home."""

    @pytest.fixture
    def lines(self) -> list[ConfigSubentryData]:
        """Return a line at which an automation answers, or none does."""
        return [make_line(answer_with="automation")]

    @pytest.mark.parametrize(
        ("target", "is_so"),
        [
            ({"entity_id": "event.home_call"}, True),
            (TO_ANNA, True),
            (TO_ALL, True),
            (TO_BO, False),
        ],
    )
    async def test_is_on_call(
        self, home: Home, target: dict[str, Any], is_so: bool
    ) -> None:
        """A line and whoever calls it are on a call, from when it rings until it has ended."""
        asking = await Asking.make(home, if_("is_on_call", target))
        assert not await asking.answer()

        call = home.provider.dial(ANNA)
        await until(lambda: not home.hass.states.is_state("event.home_call", "unknown"))
        assert await asking.answer() is is_so

        await home.act("answer", call_id=call.id, hang_up=True)
        assert not await asking.answer()
        await home.settle()

    async def test_no_chain(self, engine: Engine, home: Home) -> None:
        """A chain calls no line."""
        rings_on(home)
        line = {"entity_id": "event.home_call"}
        asking = await Asking.make(home, if_("chain_is_running", line))

        await begin_chain(home, "Anna")

        assert not await asking.answer()
