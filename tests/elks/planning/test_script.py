"""Calls that speak and listen, from the action to what the phone hears."""

import asyncio
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
    return [path.name for path in sounds_folder(home).iterdir()]


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
    assert ir.async_get(home.hass).async_get_issue(DOMAIN, issue)


async def test_speech_fails(engine: Engine, home: Home) -> None:
    """A failure of the speech is an error, not a silent call."""
    engine.answer = RuntimeError("no voice today")

    with pytest.raises(HomeAssistantError, match="no voice today"):
        await home.speak(message="Hello")

    assert home.provider.calls == []


async def test_no_folder_at_the_start(engine: Engine, home: Home) -> None:
    """A folder for sounds that could not be made at the start is made when a call needs it."""
    folder = sounds_folder(home)
    folder.rmdir()
    folder.write_bytes(b"in the way")
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    with pytest.raises(HomeAssistantError, match="File exists"):
        await home.speak(message="Hello")
    folder.unlink()

    response = await home.speak(message="Hello")

    assert response["answered"] is True
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
    """When 46elks refuses the call, its sounds do not stay."""
    home.provider.fault(Fault(FaultKind.STATUS, on="POST /calls", status=403))
    with pytest.raises(HomeAssistantError):
        await home.speak(message="Hello")

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
        await home.speak(media="media-source://x", answers=ANSWERS)

    await let_go(home, freezer)


async def test_web_media(home: Home) -> None:
    """A sound on the internet is passed on as it is, also by a home that nobody reaches."""
    home.hass.config.external_url = None
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    url = "http://127.0.0.1:1/alarm.mp3"

    media = {"media_content_id": url, "media_content_type": "music"}
    await home.act("place_call", to=PHONE, media=media)

    assert url in home.provider.calls[0].voice_start
