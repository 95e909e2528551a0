"""The door at which the provider fetches recordings.

Their names are secret and never used twice: the provider keeps a copy of what a URL once held.
"""

from collections.abc import Iterable
from pathlib import Path
import re
from typing import Final

from aiohttp import hdrs
from aiohttp.web import FileResponse, HTTPNotFound, Request

from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import HomeAssistantView

from ..const import DOMAIN
from .files import recordings_folder

_PATH: Final = "/api/elks/audio/"
_NAME = re.compile(r"[A-Za-z0-9_-]{43}\.(mp3|ogg|wav)")
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
        if (match := _NAME.fullmatch(name)) is None:
            raise HTTPNotFound
        paths = [
            recordings_folder(self._hass, entry.entry_id) / name
            for entry in self._hass.config_entries.async_entries(DOMAIN)
        ]
        path = await self._hass.async_add_executor_job(_first_file, paths)
        if path is None:
            raise HTTPNotFound
        return FileResponse(
            path,
            headers={
                hdrs.CACHE_CONTROL: "no-store",
                hdrs.CONTENT_TYPE: _CONTENT_TYPES[match[1]],
            },
        )

    head = get


def _first_file(paths: Iterable[Path]) -> Path | None:
    """Return the first path at which there is a file."""
    return next((path for path in paths if path.is_file()), None)
