"""Speech, from a text to what is heard."""

import io
import json
from pathlib import Path
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import Any
import wave

import pytest

from custom_components.elks.speech import Voice
from custom_components.elks.speech.telephone import LEAD_IN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .conftest import RATE, SOUNDS, Engine, EspeakEngine, Studio, espeak, tone

TEXT = "Water leak in the kitchen. Press 1 & close it: 100% åäö?\nOr +4670 else."


async def test_heard(studio: Studio, tmp_path: Path) -> None:
    """What the provider fetches is fit for a telephone line, and loud enough."""
    await studio.add(EspeakEngine())
    recording = await studio.store.async_speech(TEXT)
    file, said = tmp_path / "file.wav", tmp_path / "said.wav"
    file.write_bytes(await studio.fetch(recording))
    said.write_bytes(espeak(TEXT, "en")[1])

    stream, told = probe(file)
    assert (stream["codec_name"], stream["channels"]) == ("pcm_s16le", 1)
    assert stream["sample_rate"] == "16000"
    assert told["format_name"] == "wav"
    assert float(told["duration"]) == pytest.approx(
        studio.duration(recording), abs=0.001
    )
    assert studio.duration(recording) == pytest.approx(length(said) + LEAD_IN, abs=0.01)

    assert stats(file, "trim", "0", "0.49")["Pk lev dB"] < -90
    levels = stats(file, "trim", "0.5")
    assert -24 < levels["RMS lev dB"] < -15
    assert -6 < levels["Pk lev dB"] < -1.5


def probe(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what ffprobe tells of the stream in a file, and of its format."""
    told = subprocess.run(
        [
            "ffprobe",
            "-v",
            "error",
            "-of",
            "json",
            "-show_streams",
            "-show_format",
            file,
        ],
        capture_output=True,
        check=True,
    )
    found = json.loads(told.stdout)
    [stream] = found["streams"]
    return stream, found["format"]


def length(file: Path) -> float:
    """Return the seconds of a WAV whose header does not tell."""
    samples = subprocess.run(
        ["sox", "--ignore-length", file, "-t", "s16", "-"],
        capture_output=True,
        check=True,
    )
    return len(samples.stdout) / 2 / RATE


def stats(file: Path, *effects: str) -> dict[str, float]:
    """Return what sox measures of a sound after some effects."""
    told = subprocess.run(
        ["sox", file, "-n", *effects, "stats"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name: float(value)
        for name, value in re.findall(
            r"^(\w+ lev dB) +(\S+)$", told.stderr, re.MULTILINE
        )
    }


def levels(data: bytes) -> tuple[float, float]:
    """Return the peaks of a WAV within its silence in front, and after it; 1 is full scale."""
    with wave.open(io.BytesIO(data)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (1, 16000)
        silence = memoryview(sound.readframes(int(LEAD_IN * 16000))).cast("h")
        rest = memoryview(sound.readframes(sound.getnframes())).cast("h")
    return max(map(abs, silence)) / 32767, max(map(abs, rest)) / 32767


@pytest.mark.parametrize(
    "sound", [name for name in SOUNDS if name.startswith(("mp3", "ogg", "wav"))]
)
async def test_engines(studio: Studio, sound: str) -> None:
    """Whatever an engine gives becomes as loud, and no louder."""
    await studio.add(Engine("tone", (sound[:3], SOUNDS[sound])))

    recording = await studio.store.async_speech(TEXT)

    silence, rest = levels(await studio.fetch(recording))
    assert silence < 0.001
    assert 0.15 < rest < 0.81
    assert studio.names == {recording}


async def test_silence(studio: Studio) -> None:
    """Silence stays silence."""
    await studio.add(Engine("silent", ("wav", tone(1, level=0))))

    recording = await studio.store.async_speech(TEXT)

    assert levels(await studio.fetch(recording)) == (0, 0)
    assert studio.duration(recording) == pytest.approx(1 + LEAD_IN, abs=0.01)


async def test_not_kept_elsewhere(
    studio: Studio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The text is in no log, in no file, and each recording is a new one."""
    engine = await studio.add(Engine("tone", ("wav", tone(1))))

    clips = [await studio.store.async_speech(TEXT) for _ in range(2)]

    assert [text for text, *_ in engine.asked] == [TEXT, TEXT]
    assert clips[0] != clips[1]
    assert list((tmp_path / "tts").iterdir()) == []
    assert "Water leak" not in caplog.text


async def test_engine_chosen(studio: Studio) -> None:
    """The engine given speaks, in the language given and with its options."""
    await studio.add(Engine("first", ("wav", tone(1))))
    second = await studio.add(Engine("second", ("wav", tone(1))))

    await studio.store.async_speech(
        TEXT,
        Voice(engine="tts.second", language="sv", options={"voice": "Astrid"}),
    )

    assert second.asked == [(TEXT, "sv", {"voice": "Astrid"})]


async def test_default_engine(studio: Studio) -> None:
    """Without one given, the home's own speaks."""
    first = await studio.add(Engine("first", ("wav", tone(1))))
    await studio.add(Engine("second", ("wav", tone(1))))

    await studio.store.async_speech(TEXT)

    assert first.asked == [(TEXT, "en", {})]


@pytest.mark.parametrize(
    ("given", "language", "options"),
    [
        ({}, "sv", {"voice": "Astrid"}),
        ({"options": {"voice": "Erik"}}, "sv", {"voice": "Erik"}),
        ({"language": "en"}, "en", {}),
    ],
)
async def test_preferred_assistant(
    studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    language: str,
    options: dict[str, Any],
) -> None:
    """Without one given, the preferred voice assistant's speaks, as it speaks there."""
    await studio.add(Engine("first", ("wav", tone(1))))
    second = await studio.add(Engine("second", ("wav", tone(1))))
    prefer(studio.hass, monkeypatch, engine="tts.second", language="sv", voice="Astrid")

    await studio.store.async_speech(TEXT, Voice(**given))

    assert second.asked == [(TEXT, language, options)]


@pytest.mark.parametrize("engine", [None, "tts.gone"])
async def test_assistant_without_voice(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, engine: str | None
) -> None:
    """A preferred voice assistant that cannot speak leaves it to the home's own engine."""
    first = await studio.add(Engine("first", ("wav", tone(1))))
    prefer(studio.hass, monkeypatch, engine=engine, language="sv", voice=None)

    await studio.store.async_speech(TEXT)

    assert first.asked == [(TEXT, "en", {})]


def prefer(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    *,
    engine: str | None,
    language: str,
    voice: str | None,
) -> None:
    """Have a voice assistant, whose component needs packages that are not installed here."""
    pipeline = SimpleNamespace(
        tts_engine=engine, tts_language=language, tts_voice=voice
    )
    name = "homeassistant.components.assist_pipeline"
    module = SimpleNamespace(async_get_pipeline=lambda hass: pipeline)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, f"{name}.pipeline", module)
    hass.config.components.add("assist_pipeline")


async def test_no_engine(studio: Studio) -> None:
    """A home without an engine is told so."""
    with pytest.raises(ServiceValidationError) as raised:
        await studio.store.async_speech(TEXT)

    assert raised.value.translation_key == "no_tts"


async def test_no_tts(studio: Studio) -> None:
    """So is a home without text-to-speech altogether."""
    studio.hass.config.components.remove("tts")

    with pytest.raises(ServiceValidationError) as raised:
        await studio.store.async_speech(TEXT)
    assert raised.value.translation_key == "no_tts"

    with pytest.raises(ServiceValidationError) as raised:
        await studio.store.async_media("media-source://tts/tts.tone?message=Hello")
    assert raised.value.translation_key == "no_tts"


async def test_unknown_engine(studio: Studio) -> None:
    """An engine that is not there is refused, with the field named."""
    await studio.add(Engine("tone", ("wav", tone(1))))

    with pytest.raises(ServiceValidationError) as raised:
        await studio.store.async_speech(TEXT, Voice(engine="tts.gone"))

    assert raised.value.translation_key == "unknown_tts"
    assert raised.value.translation_placeholders == {
        "field": "tts_entity_id",
        "engine": "tts.gone",
    }


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
        await studio.store.async_speech(TEXT)

    assert raised.value.translation_key == "speech_failed"
    assert raised.value.translation_placeholders == {"reason": reason}
    assert studio.names == set()


@pytest.mark.usefixtures("no_ffmpeg")
@pytest.mark.parametrize("sound", ["wav", "wav as it is streamed"])
async def test_wav_without_ffmpeg(studio: Studio, sound: str) -> None:
    """Without ffmpeg, a WAV of the engine's gets its silence in front, and its length."""
    await studio.add(Engine("tone", ("wav", SOUNDS[sound])))

    recording = await studio.store.async_speech(TEXT)

    assert studio.duration(recording) == pytest.approx(1 + LEAD_IN)
    with wave.open(io.BytesIO(await studio.fetch(recording))) as sound_file:
        assert not any(sound_file.readframes(int(RATE * LEAD_IN)))
        assert sound_file.readframes(2 * RATE) == tone(1)[44:]


@pytest.mark.usefixtures("no_ffmpeg")
async def test_mp3_without_ffmpeg(studio: Studio) -> None:
    """Without ffmpeg, an MP3 of the engine's is served as it is."""
    await studio.add(Engine("tone", ("mp3", SOUNDS["mp3"])))

    recording = await studio.store.async_speech(TEXT)

    assert studio.duration(recording) is None
    assert await studio.fetch(recording) == SOUNDS["mp3"]


@pytest.mark.parametrize("given", [{"language": "xx"}, {"options": {"pitch": 1}}])
async def test_refused_by_engine(studio: Studio, given: dict[str, Any]) -> None:
    """So is a language or an option that the engine does not have."""
    await studio.add(Engine("tone", ("wav", tone(1))))

    with pytest.raises(HomeAssistantError) as raised:
        await studio.store.async_speech(TEXT, Voice(**given))

    assert raised.value.translation_key == "speech_failed"
