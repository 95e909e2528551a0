"""Calls to lines over a restart: nothing is done twice, and nobody is left in silence."""

import asyncio
from copy import deepcopy
import json
from typing import Any

import pytest

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import ServiceCall
from simulator import ActKind

from ..conftest import LAST_CALL, PHONE, Home, make_contact, make_line
from ..test_reloads import begin, until
from .callers import MENU, STRANGER, Talk, figure, gate, verbs

PIN: dict[str, Any] = {**MENU, "callers": "everyone", "pin": "1234"}


@pytest.fixture(autouse=True)
def disk(hass_storage: dict[str, Any]) -> dict[str, Any]:
    """Return what the home has stored."""
    return hass_storage


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def fields() -> dict[str, Any]:
    """Return what is set of the line."""
    return MENU


@pytest.fixture
def lines(fields: dict[str, Any]) -> list[ConfigSubentryData]:
    """Return a line whose menu opens a gate."""
    return [make_line(**fields)]


async def reload(home: Home) -> None:
    """Load the account anew."""
    await home.hass.config_entries.async_reload(home.entry.entry_id)


async def until_stored(disk: dict[str, Any], what: str) -> None:
    """Wait until something is stored."""
    await until(lambda: what in str(disk))


async def kill(
    home: Home, disk: dict[str, Any], before: dict[str, Any] | None = None
) -> None:
    """Cut the power, and start again from what was written by then, or `before`."""
    await home.hass.async_block_till_done()
    written = deepcopy(disk if before is None else before)
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    disk.clear()
    disk.update(written)
    await home.hass.config_entries.async_setup(home.entry.entry_id)


async def test_in_a_call(home: Home, disk: dict[str, Any]) -> None:
    """A call that is in the menu goes on after a restart, and ends truly."""
    opened = gate(home)
    home.provider.clock.speed = 1
    call = home.provider.dial(PHONE)
    [handset] = home.provider.handsets(call)
    await until(lambda: len(handset.heard) == 1 and "'place': 'menu'" in str(disk))
    await kill(home, disk)
    handset.act(ActKind.PRESS, "*")
    handset.act(ActKind.PRESS, "1")
    await until(lambda: opened)
    home.provider.clock.speed = 1000
    await home.settle()

    assert len(opened) == 1
    assert verbs(call)[-1].startswith("play")
    [record] = home.entry.runtime_data.book.ended()
    assert (record.state, record.call and record.call.cost) == (
        "success",
        (call.cost or 0) / 10_000,
    )
    assert home.entry.runtime_data.book.tally.calls == 1


async def test_same_question(home: Home, disk: dict[str, Any]) -> None:
    """When the answer to a key was lost, the menu comes again; the key does nothing again."""
    opened = gate(home)
    talk = Talk(home)
    await talk.ring()
    asked = talk.next
    await talk.press("1")
    menu, following = talk.sounds[-1], talk.next
    await until_stored(disk, "'question': 1")
    await kill(home, disk)

    talk.heard = json.loads((await talk.ask(asked, "1")).body)

    assert len(opened) == 1
    assert (talk.sounds[-1], talk.next) == (menu, following)
    await talk.press("1")
    assert len(opened) == 2


async def test_end_while_down(home: Home, disk: dict[str, Any]) -> None:
    """A call that ended while nothing was loaded ends truly."""
    home.provider.clock.speed = 1
    call = home.provider.dial(PHONE, talk_for=12)
    await until(lambda: call.actions or home.provider.handsets(call)[0].heard)
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    home.provider.clock.speed = 1000
    await home.provider.settled()
    await home.hass.config_entries.async_setup(home.entry.entry_id)
    await until(lambda: not home.entry.runtime_data.book.open())
    await home.hass.async_block_till_done()

    assert float(figure(home, "cost_this_month")) == (call.cost or 0) / 10_000
    assert call.cost


@pytest.mark.parametrize("fields", [PIN])
async def test_pin(home: Home, disk: dict[str, Any]) -> None:
    """The PIN is asked for again, and how often it was wrong is known; it is written nowhere."""
    talk = Talk(home, caller=STRANGER)
    await talk.ring()
    for wrong in ("8421", "8422"):
        await talk.press(wrong)
    await until_stored(disk, "'wrong_pins': 2")
    await kill(home, disk)
    assert "ivr" in talk.heard["next"]

    await talk.press("8423")

    assert "next" not in talk.heard["next"]
    assert not any(pin in str(disk) for pin in ("8421", "8422", "8423"))


async def test_reload_during_actions(home: Home) -> None:
    """Actions that have begun go on, once; the caller hears the menu again."""
    opened: list[ServiceCall] = []
    may_go_on = asyncio.Event()
    done = asyncio.Event()

    async def open_slowly(call: ServiceCall) -> None:
        opened.append(call)
        await may_go_on.wait()
        done.set()

    home.hass.services.async_register("gate", "open", open_slowly)
    talk = Talk(home)
    await talk.ring()
    menu = talk.sounds[-1]
    pressing = begin(talk.press("1"))
    await until(lambda: opened)
    await reload(home)
    may_go_on.set()
    await pressing
    await done.wait()

    # A beep, until the account is loaded again
    await talk.press("ok")
    assert talk.sounds[-1] == menu
    assert len(opened) == 1


async def test_line_is_removed(home: Home) -> None:
    """A call to a line that is removed ends with what is asked next, and counts."""
    opened = gate(home)
    talk = Talk(home)
    await talk.ring()
    [line] = (one for one in home.entry.subentries.values() if one.title == "Home")
    home.hass.config_entries.async_remove_subentry(home.entry, line.subentry_id)

    await talk.press("1")

    assert talk.heard["hangup"] == "reject"
    assert opened == []
    await talk.hang_up(duration="7", cost="210")
    assert home.entry.runtime_data.book.tally.calls == 1
    await reload(home)
    assert home.entry.runtime_data.book.kept().records == ()


async def test_forgotten(home: Home, disk: dict[str, Any]) -> None:
    """A call that a power cut made the home forget is not talked to, and counts when it ends."""
    opened = gate(home)
    placed = await home.place_call(wait=True)
    await until_stored(disk, "'success'")
    before = deepcopy(disk)
    home.provider.clock.speed = 1
    call = home.provider.dial(PHONE)
    [handset] = home.provider.handsets(call)
    await until(lambda: len(handset.heard) == 1)
    await kill(home, disk, before)
    handset.act(ActKind.PRESS, "*")
    handset.act(ActKind.PRESS, "1")
    home.provider.clock.speed = 1000
    await home.settle()
    await until(lambda: not home.entry.runtime_data.book.open())
    await home.hass.async_block_till_done()

    assert opened == []
    assert next(iter(call.actions[-1])) == "hangup"
    state: Any = home.hass.states.get(LAST_CALL)
    assert state.attributes["call_id"] == placed["call_id"]
    [record] = (one for one in home.entry.runtime_data.book.ended() if one.line)
    assert (record.call and record.call.id, record.state) == (call.id, "success")
    assert home.entry.runtime_data.book.tally.calls == 2
