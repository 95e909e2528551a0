"""The calls that a restart must not forget, on disk."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypedDict

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .record import CallRecord
from .tally import Tally

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an account's calls."""

    records: tuple[CallRecord, ...] = ()
    """Calls that were asked for and have not ended, and the one placed last."""
    ended_ids: tuple[str, ...] = ()
    """Ids of calls that ended of late: in the history, they are not the ones looked for."""
    tally: Tally = field(default_factory=Tally)
    """Of the month in which a call ended last."""


class _Data(TypedDict):
    calls: list[dict[str, object]]
    ended_ids: list[str]
    tally: dict[str, Any]


class CallStore:
    """Calls of one account, kept in Home Assistant's storage."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Keep the calls of a config entry."""
        self._hass = hass
        self._store: Store[_Data] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )
        self._writing = False
        self._write_again = False

    async def async_load(self) -> Kept:
        """Return what was kept."""
        if (data := await self._store.async_load()) is None:
            return Kept()
        records = tuple(CallRecord.from_dict(item) for item in data["calls"])
        return Kept(records, tuple(data["ended_ids"]), Tally(**data["tally"]))

    @callback
    def async_save_soon(self, kept: Callable[[], Kept]) -> None:
        """Begin to write at once, or as soon as what is being written now is written."""
        self._write_again = True
        if not self._writing:
            self._hass.async_create_task(self._async_write(kept), "elks calls")

    async def _async_write(self, kept: Callable[[], Kept]) -> None:
        self._writing = True
        try:
            while self._write_again:
                self._write_again = False
                await self.async_save(kept())
        finally:
            self._writing = False

    async def async_save(self, kept: Kept) -> None:
        """Write; when this returns, it is written."""
        await self._store.async_save(
            {
                "calls": [record.as_dict() for record in kept.records],
                "ended_ids": list(kept.ended_ids),
                "tally": asdict(kept.tally),
            }
        )

    async def async_remove(self) -> None:
        """Forget the calls of a config entry that is removed."""
        await self._store.async_remove()
