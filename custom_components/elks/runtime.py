"""What a loaded account holds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry, ConfigEntryState

from .address import Address
from .calls import CallBook, CallsStoppedError, CallTracker
from .chains import Chains
from .coordinator import AccountCoordinator
from .helpers.listeners import Listeners
from .lines import Lines
from .people.numbers import NumberReader
from .speech import Recordings

type ElksConfigEntry = ConfigEntry[ElksData]

LONGEST_LOAD = 60
"""Seconds that an action waits for an account that is being loaded."""
_LOADED = (ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.LOADED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ElksData:
    """Runtime data of a config entry."""

    account: AccountCoordinator
    address: Address
    recordings: Recordings
    chains: Chains
    lines: Lines
    listeners: Listeners
    """Who is notified of what happens to calls and chains."""
    numbers: NumberReader
    tracker: CallTracker
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when all calls of before a restart are known, until those of now are written for the next."""

    @property
    def book(self) -> CallBook:
        """What is known of the account's calls."""
        return self.tracker.book


def is_loaded(entry: ElksConfigEntry, data: ElksData) -> bool:
    """Return whether these are the data of a loaded account: each load makes new ones."""
    return entry.state in _LOADED and getattr(entry, "runtime_data", None) is data


async def async_wait_settled(
    entry: ElksConfigEntry, seconds: float = LONGEST_LOAD
) -> None:
    """Wait while an account is loaded, unloaded or both, but no longer than so many seconds."""
    # Whoever does that holds the lock
    if not entry.setup_lock.locked():
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), entry.setup_lock:
            pass


async def async_follow[T](
    entry: ElksConfigEntry,
    runtime: ElksData,
    follow: Callable[[ElksData], Awaitable[T]],
) -> T:
    """Return what comes of something that goes on when the account is reloaded.

    Raises CallsStoppedError when it does not go on here.
    """
    while True:
        try:
            return await follow(runtime)
        except CallsStoppedError:
            await async_wait_settled(entry)
            loaded = entry.state is ConfigEntryState.LOADED
            if not loaded or entry.runtime_data is runtime:
                raise
            runtime = entry.runtime_data
