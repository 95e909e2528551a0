"""What is heard while speech is late, and when it never comes."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
import shutil
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

import custom_components.elks
from custom_components.elks.speech import recordings
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState
from simulator import KeyPress

from ...conftest import PHONE, Home
from ...speech.conftest import Engine, tone
from ...test_webhook import Asking

ENGLISH = Path(custom_components.elks.__file__).parent / "sounds" / "en"
ANSWERS = [{"key": "1", "id": "close", "reply": "The valve closes."}]


type Action = dict[str, Any]


@pytest.fixture
def patience() -> float:
    """Return for how many seconds a call really waits for its sounds."""
    return 1.5


@pytest.fixture
async def late(freezer: FrozenDateTimeFactory, engine: Engine, home: Home) -> Asking:
    """Return a call that rings, while its message is still being spoken."""
    engine.waits_at = 1
    home.rings_on()
    await home.act(
        "place_call",
        to=PHONE,
        message="Hello",
        answers=ANSWERS,
        timeout=300,
        wait=False,
    )
    return Asking(home, home.provider.calls[-1].voice_start)


async def asked(
    late: Asking, freezer: FrozenDateTimeFactory, url: str | None = None
) -> Action:
    """Ask what comes next; the answer comes within two seconds, whatever is being made."""
    return await in_time(late.home, freezer, late.at_once(url, result="newoutgoing"))


async def in_time(
    home: Home, freezer: FrozenDateTimeFactory, asking: Coroutine[Any, Any, Action]
) -> Action:
    """Return an answer that comes within two seconds by the test clock."""
    task = asyncio.create_task(asking)
    for _ in range(4):
        for _ in range(100):
            # The request takes its way
            await asyncio.sleep(0)
        freezer.tick(0.5)
        async_fire_time_changed(home.hass)
    async with asyncio.timeout(5):
        return await task


async def fetched(home: Home, action: Action) -> str:
    """Return which built-in sound an action plays, else the type of what it plays."""
    url = action.get("play") or action["ivr"]
    async with home.client.get(url[url.index("/api/") :]) as answer:
        assert answer.status == 200
        data = await answer.read()
    built_in = {path.read_bytes(): path.stem for path in ENGLISH.glob("*.mp3")}
    return built_in.get(data, answer.content_type)


async def test_one_moment(
    late: Asking, engine: Engine, freezer: FrozenDateTimeFactory
) -> None:
    """Who answers before the speech is ready waits a moment, and then hears the message."""
    first = await asked(late, freezer)
    assert await fetched(late.home, first) == "one_moment"
    assert first["next"].startswith(late.url)

    engine.go_on.set()
    second = await late.next(first["next"], result="ok")

    assert await fetched(late.home, second) == "audio/wav"
    assert second["digits"] == 1
    assert late.home.last_call.attributes["spoken"] == "message"


async def test_never_longer(late: Asking, freezer: FrozenDateTimeFactory) -> None:
    """Before 15 s are over the built-in sentence is heard, though another voice is still being tried.

    They are asked again 4.5 s later: after 1.5 s, "one moment", and the way of a request.
    """
    other = Engine("another", (None, None))
    other.waits_at = 1
    await late.home.hass.data[DATA_COMPONENT].async_add_entities([other])
    action = await asked(late, freezer)
    for _ in range(2):
        freezer.tick(2.5)
        action = await asked(late, freezer, action["next"])
        assert await fetched(late.home, action) == "one_moment"
    freezer.tick(2.5)
    action = await asked(late, freezer, action["next"])
    assert len(other.asked) == 1
    await late.home.hass.async_block_till_done()

    assert await fetched(late.home, action) == "substitute"
    assert late.home.last_call.attributes["spoken"] == "substitute"
    # Nobody has heard what a key means
    assert "digits" not in action


@pytest.mark.parametrize("seconds", [3600, -3600])
async def test_clock_is_set(
    late: Asking, freezer: FrozenDateTimeFactory, seconds: int
) -> None:
    """A clock that is set meanwhile keeps nobody waiting for ever."""
    first = await asked(late, freezer)
    freezer.tick(seconds)

    second = await asked(late, freezer, first["next"])

    assert await fetched(late.home, second) == "substitute"


async def test_once_a_sentence_always(
    late: Asking, engine: Engine, freezer: FrozenDateTimeFactory
) -> None:
    """A callback that comes twice gets the same answer, also if the speech is there by then."""
    first = await asked(late, freezer)
    freezer.tick(20)
    await asked(late, freezer, first["next"])
    engine.go_on.set()
    await late.home.hass.async_block_till_done(wait_background_tasks=True)

    again = await late.next(first["next"], result="ok")

    assert await fetched(late.home, again) == "substitute"


async def test_late_reply(
    engine: Engine, home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """A reply that is not ready is bridged; the key is not forgotten meanwhile."""
    engine.waits_at = 2
    home.rings_on()
    await home.act("place_call", to=PHONE, message="Hello", answers=ANSWERS, wait=False)
    call = Asking(home, home.provider.calls[-1].voice_start)
    message = await call.next(result="newoutgoing")
    pressing = call.at_once(message["next"], result="1")
    bridge = await in_time(home, freezer, pressing)
    assert await fetched(home, bridge) == "one_moment"
    assert home.last_call.attributes["digits"] == "1"

    engine.go_on.set()
    reply = await call.next(bridge["next"], result="ok")

    assert await fetched(home, reply) == "audio/wav"
    assert home.last_call.attributes["digits"] == "1"
    assert home.last_call.attributes["spoken"] == "message"


async def test_lost_reply(engine: Engine, home: Home) -> None:
    """A reply that cannot be spoken is replaced by thanks."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])
    engine.fails_at = 2

    response = await home.speak(message="Hello", answers=ANSWERS)

    assert (response["answer"], response["spoken"]) == ("close", "message")
    [_, reply] = home.provider.calls[-1].actions
    assert await fetched(home, reply) == "thanks"


async def test_restart_before_it_is_spoken(
    late: Asking, engine: Engine, freezer: FrozenDateTimeFactory
) -> None:
    """A restart between the request and the answer loses no message."""
    home = late.home
    reload = asyncio.create_task(
        home.hass.config_entries.async_reload(home.entry.entry_id)
    )
    await reload
    engine.go_on.set()
    await home.hass.async_block_till_done(wait_background_tasks=True)

    action = await late.next(result="newoutgoing")

    assert await fetched(home, action) == "audio/wav"
    assert home.last_call.attributes["spoken"] == "message"


@pytest.mark.parametrize("speaks", [True, False])
async def test_sounds_are_deleted(engine: Engine, home: Home, speaks: bool) -> None:
    """Sounds that somebody has deleted are made again, or replaced by the sentence."""
    home.rings_on()
    for _ in range(2):
        await home.act("place_call", to=PHONE, message="Hello", answers=ANSWERS)
        await home.hass.async_block_till_done(wait_background_tasks=True)
        folder = home.hass.config.path(".storage/elks_audio", home.entry.entry_id)
        shutil.rmtree(folder, ignore_errors=True)
        if not speaks:
            engine.answer = RuntimeError("no voice today")
    await home.act("place_call", to=PHONE, message="Hello", answers=ANSWERS)

    call = Asking(home, home.provider.calls[-1].voice_start)
    action = await call.next(result="newoutgoing")

    expected = "audio/wav" if speaks else "substitute"
    assert await fetched(home, action) == expected


@pytest.mark.usefixtures("freezer")
async def test_reload_while_somebody_waits(late: Asking, engine: Engine) -> None:
    """Who waits for the message while the account is reloaded waits on, and then hears it."""
    home = late.home
    waiting = asyncio.create_task(late.at_once(result="newoutgoing"))
    while not home.last_call.attributes["answered"]:
        await asyncio.sleep(0)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    engine.go_on.set()

    first = await waiting
    second = await late.next(first["next"], result="ok")

    assert (first["play"], await fetched(home, second)) == ("sound/beep", "audio/wav")
    assert home.last_call.attributes["spoken"] == "message"


async def test_voice_is_set_up_after_the_account(engine: Engine, home: Home) -> None:
    """A call that rings during a restart has its message, though the voice came after the account."""
    hass = home.hass
    home.rings_on()
    engine.answer, speech = RuntimeError("not connected yet"), engine.answer
    await home.act("place_call", to=PHONE, message="Hello", timeout=300)
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_reload(home.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    engine.answer = speech
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)

    call = Asking(home, home.provider.calls[-1].voice_start)
    action = await call.next(result="newoutgoing")

    assert await fetched(home, action) == "audio/wav"


async def test_other_media_of_before(
    home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """Who answers before a media item is ready does not hear what it was before."""
    home.rings_on()
    contents, go_on = [tone(1), tone(2)], asyncio.Event()
    go_on.set()

    async def read(*_: object) -> bytes:
        await go_on.wait()
        return contents.pop(0)

    with patch.object(recordings, "async_read", read):
        await home.act("place_call", to=PHONE, media="media-source://siren")
        await home.hass.async_block_till_done(wait_background_tasks=True)
        go_on.clear()
        await home.act("place_call", to=PHONE, media="media-source://siren")
        call = Asking(home, home.provider.calls[-1].voice_start)
        first = await in_time(home, freezer, call.at_once(result="newoutgoing"))
        go_on.set()
        second = await call.next(first["next"], result="ok")

    assert await fetched(home, first) == "one_moment"
    assert await fetched(home, second) == "audio/wav"
    assert contents == []
