"""The door at which the provider fetches recordings and built-in sounds. Their names are secret."""

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Final

from aiohttp import hdrs
from aiohttp.web import FileResponse, HTTPNotFound, Request

from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import HomeAssistantView

from ..const import CONF_CALLBACK_KEY, DOMAIN
from .built_in import Sound, integration_version, languages, sound_file
from .files import recordings_folder
from .names import RecordingNames, suffix_of, words_of
from .prompt import Prompt
from .recordings import loaded_recordings

_PATH: Final = "/api/elks/audio/"
_CONTENT_TYPES = {"mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav"}


def recording_url(base: str, name: str) -> str:
    """Return where the provider fetches a recording from a home with this external URL."""
    return f"{base.rstrip('/')}{_PATH}{name}"


class RecordingView(HomeAssistantView):
    """Serves a recording to whoever knows its name, and reveals nothing to others."""

    url = _PATH + "{name}"
    name = "api:elks:audio"
    requires_auth = False

    def __init__(self, hass: HomeAssistant) -> None:
        """Serve the recordings of all accounts."""
        self._hass = hass

    async def get(self, request: Request, name: str) -> FileResponse:
        """Answer with a recording.

        Raises HTTPNotFound if there is none, exactly as for a path that does not exist.
        """
        if (suffix := suffix_of(name)) is None:
            raise HTTPNotFound
        path = await self._async_path(name) or await self._async_again(name)
        if path is None:
            raise HTTPNotFound
        return FileResponse(
            path,
            headers={
                hdrs.CACHE_CONTROL: "no-store",
                hdrs.CONTENT_TYPE: _CONTENT_TYPES[suffix],
            },
        )

    head = get

    async def _async_path(self, name: str) -> Path | None:
        """Return the file of a recording, or of a built-in sound; None if there is none."""
        entries = self._hass.config_entries.async_entries(DOMAIN)
        return await self._hass.async_add_executor_job(
            _find_file,
            name,
            [recordings_folder(self._hass, entry.entry_id) for entry in entries],
            [RecordingNames(entry.data[CONF_CALLBACK_KEY]) for entry in entries],
            integration_version(self._hass),
        )

    async def _async_again(self, name: str) -> Path | None:
        """Return the file of a recording that somebody has deleted, once it is made again."""
        for recordings in loaded_recordings(self._hass):
            if await recordings.async_make_again(name):
                return await self._async_path(name)
        return None


def _find_file(
    name: str,
    folders: Iterable[Path],
    accounts: Iterable[RecordingNames],
    version: str,
) -> Path | None:
    """Return the file of a recording, or of a built-in sound, with a name that an account gave it."""
    for folder in folders:
        if (path := folder / name).is_file():
            return path
    for names in accounts:
        if names.words(Prompt()) == words_of(name):
            return _find_built_in(name, names, version)
    return None


def _find_built_in(name: str, names: RecordingNames, version: str) -> Path | None:
    for language, sound in product(languages(), Sound):
        if names.built_in(language, sound, version) == name:
            return sound_file(language, sound)
    return None
