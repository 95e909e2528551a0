"""Measures everything, writes docs/performance.md, and checks the goals."""

import asyncio
import logging
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from time import monotonic

from . import (
    callbacks,
    idle,
    lines,
    many_calls,
    place_call,
    report,
    ringing,
    set_up,
    writes,
)
from .home import SPEAKS, running_home
from .provider import callback_connection, running_provider
from .result import Findings


async def _measure(folder: Path) -> Findings:
    """Measure one thing after another."""
    findings = Findings()
    async with running_provider(folder) as provider:
        config = place_call.rest_command(provider.account) | SPEAKS
        async with running_home(folder / "home", provider, config) as home:
            async with callback_connection(home.port) as connection:
                await place_call.measure(home, connection, findings)
                await callbacks.measure(home, findings)
                await writes.measure(home, connection, findings)
            await many_calls.measure(home, findings)
        await ringing.measure(folder, provider, findings)
        await lines.measure(folder, provider, findings)
        await set_up.measure(folder, provider, findings)
        await idle.measure(folder, provider, findings)
    return findings


def main() -> int:
    """Run all benchmarks; return 1 if a goal is missed."""
    logging.basicConfig(level=logging.ERROR)
    begin = monotonic()
    with TemporaryDirectory() as folder:
        findings = asyncio.run(_measure(Path(folder)))
    print(report.tables(findings))
    report.write(findings)
    print(f"Took {monotonic() - begin:.0f} s")
    missed = [goal.what for goal in findings.goals if not goal.holds]
    for what in missed:
        print(f"Missed: {what}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
