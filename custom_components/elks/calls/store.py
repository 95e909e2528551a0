"""The calls that a restart must not forget, on disk."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypedDict

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.json import json_bytes, json_fragment
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..helpers.stored_values import text
from ..helpers.unexpected import going_on
from .record import CallRecord
from .stored import record_as_dict, record_from_dict
from .tally import Tally

_VERSION = 1
_MINOR_VERSION = 3
"""Raised with each field that is added: older versions leave it out, newer ones have a default.

2: the question that keys answered (`asked`), and whether a call was `adopted`.
3: prompts instead of the URLs of recordings; what was `spoken`, and what is said at the end (`closing`).
"""
_PAUSE = 0.1
_PAUSE_PER_CALL = 0.0002
"""Seconds between the beginnings of two writes, the more the longer a write is."""
_SOON = 0.1
_LATER = 60
"""Seconds in which to write what the provider reports again when it is asked."""
_OURS = ("digits", "hang_up", "spoken")
"""What it does not report again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an account's calls."""

    records: tuple[CallRecord, ...] = ()
    """Calls that were requested and have not ended, and those that entities show."""
    ended_ids: tuple[str, ...] = ()
    """Ids of calls that ended recently: in the history, they are not the ones looked for."""
    tally: Tally = field(default_factory=Tally)
    """Of the month in which a call ended last."""


class _Data(TypedDict):
    calls: list[Any]
    ended_ids: list[str]
    tally: dict[str, Any]


def _as_json(record: CallRecord) -> json_fragment:
    # What orjson returns occupies far more than it holds; joining copies that
    return json_fragment(b"".join((json_bytes(record_as_dict(record)), b"")))


def patience(before: CallRecord | None, record: CallRecord, *, alone: bool) -> float:
    """Return for how many seconds a change of a record may stay unwritten.

    A call in progress is found in the history, unless another could be mistaken for it. What the
    provider does not report again cannot wait.
    """
    if before is None:
        return 0
    same = all(getattr(record, name) == getattr(before, name) for name in _OURS)
    if record.in_progress and same and alone:
        return _LATER
    return _SOON


class CallStore:
    """Calls of one account, kept in Home Assistant's storage."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Keep the calls of a config entry."""
        self._hass = hass
        self._store: Store[_Data] = Store(
            hass,
            _VERSION,
            f"{DOMAIN}.{entry_id}",
            private=True,
            atomic_writes=True,
            minor_version=_MINOR_VERSION,
        )
        self._written: dict[str, tuple[CallRecord, json_fragment]] = {}
        self._due: float | None = None
        """When a write begins that waits, by the loop's time."""
        self._next = 0.0
        """When the next one may begin."""
        self._closed = False

    async def async_load(self) -> Kept:
        """Return what was kept; what cannot be read costs no more than that."""
        records: list[CallRecord] = []
        ended_ids: tuple[str, ...] = ()
        tally = Tally()
        with going_on("reading the calls on disk"):
            if (data := await self._store.async_load()) is None:
                return Kept()
            for item in data["calls"]:
                with going_on("reading a call on disk"):
                    records.append(record_from_dict(item))
            with going_on("reading the ended calls on disk"):
                ended_ids = tuple(map(text, data["ended_ids"]))
            with going_on("reading the month's calls on disk"):
                tally = Tally.from_dict(data["tally"])
        return Kept(tuple(records), ended_ids, tally)

    @callback
    def async_save_within(self, seconds: float, kept: Callable[[], Kept]) -> None:
        """Begin to write within so many seconds, a pause after the last write at the earliest."""
        now = self._hass.loop.time()
        begin = now if self._closed else max(now + seconds, self._next)
        if begin <= now:
            self._hass.async_create_task(self.async_save(kept()), "elks calls")
        elif self._due is None or begin < self._due:
            self._due = begin
            self._store.async_delay_save(
                lambda: self._begin_to_write(kept()), begin - now
            )

    async def async_save(self, kept: Kept) -> None:
        """Write; when this returns, it is written."""
        await self._store.async_save(self._begin_to_write(kept))

    async def async_close(self, kept: Kept) -> None:
        """Write, and let nothing wait from now on."""
        self._closed = True
        await self.async_save(kept)

    @callback
    def _begin_to_write(self, kept: Kept) -> _Data:
        """Return what is written; of a record that has not changed, as it was written before."""
        self._due = None
        pause = _PAUSE + _PAUSE_PER_CALL * len(kept.records)
        self._next = self._hass.loop.time() + pause
        before, self._written = self._written, {}
        for record in kept.records:
            known = before.get(record.token)
            # What cannot be written must not keep the others from it
            with going_on("writing a call to disk"):
                self._written[record.token] = (
                    known
                    if known and known[0] is record
                    else (record, _as_json(record))
                )
        return {
            "calls": [fragment for _, fragment in self._written.values()],
            "ended_ids": list(kept.ended_ids),
            "tally": asdict(kept.tally),
        }

    async def async_remove(self) -> None:
        """Forget the calls of a config entry that is removed."""
        await self._store.async_remove()
