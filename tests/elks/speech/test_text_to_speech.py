"""Speech: what engines are asked to say, and what becomes of their failures."""

from pathlib import Path
from typing import Any

import pytest

from custom_components.elks.speech import Voice
from homeassistant.exceptions import HomeAssistantError

from .conftest import TEXT, Engine, Studio, tone


async def test_not_kept_elsewhere(
    studio: Studio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The text is in no log, in no file, and each recording is a new one."""
    engine = await studio.add(Engine("tone", ("wav", tone(1))))

    recordings = [await studio.recordings.async_add_speech(TEXT) for _ in range(2)]

    assert [text for text, *_ in engine.asked] == [TEXT, TEXT]
    assert recordings[0] != recordings[1]
    assert list((tmp_path / "tts").iterdir()) == []
    assert "Water leak" not in caplog.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HomeAssistantError("quota exceeded"), "quota exceeded"),
        (KeyError(), "KeyError"),
        (TimeoutError(), "TimeoutError"),
        (RuntimeError(f"cannot say '{TEXT}'"), "cannot say '…'"),
        (RuntimeError("401 at https://tts.example/?key=1"), "401 at https://•••••"),
        (RuntimeError("x" * 1000), "x" * 200),
        (("wav", b""), "no audio"),
        (("wav", b"<html>no</html>"), "no audio"),
        (("wav", b"RIFF"), "no audio"),
    ],
)
async def test_engine_fails(
    studio: Studio, answer: tuple[str, bytes] | Exception, reason: str
) -> None:
    """An engine's failure is told with its reason; nothing is left on disk."""
    await studio.add(Engine("tone", answer))

    with pytest.raises(HomeAssistantError) as raised:
        await studio.recordings.async_add_speech(TEXT)

    assert raised.value.translation_key == "speech_failed"
    assert raised.value.translation_placeholders == {"reason": reason}
    assert studio.names == set()


@pytest.mark.parametrize("given", [{"language": "xx"}, {"options": {"pitch": 1}}])
async def test_refused_by_engine(studio: Studio, given: dict[str, Any]) -> None:
    """So is a language or an option that the engine does not have."""
    await studio.add(Engine("tone", ("wav", tone(1))))

    with pytest.raises(HomeAssistantError) as raised:
        await studio.recordings.async_add_speech(TEXT, Voice(**given))

    assert raised.value.translation_key == "speech_failed"


async def test_spoken_media(studio: Studio) -> None:
    """A media item of text-to-speech is spoken."""
    engine = await studio.add(Engine("tone", ("wav", tone(1))))

    recording = await studio.recordings.async_add_media(
        "media-source://tts/tts.tone?message=Hello%20there&language=sv&cache=false"
    )

    assert engine.asked == [("Hello there", "sv", {})]
    assert studio.duration(recording) == pytest.approx(1.5, abs=0.1)


async def test_spoken_media_fails(studio: Studio) -> None:
    """Its engine's failure is told as for any speech."""
    await studio.add(Engine("tone", HomeAssistantError("quota exceeded")))

    with pytest.raises(HomeAssistantError) as raised:
        await studio.recordings.async_add_media(
            "media-source://tts/tts.tone?message=Hello"
        )

    assert raised.value.translation_key == "speech_failed"
    assert raised.value.translation_placeholders == {"reason": "quota exceeded"}
