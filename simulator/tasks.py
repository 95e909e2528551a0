"""Background work that can be waited for and cancelled."""

import asyncio
from collections.abc import Coroutine
import logging
from typing import Any

_LOGGER = logging.getLogger(__name__)


class Tasks:
    """The work under way."""

    def __init__(self) -> None:
        """Start with no work."""
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a piece of work in the background."""
        task = asyncio.create_task(work)
        self._add(task)
        return task

    def add_current(self) -> None:
        """Add the task that is running now."""
        if task := asyncio.current_task():
            self._add(task)

    async def settled(self) -> None:
        """Wait until all work is done, including any that it started."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def cancel(self) -> None:
        """Cancel all work and wait until it has stopped."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    def _add(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._remove)

    def _remove(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _LOGGER.error("The simulator failed", exc_info=error)
