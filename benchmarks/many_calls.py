"""Many calls in progress at once: what each costs, and whether the home stays awake."""

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

from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_track_state_change_event

from .home import EVENTS, Home, OpenCall
from .provider import Line, line_to
from .result import Findings, Goal, Growth

_ROUND = (*20 * [1], *10 * [10], *10 * [100], 1000, 5000, *10 * [100])
_ROUNDS = 3
"""The sizes are compared within a round: a machine is faster now and slower then."""
_AT_ONCE = 20
"""How many actions or callbacks are under way at a time."""
_FULL = 100
"""From so many calls on, there are always as many under way."""
_MANY = 1000
_FLAT = 1.2
_MEMORY = 6
"""KB."""
_HELD = 50
"""Milliseconds."""
_TICK = 0.002
_FIRST_NUMBER = 46_700_000_000


@dataclass
class _Cost:
    """What a call of a size took in a round, in seconds."""

    walls: list[float] = field(default_factory=list)
    works: list[float] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """By the clock."""
        return median(self.walls)

    @property
    def work(self) -> float:
        """Of the processor."""
        return median(self.works)


class _Watch:
    """Sees how long the event loop is held at a time, and what is told of calls."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.held = 0.0
        """Seconds, at the most."""
        self.told: Counter[str] = Counter()
        """How many times each call was told to have ended."""

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """Watch as long as this lasts."""
        ticking = asyncio.create_task(self._tick())
        unsubscribe = async_track_state_change_event(
            self._home.hass, [EVENTS], self._changed
        )
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
            # A thread that does not work waits for the processor, which others have
            self.held = max(self.held, min(late, thread_time() - worked))

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is None:
            return
        if state.attributes["event_type"] == "success":
            self.told[state.attributes["call_id"]] += 1


class _Calls:
    """Calls that are placed as fast as they go, and ended in another order."""

    def __init__(self, home: Home, lines: list[Line]) -> None:
        self._home = home
        self._lines = lines
        self._chance = random.Random(46)
        self._numbers = count(_FIRST_NUMBER)

    async def place(self, number: int) -> None:
        """Place so many calls, each to a number that was never called."""
        numbers = islice(self._numbers, number)

        async def go_on(_: Line) -> None:
            for to in numbers:
                await self._home.place_call(f"+{to}")

        await self._at_once(go_on)

    async def end(self, calls: list[OpenCall]) -> None:
        """End these calls."""
        self._chance.shuffle(calls)
        rest = iter(calls)

        async def go_on(line: Line) -> None:
            for call in rest:
                await line.post(call.path, call.end)

        await self._at_once(go_on)

    async def _at_once(self, work: Callable[[Line], Awaitable[None]]) -> None:
        await asyncio.gather(*map(work, self._lines))


async def measure(home: Home, findings: Findings) -> None:
    """Hold more and more calls."""
    # What a home holds besides is not ours to be looked through by the garbage collector
    gc.collect()
    gc.freeze()
    rounds = [{size: _Cost() for size in _ROUND} for _ in range(_ROUNDS)]
    memory: dict[int, float] = {}
    watch = _Watch(home)
    lost = 0
    async with AsyncExitStack() as stack:
        lines = [
            await stack.enter_async_context(line_to(home.port)) for _ in range(_AT_ONCE)
        ]
        calls = _Calls(home, lines)
        for costs in rounds:
            for size in _ROUND:
                lost += await _time(home, calls, size, costs[size], watch)
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
    findings.goals += _goals(rounds, memory, watch.held, lost)


async def _time(
    home: Home, calls: _Calls, size: int, cost: _Cost, watch: _Watch
) -> int:
    """Place and end so many calls, note what each took, and return how many were lost."""
    await home.provider.clear()
    watch.told.clear()
    watching = watch.watching() if size == _MANY else nullcontext()
    async with watching:
        placing = await _spent(calls.place(size))
        in_progress = home.open_calls()
        ending = await _spent(calls.end(list(in_progress)))
        await home.written()
    cost.walls.append((placing.wall + ending.wall) / size)
    cost.works.append((placing.work + ending.work) / size)
    lost = size - len(in_progress) + len(home.open_calls())
    if size == _MANY:
        lost += sum(watch.told[call.call_id] != 1 for call in in_progress)
    return lost


@dataclass(frozen=True)
class _Spent:
    """Seconds."""

    wall: float
    work: float


async def _spent(work: Awaitable[None]) -> _Spent:
    """Return the time that something took: of the clock, and of the processor."""
    begin, worked = perf_counter(), process_time()
    await work
    return _Spent(perf_counter() - begin, process_time() - worked)


async def _memory(home: Home, calls: _Calls, size: int) -> float:
    """Return the bytes that a call in progress occupies."""
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
    rounds: list[dict[int, _Cost]], memory: dict[int, float], held: float, lost: int
) -> Iterable[Goal]:
    """Return what is asked of many calls at once."""
    for size, occupied in memory.items():
        if size > _FULL:
            times = median(costs[size].work / costs[_FULL].work for costs in rounds)
            what = f"A call among {size:,}, beside one among {_FULL}"
            yield Goal(what, times, _FLAT, "times")
            yield Goal(
                f"Memory of a call among {size:,}",
                *(occupied / 1000, _MEMORY, "KB"),
            )
    yield Goal(
        f"The event loop is held by {_MANY:,} calls, at the longest",
        *(held * 1000, _HELD, "ms"),
        decimals=0,
    )
    yield Goal("Calls lost, or told twice of", lost, 0, "", decimals=0)
