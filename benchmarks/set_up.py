"""The import and set-up of Elks in a running Home Assistant, compared with an empty integration."""

from dataclasses import dataclass
import logging
from pathlib import Path
import sys
from time import perf_counter
from typing import override

from homeassistant import block_async_io

from .apart import apart, new_processes
from .figures import Durations
from .provider import BenchedAccount, BenchedProvider
from .result import Comparison, Findings, Goal, Side
from .running import config_entry, running_hass

_COMPONENTS = ("webhook", "sensor", "event", "notify")
_REPEATS = 15
_MORE = 80
"""Milliseconds."""
_WHY = (
    "Nearly all of it is the import of modules, which takes longer on a slow or busy machine: "
    "compare it with the time of the empty integration below."
)


@dataclass(frozen=True)
class _SetUp:
    """The result of one set-up."""

    seconds: float
    blocking: list[str]
    """Warnings about calls that block the event loop."""


class _BlockingCalls(logging.Handler):
    """Collects Home Assistant's warnings about blocking calls."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if "blocking call" in (message := record.getMessage()):
            self.found.append(message)


async def measure(folder: Path, provider: BenchedProvider, findings: Findings) -> None:
    """Set up each integration in a new Home Assistant, in turns."""
    await provider.clear()
    elks: list[_SetUp] = []
    empty: list[_SetUp] = []
    with new_processes(__name__) as processes:
        for turn in range(_REPEATS):
            for domain, done in (("empty", empty), ("elks", elks)):
                place = folder / f"{domain}-{turn}"
                account = provider.account
                done.append(await apart(processes, _set_up, place, domain, account))
    requests = len(await provider.requests())
    sides = (
        Side("An empty integration", Durations([one.seconds for one in empty])),
        Side("Elks", Durations([one.seconds for one in elks])),
    )
    findings.comparisons.append(Comparison("Import and set-up", sides))
    more = sides[1].durations.median - sides[0].durations.median
    blocking = sum(len(one.blocking) for one in elks)
    findings.goals += [
        Goal(
            "Import and set-up, on top of an empty integration",
            *(more * 1000, _MORE, "ms"),
            decimals=0,
            why=_WHY,
        ),
        Goal(
            "Blocking calls in the event loop during set-up",
            blocking,
            0,
            "",
            decimals=0,
        ),
        Goal("Requests to the provider for a set-up", requests / _REPEATS, 1, ""),
    ]


async def _set_up(folder: Path, domain: str, account: BenchedAccount) -> _SetUp:
    """Import an integration and set it up."""
    assert f"custom_components.{domain}" not in sys.modules
    complaints = _BlockingCalls()
    logging.getLogger().addHandler(complaints)
    async with running_hass(folder, _COMPONENTS, {}) as hass:
        block_async_io.enable()
        await hass.async_block_till_done()
        begin = perf_counter()
        await hass.config_entries.async_add(config_entry(domain, account))
        seconds = perf_counter() - begin
        await hass.async_block_till_done(wait_background_tasks=True)
    return _SetUp(seconds, complaints.found)
