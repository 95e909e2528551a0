"""A home that speaks, and a stranger who fetches what it says."""

from array import array
import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
import io
import math
from pathlib import Path
import subprocess
from typing import Any, override
from unittest.mock import patch
import wave

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import DOMAIN
from custom_components.elks.speech import Recordings, RecordingView, recording_url
from homeassistant.components.tts import ATTR_VOICE, TextToSpeechEntity, TtsAudioType
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component

TEXT = "Water leak in the kitchen. Press 1 & close it: 100% åäö?\nOr +4670 else."
RATE = 22_050
"""Samples per second of a tone."""
SECOND = 32_000
"""Bytes of a recording."""


def tone(
    seconds: float,
    *,
    level: float = 0.1,
    channels: int = 1,
    rate: int = RATE,
    placeholder: bool = False,
) -> bytes:
    """Return a WAV of 440 Hz; level 1 is full scale, a placeholder stands for its length."""
    samples = array("h")
    for at in range(int(seconds * rate)):
        value = round(level * 32767 * math.sin(2 * math.pi * 440 * at / rate))
        samples.extend([value] * channels)
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    data = file.getvalue()
    if placeholder:
        data = data[:40] + b"\xff\xff\xff\xff" + data[44:]
    return data


def encoded(data: bytes, *arguments: str) -> bytes:
    """Return a sound in another format, made by ffmpeg."""
    return subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-i", "pipe:0", *arguments, "pipe:1"],
        input=data,
        capture_output=True,
        check=True,
    ).stdout


SOUNDS = {
    "flac": encoded(tone(1), "-f", "flac"),
    "mp3": encoded(tone(1), "-id3v2_version", "0", "-write_xing", "0", "-f", "mp3"),
    "mp3 with tags": encoded(tone(1), "-f", "mp3"),
    "mp4": encoded(tone(1), "-f", "mp4", "-movflags", "frag_keyframe+empty_moov"),
    "ogg": encoded(tone(1), "-c:a", "libvorbis", "-f", "ogg"),
    "opus": encoded(tone(1), "-c:a", "libopus", "-f", "ogg"),
    "wav": tone(1),
    "wav as it is streamed": tone(1, placeholder=True),
    "wav as loud as can be": tone(4, level=1.0),
    "wav in mu-law": encoded(tone(1), "-c:a", "pcm_mulaw", "-f", "wav"),
    "wav in stereo": tone(1, channels=2, rate=48_000),
    "wav that is quiet": tone(0.3, level=0.01),
}
"""Files of about a second."""


class Engine(TextToSpeechEntity):
    """A text-to-speech engine that says what it is told to answer."""

    _attr_default_language = "en"
    _attr_supported_languages = ["en", "sv"]
    _attr_supported_options = [ATTR_VOICE]

    def __init__(self, name: str, answer: TtsAudioType | Exception) -> None:
        """Speak under a name."""
        self.entity_id = f"tts.{name}"
        self._attr_name = name
        self.answer = answer
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.waits_at = 0
        """The how manieth text is spoken only when `go_on` is set; 0 for none."""
        self.go_on = asyncio.Event()
        self.fails_at = 0
        """The how manieth text is not spoken; 0 for none."""

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Answer, or fail."""
        self.asked.append((message, language, options))
        if len(self.asked) == self.waits_at:
            await self.go_on.wait()
        if len(self.asked) == self.fails_at:
            raise RuntimeError("hoarse")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class EspeakEngine(Engine):
    """A text-to-speech engine that really speaks."""

    def __init__(self) -> None:
        """Answer nothing else."""
        super().__init__("espeak", (None, None))

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Speak with espeak-ng."""
        return await self.hass.async_add_executor_job(espeak, message, language)


def espeak(message: str, language: str) -> tuple[str, bytes]:
    """Return a text as espeak-ng speaks it."""
    speech = subprocess.run(
        ["espeak-ng", "-v", language, "--stdout", message],
        capture_output=True,
        check=True,
    )
    return "wav", speech.stdout


@dataclass(frozen=True)
class Studio:
    """A home with text-to-speech, where recordings are made and fetched."""

    hass: HomeAssistant
    entry: MockConfigEntry
    recordings: Recordings
    folder: Path
    client: TestClient[Any, Any]
    """Reaches Home Assistant as a stranger on the internet does."""

    async def add[EngineT: Engine](self, engine: EngineT) -> EngineT:
        """Add a text-to-speech engine to the home."""
        await self.hass.data[DATA_COMPONENT].async_add_entities([engine])
        return engine

    async def media(self, name: str, data: bytes) -> str:
        """Put a file into the home's media and return its id."""
        folder = Path(self.hass.config.media_dirs["local"])
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        return f"media-source://media_source/local/{name}"

    def duration(self, recording: str) -> float | None:
        """Return how many seconds a recording lasts; None if it is no WAV."""
        try:
            with wave.open(str(self.folder / recording)) as sound:
                frames: int = sound.getnframes()
                rate: int = sound.getframerate()
                return frames / rate
        except wave.Error:
            return None

    async def fetch(self, recording: str) -> bytes:
        """Fetch a recording as the provider does."""
        async with self.client.get(recording_url("", recording)) as response:
            assert response.status == 200
            return await response.read()

    @property
    def names(self) -> set[str]:
        """The files of the account."""
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
async def studio(
    hass: HomeAssistant,
    enable_custom_integrations: None,
    hass_client_no_auth: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
    tmp_path: Path,
) -> AsyncIterator[Studio]:
    """Return a home with text-to-speech but no engine, and with media."""
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    for component in ("http", "media_source", "tts"):
        assert await async_setup_component(hass, component, {})
    hass.http.register_view(RecordingView(hass))
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    recordings = Recordings(hass, entry)
    await recordings.async_clean(set())
    folder = Path(hass.config.path(".storage", "elks_audio", entry.entry_id))
    yield Studio(hass, entry, recordings, folder, await hass_client_no_auth())
    recordings.async_unload()


@pytest.fixture
def no_ffmpeg(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a home without ffmpeg."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
async def engine(studio: Studio) -> Engine:
    """Return an engine that speaks for half a second, so that recordings last for one."""
    return await studio.add(Engine("tone", ("wav", tone(0.5))))


@pytest.fixture
def three_seconds() -> Iterator[None]:
    """Leave room for three recordings."""
    with patch("custom_components.elks.speech.files.MAX_SIZE", 3 * SECOND + 3 * 100):
        yield


async def record(studio: Studio) -> str:
    """Make a recording of one second and return its name."""
    name = await studio.recordings.async_add_speech("Hello")
    assert studio.duration(name) == pytest.approx(1)
    return name


async def refused(studio: Studio, media: str | dict[str, Any]) -> tuple[str, str]:
    """Return why a media item is refused, and the reason given."""
    with pytest.raises(ServiceValidationError) as raised:
        await studio.recordings.async_add_media(media)
    placeholders = raised.value.translation_placeholders
    assert placeholders is not None and placeholders["field"] == "media"
    assert studio.names == set()
    return str(raised.value.translation_key), placeholders.get("reason", "")
