"""Timing things in turns, so that a disturbance of the machine affects them all alike."""

import asyncio
from collections.abc import Awaitable, Callable
import random
from time import perf_counter

from .figures import Durations

_WARM_UP = 20

type Work = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Do nothing before or after a round."""


async def take_turns(
    *timed: Work,
    rounds: int,
    before: Work = nothing,
    after: Work = nothing,
    pause: float = 0,
) -> list[Durations]:
    """Time each piece of work once per round, in random order.

    `pause` is the number of seconds before each.
    """
    chance = random.Random(0)
    seconds: list[list[float]] = [[] for _ in timed]
    for _ in range(_WARM_UP + rounds):
        await before()
        for index in chance.sample(range(len(timed)), len(timed)):
            await asyncio.sleep(pause)
            begin = perf_counter()
            await timed[index]()
            seconds[index].append(perf_counter() - begin)
        await after()
    return [Durations(taken[_WARM_UP:]) for taken in seconds]
