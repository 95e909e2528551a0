"""Many calls in progress at once: what each one costs, and whether the home stays responsive."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
import gc
from itertools import count, islice
import random
from statistics import median
from time import perf_counter, process_time, thread_time
import tracemalloc

from custom_components.elks.responses.bus import EVENT_CALL_ENDED
from homeassistant.core import Event, callback

from .home import BenchedHome, OpenCall
from .provider import CallbackConnection, callback_connection
from .result import Findings, Goal, Growth

_ROUND = (*20 * [1], *10 * [10], *10 * [100], 1000, 5000, *10 * [100])
_ROUNDS = 3
"""Sizes are compared within a round, because a machine is not always equally fast."""
_AT_ONCE = 20
"""How many actions or callbacks are under way at the same time."""
_FULL = 100
"""The smallest size with that many always under way."""
_MANY = 1000
_FLAT = 1.2
_MEMORY = 6
"""KB."""
_LONGEST_BLOCK = 50
"""Milliseconds."""
_TICK = 0.002
_FIRST_NUMBER = 46_700_000_000


@dataclass
class _Cost:
    """The seconds per call for one size in one round."""

    walls: list[float] = field(default_factory=list)
    works: list[float] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """Elapsed time."""
        return median(self.walls)

    @property
    def work(self) -> float:
        """Processor time."""
        return median(self.works)


class _Monitor:
    """Measures how long the event loop is blocked at a time, and counts the ends of calls."""

    def __init__(self, home: BenchedHome) -> None:
        self._home = home
        self.longest_block = 0.0
        """Seconds."""
        self.ends: Counter[str] = Counter()
        """How many times the bus reported the end of each call."""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Measure and count for as long as this lasts."""
        ticking = asyncio.create_task(self._tick())
        unsubscribe = self._home.hass.bus.async_listen(EVENT_CALL_ENDED, self._count)
        try:
            yield
        finally:
            unsubscribe()
            ticking.cancel()

    async def _tick(self) -> None:
        while True:
            begin, worked = perf_counter(), thread_time()
            await asyncio.sleep(_TICK)
            late = perf_counter() - begin - _TICK
            # Waiting for a processor that is busy with something else does not count
            block = min(late, thread_time() - worked)
            self.longest_block = max(self.longest_block, block)

    @callback
    def _count(self, event: Event) -> None:
        if event.data["state"] == "success":
            self.ends[event.data["call_id"]] += 1


class _Calls:
    """Places calls as fast as possible, and ends them in random order."""

    def __init__(
        self, home: BenchedHome, connections: list[CallbackConnection]
    ) -> None:
        self._home = home
        self._connections = connections
        self._chance = random.Random(46)
        self._numbers = count(_FIRST_NUMBER)

    async def place(self, number: int) -> None:
        """Place a number of calls, each to a number that was never called before."""
        numbers = islice(self._numbers, number)

        async def place_rest(_: CallbackConnection) -> None:
            for to in numbers:
                await self._home.place_call(f"+{to}")

        await self._at_once(place_rest)

    async def end(self, calls: list[OpenCall]) -> None:
        """End calls."""
        self._chance.shuffle(calls)
        rest = iter(calls)

        async def end_rest(connection: CallbackConnection) -> None:
            for call in rest:
                await connection.post(call.path, call.end)

        await self._at_once(end_rest)

    async def _at_once(
        self, work: Callable[[CallbackConnection], Awaitable[None]]
    ) -> None:
        await asyncio.gather(*map(work, self._connections))


async def measure(home: BenchedHome, findings: Findings) -> None:
    """Measure with more and more calls in progress."""
    # The garbage collector must not spend our time on the rest of the home
    gc.collect()
    gc.freeze()
    rounds = [{size: _Cost() for size in _ROUND} for _ in range(_ROUNDS)]
    memory: dict[int, float] = {}
    monitor = _Monitor(home)
    lost = 0
    async with AsyncExitStack() as stack:
        connections = [
            await stack.enter_async_context(callback_connection(home.port))
            for _ in range(_AT_ONCE)
        ]
        calls = _Calls(home, connections)
        for costs in rounds:
            for size in _ROUND:
                lost += await _time(home, calls, size, costs[size], monitor)
        for size in costs:
            if size >= _FULL:
                memory[size] = await _memory(home, calls, size)
    gc.unfreeze()
    findings.growth += [
        Growth(
            size,
            median(costs[size].wall for costs in rounds),
            median(costs[size].work for costs in rounds),
            memory.get(size),
        )
        for size in rounds[0]
    ]
    findings.goals += _goals(rounds, memory, monitor.longest_block, lost)


async def _time(
    home: BenchedHome, calls: _Calls, size: int, cost: _Cost, monitor: _Monitor
) -> int:
    """Place and end a number of calls, note the time per call, and return how many were lost."""
    await home.provider.clear()
    monitor.ends.clear()
    async with monitor.running() if size == _MANY else nullcontext():
        placing = await _spend(calls.place(size))
        in_progress = home.open_calls()
        ending = await _spend(calls.end(list(in_progress)))
        await home.written()
    cost.walls.append((placing.wall + ending.wall) / size)
    cost.works.append((placing.work + ending.work) / size)
    lost = size - len(in_progress) + len(home.open_calls())
    if size == _MANY:
        lost += sum(monitor.ends[call.call_id] != 1 for call in in_progress)
    return lost


@dataclass(frozen=True)
class _Spent:
    """Seconds."""

    wall: float
    work: float


async def _spend(work: Awaitable[None]) -> _Spent:
    """Do some work; return the elapsed time and the processor time."""
    begin, worked = perf_counter(), process_time()
    await work
    return _Spent(perf_counter() - begin, process_time() - worked)


async def _memory(home: BenchedHome, calls: _Calls, size: int) -> float:
    """Return how many bytes a call in progress occupies."""
    await home.provider.clear()
    gc.collect()
    tracemalloc.start()
    try:
        await calls.place(size)
        await home.written()
        gc.collect()
        occupied, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    await calls.end(home.open_calls())
    await home.written()
    return occupied / size


def _goals(
    rounds: list[dict[int, _Cost]],
    memory: dict[int, float],
    longest_block: float,
    lost: int,
) -> Iterable[Goal]:
    """Yield the goals for many calls at once."""
    for size, occupied in memory.items():
        if size > _FULL:
            times = median(costs[size].work / costs[_FULL].work for costs in rounds)
            what = f"A call among {size:,}, compared with one among {_FULL}"
            yield Goal(what, times, _FLAT, "times")
            yield Goal(
                f"Memory of a call among {size:,}",
                *(occupied / 1000, _MEMORY, "KB"),
            )
    yield Goal(
        f"Longest block of the event loop by {_MANY:,} calls",
        *(longest_block * 1000, _LONGEST_BLOCK, "ms"),
        decimals=0,
    )
    yield Goal("Calls lost, or ended twice", lost, 0, "", decimals=0)
