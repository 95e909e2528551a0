"""Recordings while they are made: in order, a few at once, side by side, and stopped."""

import asyncio
from pathlib import Path
from types import ModuleType
from typing import Any, override
from unittest.mock import patch

import pytest

from custom_components.elks.speech import (
    Prompt,
    files as files_module,
    recordings as recordings_module,
)
from homeassistant.components.tts import TtsAudioType

from .conftest import Engine, Studio, speech, tone, until


def stop_making() -> None:
    """Stop what is being made, as the unloading of an account does."""
    [task] = [t for t in asyncio.all_tasks() if t.get_name() == "elks recording"]
    task.cancel()


async def test_said_again(studio: Studio, engine: Engine) -> None:
    """The same words need no engine again, have the same address, and survive a restart."""
    name = await studio.say("Fire", language="sv", options={"voice": "Astrid"})
    data = await studio.fetch(name)
    studio.end(speech("Fire", language="sv", options={"voice": "Astrid"}))

    again = await studio.say("Fire", language="sv", options={"voice": "Astrid"})
    await studio.restart()
    engine.answer = RuntimeError()
    last = await studio.say("Fire", language="sv", options={"voice": "Astrid"})

    assert name == again == last
    assert len(engine.asked) == 1
    assert studio.names == {name}
    assert await studio.fetch(name) == data


async def test_own_engine_again(studio: Studio, engine: Engine) -> None:
    """The home's own voice and language are the same whether they are named or not."""
    name = await studio.say("Fire")

    assert await studio.say("Fire", engine="tts.tone", language="en") == name
    assert len(engine.asked) == 1


async def test_media_again(studio: Studio) -> None:
    """Media is copied anew only when its content is another."""
    media = await studio.media("a.wav", tone(1))
    name = await studio.copy(media)

    with patch("custom_components.elks.speech.recordings.async_fit") as fit:
        assert await studio.copy(media) == name
    fit.assert_not_called()

    await studio.media("a.wav", tone(2))
    other = await studio.copy(media)
    assert other != name
    assert studio.duration(other) == pytest.approx(2.5)
    await studio.media("a.wav", tone(1))
    assert await studio.copy(media) == name


async def test_nothing_is_made_twice(studio: Studio, engine: Engine) -> None:
    """What is being made for one call is waited for by others."""
    engine.waits_at = 1
    studio.begin(speech(), speech())
    await until(lambda: engine.asked)
    studio.begin(speech())
    engine.go_on.set()

    assert await studio.known(speech()) in studio.names
    assert len(engine.asked) == 1


async def test_message_first(studio: Studio, engine: Engine) -> None:
    """What is to be said is made in its order."""
    texts = [f"Text {number}" for number in range(10)]
    studio.begin(*map(speech, texts))

    await asyncio.gather(*(studio.known(speech(text)) for text in reversed(texts)))

    assert [text for text, *_ in engine.asked] == texts


class SlowEngine(Engine):
    """A text-to-speech engine that speaks each text when it is told to."""

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Wait, then speak."""
        self.asked.append((message, language, options))
        await self.go_on.wait()
        return "wav", tone(0.1)


async def test_not_all_at_once(studio: Studio) -> None:
    """An engine speaks four texts at the same time, and no more; others need not wait for it."""
    slow = await studio.add(SlowEngine("slow", (None, None)))
    quick = await studio.add(Engine("quick", ("wav", tone(0.1))))
    prompts = [speech(f"Text {number}", engine="tts.slow") for number in range(6)]
    studio.begin(*prompts)

    await until(lambda: len(slow.asked) == 4)
    other = speech("Text 7", engine=quick.entity_id)
    studio.begin(other)
    assert await studio.known(other)
    assert len(slow.asked) == 4

    slow.go_on.set()
    assert all([await studio.known(prompt) for prompt in prompts])


async def test_one_waits(studio: Studio, engine: Engine) -> None:
    """A voice that takes its time keeps no other waiting."""
    engine.waits_at = 1
    slow, quick = speech("Slow"), Prompt(media=await studio.media("a.wav", tone(1)))
    studio.begin(slow, quick)

    assert await studio.known(quick)
    assert studio.recordings.find(slow) is None

    engine.go_on.set()
    assert await studio.known(slow)


async def test_same_one_at_once(studio: Studio, engine: Engine) -> None:
    """Two prompts can turn out to be the same recording while they are made."""
    prompts = [speech(), speech(engine="tts.tone"), speech(language="en")]
    studio.begin(*prompts)

    names = {await studio.known(prompt) for prompt in prompts}

    assert studio.names == names
    assert len(names) == 1
    [name] = names
    assert name
    assert studio.duration(name) == pytest.approx(1)
    assert {text for text, *_ in engine.asked} == {"Hello"}


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_same_one_takes_room_once(studio: Studio) -> None:
    """It takes the room of one."""
    prompts = [speech(), speech(engine="tts.tone"), speech(language="en")]
    studio.begin(*prompts)
    for prompt in prompts:
        await studio.known(prompt)

    assert len({await studio.say(text) for text in ("Second", "Third")}) == 2
    assert len(studio.names) == 3
    assert await studio.play(speech("Fourth")) is None


@pytest.mark.usefixtures("engine")
async def test_at_once(studio: Studio) -> None:
    """Recordings can be made side by side."""
    prompts = [speech(nonce=str(number)) for number in range(8)]
    studio.begin(*prompts)

    names = {await studio.known(prompt) for prompt in prompts}

    assert studio.names == names
    assert len(names) == 8


async def test_not_prepared(studio: Studio, engine: Engine) -> None:
    """Whoever waits for what nobody has begun to make, as after a restart, gets it made."""
    prompt = speech()
    assert studio.recordings.find(prompt) is None
    assert await studio.recordings.async_find_words(prompt) is None

    assert await studio.known(prompt) in studio.names


async def test_nonce(studio: Studio) -> None:
    """What is not to be kept is marked, each time anew."""
    assert studio.recordings.keep
    assert studio.recordings.new_nonce() == ""

    studio.keep_speech(False)

    assert not studio.recordings.keep
    nonces = {studio.recordings.new_nonce() for _ in range(3)}
    assert len(nonces) == 3
    assert all(len(nonce) > 20 for nonce in nonces)


async def test_stopped_while_recording(studio: Studio, tmp_path: Path) -> None:
    """Whoever is stopped leaves nothing behind, no program either."""
    prompt = Prompt(media=await studio.media("a.wav", tone(60)))
    slow, started = tmp_path / "ffmpeg", tmp_path / "started"
    slow.write_text(f"#!/bin/sh\necho $$ >{started}\nexec sleep 60\n")
    slow.chmod(0o700)

    with patch(
        "custom_components.elks.speech.telephone._ffmpeg", return_value=str(slow)
    ):
        studio.begin(prompt)
        await until(lambda: started.exists() and started.read_text())
        stop_making()
        assert await studio.is_stopped(prompt)

    assert studio.names == set()
    assert not Path(f"/proc/{started.read_text().strip()}").exists()
    assert await studio.play(prompt) in studio.names


async def test_stopped_while_speaking(studio: Studio, engine: Engine) -> None:
    """So does whoever is stopped while the engine speaks; it is not said to have failed."""
    engine.waits_at = 1
    studio.begin(speech())
    await until(lambda: engine.asked)
    stop_making()

    assert await studio.is_stopped(speech())
    assert studio.changes == []
    engine.go_on.set()
    assert await studio.play(speech()) in studio.names


@pytest.mark.parametrize(
    ("module", "step"), [(recordings_module, "_tidy"), (files_module, "_delete")]
)
@pytest.mark.usefixtures("engine", "three_seconds")
async def test_stopped_in_the_last_moment(
    studio: Studio, module: ModuleType, step: str
) -> None:
    """A recording that nobody takes any more takes no room, however late that is."""
    kept = {await studio.say(text) for text in ("First", "Second")}
    if step == "_delete":
        await studio.say("Third")
        studio.end(speech("Third"))
    take_step = getattr(module, step)

    async def stop() -> None:
        stop_making()

    def be_stopped_at(*args: object) -> None:
        take_step(*args)
        asyncio.run_coroutine_threadsafe(stop(), studio.hass.loop).result()

    with patch.object(module, step, be_stopped_at):
        studio.begin(speech("Fourth"))
        assert await studio.is_stopped(speech("Fourth"))
    made_in_time = studio.names - kept
    assert len(made_in_time) == (step == "_tidy")

    # What was made in the last moment is kept and counted like any other
    last = await studio.say("Fourth")
    assert studio.names == kept | {last}


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_not_written_yet(studio: Studio) -> None:
    """A recording is found by its words only when the provider can fetch it."""
    prompt = speech("Fourth")
    for text in ("First", "Second", "Third"):
        await studio.say(text)
        studio.end(speech(text))
    step = "_delete"
    make_room = getattr(files_module, step)
    found: list[str | None] = []

    async def look() -> None:
        found.append(await studio.recordings.async_find_words(prompt))

    def look_at(*args: object) -> None:
        make_room(*args)
        asyncio.run_coroutine_threadsafe(look(), studio.hass.loop).result()

    with patch.object(files_module, step, look_at):
        name = await studio.play(prompt)

    assert found == [None]
    assert name
    assert await studio.recordings.async_find_words(prompt) == name
