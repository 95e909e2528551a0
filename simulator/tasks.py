"""Work in the background that can be waited for and ended."""

import asyncio
from collections.abc import Coroutine
import logging
from typing import Any

_LOGGER = logging.getLogger(__name__)


class Tasks:
    """Some work under way."""

    def __init__(self) -> None:
        """Start with nothing to do."""
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do some work in the background."""
        self._add(asyncio.create_task(work))

    def add_current(self) -> None:
        """Count what is being done just now among the work."""
        if task := asyncio.current_task():
            self._add(task)

    async def settled(self) -> None:
        """Wait until there is nothing left to do, not even by what was going on."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def cancel(self) -> None:
        """End everything under way."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    def _add(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _LOGGER.error("The simulator broke down", exc_info=error)
