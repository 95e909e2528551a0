"""The door at which the provider fetches recordings and built-in sounds. Their names are secret."""

from collections.abc import Iterable
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
        paths = [
            recordings_folder(self._hass, entry.entry_id) / name
            for entry in self._hass.config_entries.async_entries(DOMAIN)
        ]
        run = self._hass.async_add_executor_job
        path = await run(_first_file, paths) or await run(self._built_in, name)
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

    def _built_in(self, name: str) -> Path | None:
        """Return the built-in sound to which an account gives this name."""
        version = integration_version(self._hass)
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            names = RecordingNames(entry.data[CONF_CALLBACK_KEY])
            if names.words(Prompt()) != words_of(name):
                continue
            for language in languages():
                for sound in Sound:
                    if names.built_in(language, sound, version) == name:
                        return sound_file(language, sound)
        return None


def _first_file(paths: Iterable[Path]) -> Path | None:
    """Return the first path at which there is a file."""
    return next((path for path in paths if path.is_file()), None)
