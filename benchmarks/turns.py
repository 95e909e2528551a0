"""Things timed in turns, so that what disturbs the machine disturbs them all alike."""

import asyncio
from collections.abc import Awaitable, Callable
import random
from time import perf_counter

from .figures import Times

_WARM_UP = 20

type Work = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Need no preparation."""


async def take_turns(
    *timed: Work,
    rounds: int,
    before: Work = nothing,
    after: Work = nothing,
    pause: float = 0,
) -> list[Times]:
    """Time each of them once a round, in an order that chance decides.

    `pause` is how many seconds pass before each.
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
    return [Times(taken[_WARM_UP:]) for taken in seconds]
