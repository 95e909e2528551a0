"""Those who watch what happens."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager


class Watchers:
    """Tells everybody who watches that something has changed, however much it was."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._changes: set[asyncio.Event] = set()

    def changed(self) -> None:
        """Tell that something has changed."""
        for change in self._changes:
            change.set()

    @contextmanager
    def watching(self) -> Generator[asyncio.Event]:
        """Set an event at every change, and now; whoever waits for it clears it."""
        change = asyncio.Event()
        change.set()
        self._changes.add(change)
        try:
            yield change
        finally:
            self._changes.discard(change)
