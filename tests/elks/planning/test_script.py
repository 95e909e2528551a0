"""Calls that speak and listen, from the action to what the phone hears."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.const import DOMAIN
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulator import Fault, FaultKind, KeyPress, Outcome

from ..conftest import PHONE, Home
from ..speech.conftest import Engine

ANSWERS = [
    {"key": "1", "id": "close", "reply": "The valve closes."},
    {"key": "2", "id": "leave"},
]


def sounds_folder(home: Home) -> Path:
    """Return where the account keeps its sounds."""
    return Path(home.hass.config.path(".storage/elks_audio", home.entry.entry_id))


def sounds(home: Home) -> list[str]:
    """Return the names of the sounds that are kept."""
    made = sounds_folder(home).glob("*.wav")
    return [path.name for path in made if len(path.stem) == 44]


def issues(home: Home) -> ir.IssueRegistry:
    """Return what the repairs show."""
    return ir.async_get(home.hass)


def played(action: dict[str, str]) -> str | None:
    """Return the sound of an action that a phone heard."""
    return action.get("play") or action.get("ivr")


def keep_nothing(home: Home) -> None:
    """Switch off that speech is kept."""
    options = {**home.entry.options, "keep_speech": False}
    home.hass.config_entries.async_update_entry(home.entry, options=options)


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)


async def let_go(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """See that a sound is kept for ten minutes, and then no more."""
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert len(sounds(home)) == 1

    freezer.tick(601)
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done()

    assert sounds(home) == []


async def test_message(engine: Engine, home: Home) -> None:
    """A message is spoken while the phone rings, and heard twice."""
    home.provider.phone(PHONE, talk_for=None)

    response = await home.speak(message="Water in the kitchen", language="sv")

    assert engine.asked[0][:2] == ("Water in the kitchen", "sv")
    assert home.heard() == ["play success", "play success"]
    assert (response["state"], response["answered"]) == ("success", True)
    assert (response["digits"], response["answer"]) == (None, None)
    # A second of speech and half a second of silence, twice
    assert response["duration"] == 3


async def test_answer(engine: Engine, home: Home) -> None:
    """A key is pressed, its reply is spoken, and the response tells what was meant."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])

    response = await home.speak(message="Press 1 or 2", answers=ANSWERS)

    assert (response["digits"], response["answer"]) == ("1", "close")
    assert home.heard() == ["ivr 1", "play success"]


@pytest.mark.parametrize(
    ("fields", "is_waited_for"),
    [
        ({"answers": ANSWERS}, True),
        ({"answers": ANSWERS, "wait": False}, False),
        ({}, False),
    ],
)
async def test_answers_are_waited_for(
    engine: Engine, home: Home, fields: dict[str, object], is_waited_for: bool
) -> None:
    """Whoever asks, and wants a response, gets the answer, unless they say that they do not wait."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])

    response = await home.act("place_call", to=PHONE, message="Press 1", **fields)

    assert (response.get("answer") == "close") is is_waited_for
    await home.settle()


async def test_answer_without_reply(engine: Engine, home: Home) -> None:
    """A key without a reply ends the call."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="2")])

    response = await home.speak(message="Press 1 or 2", answers=ANSWERS)

    assert response["answer"] == "leave"
    assert home.heard() == ["ivr 2", "hangup success"]


async def test_wrong_key(engine: Engine, home: Home) -> None:
    """A key that means nothing is asked for again."""
    keys = [KeyPress(after=1, keys="7"), KeyPress(after=3, keys="1")]
    home.provider.phone(PHONE, talk_for=None, keys=keys)

    response = await home.speak(message="Press 1 or 2", answers=ANSWERS)

    assert response["answer"] == "close"
    assert home.heard() == ["ivr 7", "ivr 1", "play success"]


async def test_nothing_pressed(engine: Engine, home: Home) -> None:
    """Nothing pressed: the message repeats, then the call ends."""
    home.provider.phone(PHONE, talk_for=None)

    response = await home.speak(message="Press 1", answers=ANSWERS, repeat=3)

    assert (response["digits"], response["answer"]) == (None, None)
    assert home.heard() == ["ivr failed", "hangup success"]
    # Three times a message of 1.5 s, and 10 s to press a key
    assert response["duration"] == 35


async def test_digits(engine: Engine, home: Home) -> None:
    """A PIN is collected."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="4711")])

    response = await home.speak(message="Your PIN", digits=4)

    assert (response["digits"], response["answer"]) == ("4711", None)
    assert home.last_call.attributes["digits"] == "4711"


async def test_not_answered(engine: Engine, home: Home) -> None:
    """A message that nobody heard is reported so."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)

    response = await home.speak(message="Hello")

    assert (response["state"], response["answered"]) == ("busy", False)
    assert home.heard() == []


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

    assert home.heard() == ["play success", "play success"]
    assert home.last_call.attributes["answered"] is True


@pytest.mark.parametrize("data", [{"message": "Hello"}, {"media": "media-source://x"}])
async def test_not_reachable(engine: Engine, home: Home, data: dict[str, str]) -> None:
    """Without an address for sounds, a call that speaks fails at once and says why."""
    home.hass.config.external_url = None

    with pytest.raises(HomeAssistantError, match="cannot fetch sounds"):
        await home.speak(**data)

    assert home.provider.calls == []
    issue = f"not_reachable_{home.entry.entry_id}"
    assert issues(home).async_get_issue(DOMAIN, issue)


async def test_speech_fails(engine: Engine, home: Home) -> None:
    """A voice that fails is no reason not to call: the built-in sentence is heard, and why."""
    home.provider.phone(PHONE, talk_for=None)
    engine.answer = RuntimeError("no voice today")

    response = await home.speak(message="Hello")

    assert (response["answered"], response["spoken"]) == (True, "substitute")
    assert home.heard() == ["play success", "play success"]
    issue = issues(home).async_get_issue(DOMAIN, f"voice_failed_{home.entry.entry_id}")
    assert issue is not None and issue.translation_placeholders is not None
    assert issue.translation_placeholders["engine"] == "tones"
    assert issue.translation_placeholders["reason"] == "no voice today"


async def test_speaks_again(engine: Engine, home: Home) -> None:
    """The repair goes away when the voice speaks again."""
    engine.answer, speech = RuntimeError("no voice today"), engine.answer
    await home.speak(message="Hello")
    engine.answer = speech

    response = await home.speak(message="Hello")
    await home.hass.async_block_till_done()

    assert response["spoken"] == "message"
    issue = issues(home).async_get_issue(DOMAIN, f"voice_failed_{home.entry.entry_id}")
    assert issue is None


@pytest.mark.parametrize(
    "voice",
    [
        {"tts_entity_id": "tts.nobody"},
        {"language": "xx"},
        {"options": {"pitch": "high"}},
    ],
)
async def test_no_such_voice(
    engine: Engine, home: Home, voice: dict[str, object]
) -> None:
    """A voice that cannot be is no reason not to call: another one speaks, or the sentence is heard."""
    response = await home.speak(message="Hello", **voice)

    assert response["answered"] is True
    assert response["spoken"] in ("message", "substitute")


async def test_no_text_to_speech(home: Home) -> None:
    """A home without any voice calls all the same."""
    response = await home.speak(message="Hello")

    assert (response["answered"], response["spoken"]) == (True, "substitute")


async def test_same_words_again(engine: Engine, home: Home) -> None:
    """What was said before is said again without asking the engine."""
    await home.speak(message="Hello")
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    engine.answer = RuntimeError("no voice today")

    response = await home.speak(message="Hello")

    assert response["spoken"] == "message"
    assert len(engine.asked) == 1
    first, second = ({*map(played, call.actions)} for call in home.provider.calls)
    assert first == second


async def test_no_folder_at_the_start(engine: Engine, home: Home) -> None:
    """Where nothing can be written the built-in sentence is heard; once it can, the message."""
    folder = sounds_folder(home)
    folder.rmdir()
    folder.write_bytes(b"in the way")
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    first = await home.speak(message="Hello")
    folder.unlink()

    second = await home.speak(message="Hello")

    assert (first["spoken"], second["spoken"]) == ("substitute", "message")
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_removed_while_it_speaks(engine: Engine, home: Home) -> None:
    """Speech that is made while its account is removed leaves no folder behind."""
    engine.waits_at = 1
    speaking = asyncio.create_task(home.speak(message="Hello"))
    while not engine.asked:
        await asyncio.sleep(0)

    await home.hass.config_entries.async_remove(home.entry.entry_id)
    engine.go_on.set()

    with pytest.raises(HomeAssistantError):
        await speaking
    assert not sounds_folder(home).exists()


async def test_sounds_of_a_refused_call_are_let_go(
    engine: Engine, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """Unless speech is kept, it goes when 46elks refuses the call."""
    keep_nothing(home)
    home.provider.fault(Fault(FaultKind.STATUS, on="POST /calls", status=403))
    with pytest.raises(HomeAssistantError):
        await home.speak(message="Hello")
    await until(lambda: len(sounds(home)) == 1)

    await let_go(home, freezer)


async def test_sounds_stay_until_the_end(engine: Engine, home: Home) -> None:
    """Unless speech is kept, a restart leaves it alone until the call has ended, and no longer."""
    keep_nothing(home)
    home.provider.phone(PHONE, answer_after=100, talk_for=None)
    data = {"to": PHONE, "message": "Hello", "timeout": 300}
    await home.hass.services.async_call(DOMAIN, "place_call", data, blocking=True)
    await until(lambda: len(sounds(home)) == 1)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert len(sounds(home)) == 1

    await home.settle()
    await home.hass.config_entries.async_reload(home.entry.entry_id)

    assert sounds(home) == []
    assert len(engine.asked) == 1


async def test_web_media(home: Home) -> None:
    """A sound on the internet is passed on as it is, also by a home that nobody reaches."""
    home.hass.config.external_url = None
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    url = "http://127.0.0.1:1/alarm.mp3"

    media = {"media_content_id": url, "media_content_type": "music"}
    await home.act("place_call", to=PHONE, media=media)

    assert url in home.provider.calls[0].voice_start
