"""Audio made fit for a telephone line: mono, 16 kHz, loud enough, silence in front."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
import errno
import os
from pathlib import Path
import re
from typing import Final
import wave

from homeassistant.core import HomeAssistant

from .files import MAX_SIZE

SAMPLE_RATE: Final = 16_000
"""Samples per second."""
LEAD_IN: Final = 0.5
"""Seconds of silence in front, while the phone is raised to the ear."""

_TIMEOUT = 60
"""Seconds."""
_LOUDNESS = -18.0
"""Mean level to reach, in dB below full scale."""
_LIMIT = -2.0
"""Level that no sample exceeds, in dB below full scale."""
_MAX_LIMITED = 6.0
"""Decibels that its peaks may lose for audio to become that loud."""
_MAX_GAIN = 40.0
"""Decibels."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_LEVELS = re.compile(rb"(mean|max)_volume: (-?[\d.]+) dB")

# Playlists would lead to other files and addresses
_FORMATS = "aac,aiff,amr,asf,flac,matroska,mov,mp3,ogg,wav,webm"
_INPUT = ("-hide_banner", "-nostdin", "-nostats", "-y", "-format_whitelist", _FORMATS)
_LINE = f"aformat=sample_rates={SAMPLE_RATE}:channel_layouts=mono"
_WAV = ("-c:a", "pcm_s16le", "-map_metadata", "-1", "-fflags", "+bitexact", "-f", "wav")
# What is longer is longer than may be kept, and refused for it
_LENGTH = ("-fs", str(MAX_SIZE + 65_536))


class NotAudioError(Exception):
    """Not audio, or not in a format that can be made fit for a telephone line."""


class _NoFfmpegError(Exception):
    """There is no ffmpeg in this home."""


async def async_fit(hass: HomeAssistant, source: Path, stem: Path) -> Path:
    """Make audio fit for a telephone line; return its file, which is `stem` with a suffix.

    Without ffmpeg a WAV file is given its silence, and MP3 and Ogg Vorbis stay as they are.
    Raises NotAudioError, also after 60 s, and OSError.
    """
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await _async_convert(_ffmpeg(hass), source, stem)
    except TimeoutError as err:
        raise NotAudioError from err
    except _NoFfmpegError:
        return await hass.async_add_executor_job(_keep_format, source, stem)


def _ffmpeg(hass: HomeAssistant) -> str:
    """Return the program that the home is configured to use."""
    if "ffmpeg" not in hass.config.components:
        return "ffmpeg"
    from homeassistant.components.ffmpeg import get_ffmpeg_manager

    return get_ffmpeg_manager(hass).binary


async def _async_convert(ffmpeg: str, source: Path, stem: Path) -> Path:
    """Measure how loud audio is, then write it as WAV at the level to reach."""
    read = (ffmpeg, *_INPUT, "-i", str(source), "-map", "0:a:0", "-af")
    output = await _async_run(*read, f"{_LINE},volumedetect", "-f", "null", "-")
    levels = {key: float(level) for key, level in _LEVELS.findall(output)}
    if not levels:
        raise NotAudioError
    gain = min(
        _LOUDNESS - levels[b"mean"],
        _LIMIT + _MAX_LIMITED - levels[b"max"],
        _MAX_GAIN,
    )
    target = stem.with_suffix(".wav")
    # Not to a pipe: the header would lack the length
    filters = (
        f"{_LINE},volume={gain:.1f}dB,alimiter=limit={_LIMIT}dB:level=0"
        f",adelay={LEAD_IN * 1000:.0f}:all=1"
    )
    await _async_run(*read, filters, *_WAV, *_LENGTH, str(target))
    return target


async def _async_run(*command: str) -> bytes:
    """Run ffmpeg and return its messages; raises NotAudioError or OSError if it fails."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
    except OSError as err:
        raise _NoFfmpegError from err
    try:
        _, output = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    # Its result can be a success all the same, of a file that is cut off
    for code in _NO_ROOM:
        if (reason := os.strerror(code)).encode() in output:
            raise OSError(code, reason)
    if process.returncode:
        raise NotAudioError
    return output


def _keep_format(source: Path, stem: Path) -> Path:
    """Keep audio in its format, if the provider can play that; raises NotAudioError."""
    data = source.read_bytes()
    target = stem.with_suffix(_suffix(data))
    if target.suffix != ".wav" or not _write_wav(source, target):
        target.write_bytes(data)
    return target


def _suffix(data: bytes) -> str:
    """Return the suffix for the format of a file; raises NotAudioError."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return ".wav"
    if data[:4] == b"OggS" and data[29:35] == b"vorbis":
        return ".ogg"
    # A frame of MPEG audio layer III, or the tags in front of the first
    if data[:3] == b"ID3" or (
        data[:1] == b"\xff" and data[1:2] and data[1] & 0xE6 == 0xE2
    ):
        return ".mp3"
    raise NotAudioError


def _write_wav(source: Path, target: Path) -> bool:
    """Write a WAV file with silence in front and its true length; False if it is not PCM."""
    try:
        with wave.open(str(source)) as file:
            params, frames = file.getparams(), file.readframes(file.getnframes())
    except EOFError, wave.Error:
        return False
    # Samples of 8 bits have no sign
    zero = b"\x80" if params.sampwidth == 1 else b"\0"
    frame = params.sampwidth * params.nchannels
    with wave.open(str(target), "wb") as file:
        file.setparams(params._replace(nframes=0))
        file.writeframes(zero * frame * int(params.framerate * LEAD_IN) + frames)
    return True
