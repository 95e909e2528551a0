"""The sounds that calls play: fetched once, checked, and kept for good."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256
import json
import logging
from pathlib import Path
import re
from tempfile import TemporaryDirectory
import time

import aiohttp

_LOGGER = logging.getLogger(__name__)

_FETCH_TIMEOUT = aiohttp.ClientTimeout(total=10)
_PROBE_TIMEOUT = 10
_LARGEST = 25 * 1024 * 1024
_BEEP_SECONDS = 1.0
_TONE_SECONDS = 0.25
_PAUSE_SECONDS = 1.0
_CODECS = re.compile(r"pcm_\w+|mp3|vorbis")


class SoundError(Exception):
    """A sound cannot be played."""


@dataclass(frozen=True)
class Sound:
    """A sound; `duration` in seconds, and `took` the real seconds it took to fetch it."""

    id: str
    url: str
    duration: float
    content: bytes = b""
    content_type: str = "application/octet-stream"
    took: float = 0.0


class Sounds:
    """Every sound that has been played, by its URL."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Start with no sounds."""
        self.kept: dict[str, Sound] = {}
        self._session = session
        self._fetching: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, url: str) -> Sound:
        """Return the sound at a URL, or one of the provider's own.

        Raises SoundError when it cannot be played.
        """
        async with self._fetching[url]:
            if url not in self.kept:
                self.kept[url] = await self._load(url)
            return self.kept[url]

    def by_id(self, sound_id: str) -> Sound | None:
        """Return a sound that has been played."""
        return next(
            (sound for sound in self.kept.values() if sound.id == sound_id), None
        )

    async def _load(self, url: str) -> Sound:
        sound_id = sha256(url.encode()).hexdigest()[:32]
        if url.startswith("sound/"):
            return Sound(sound_id, url, _own_duration(url))
        began = time.monotonic()
        try:
            async with self._session.get(url, timeout=_FETCH_TIMEOUT) as response:
                response.raise_for_status()
                content = await _read(response)
                content_type = response.content_type
            took = time.monotonic() - began
            duration = await _probe(content)
        except (aiohttp.ClientError, TimeoutError, ValueError, SoundError) as error:
            _LOGGER.warning("Cannot play the sound: %s", error or repr(error))
            raise SoundError(str(error)) from error
        return Sound(sound_id, url, duration, content, content_type, took)


def _own_duration(name: str) -> float:
    if name == "sound/beep":
        return _BEEP_SECONDS
    tones = name.removeprefix("sound/dtmf/")
    if not re.fullmatch(r"[0-9*#P]+", tones):
        raise SoundError(f"There is no {name}")
    pauses = tones.count("P")
    return pauses * _PAUSE_SECONDS + (len(tones) - pauses) * _TONE_SECONDS


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > _LARGEST:
            raise SoundError("The sound is too large")
    return bytes(content)


async def _probe(content: bytes) -> float:
    """Return the duration of a sound in seconds; ffprobe needs a file for that."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sound"
        path.write_bytes(content)
        try:
            process = await asyncio.create_subprocess_exec(
                *("ffprobe", "-v", "error", "-of", "json", "-show_entries"),
                *("format=duration:stream=codec_name", str(path)),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except FileNotFoundError as error:
            raise SoundError("ffprobe is not installed") from error
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT):
                report, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return _duration(json.loads(report or b"{}"))


def _duration(report: dict[str, object]) -> float:
    match report:
        case {
            "streams": [{"codec_name": str(codec)}, *_],
            "format": {"duration": str(duration)},
        } if _CODECS.fullmatch(codec):
            return float(duration)
    raise SoundError("The sound is not WAV, MP3 or OGG Vorbis")
