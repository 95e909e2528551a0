"""Time that passes only while nothing else happens, and then at once."""

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import timedelta
from selectors import DefaultSelector, SelectorKey
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

_A_MOMENT = 0.001
"""Real seconds in which whatever was sent on this machine arrives."""

type _Events = list[tuple[SelectorKey, int]]


def let_time_jump(
    loop: AbstractEventLoop,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Let frozen time jump to what is due next whenever the loop has nothing to do.

    Sockets and threads stay real, and no time passes while they have something to do. All
    timers of the loop go off at their exact time, whoever set them.
    """
    select = DefaultSelector.select
    run_in_executor = loop.run_in_executor
    in_threads: set[Future[Any]] = set()

    def run_and_note(
        executor: Executor | None, function: Callable[..., Any], *args: Any
    ) -> Future[Any]:
        work = run_in_executor(executor, function, *args)
        in_threads.add(work)
        work.add_done_callback(in_threads.discard)
        return work

    def select_or_jump(
        selector: DefaultSelector, timeout: float | None = None
    ) -> _Events:
        if not timeout or timeout < 0:
            return select(selector, timeout)
        events = select(selector, _A_MOMENT)
        if not events and not in_threads:
            freezer.tick(timedelta(seconds=timeout))
        return events

    # It would write down who set each of a day's timers
    loop.set_debug(False)
    # Frozen time is told in microseconds: what is due within one is due now
    monkeypatch.setattr(loop, "_clock_resolution", 1e-6)
    monkeypatch.setattr(loop, "run_in_executor", run_and_note)
    monkeypatch.setattr(DefaultSelector, "select", select_or_jump)
