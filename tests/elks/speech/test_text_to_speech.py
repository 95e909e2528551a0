"""Speech: what engines are asked to say, how long they may take, and how their failures are reported."""

import json
import logging
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks.speech import Prompt, VoiceChange
from homeassistant.exceptions import HomeAssistantError

from .conftest import (
    TEXT,
    Engine,
    StreamingEngine,
    Studio,
    later,
    said,
    speech,
    tone,
    until,
)

NUMBER = "+46701234567"


async def test_not_kept_elsewhere(
    studio: Studio, engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The text is in no log, in no file, nor in the name of one."""
    caplog.set_level(logging.DEBUG, "custom_components.elks")

    name = await studio.say(TEXT)

    assert [text for text, *_ in engine.asked] == [TEXT]
    assert list((tmp_path / "tts").iterdir()) == []
    assert "Water leak" not in caplog.text
    assert "Water" not in name
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert studio.folder / name in files
    assert not any(b"Water leak" in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HomeAssistantError("quota exceeded"), "quota exceeded"),
        (KeyError(), "KeyError"),
        (RuntimeError(f"cannot say '{TEXT}'"), "cannot say '…'"),
        (KeyError(TEXT), "'…'"),
        (RuntimeError(json.dumps({"text": TEXT})), '{"text": "…"}'),
        (RuntimeError("401 at https://tts.example/?key=1"), "401 at https://•••••"),
        (RuntimeError(f"no credit for {NUMBER}"), "no credit for +46•••••567"),
        (RuntimeError("x" * 1000), "x" * 200),
        ((None, None), "No TTS from tone for '…'"),
        (("wav", b""), "no audio"),
        (("wav", b"<html>no</html>"), "no audio"),
        (("wav", b"RIFF"), "no audio"),
        (("wav", tone(0)), "no audio"),
    ],
)
async def test_engine_fails(
    studio: Studio,
    caplog: pytest.LogCaptureFixture,
    answer: tuple[str, bytes] | Exception,
    reason: str,
) -> None:
    """An engine's failure is reported with its reason; nothing is left on disk."""
    await studio.add(Engine("tone", answer))

    assert await studio.play(speech(TEXT)) is None

    assert studio.changes == [VoiceChange(engine="tts.tone", reason=reason)]
    assert studio.names == set()
    assert not any("Water leak" in line for line in said(caplog, ""))


async def test_short_text(studio: Studio) -> None:
    """A reason keeps words that the text is only a part of."""
    await studio.add(Engine("tone", RuntimeError("no, nothing")))

    await studio.play(speech("no"))

    assert [change.reason for change in studio.changes] == ["…, nothing"]


@pytest.mark.parametrize("given", [{"language": "xx"}, {"options": {"pitch": 1}}])
async def test_refused_by_engine(
    studio: Studio, engine: Engine, given: dict[str, Any]
) -> None:
    """So is a language or an option that the engine does not have."""
    assert await studio.play(speech(TEXT, **given)) is None

    [change] = studio.changes
    assert change.engine == "tts.tone"
    assert change.reason
    assert engine.asked == []


async def test_speaks_again(studio: Studio, engine: Engine) -> None:
    """That an engine speaks is reported as well, but not what was kept."""
    await studio.say()
    await studio.say()

    assert studio.changes == [VoiceChange(engine="tts.tone", reason=None)]


async def test_engine_hangs(
    studio: Studio, engine: Engine, freezer: FrozenDateTimeFactory
) -> None:
    """An engine has ten seconds, and is asked again the next time."""
    engine.waits_at = 1
    prompt = speech()
    studio.begin(prompt)
    await until(lambda: engine.asked)

    await later(studio, freezer, 9)
    assert studio.changes == []
    await later(studio, freezer, 1.5)

    assert await studio.known(prompt) is None
    assert studio.changes == [
        VoiceChange(engine="tts.tone", reason="no answer in 10 s")
    ]
    engine.go_on.set()
    assert await studio.play(prompt)


async def test_engine_times_out(studio: Studio) -> None:
    """An engine that gives up waiting for its own server has failed."""
    await studio.add(Engine("tone", TimeoutError()))

    assert await studio.play(speech()) is None

    assert [change.engine for change in studio.changes] == ["tts.tone"]


async def test_long_text(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """An engine that speaks piece by piece has ten seconds for each."""
    engine = await studio.add(StreamingEngine("slow", pieces=4))
    prompt = speech()
    studio.begin(prompt)
    await until(lambda: engine.asked)

    for _ in range(4):
        await later(studio, freezer, 9)
        assert studio.changes == []
        engine.go_on.set()
        await until(lambda: not engine.go_on.is_set())

    name = await studio.known(prompt)
    assert name
    assert studio.duration(name) == pytest.approx(1.5, abs=0.01)


async def test_stops_in_between(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """Half a text is not played."""
    engine = await studio.add(StreamingEngine("slow"))
    prompt = speech()
    studio.begin(prompt)
    await until(lambda: engine.asked)
    engine.go_on.set()
    await until(lambda: not engine.go_on.is_set())

    await later(studio, freezer, 10.5)

    assert await studio.known(prompt) is None
    assert studio.changes == [
        VoiceChange(engine="tts.slow", reason="no answer in 10 s")
    ]
    assert studio.names == set()


async def test_spoken_media(studio: Studio, engine: Engine) -> None:
    """A media item of text-to-speech is spoken."""
    name = await studio.copy(
        "media-source://tts/tts.tone?message=Hello%20there&language=sv&cache=false"
    )

    assert engine.asked == [("Hello there", "sv", {})]
    assert studio.duration(name) == pytest.approx(1, abs=0.1)


async def test_spoken_media_fails(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    """Its engine's failure is that of media."""
    await studio.add(Engine("tone", HomeAssistantError("quota exceeded")))

    prompt = Prompt(media="media-source://tts/tts.tone?message=Hello")
    assert await studio.play(prompt) is None

    assert said(caplog, "Media cannot be played in a call: ") == ["quota exceeded"]
