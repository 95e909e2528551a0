"""Calls that speak and listen, from the action to what the phone hears."""

import asyncio
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryData
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from simulator import Fault, FaultKind, KeyPress, Outcome

from .audio.conftest import Engine
from .conftest import PHONE, Home, make_contact

CALLS = "event.demo_home_call"
ANSWERS = [
    {"key": "1", "id": "close", "reply": "The valve closes."},
    {"key": "2", "id": "leave"},
]


async def speak(home: Home, **data: Any) -> dict[str, Any]:
    """Place a call that speaks, wait for its end and return the response."""
    response = await home.hass.services.async_call(
        DOMAIN,
        "place_call",
        {"to": PHONE, "wait": True, **data},
        blocking=True,
        return_response=True,
    )
    assert isinstance(response, dict)
    return response


def heard(home: Home) -> list[str]:
    """Return which actions the phone heard, and how each went."""
    return [
        f"{verb} {action['result']}"
        for call in home.provider.calls
        for action in call.actions
        for verb in action
        if verb != "result"
    ]


def sounds(home: Home) -> list[str]:
    """Return the names of the sounds that are kept."""
    folder = Path(home.hass.config.path(".storage/elks_audio", home.entry.entry_id))
    return [path.name for path in folder.iterdir()]


async def let_go(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """See that a sound is kept for ten minutes, and then no more."""
    assert len(sounds(home)) == 1

    freezer.tick(601)
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done()

    assert sounds(home) == []


async def test_message(engine: Engine, home: Home) -> None:
    """A message is spoken before the phone rings, and heard twice."""
    home.provider.phone(PHONE, talk_for=None)

    response = await speak(home, message="Water in the kitchen", language="sv")

    assert engine.asked[0][:2] == ("Water in the kitchen", "sv")
    assert heard(home) == ["play success", "play success"]
    assert (response["state"], response["answered"]) == ("success", True)
    assert (response["digits"], response["answer"]) == (None, None)
    # A second of speech and half a second of silence, twice
    assert response["duration"] == 3


async def test_answer(engine: Engine, home: Home) -> None:
    """A key is pressed, its reply is spoken, and the response tells what was meant."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])

    response = await speak(home, message="Press 1 or 2", answers=ANSWERS)

    assert (response["digits"], response["answer"]) == ("1", "close")
    assert heard(home) == ["ivr 1", "play success"]


async def test_answer_without_reply(engine: Engine, home: Home) -> None:
    """A key without a reply ends the call."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="2")])

    response = await speak(home, message="Press 1 or 2", answers=ANSWERS)

    assert response["answer"] == "leave"
    assert heard(home) == ["ivr 2", "hangup success"]


async def test_wrong_key(engine: Engine, home: Home) -> None:
    """A key that means nothing is asked for again."""
    keys = [KeyPress(after=1, keys="7"), KeyPress(after=3, keys="1")]
    home.provider.phone(PHONE, talk_for=None, keys=keys)

    response = await speak(home, message="Press 1 or 2", answers=ANSWERS)

    assert response["answer"] == "close"
    assert heard(home) == ["ivr 7", "ivr 1", "play success"]


async def test_nothing_pressed(engine: Engine, home: Home) -> None:
    """Nothing pressed: the message repeats, then the call ends."""
    home.provider.phone(PHONE, talk_for=None)

    response = await speak(home, message="Press 1", answers=ANSWERS, repeat=3)

    assert (response["digits"], response["answer"]) == (None, None)
    assert heard(home) == ["ivr failed", "hangup success"]
    # Three times a message of 1.5 s, and 10 s to press a key
    assert response["duration"] == 35


async def test_digits(engine: Engine, home: Home) -> None:
    """A PIN is collected."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="4711")])

    response = await speak(home, message="Your PIN", digits=4)

    assert (response["digits"], response["answer"]) == ("4711", None)
    assert home.last_call.attributes["digits"] == "4711"


async def test_events(engine: Engine, home: Home) -> None:
    """Every event of a call is told once, in order, with its data."""
    told: list[str] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        told.append(event.data["new_state"].attributes["event_type"])

    async_track_state_change_event(home.hass, CALLS, changed)
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])

    await speak(home, message="Press 1 or 2", answers=ANSWERS)

    assert told == ["placed", "answered", "key_pressed", "success"]
    state = home.hass.states.get(CALLS)
    assert state is not None
    assert state.attributes["answer"] == "close"
    assert state.attributes["to"] == PHONE


async def test_not_answered(engine: Engine, home: Home) -> None:
    """A message that nobody heard is told as such."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)

    response = await speak(home, message="Hello")

    assert (response["state"], response["answered"]) == ("busy", False)
    assert heard(home) == []


async def test_reload_while_it_rings(engine: Engine, home: Home) -> None:
    """A phone picked up after a restart of Home Assistant still hears its message."""
    home.provider.phone(PHONE, answer_after=200, talk_for=None)
    await home.hass.services.async_call(
        DOMAIN,
        "place_call",
        {"to": PHONE, "message": "Hello", "timeout": 300},
        blocking=True,
    )

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.settle()

    assert heard(home) == ["play success", "play success"]
    assert home.last_call.attributes["answered"] is True


@pytest.mark.parametrize("data", [{"message": "Hello"}, {"media": "media-source://x"}])
async def test_not_reachable(engine: Engine, home: Home, data: dict[str, str]) -> None:
    """Without an address for sounds, a call that speaks fails at once and says why."""
    home.hass.config.external_url = None

    with pytest.raises(HomeAssistantError, match="cannot fetch sounds"):
        await speak(home, **data)

    assert home.provider.calls == []
    issue = f"not_reachable_{home.entry.entry_id}"
    assert ir.async_get(home.hass).async_get_issue(DOMAIN, issue)


async def test_speech_fails(engine: Engine, home: Home) -> None:
    """A failure of the speech is an error, not a silent call."""
    engine.answer = RuntimeError("no voice today")

    with pytest.raises(HomeAssistantError, match="no voice today"):
        await speak(home, message="Hello")

    assert home.provider.calls == []


async def test_sounds_of_a_refused_call_are_let_go(
    engine: Engine, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """When 46elks refuses the call, its sounds do not stay."""
    home.provider.fault(Fault(FaultKind.STATUS, on="POST /calls", status=403))
    with pytest.raises(HomeAssistantError):
        await speak(home, message="Hello")

    await let_go(home, freezer)


async def test_sounds_stay_until_the_end(engine: Engine, home: Home) -> None:
    """A restart leaves the sounds of a call alone until it has ended."""
    home.provider.phone(PHONE, answer_after=100, talk_for=None)
    data = {"to": PHONE, "message": "Hello", "timeout": 300}
    await home.hass.services.async_call(DOMAIN, "place_call", data, blocking=True)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert len(sounds(home)) == 1

    await home.settle()
    await home.hass.config_entries.async_reload(home.entry.entry_id)

    assert sounds(home) == []


async def test_sounds_of_a_failed_plan_are_let_go(
    engine: Engine, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """When a later sound fails, those that were made do not stay."""
    with pytest.raises(HomeAssistantError):
        await speak(home, media="media-source://x", answers=ANSWERS)

    await let_go(home, freezer)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"message": "Hello", "media": "https://example.com/a.mp3"}, "message"),
        ({"connect": "08-12 34 56 78", "digits": 4}, "digits"),
        ({"voice_start": "https://example.com", "repeat": 2}, "repeat"),
        ({"message": "Hello", "tts_entity_id": "tts.nobody"}, "tts_entity_id"),
        ({"message": "Hello", "answers": [ANSWERS[1], ANSWERS[1]]}, "answers"),
        (
            {"message": "Hi", "digits": 1, "answers": [{"key": "12", "id": "x"}]},
            "digits",
        ),
    ],
)
async def test_bad_input(
    engine: Engine, home: Home, data: dict[str, Any], field: str
) -> None:
    """What does not go together is refused with the field named."""
    with pytest.raises(ServiceValidationError, match=field):
        await speak(home, **data)

    assert home.provider.calls == []


async def test_web_media(home: Home) -> None:
    """A sound on the internet is passed on as it is, also by a home that nobody reaches."""
    home.hass.config.external_url = None
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    url = "http://127.0.0.1:1/alarm.mp3"

    await speak(home, media={"media_content_id": url, "media_content_type": "music"})

    assert url in home.provider.calls[0].voice_start


async def test_numbers_are_read_anew_in_another_country(home: Home) -> None:
    """What a number meant before is not taken for what it means after the home has moved."""
    calls = [await home.place_call(to="070-123 45 67") for _ in range(2)]
    home.hass.config.country = "FR"
    calls.append(await home.place_call(to="01 23 45 67 89"))
    home.hass.config.country = "GB"
    calls.append(await home.place_call(to="0121 234 5678"))
    home.hass.config.country = "SE"
    calls.append(await home.place_call(to="070-123 45 67"))

    assert [call["to"] for call in calls] == [
        *("+46701234567", "+46701234567", "+33123456789", "+441212345678"),
        "+46701234567",
    ]


async def test_many_numbers(home: Home) -> None:
    """However many numbers were called, each is read rightly."""
    for number in range(250):
        call = await home.place_call(to=f"070-123 4{number:03}")
        assert call["to"] == f"+46701234{number:03}"
    assert len(home.entry.runtime_data.numbers) <= 100


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


ACTIONS = [
    (
        "elks.place_call",
        {
            "to": "Anna",
            "message": "Leak",
            "answers": [{"key": "1", "id": "ok", "reply": "Fine"}],
        },
    ),
    ("elks.call_chain", {"to": ["Anna"], "message": "Leak"}),
    ("notify.send_message", {"entity_id": "notify.anna", "message": "Leak"}),
]


async def test_space_around(engine: Engine, home: Home) -> None:
    """What a template leaves around a message is not said, nor in the way."""
    await speak(home, message="\n  Hello\n")

    assert [text.strip() for text, *_ in engine.asked] == ["Hello"]


async def until_placed(home: Home) -> None:
    """Wait until somebody is phoned."""
    while not home.provider.calls:
        await asyncio.sleep(0)


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_loaded_anew_meanwhile(
    engine: Engine, home: Home, action: str, data: dict[str, Any]
) -> None:
    """Who is phoned hears all of it, also when the account was loaded anew while it was spoken."""
    engine.waits_at = 1 if action.startswith("notify") else 2
    home.provider.phone(PHONE, talk_for=None, keys=(KeyPress(2, "1"),))
    domain, name = action.split(".")
    acting = home.hass.async_create_task(
        home.hass.services.async_call(domain, name, data, blocking=True)
    )
    while len(engine.asked) < engine.waits_at:
        await asyncio.sleep(0)

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    engine.go_on.set()
    await acting
    await until_placed(home)
    await home.settle()

    assert len(home.provider.calls) == 1
    assert "play success" in heard(home)
    assert set(heard(home)) <= {"play success", "ivr success", "ivr 1"}
    assert home.last_call.attributes["answered"]


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_unloaded_meanwhile(
    engine: Engine, home: Home, action: str, data: dict[str, Any]
) -> None:
    """Whose account is gone when all is spoken reads so, and nobody is phoned."""
    engine.waits_at = 1
    domain, name = action.split(".")
    acting = home.hass.async_create_task(
        home.hass.services.async_call(domain, name, data, blocking=True)
    )
    while not engine.asked:
        await asyncio.sleep(0)

    await home.hass.config_entries.async_set_disabled_by(
        home.entry.entry_id, ConfigEntryDisabler.USER
    )
    engine.go_on.set()
    with pytest.raises(ServiceValidationError) as raised:
        await acting

    assert raised.value.translation_key == "service_config_entry_not_loaded"
    assert home.provider.calls == []
