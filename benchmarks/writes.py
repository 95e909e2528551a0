"""How often Elks writes to disk and sends requests to the provider."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.helpers import storage
from homeassistant.util.file import write_utf8_file_atomic

from .home import BenchedHome
from .provider import CallbackConnection
from .result import Findings, Goal

_CALLS = 10
_BURST = 100
_WRITES = 2
_BURST_WRITES = 10
_SMALL = 8
"""KB."""
_FIRST_NUMBER = 46_700_000_000


@asynccontextmanager
async def _count_writes() -> AsyncGenerator[list[int]]:
    """Give a list that the size of each file Elks writes is added to, in bytes."""
    sizes: list[int] = []

    def counting(path: str, data: str | bytes, *args: Any, **options: Any) -> None:
        if Path(path).name.startswith("elks."):
            sizes.append(len(data))
        write_utf8_file_atomic(path, data, *args, **options)

    with patch.object(storage, "write_utf8_file_atomic", counting):
        yield sizes


async def measure(
    home: BenchedHome, callbacks: CallbackConnection, findings: Findings
) -> None:
    """Place calls one after another, and then many at once."""
    await home.provider.clear()
    async with _count_writes() as sizes:
        for _ in range(_CALLS):
            await _whole_call(home, callbacks)
    requests = await home.provider.requests()
    findings.goals += [
        Goal("Writes to disk for a call", len(sizes) / _CALLS, _WRITES, "writes"),
        Goal("The largest of these writes", max(sizes) / 1000, _SMALL, "KB"),
        Goal("Requests to the provider for a call", len(requests) / _CALLS, 1, ""),
    ]
    async with _count_writes() as sizes:
        await _burst(home, callbacks)
    findings.goals.append(
        Goal(
            f"Writes to disk for {_BURST} calls at once",
            *(len(sizes), _BURST_WRITES, "writes"),
            decimals=0,
        )
    )


async def _whole_call(home: BenchedHome, callbacks: CallbackConnection) -> None:
    await home.place_call()
    await home.written()
    call = home.open_call()
    await callbacks.post(call.path, call.end)
    await home.written()


async def _burst(home: BenchedHome, callbacks: CallbackConnection) -> None:
    """Place many calls at once, then end them all."""
    numbers = [f"+{_FIRST_NUMBER + count}" for count in range(_BURST)]
    await asyncio.gather(*map(home.place_call, numbers))
    for call in home.open_calls():
        await callbacks.post(call.path, call.end)
    await home.written()
