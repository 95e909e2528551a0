"""How many requests an account makes in a day without calls."""

import asyncio
from pathlib import Path

from .apart import apart, new_processes
from .provider import BenchedAccount, BenchedProvider
from .result import Findings, Goal
from .running import config_entry, running_hass

_MINUTES = 24 * 60
_TURNS = 5
_A_MOMENT = 0.001
"""Seconds in which anything sent within this machine arrives."""
_REQUESTS = 24


async def measure(folder: Path, provider: BenchedProvider, findings: Findings) -> None:
    """Let a day pass in a separate home."""
    await provider.clear()
    with new_processes(__name__) as processes:
        await apart(processes, _let_a_day_pass, folder / "idle", provider.account)
    # The first one belongs to the set-up
    requests = len(await provider.requests()) - 1
    findings.goals.append(
        Goal(
            "Requests to the provider in a day without calls",
            requests,
            _REQUESTS,
            "",
            decimals=0,
        )
    )


async def _let_a_day_pass(folder: Path, account: BenchedAccount) -> None:
    """Set up the account, and move the event loop's clock forward minute by minute."""
    async with running_hass(folder, ("webhook",), {}) as hass:
        await hass.config_entries.async_add(config_entry("elks", account))
        await hass.async_block_till_done(wait_background_tasks=True)
        loop_time, passed = hass.loop.time, 0
        hass.loop.time = lambda: loop_time() + passed  # type: ignore[method-assign]
        for _ in range(_MINUTES):
            passed += 60
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            await asyncio.sleep(_A_MOMENT)
        await hass.async_block_till_done(wait_background_tasks=True)
