"""The recordings of an account on disk: private, few, and gone soon after their calls."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

MAX_SIZE: Final = 64 * 1024 * 1024
"""Bytes of all recordings of an account."""
_KEPT_AFTER_CALL = 600
"""Seconds that a recording stays, for a provider that fetches late or twice."""


class NoRoomError(Exception):
    """The recordings of calls that have not ended leave too little room."""


class RecordingFiles:
    """The folder of an account's recordings."""

    def __init__(self, hass: HomeAssistant, folder: Path) -> None:
        """Keep recordings in a folder of their own."""
        self._hass = hass
        self._folder = folder
        self._sizes: dict[str, int] = {}
        self._ended: dict[str, float] = {}
        self._timer: CALLBACK_TYPE | None = None
        self._stopped = False

    async def async_clean(self, keep: Collection[str]) -> None:
        """Take up the recordings that are kept from before, and delete all others."""
        self._sizes = await self._hass.async_add_executor_job(
            _clean, self._folder, keep
        )

    async def async_make_folder(self) -> None:
        """Make the folder, if that failed at the start or it is gone since. Raises OSError."""
        # An account that is removed leaves no folder behind
        if not self._stopped:
            await self._hass.async_add_executor_job(_make_folder, self._folder)

    async def async_add(self, path: Path) -> None:
        """Take up a new recording, in place of those whose calls ended first.

        Raises NoRoomError when that makes too little room. Whoever is stopped has added nothing.
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
        """Delete recordings in a while: their call has ended, or was not placed."""
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
        """Have the timer go off when the first recording is to be deleted."""
        if self._stopped or self._timer is not None or not self._ended:
            return
        first = next(iter(self._ended.values()))
        self._timer = async_call_later(
            self._hass,
            max(0.0, first - monotonic()),
            HassJob(self._async_go_off, cancel_on_shutdown=True),
        )

    async def _async_go_off(self, *_: object) -> None:
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
    """Make the folder, for our eyes only, if it is not there. Raises OSError."""
    for part in (folder.parent, folder):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)


def _clean(folder: Path, keep: Collection[str]) -> dict[str, int]:
    """Delete the files of a folder but those to keep; return the sizes of these."""
    _make_folder(folder)
    sizes: dict[str, int] = {}
    for path in folder.iterdir():
        if path.name in keep:
            sizes[path.name] = path.stat().st_size
        else:
            _delete([path])
    return sizes


def _delete(paths: Iterable[Path]) -> None:
    """Delete files, if they can be: the next start tries again."""
    for path in paths:
        with suppress(OSError):
            path.unlink()
