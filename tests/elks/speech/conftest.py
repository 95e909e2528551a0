"""A home that speaks, and a stranger who fetches what it says."""

from array import array
import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
import io
import math
from pathlib import Path
import subprocess
from time import CLOCK_MONOTONIC, clock_gettime, sleep
from typing import Any, override
from unittest.mock import patch
import wave

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.elks.const import (
    CONF_CALLBACK_KEY,
    CONF_KEEP_SPEECH,
    DOMAIN,
    LOGGER,
)
from custom_components.elks.helpers.listeners import Listeners, Stage
from custom_components.elks.speech import (
    Prompt,
    Recordings,
    RecordingView,
    Voice,
    VoiceChange,
    recording_url,
)
from homeassistant.components.tts import ATTR_VOICE, TextToSpeechEntity, TtsAudioType
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.components.tts.entity import TTSAudioRequest, TTSAudioResponse
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration
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

    def __init__(
        self,
        name: str,
        answer: TtsAudioType | Exception,
        *,
        languages: Sequence[str] = ("en", "sv"),
        options: Sequence[str] = (ATTR_VOICE,),
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        """Speak under a name, in languages of which the first is the default, and with options."""
        self.entity_id = f"tts.{name}"
        self._attr_name = name
        self._attr_default_language = languages[0]
        self._attr_supported_languages = list(languages)
        self._attr_supported_options = list(options)
        self._attr_default_options = defaults
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


class StreamingEngine(Engine):
    """A text-to-speech engine that gives a tone of a second in pieces, as it is told to."""

    def __init__(self, name: str, *, pieces: int = 3) -> None:
        """Give so many pieces."""
        super().__init__(name, (None, None))
        self._pieces = pieces

    @override
    async def async_stream_tts_audio(
        self, request: TTSAudioRequest
    ) -> TTSAudioResponse:
        """Give a piece each time that `go_on` is set."""
        message = "".join([part async for part in request.message_gen])
        self.asked.append((message, request.language, request.options))
        return TTSAudioResponse("wav", self._audio())

    async def _audio(self) -> AsyncGenerator[bytes]:
        data = tone(1)
        size = len(data) // self._pieces + 1
        for at in range(0, len(data), size):
            await self.go_on.wait()
            self.go_on.clear()
            yield data[at : at + size]


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


@dataclass(kw_only=True)
class Studio:
    """A home with text-to-speech, where recordings are made and fetched."""

    hass: HomeAssistant
    entry: MockConfigEntry
    recordings: Recordings
    folder: Path
    client: TestClient[Any, Any]
    """Reaches Home Assistant as a stranger on the internet does."""
    needed: list[Prompt]
    """What the calls going on play."""
    listeners: Listeners
    changes: list[VoiceChange]
    """Which voices spoke or failed, in this order."""

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

    def begin(self, *prompts: Prompt) -> None:
        """Begin a call that plays prompts."""
        self.needed.extend(prompts)
        self.recordings.async_prepare(prompts)

    async def play(self, prompt: Prompt) -> str | None:
        """Begin a call, and return the name of what it plays; None for a built-in sound."""
        self.begin(prompt)
        return await self.known(prompt)

    async def known(self, prompt: Prompt) -> str | None:
        """Return the name of what a call plays, once that is known."""
        waiting = asyncio.create_task(self.recordings.async_wait(prompt, 60))
        await until(waiting.done)
        assert waiting.result()
        return self.recordings.find(prompt)

    async def is_stopped(self, prompt: Prompt) -> bool:
        """Return whether nobody knows any more what a call plays."""
        return not await self.recordings.async_wait(prompt, 60)

    def end(self, *prompts: Prompt) -> None:
        """End a call that played prompts."""
        for prompt in prompts:
            self.needed.remove(prompt)
        self.recordings.async_release(prompts)

    async def say(self, text: str = "Hello", **voice: Any) -> str:
        """Return the name of the recording of a text, which is there."""
        name = await self.play(speech(text, **voice))
        assert name is not None
        return name

    async def copy(self, media: str) -> str:
        """Return the name of the recording of a media item, which is there."""
        name = await self.play(Prompt(media=media))
        assert name is not None
        return name

    async def restart(self) -> None:
        """Make a new start with what is on disk."""
        self.recordings.async_unload()
        self.recordings = self.make_recordings()
        await self.recordings.async_load()

    def make_recordings(self) -> Recordings:
        """Return the account's recordings, not loaded yet."""
        return Recordings(self.hass, self.entry, self.listeners, lambda: self.needed)

    def keep_speech(self, keep: bool) -> None:
        """Switch on or off that speech is kept."""
        options = {**self.entry.options, CONF_KEEP_SPEECH: keep}
        self.hass.config_entries.async_update_entry(self.entry, options=options)

    def duration(self, recording: str) -> float | None:
        """Return how many seconds a recording lasts; None if it is no WAV."""
        try:
            with wave.open(str(self.folder / recording)) as sound:
                frames: int = sound.getnframes()
                rate: int = sound.getframerate()
                return frames / rate
        except wave.Error:
            return None

    async def status(self, recording: str) -> int:
        """Return the status that the provider gets for a recording."""
        async with self.client.get(recording_url("", recording)) as response:
            return response.status

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
    await async_get_integration(hass, DOMAIN)
    hass.http.register_view(RecordingView(hass))
    entry = MockConfigEntry(domain=DOMAIN, data={CONF_CALLBACK_KEY: "a key"})
    entry.add_to_hass(hass)
    listeners, needed = Listeners(hass), list[Prompt]()
    studio = Studio(
        hass=hass,
        entry=entry,
        recordings=Recordings(hass, entry, listeners, lambda: needed),
        folder=Path(hass.config.path(".storage", "elks_audio", entry.entry_id)),
        client=await hass_client_no_auth(),
        needed=needed,
        listeners=listeners,
        changes=[],
    )
    listeners.async_listen(VoiceChange, Stage.ENTITIES, studio.changes.append)
    await studio.recordings.async_load()
    yield studio
    studio.recordings.async_unload()


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


def speech(text: str = "Hello", *, nonce: str = "", **voice: Any) -> Prompt:
    """Return the prompt of a text."""
    return Prompt(text=text, voice=Voice(**voice), nonce=nonce)


async def later(studio: Studio, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let time pass."""
    await studio.hass.async_block_till_done()
    freezer.tick(seconds)
    async_fire_time_changed(studio.hass)
    await studio.hass.async_block_till_done()


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so, for at most 20 s, also while the clock stands still."""
    begin = clock_gettime(CLOCK_MONOTONIC)
    while not is_so():
        assert clock_gettime(CLOCK_MONOTONIC) < begin + 20
        await asyncio.to_thread(sleep, 0.001)


def said(caplog: pytest.LogCaptureFixture, start: str) -> list[str]:
    """Return what follows the start of log lines of ours."""
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(LOGGER.name)
    ]
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


async def refused(studio: Studio, media: str, caplog: pytest.LogCaptureFixture) -> str:
    """Return why a media item cannot be played; nothing of it is left behind."""
    caplog.clear()
    assert await studio.play(Prompt(media=media)) is None
    assert studio.names == set()
    [reason] = said(caplog, "Media cannot be played in a call: ")
    return reason
