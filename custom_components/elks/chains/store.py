"""The chains that a restart must not forget, on disk."""

from collections.abc import Iterable
from typing import Any, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..helpers.unexpected import going_on
from .chain import Chain

_VERSION = 1
"""Raised for what an older version must not read, with a migration of what older ones wrote."""
_MINOR_VERSION = 2
"""Raised with each field that is added: older versions leave it out, newer ones have a default."""


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
            minor_version=_MINOR_VERSION,
        )

    async def async_load(self) -> list[Chain]:
        """Return what was kept; what cannot be read costs no more than that."""
        chains: list[Chain] = []
        with going_on("reading the chains on disk"):
            data = await self._store.async_load()
            for item in data["chains"] if data else []:
                with going_on("reading a chain on disk"):
                    chains.append(Chain.from_dict(item))
        return chains

    async def async_save(self, chains: Iterable[Chain]) -> None:
        """Write; when this returns, it is written."""
        await self._store.async_save({"chains": [chain.as_dict() for chain in chains]})

    async def async_remove(self) -> None:
        """Forget the chains of a config entry that is removed."""
        await self._store.async_remove()
