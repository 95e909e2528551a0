"""Audio as it is heard on a telephone line, with ffmpeg and without."""

import io
import json
from pathlib import Path
import re
import subprocess
from typing import Any
from unittest.mock import patch
import wave

import pytest

from custom_components.elks.speech.telephone import LEAD_IN

from .conftest import (
    RATE,
    SOUNDS,
    TEXT,
    Engine,
    EspeakEngine,
    Studio,
    espeak,
    refused,
    tone,
)


async def test_heard(studio: Studio, tmp_path: Path) -> None:
    """What the provider fetches is fit for a telephone line, and loud enough."""
    await studio.add(EspeakEngine())
    recording = await studio.say(TEXT)
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

    recording = await studio.say(TEXT)

    silence, rest = levels(await studio.fetch(recording))
    assert silence < 0.001
    assert 0.15 < rest < 0.81
    assert studio.names == {recording}


async def test_silence(studio: Studio) -> None:
    """Silence stays silence."""
    await studio.add(Engine("silent", ("wav", tone(1, level=0))))

    recording = await studio.say(TEXT)

    assert levels(await studio.fetch(recording)) == (0, 0)
    assert studio.duration(recording) == pytest.approx(1 + LEAD_IN, abs=0.01)


@pytest.mark.usefixtures("no_ffmpeg")
@pytest.mark.parametrize("sound", ["wav", "wav as it is streamed"])
async def test_speech_without_ffmpeg(studio: Studio, sound: str) -> None:
    """Without ffmpeg, a WAV of the engine's gets its silence in front, and its length."""
    await studio.add(Engine("tone", ("wav", SOUNDS[sound])))

    recording = await studio.say(TEXT)

    assert studio.duration(recording) == pytest.approx(1 + LEAD_IN)
    with wave.open(io.BytesIO(await studio.fetch(recording))) as sound_file:
        assert not any(sound_file.readframes(int(RATE * LEAD_IN)))
        assert sound_file.readframes(2 * RATE) == tone(1)[44:]


@pytest.mark.usefixtures("no_ffmpeg")
async def test_mp3_speech_without_ffmpeg(studio: Studio) -> None:
    """Without ffmpeg, an MP3 of the engine's is served as it is."""
    await studio.add(Engine("tone", ("mp3", SOUNDS["mp3"])))

    recording = await studio.say(TEXT)

    assert studio.duration(recording) is None
    assert await studio.fetch(recording) == SOUNDS["mp3"]


@pytest.mark.usefixtures("no_ffmpeg")
@pytest.mark.parametrize("sound", ["mp3", "mp3 with tags", "ogg", "wav in mu-law"])
async def test_without_ffmpeg(studio: Studio, sound: str) -> None:
    """Without ffmpeg, what telephones take is served as it is."""
    recording = await studio.copy(await studio.media("a.mp3", SOUNDS[sound]))

    assert recording.endswith(f".{sound[:3]}")
    assert studio.duration(recording) is None
    assert await studio.fetch(recording) == SOUNDS[sound]


@pytest.mark.usefixtures("no_ffmpeg")
@pytest.mark.parametrize(("width", "zero"), [(1, 0x80), (2, 0), (3, 0)])
async def test_wav_without_ffmpeg(studio: Studio, width: int, zero: int) -> None:
    """Without ffmpeg, a WAV gets its silence in front, whatever its samples are."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((2, width, 8000, 0, "NONE", ""))
        sound.writeframes(b"\x55" * width * 2 * 8000)

    recording = await studio.copy(await studio.media("a.wav", file.getvalue()))

    assert studio.duration(recording) == pytest.approx(1.5)
    with wave.open(io.BytesIO(await studio.fetch(recording))) as sound:
        assert sound.getparams()[:3] == (2, width, 8000)
        assert set(sound.readframes(4000)) == {zero}
        assert set(sound.readframes(9000)) == {0x55}


@pytest.mark.usefixtures("no_ffmpeg")
@pytest.mark.parametrize("sound", ["flac", "mp4", "opus"])
async def test_unknown_without_ffmpeg(
    studio: Studio, sound: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without ffmpeg, other formats are refused, whatever the name says."""
    media_id = await studio.media("a.mp3", SOUNDS[sound])

    assert await refused(studio, media_id, caplog) == "not audio"


@pytest.mark.usefixtures("no_ffmpeg")
@pytest.mark.parametrize("data", [b"", b"\xff", b"RIFF", b"<html>", b"\xff\xf1\x50"])
async def test_no_sound_without_ffmpeg(
    studio: Studio, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """So is what is no sound."""
    media_id = await studio.media("a.mp3", data)

    assert await refused(studio, media_id, caplog) == "not audio"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.mp3", b"this is a text"),
        ("a.wav", b""),
        ("a.wav", tone(0)),
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.mp3", b"ffconcat version 1.0\nfile /etc/hostname\n"),
        ("a.mp3", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/\n"),
    ],
)
async def test_not_audio(
    studio: Studio, name: str, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What is no sound is refused; a list of other files is none."""
    media_id = await studio.media(name, data)

    assert await refused(studio, media_id, caplog) == "not audio"


async def test_too_slow(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be made fit in time is refused."""
    media_id = await studio.media("a.wav", tone(1))

    with patch("custom_components.elks.speech.telephone._TIMEOUT", 0):
        assert await refused(studio, media_id, caplog) == "not audio"


async def test_ffmpeg_not_set_up(studio: Studio) -> None:
    """The program is used even where Home Assistant's integration for it is not set up."""
    studio.hass.config.components.remove("ffmpeg")

    recording = await studio.copy(await studio.media("a.mp3", SOUNDS["opus"]))

    assert recording.endswith(".wav")
