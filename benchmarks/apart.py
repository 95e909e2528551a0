"""Running work in a new process, in which Elks has not been imported yet."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any


@contextmanager
def new_processes(*preload: str) -> Generator[ProcessPoolExecutor]:
    """Give a pool that runs each piece of work in a new process, with some modules imported."""
    context = get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    with ProcessPoolExecutor(
        max_workers=1, max_tasks_per_child=1, mp_context=context
    ) as pool:
        yield pool


async def apart[*Ts, T](
    pool: ProcessPoolExecutor, work: Callable[[*Ts], Coroutine[Any, Any, T]], *args: *Ts
) -> T:
    """Run a piece of work there and return its result."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(pool, _run, work, *args)


def _run[*Ts, T](work: Callable[[*Ts], Coroutine[Any, Any, T]], *args: *Ts) -> T:
    return asyncio.run(work(*args))
