"""Chains of calls, from the action to what each phone hears."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.chains import ChainChange
from custom_components.elks.const import DOMAIN
from custom_components.elks.helpers.listeners import Stage
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from simulator import Fault, FaultKind, KeyPress, Outcome

from ..chained import (
    ALL,
    ANNA,
    BO,
    CHAIN,
    CILLA,
    DAN,
    EVA,
    TAKES_IT,
    VOICEMAIL,
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


@pytest.fixture
def issues(home: Home) -> ir.IssueRegistry:
    """Return what the repairs show."""
    return ir.async_get(home.hass)


async def test_until_somebody_takes_it(engine: Engine, home: Home) -> None:
    """Busy, declined, not answered, voicemail: the fifth takes it, and nobody else is called."""
    home.provider.phone(ANNA, outcome=Outcome.BUSY)
    home.provider.phone(BO, outcome=Outcome.DECLINE)
    home.provider.phone(CILLA, outcome=Outcome.NO_ANSWER)
    home.provider.phone(DAN, **VOICEMAIL)
    home.provider.phone(EVA, **TAKES_IT)

    response = await call_chain(home)

    assert called(home) == [ANNA, BO, CILLA, DAN, EVA]
    assert response["acknowledged"] is True
    assert (response["by"], response["reason"]) == ("Eva", "acknowledged")
    assert [call["contact"] for call in response["calls"]] == ALL
    assert [call["answered"] for call in response["calls"]] == [
        *[False] * 3,
        *[True] * 2,
    ]
    await home.settle()
    states = [state(home, f"sensor.{name.lower()}_last_call") for name in ALL]
    assert states == ["busy", "busy", "failed", "success", "success"]
    assert state(home, CHAIN) == "acknowledged"


async def test_several_at_once(engine: Engine, home: Home) -> None:
    """All five phones ring; one takes it, and whoever answers later hears who that was."""
    home.provider.phone(CILLA, **TAKES_IT)
    for number in (ANNA, BO, DAN, EVA):
        home.provider.phone(number, answer_after=100, talk_for=None)

    response = await call_chain(home, at_once=5.0, timeout=200)
    await home.settle()

    # Requests beside each other may overtake each other
    assert sorted(called(home)) == [ANNA, BO, CILLA, DAN, EVA]
    assert (response["by"], response["reason"]) == ("Cilla", "acknowledged")
    assert [call["contact"] for call in response["calls"]] == ALL
    last = [next(iter(call.actions[-1])) for call in home.provider.calls]
    assert last == ["play"] * 5
    assert "Cilla is already taking care of it." in [text for text, *_ in engine.asked]
    shown = home.hass.states.get(CHAIN)
    assert shown is not None
    assert (shown.state, shown.attributes["contact"]) == ("acknowledged", "Eva")
    assert (shown.attributes["round"], shown.attributes["running"]) == (1, 0)


async def test_what_is_heard(engine: Engine, home: Home) -> None:
    """The message names the key in one recording, and who takes it is thanked."""
    home.provider.phone(ANNA, talk_for=None, keys=[KeyPress(after=1, keys="7")])

    await call_chain(home, to="Anna", acknowledge_key="7", language="sv")
    await home.settle()

    assert [(text, language) for text, language, _ in engine.asked] == [
        ("Water in the kitchen. Tryck 7 om du tar hand om det.", "sv"),
        ("Tack. Ingen annan rings upp.", "sv"),
    ]
    [call] = home.provider.calls
    assert [next(iter(action)) for action in call.actions] == ["ivr", "play"]


async def test_language_of_each(engine: Engine, home: Home) -> None:
    """Everybody hears their own language, spoken once for all who share it."""
    anna = next(iter(home.entry.subentries.values()))
    home.hass.config_entries.async_update_subentry(
        home.entry, anna, data={**anna.data, "language": "sv"}
    )
    await home.hass.async_block_till_done()
    home.provider.phone(CILLA, **TAKES_IT)

    await call_chain(home, to=["Anna", "Bo", "Cilla"], message="Fire!")

    messages = [text for text, *_ in engine.asked if text.startswith("Fire")]
    assert messages == [
        "Fire! Tryck 1 om du tar hand om det.",
        "Fire! Press 1 if you will take care of it.",
    ]


async def test_nobody(engine: Engine, home: Home) -> None:
    """When nobody presses the key, everybody is called in each round, and the response says so."""
    for number in (ANNA, BO):
        home.provider.phone(number, **VOICEMAIL)

    response = await call_chain(home, to=["Anna", BO], rounds=3)

    assert called(home) == [ANNA, BO] * 3
    assert response["acknowledged"] is False
    assert (response["by"], response["reason"]) == (None, "unanswered")
    assert state(home, CHAIN) == "unanswered"


async def test_number_takes_it(engine: Engine, home: Home) -> None:
    """Who is no contact is named by number."""
    home.provider.phone("+46709999999", **TAKES_IT)

    response = await call_chain(home, to="070-999 99 99")

    assert response["by"] == "+46709999999"


async def test_in_the_background(engine: Engine, home: Home) -> None:
    """Without a response the action does not wait; the sensor shows whose turn it is."""
    home.rings_on()
    home.provider.phone(ANNA, outcome=Outcome.NO_ANSWER)

    await home.hass.services.async_call(
        DOMAIN, "call_chain", {"to": "Anna", "message": "Fire"}, blocking=True
    )
    await home.hass.async_block_till_done()

    shown = home.hass.states.get(CHAIN)
    assert shown is not None
    assert shown.state == "calling"
    assert shown.attributes["contact"] == "Anna"
    assert (shown.attributes["round"], shown.attributes["running"]) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(FaultKind.STATUS, status=401, body="Who?"), "invalid_auth"),
        (Fault(FaultKind.STATUS, status=403, body="Not enough credits"), "no_credit"),
    ],
)
async def test_useless(
    engine: Engine, home: Home, fault: Fault, reason: str, issues: ir.IssueRegistry
) -> None:
    """What makes all further calls useless ends the chain, and raises an issue."""
    home.provider.fault(fault)

    response = await call_chain(home)

    assert (response["acknowledged"], response["reason"]) == (False, reason)
    assert called(home) == []
    assert state(home, CHAIN) == "unanswered"
    issue = f"chain_stopped_{reason}_{home.entry.entry_id}"
    assert issues.async_get_issue(DOMAIN, issue)


# What speaks cleans up an hour later
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_not_begun(engine: Engine, home: Home) -> None:
    """A chain that Home Assistant's stop came before is not said to go on."""
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    with pytest.raises(HomeAssistantError) as raised:
        await call_chain(home)

    assert raised.value.translation_key == "chain_not_begun"
    assert called(home) == []


@pytest.mark.parametrize(
    "data",
    [
        {"to": 51 * ["Anna"]},
        {"acknowledge_key": "12"},
        {"acknowledge_key": "#"},
        {"rounds": 0},
        {"pause": -1},
        {"at_once": 0},
        {"at_once": 11},
    ],
)
async def test_wrong_field(home: Home, data: dict[str, Any]) -> None:
    """What makes no sense is refused."""
    with pytest.raises(ServiceValidationError):
        await call_chain(home, **data)


async def test_not_reachable(
    engine: Engine, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """Where 46elks cannot ask for the message, everybody is called all the same, and hears beeps."""
    home.hass.config.external_url = None
    chain = asyncio.create_task(call_chain(home, to=["Anna", "Bo"], rounds=1))

    def time_passes() -> bool:
        # So slowly that the hour of a chain lasts longer than a busy machine takes
        freezer.tick(0.1)
        async_fire_time_changed(home.hass)
        return chain.done()

    await until(time_passes)

    response = await chain
    assert (response["acknowledged"], response["reason"]) == (False, "not_reachable")
    assert [call["contact"] for call in response["calls"]] == ["Anna", "Bo"]
    assert state(home, CHAIN) == "unanswered"
    for call in home.provider.calls:
        assert [action["play"] for action in call.actions] == ["sound/beep"] * 3


async def test_address_goes_away(
    engine: Engine, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """When the home's address is gone, the last one known is used, and everybody is called."""

    def lose_address(_: ChainChange) -> None:
        home.hass.config.external_url = None

    home.entry.runtime_data.listeners.async_listen(
        ChainChange, Stage.DECISIONS, lose_address
    )
    chain = asyncio.create_task(call_chain(home, to=["Anna", "Bo"], rounds=1))

    def time_passes() -> bool:
        freezer.tick(1)
        async_fire_time_changed(home.hass)
        return chain.done()

    await until_called(home, 1)
    await until(time_passes)

    response = await chain
    assert (response["acknowledged"], response["reason"]) == (False, "unanswered")
    assert [call["contact"] for call in response["calls"]] == ["Anna", "Bo"]
    assert all("/api/webhook/" in call.voice_start for call in home.provider.calls)


async def test_sounds_stay_for_the_chain(
    engine: Engine, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """Unless speech is kept, the recordings go after the chain, not after its calls."""
    options = {**home.entry.options, "keep_speech": False}
    home.hass.config_entries.async_update_entry(home.entry, options=options)
    home.provider.phone(ANNA, outcome=Outcome.UNREACHABLE)
    data = {"to": "Anna", "message": "Fire", "rounds": 2, "pause": 3000}
    await home.hass.services.async_call(DOMAIN, "call_chain", data, blocking=True)
    await until(lambda: state(home, "sensor.anna_last_call") == "failed")
    await until(lambda: len(sounds(home)) == 2)

    freezer.tick(1200)
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done()
    assert len(sounds(home)) == 2

    await home.hass.services.async_call(DOMAIN, "cancel_chain", {}, blocking=True)
    freezer.tick(601)
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done()
    assert sounds(home) == []


async def test_sounds_stay_over_a_reload(engine: Engine, home: Home) -> None:
    """A chain that goes on after a reload still has its recordings, also between two calls."""
    home.provider.phone(ANNA, outcome=Outcome.UNREACHABLE)
    data = {"to": "Anna", "message": "Fire", "rounds": 2, "pause": 3000}
    await home.hass.services.async_call(DOMAIN, "call_chain", data, blocking=True)
    await until(lambda: state(home, "sensor.anna_last_call") == "failed")
    await until(lambda: len(sounds(home)) == 2)
    before = sounds(home)

    await home.hass.config_entries.async_reload(home.entry.entry_id)

    assert state(home, CHAIN) == "calling"
    assert sounds(home) == before


async def test_clock_is_set(
    engine: Engine, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """A chain does not expire because the home's clock was wrong when it began."""
    entries, entry_id = home.hass.config_entries, home.entry.entry_id
    home.provider.clock.offset = timedelta(hours=2)
    home.provider.phone(ANNA, outcome=Outcome.UNREACHABLE)
    # Its answer gives the time of 46elks' clock
    await home.place_call(to=ANNA)
    data = {"to": "Anna", "message": "Fire", "pause": 3000}
    await home.hass.services.async_call(DOMAIN, "call_chain", data, blocking=True)
    await until(lambda: len(home.entry.runtime_data.tracker.book.ended()) == 2)

    await entries.async_unload(entry_id)
    freezer.tick(timedelta(hours=2))
    home.provider.clock.offset = timedelta()
    await entries.async_setup(entry_id)

    assert state(home, CHAIN) == "calling"


def sounds(home: Home) -> list[str]:
    """Return the names of the sounds that are kept."""
    folder = Path(home.hass.config.path(".storage/elks_audio", home.entry.entry_id))
    return sorted(path.name for path in folder.glob("*.wav") if len(path.stem) == 44)
