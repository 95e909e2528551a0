"""The chains that a restart must not forget, on disk."""

from collections.abc import Iterable
from typing import Any, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .chain import Chain

_VERSION = 1


class _Data(TypedDict):
    chains: list[dict[str, Any]]


class ChainStore:
    """Chains of one account, kept in Home Assistant's storage."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Keep the chains of a config entry."""
        self._store: Store[_Data] = Store(
            hass,
            _VERSION,
            f"{DOMAIN}.{entry_id}.chains",
            private=True,
            atomic_writes=True,
        )

    async def async_load(self) -> list[Chain]:
        """Return what was kept."""
        data = await self._store.async_load()
        return [Chain.from_dict(item) for item in data["chains"]] if data else []

    async def async_save(self, chains: Iterable[Chain]) -> None:
        """Write; when this returns, it is written."""
        await self._store.async_save({"chains": [chain.as_dict() for chain in chains]})

    async def async_remove(self) -> None:
        """Forget the chains of a config entry that is removed."""
        await self._store.async_remove()
