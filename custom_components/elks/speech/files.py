"""The recordings of an account on disk: private, limited in size, deleted soon after their calls."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
import shutil
from time import monotonic
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN

MAX_SIZE: Final = 64 * 1024 * 1024
"""Bytes that the recordings of an account may take up together."""
_KEPT_AFTER_CALL = 600
"""Seconds that a recording stays after its call, for a provider that fetches late or twice."""


def recordings_folder(hass: HomeAssistant, entry_id: str) -> Path:
    """Return the folder of an account's recordings."""
    return Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}_audio", entry_id))


async def async_remove_recordings(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the recordings of an account that is removed."""
    await hass.async_add_executor_job(
        partial(shutil.rmtree, recordings_folder(hass, entry_id), ignore_errors=True)
    )


class NoRoomError(Exception):
    """The recordings of calls that have not ended leave too little room."""


class RecordingFiles:
    """The folder of an account's recordings, and when each of them is deleted."""

    def __init__(self, hass: HomeAssistant, folder: Path) -> None:
        """Keep recordings in a folder of their own."""
        self._hass = hass
        self._folder = folder
        self._sizes: dict[str, int] = {}
        self._ended: dict[str, float] = {}
        self._timer: CALLBACK_TYPE | None = None
        self._stopped = False

    async def async_clean(self, keep: Collection[str]) -> None:
        """Know again the recordings to keep from before, and delete all others. Raises OSError."""
        self._sizes = await self._hass.async_add_executor_job(
            _clean, self._folder, keep
        )

    async def async_make_folder(self) -> None:
        """Make the folder, if that failed at the start or it is gone since. Raises OSError."""
        # An account that is being removed leaves no folder behind
        if not self._stopped:
            await self._hass.async_add_executor_job(_make_folder, self._folder)

    async def async_add(self, path: Path) -> None:
        """Add a new recording; where room is short, delete those whose calls ended first.

        Raises NoRoomError if that is not enough. When cancelled, nothing is added.
        """
        stat = await self._hass.async_add_executor_job(path.stat)
        room = MAX_SIZE - sum(self._sizes.values()) - stat.st_size
        displaced: list[str] = []
        for name in self._ended:
            if room >= 0:
                break
            room += self._sizes[name]
            displaced.append(name)
        if room < 0:
            raise NoRoomError
        self._sizes[path.name] = stat.st_size
        try:
            await self._async_delete(displaced)
        except BaseException:
            del self._sizes[path.name]
            raise

    @callback
    def async_release(self, names: Iterable[str]) -> None:
        """Delete recordings in 10 minutes: their call has ended or was not placed."""
        until = monotonic() + _KEPT_AFTER_CALL
        for name in names:
            if name in self._sizes:
                self._ended.setdefault(name, until)
        self._async_arm()

    @callback
    def async_stop(self) -> None:
        """Delete nothing more; the next start does."""
        self._stopped = True
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def _async_arm(self) -> None:
        """Start the timer for the recording that is to be deleted first."""
        if self._stopped or self._timer is not None or not self._ended:
            return
        first = next(iter(self._ended.values()))
        self._timer = async_call_later(
            self._hass,
            max(0.0, first - monotonic()),
            HassJob(self._async_expire, cancel_on_shutdown=True),
        )

    async def _async_expire(self, *_: object) -> None:
        self._timer = None
        now = monotonic()
        due = [name for name, until in self._ended.items() if until <= now]
        await self._async_delete(due)
        self._async_arm()

    async def _async_delete(self, names: Collection[str]) -> None:
        if not names:
            return
        for name in names:
            del self._sizes[name]
            del self._ended[name]
        await self._hass.async_add_executor_job(
            _delete, [self._folder / name for name in names]
        )


def _make_folder(folder: Path) -> None:
    """Make a folder that nobody else on the machine can look into."""
    for part in (folder.parent, folder):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)


def _clean(folder: Path, keep: Collection[str]) -> dict[str, int]:
    """Delete all files of a folder but those to keep; return the size of each kept, in bytes."""
    _make_folder(folder)
    sizes: dict[str, int] = {}
    for path in folder.iterdir():
        if path.name in keep:
            sizes[path.name] = path.stat().st_size
        else:
            _delete([path])
    return sizes


def _delete(paths: Iterable[Path]) -> None:
    """Delete files where possible; the next start tries again."""
    for path in paths:
        with suppress(OSError):
            path.unlink()
