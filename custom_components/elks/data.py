"""What a loaded account holds."""

import asyncio
from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry, ConfigEntryState

from .account import AccountWatch
from .address import Address
from .audio import AudioStore
from .calls import CallTracker, Chains

type ElksConfigEntry = ConfigEntry[ElksData]

_LOADED = (ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.LOADED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ElksData:
    """Runtime data of a config entry."""

    account: AccountWatch
    address: Address
    audio: AudioStore
    chains: Chains
    tracker: CallTracker
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when all calls of before a restart are known."""
    numbers: dict[tuple[object, ...], dict[str, str]] = field(default_factory=dict)
    """In E.164, the numbers that actions gave of late, by how they were written."""


def is_loaded(entry: ElksConfigEntry, data: ElksData) -> bool:
    """Return whether these are the data of a loaded account: each load makes new ones."""
    return entry.state in _LOADED and getattr(entry, "runtime_data", None) is data
