"""What Elks asks of the disk and of the provider, counted."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.helpers import storage
from homeassistant.util.file import write_utf8_file_atomic

from .home import Home
from .provider import Line
from .result import Findings, Goal

_CALLS = 10
_BURST = 100
_WRITES = 2
_BURST_WRITES = 10
_SMALL = 8
"""KB."""
_FIRST_NUMBER = 46_700_000_000


@asynccontextmanager
async def _counted_writes() -> AsyncGenerator[list[int]]:
    """Give a list of the bytes of each file that Elks writes."""
    sizes: list[int] = []

    def counting(path: str, data: str | bytes, *args: Any, **options: Any) -> None:
        if Path(path).name.startswith("elks."):
            sizes.append(len(data))
        write_utf8_file_atomic(path, data, *args, **options)

    with patch.object(storage, "write_utf8_file_atomic", counting):
        yield sizes


async def measure(home: Home, line: Line, findings: Findings) -> None:
    """Place calls one after the other, and then many at once."""
    await home.provider.clear()
    async with _counted_writes() as sizes:
        for _ in range(_CALLS):
            await _whole_call(home, line)
    requests = await home.provider.requests()
    findings.goals += [
        Goal("Writes to disk for a call", len(sizes) / _CALLS, _WRITES, "writes"),
        Goal("The largest of these writes", max(sizes) / 1000, _SMALL, "KB"),
        Goal("Requests to the provider for a call", len(requests) / _CALLS, 1, ""),
    ]
    async with _counted_writes() as sizes:
        await _burst(home, line)
    findings.goals.append(
        Goal(
            f"Writes to disk for {_BURST} calls at once",
            *(len(sizes), _BURST_WRITES, "writes"),
            decimals=0,
        )
    )


async def _whole_call(home: Home, line: Line) -> None:
    await home.place_call()
    await home.written()
    call = home.open_call()
    await line.post(call.path, call.end)
    await home.written()


async def _burst(home: Home, line: Line) -> None:
    """Place calls at once, and end them at once."""
    numbers = [f"+{_FIRST_NUMBER + count}" for count in range(_BURST)]
    await asyncio.gather(*map(home.place_call, numbers))
    for call in home.open_calls():
        await line.post(call.path, call.end)
    await home.written()
