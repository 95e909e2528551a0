"""Chains of calls, from the action to what each phone hears."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.elks.chains import ChainChange
from custom_components.elks.const import DOMAIN
from custom_components.elks.helpers.listeners import Stage
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from simulator import Fault, FaultKind, KeyPress, Outcome

from ..conftest import Home, make_contact
from ..speech.conftest import Engine

ANNA, BO, CILLA, DAN, EVA = (f"+4670{n}111111" for n in range(1, 6))
ALL = ["Anna", "Bo", "Cilla", "Dan", "Eva"]
SECONDS = 120
CHAIN = "sensor.demo_home_call_chain"
TAKES_IT: dict[str, Any] = {"talk_for": None, "keys": [KeyPress(after=1, keys="1")]}
VOICEMAIL: dict[str, Any] = {"talk_for": None}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return five contacts."""
    numbers = (ANNA, BO, CILLA, DAN, EVA)
    return [
        make_contact(name, number) for name, number in zip(ALL, numbers, strict=True)
    ]


async def call_chain(home: Home, **data: Any) -> dict[str, Any]:
    """Call a chain and return its response."""
    response = await home.hass.services.async_call(
        DOMAIN,
        "call_chain",
        {"to": ALL, "message": "Water in the kitchen", "pause": 0, **data},
        blocking=True,
        return_response=True,
    )
    assert isinstance(response, dict)
    await home.hass.async_block_till_done()
    return response


def called(home: Home) -> list[str]:
    """Return the numbers that were called, in their order."""
    return [call.to for call in home.provider.calls]


async def until(check: Callable[[], bool]) -> None:
    """Wait until something is so, also when the clock of the test stands still."""
    begin = os.times().elapsed
    while not check():
        assert os.times().elapsed - begin < SECONDS
        await asyncio.sleep(0)


async def until_called(home: Home, calls: int) -> None:
    """Wait until so many calls have been placed."""
    await until(lambda: len(called(home)) >= calls)


def state(home: Home, entity_id: str) -> str:
    """Return the state of an entity."""
    state = home.hass.states.get(entity_id)
    assert state is not None
    return state.state


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


@pytest.mark.parametrize(("at_once", "times"), [(1, 2), (2, 1)])
async def test_one_phone_listed_twice(
    engine: Engine, home: Home, at_once: int, times: int
) -> None:
    """A phone never rings twice at the same time; one after the other it does."""
    home.provider.phone(ANNA, outcome=Outcome.NO_ANSWER)

    await call_chain(home, to=["Anna", f"0{ANNA[3:]}"], at_once=at_once, rounds=1)

    assert len(called(home)) == times


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


async def cancel(home: Home, chain_id: str) -> None:
    """Cancel a chain."""
    await home.hass.services.async_call(
        DOMAIN, "cancel_chain", {"chain_id": chain_id}, blocking=True
    )


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


@pytest.fixture
def issues(home: Home) -> ir.IssueRegistry:
    """Return what the repairs show."""
    return ir.async_get(home.hass)


# What speaks cleans up an hour later
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_not_begun(engine: Engine, home: Home) -> None:
    """A chain that Home Assistant's stop came before is not said to go on."""
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    with pytest.raises(HomeAssistantError) as raised:
        await call_chain(home)

    assert raised.value.translation_key == "chain_not_begun"
    assert called(home) == []


async def test_one_number_refused(engine: Engine, home: Home) -> None:
    """Who cannot be called is left out, and the next one is called at once."""
    home.provider.fault(Fault(FaultKind.STATUS, status=400, body="No", number=ANNA))
    home.provider.phone(BO, **TAKES_IT)

    response = await call_chain(home)

    assert response["by"] == "Bo"
    assert called(home) == [BO]


async def test_all_refused(
    engine: Engine, home: Home, issues: ir.IssueRegistry
) -> None:
    """A round in which 46elks refuses everybody is the last one."""
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body="No", times=9))

    response = await call_chain(home, to=["Anna", "Bo"])

    assert response["reason"] == "refused"
    placed = [one for one in home.provider.requests if one.method == "POST"]
    assert len(placed) == 2
    assert issues.async_get_issue(
        DOMAIN, f"chain_stopped_refused_{home.entry.entry_id}"
    )


async def test_left_out(
    engine: Engine,
    home: Home,
    issues: ir.IssueRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who cannot be called stops nobody: the log has the place, and a repair who it was."""
    too_long = "+46 70 123 45 67 89 01 23 45 67"
    people = ["Xenia", "Anna", too_long, "notify.gone", "", None, BO, 112]
    home.provider.phone(BO, **TAKES_IT)

    response = await call_chain(home, to=people)

    assert called(home) == [ANNA, BO]
    assert response["by"] == "Bo"
    assert "leaves out: to #1, to #3, to #4, to #5, to #6, to #8" in caplog.text
    issue = issues.async_get_issue(DOMAIN, f"chain_left_out_{home.entry.entry_id}")
    assert issue is not None
    assert (issue.is_fixable, issue.is_persistent) == (True, True)
    assert issue.translation_placeholders == {
        "account": "Demo home",
        "people": "Xenia, +46•••••567, notify.gone, to #5, to #6, 112",
    }


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"to": ["Xenia", "12"]}, "Numbers (to #1)"),
        ({"to": ["12"]}, "Numbers (to #1)"),
        ({"to": ["", "12"]}, "Numbers (to #1)"),
        ({"to": ["Xenia", "Anna"], "from": "12"}, "From"),
    ],
)
async def test_wrong_person(
    engine: Engine,
    home: Home,
    issues: ir.IssueRegistry,
    data: dict[str, Any],
    field: str,
) -> None:
    """Where nobody can be meant, or called from there, the field is named."""
    with pytest.raises(ServiceValidationError) as raised:
        await call_chain(home, **data)

    assert raised.value.translation_placeholders is not None
    assert raised.value.translation_placeholders["field"] == field
    assert called(home) == []
    issue = f"chain_left_out_{home.entry.entry_id}"
    assert issues.async_get_issue(DOMAIN, issue) is None


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
        freezer.tick(1)
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
