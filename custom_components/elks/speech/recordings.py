"""The recordings of an account: made, kept while calls need them, deleted."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
import secrets
import shutil
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..errors import failed
from .engine import async_say, speech_failed
from .files import NoRoomError, RecordingFiles
from .media import async_find, content_id, not_audio
from .places import recordings_folder
from .telephone import NotAudioError, async_fit
from .voice import HOME_VOICE, Voice


class Recordings:
    """Makes recordings for the calls of an account, and keeps them until their calls ended."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Keep the recordings of a config entry."""
        self._hass = hass
        self._folder = recordings_folder(hass, entry.entry_id)
        self._files = RecordingFiles(hass, self._folder)

    async def async_clean(self, keep: Collection[str]) -> None:
        """Begin with the recordings of the open calls, given by name; all others are deleted."""
        await self._files.async_clean(keep)

    @callback
    def async_unload(self) -> None:
        """Leave the recordings as they are; the next start deletes what is not needed."""
        self._files.async_stop()

    @callback
    def async_release(self, names: Iterable[str]) -> None:
        """Let go of the recordings of a call that ended, or that was not placed.

        They stay for a few minutes more, unless newer ones need the room. Other names are ignored.
        """
        self._files.async_release(names)

    async def async_speech(self, text: str, voice: Voice = HOME_VOICE) -> str:
        """Record a text, spoken by a voice, and return the name of the recording.

        Raises ServiceValidationError and HomeAssistantError, translated.
        """
        speech = await async_say(self._hass, text, voice)
        try:
            return await self._async_record(speech)
        except NotAudioError as err:
            raise speech_failed("no audio") from err

    async def async_media(self, media: str | Mapping[str, Any]) -> str:
        """Record a media item, given by a media selector's value or by its id; return the name.

        Raises ServiceValidationError and HomeAssistantError, translated.
        """
        sound = await async_find(self._hass, content_id(media))
        try:
            return await self._async_record(sound)
        except NotAudioError as err:
            raise not_audio() from err

    async def _async_record(self, sound: Path | bytes) -> str:
        """Keep a sound, made fit for a telephone line; raises NotAudioError."""
        try:
            return await self._async_keep(sound)
        except NoRoomError as err:
            raise failed("audio_full") from err
        except OSError as err:
            raise failed("audio_unwritable", reason=str(err.strerror)) from err

    async def _async_keep(self, sound: Path | bytes) -> str:
        """Keep a sound; whatever fails, nothing is left behind."""
        stem = self._folder / secrets.token_urlsafe(32)
        run = self._hass.async_add_executor_job
        await self._files.async_make_folder()
        try:
            if isinstance(sound, bytes):
                sound = await run(_write, stem.with_suffix(".source"), sound)
            path = await async_fit(self._hass, sound, stem)
            await run(_tidy, stem, path)
            # Nobody can be stopped between this and the return
            await self._files.async_add(path)
        except BaseException:
            await run(_tidy, stem, None)
            raise
        return path.name


async def async_remove_recordings(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the recordings of an account that is removed."""
    folder = recordings_folder(hass, entry_id)
    await hass.async_add_executor_job(
        partial(shutil.rmtree, folder, ignore_errors=True)
    )


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _tidy(stem: Path, kept: Path | None) -> None:
    """Delete what making a recording left behind."""
    for path in stem.parent.glob(f"{stem.name}.*"):
        if path != kept:
            path.unlink()
