"""The recordings of an account: made for its calls, and kept until these have ended."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
import secrets
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..errors import failed
from .files import NoRoomError, RecordingFiles, recordings_folder
from .media import async_read, content_id, not_audio
from .telephone import NotAudioError, async_fit
from .text_to_speech import async_say, speech_failed
from .voice import HOME_VOICE, Voice


class Recordings:
    """Makes the recordings that an account's calls play, and keeps them while these need them."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Keep the recordings of a config entry."""
        self._hass = hass
        self._folder = recordings_folder(hass, entry.entry_id)
        self._files = RecordingFiles(hass, self._folder)

    async def async_clean(self, keep: Collection[str]) -> None:
        """Start with the recordings of the open calls, given by name; delete all others.

        Raises OSError if the folder cannot be read or made; recordings can be made all the same
        once it can.
        """
        await self._files.async_clean(keep)

    @callback
    def async_unload(self) -> None:
        """Leave the recordings as they are; the next start deletes those that no call needs."""
        self._files.async_stop()

    @callback
    def async_release(self, names: Iterable[str]) -> None:
        """Release the recordings of a call that has ended or was not placed.

        They are deleted after 10 minutes, or sooner if newer ones need the room. Unknown names
        are ignored.
        """
        self._files.async_release(names)

    async def async_add_speech(self, text: str, voice: Voice = HOME_VOICE) -> str:
        """Record a text, spoken by a voice, and return the name of the recording.

        Raises ServiceValidationError and HomeAssistantError, translated.
        """
        speech = await async_say(self._hass, text, voice)
        try:
            return await self._async_add(speech)
        except NotAudioError as err:
            raise speech_failed("no audio") from err

    async def async_add_media(self, media: str | Mapping[str, Any]) -> str:
        """Record a media item, a media selector's value or an ID; return the recording's name.

        Raises ServiceValidationError and HomeAssistantError, translated.
        """
        source = await async_read(self._hass, content_id(media))
        try:
            return await self._async_add(source)
        except NotAudioError as err:
            raise not_audio() from err

    async def _async_add(self, source: Path | bytes) -> str:
        """Make a recording of a file or its bytes; raises NotAudioError."""
        try:
            return await self._async_make(source)
        except NoRoomError as err:
            raise failed("audio_full") from err
        except OSError as err:
            raise failed("audio_unwritable", reason=str(err.strerror)) from err

    async def _async_make(self, source: Path | bytes) -> str:
        """Make a recording; whatever fails, nothing is left behind."""
        await self._files.async_make_folder()
        stem = self._folder / secrets.token_urlsafe(32)
        run = self._hass.async_add_executor_job
        try:
            if isinstance(source, bytes):
                source = await run(_write, stem.with_suffix(".source"), source)
            path = await async_fit(self._hass, source, stem)
            await run(_tidy, stem, path)
            # Nobody can be stopped between this and the return
            await self._files.async_add(path)
        except BaseException:
            await run(_tidy, stem, None)
            raise
        return path.name


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _tidy(stem: Path, kept: Path | None) -> None:
    """Delete what making a recording left behind."""
    for path in stem.parent.glob(f"{stem.name}.*"):
        if path != kept:
            path.unlink()
