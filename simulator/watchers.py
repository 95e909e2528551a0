"""Notifying watchers of changes."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager


class Watchers:
    """Everybody who waits for changes; several changes may be notified as one."""

    def __init__(self) -> None:
        """Start with no watchers."""
        self._changes: set[asyncio.Event] = set()

    def changed(self) -> None:
        """Notify every watcher of a change."""
        for change in self._changes:
            change.set()

    @contextmanager
    def watching(self) -> Generator[asyncio.Event]:
        """Give an event that is set now and at every change; the watcher clears it."""
        change = asyncio.Event()
        change.set()
        self._changes.add(change)
        try:
            yield change
        finally:
            self._changes.discard(change)
