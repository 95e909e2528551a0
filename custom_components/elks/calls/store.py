"""The calls that a restart must not forget, on disk."""

from collections.abc import Callable, Iterable

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .record import CallRecord

_VERSION = 1

type _Data = dict[str, list[dict[str, object]]]


class CallStore:
    """Records of one account's calls, kept in Home Assistant's storage."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Keep the calls of a config entry."""
        self._store: Store[_Data] = Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )

    async def async_load(self) -> list[CallRecord]:
        """Return the records that were kept."""
        data = await self._store.async_load()
        return [CallRecord.from_dict(item) for item in data["calls"]] if data else []

    @callback
    def async_save_soon(self, records: Callable[[], Iterable[CallRecord]]) -> None:
        """Keep the records there are when it is written; writes that wait are joined."""
        self._store.async_delay_save(lambda: _data(records()))

    async def async_save(self, records: Iterable[CallRecord]) -> None:
        """Keep the records, written when this returns."""
        await self._store.async_save(_data(records))

    async def async_remove(self) -> None:
        """Forget the calls of a config entry that is removed."""
        await self._store.async_remove()


def _data(records: Iterable[CallRecord]) -> _Data:
    return {"calls": [record.as_dict() for record in records]}
