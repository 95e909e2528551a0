"""The recordings of an account on disk: private, limited in size, found again by their names."""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial
import os
from pathlib import Path
import shutil
from time import monotonic
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN
from .names import suffix_of, words_of

MAX_SIZE: Final = 50 * 1024 * 1024
"""Bytes that the recordings of an account may take up together."""
_KEPT_AFTER_CALL = 600
"""Seconds that a recording of one call stays after it, for a provider that fetches late or twice."""


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
    """The folder of an account's recordings: the least recently used ones make room for others."""

    def __init__(
        self, hass: HomeAssistant, folder: Path, needed: Callable[[], Collection[str]]
    ) -> None:
        """Keep recordings in a folder of their own; `needed` returns what calls still play."""
        self._hass = hass
        self._folder = folder
        self._needed = needed
        self._sizes: dict[str, int] = {}
        """In bytes, by name; the least recently used recording comes first."""
        self._names: dict[str, str] = {}
        """By stem, those whose files are written."""
        self._due: dict[str, float] = {}
        """When recordings that are not kept are deleted."""
        self._timer: CALLBACK_TYPE | None = None
        self.stopped = False
        """Whether the account is unloaded."""

    async def async_load(self, *, keep: bool) -> None:
        """Know again the recordings of before; unless all are kept, delete what no call needs.

        Raises OSError.
        """
        needed = None if keep else self._needed()
        self._sizes = await self._hass.async_add_executor_job(
            _read, self._folder, needed
        )
        self._names = {Path(name).stem: name for name in self._sizes}

    async def async_make_folder(self) -> None:
        """Make the folder, if that failed at the start or it is gone since. Raises OSError."""
        # An account that is being removed leaves no folder behind
        if not self.stopped:
            await self._hass.async_add_executor_job(_make_folder, self._folder)

    def find(self, stem: str) -> str | None:
        """Return the name of the recording with a stem."""
        return self._names.get(stem)

    def find_words(self, words: str) -> str | None:
        """Return the name of the recording used last that plays these words, in whatever voice."""
        there = self._names.values()
        for name in reversed(self._sizes):
            if words_of(name) == words and name in there:
                return name
        return None

    async def async_is_there(self, name: str) -> bool:
        """Return whether a recording is there; forget one that somebody has deleted."""
        path = self._folder / name
        is_there = await self._hass.async_add_executor_job(path.is_file)
        if not is_there:
            self._forget(name)
        return is_there

    async def async_add(self, made: Path, stem: str) -> None:
        """Add a new recording under a stem, in place of one of before.

        Where room is short, those are deleted that no call has used for longest. Raises
        NoRoomError if that is not enough. When cancelled, nothing is added.
        """
        path = made.with_stem(stem)
        stat = await self._hass.async_add_executor_job(made.stat)
        others = {n: size for n, size in self._sizes.items() if n != path.name}
        room = MAX_SIZE - sum(others.values()) - stat.st_size
        displaced: list[str] = []
        needed = self._needed() if room < 0 else ()
        for name, size in others.items():
            if room >= 0:
                break
            if words_of(name) not in needed:
                room += size
                displaced.append(name)
        if room < 0:
            raise NoRoomError
        self._sizes.pop(path.name, None)
        self._sizes[path.name] = stat.st_size
        try:
            await self._async_delete(displaced)
            await self._hass.async_add_executor_job(made.replace, path)
        except BaseException:
            self._forget(path.name)
            raise
        self._names[path.stem] = path.name

    @callback
    def async_release(self, words: Collection[str], *, keep: bool) -> None:
        """Note that a call used recordings, and has ended; unless kept, delete them in 10 minutes."""
        names = [name for name in self._sizes if words_of(name) in words]
        if keep:
            for name in names:
                self._sizes[name] = self._sizes.pop(name)
            paths = [self._folder / name for name in names]
            self._hass.async_add_executor_job(_touch, paths)
            return
        until = monotonic() + _KEPT_AFTER_CALL
        for name in names:
            self._due.setdefault(name, until)
        self._async_arm()

    async def async_delete_unneeded(self) -> None:
        """Delete all recordings that no call needs."""
        needed = self._needed()
        await self._async_delete([n for n in self._sizes if words_of(n) not in needed])

    @callback
    def async_stop(self) -> None:
        """Delete nothing more; the next start does."""
        self.stopped = True
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def _async_arm(self) -> None:
        """Start the timer for the recording that is to be deleted first."""
        if self.stopped or self._timer is not None or not self._due:
            return
        first = next(iter(self._due.values()))
        self._timer = async_call_later(
            self._hass,
            max(0.0, first - monotonic()),
            HassJob(self._async_expire, cancel_on_shutdown=True),
        )

    async def _async_expire(self, *_: object) -> None:
        self._timer = None
        now = monotonic()
        over = [name for name, until in self._due.items() if until <= now]
        for name in over:
            del self._due[name]
        # Another call may play it by now, and releases it in its turn
        needed = self._needed()
        await self._async_delete([n for n in over if words_of(n) not in needed])
        self._async_arm()

    async def _async_delete(self, names: Collection[str]) -> None:
        if not names:
            return
        for name in names:
            self._forget(name)
        await self._hass.async_add_executor_job(
            _delete, [self._folder / name for name in names]
        )

    def _forget(self, name: str) -> None:
        self._sizes.pop(name, None)
        self._names.pop(Path(name).stem, None)
        self._due.pop(name, None)


def _make_folder(folder: Path) -> None:
    """Make a folder that nobody else on the machine can look into."""
    for part in (folder.parent, folder):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)


def _read(folder: Path, needed: Collection[str] | None) -> dict[str, int]:
    """Return the size of each recording in bytes, the least recently used first.

    Deletes what is no recording, and, if they are given, what is not needed.
    """
    _make_folder(folder)
    found: list[tuple[float, str, int]] = []
    for path in folder.iterdir():
        unneeded = needed is not None and words_of(path.name) not in needed
        if unneeded or suffix_of(path.name) is None:
            _delete([path])
        else:
            stat = path.stat()
            found.append((stat.st_mtime, path.name, stat.st_size))
    return {name: size for _, name, size in sorted(found)}


def _touch(paths: Iterable[Path]) -> None:
    """Note on disk that files were used now, where possible."""
    for path in paths:
        with suppress(OSError):
            os.utime(path)


def _delete(paths: Iterable[Path]) -> None:
    """Delete files where possible; the next start tries again."""
    for path in paths:
        with suppress(OSError):
            path.unlink()
