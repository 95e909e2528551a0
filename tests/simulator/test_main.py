"""The simulator as a process."""

import asyncio
from asyncio.subprocess import PIPE
from dataclasses import asdict
import json
import signal
import sys

import aiohttp
import pytest

from simulator import Dialect


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_process(session: aiohttp.ClientSession, number: signal.Signals) -> None:
    """It prints its address in one line, answers there, and stops on a signal."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--manual", "--speed", "10"),
        *("--username", "me", "--password", "secret", "--balance", "7"),
        *("--dialect", '{"seed": 7}', "--number", "+46766860009"),
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(60):
            assert process.stdout
            ready = json.loads(await process.stdout.readline())
            assert ready["username"] == "me"
            assert ready["password"] == "secret"
            assert ready["api_url"] == f"{ready['url']}/a1"
            async with session.get(f"{ready['url']}/control/state") as response:
                state = await response.json()
            assert (state["manual"], state["balance"]) == (True, 7)
            callable_ = [
                own["number"] for own in state["numbers"] if own["takes_calls"]
            ]
            assert callable_ == ["+46766860001", "+46766860009"]
            async with session.get(f"{ready['url']}/control/dialect") as response:
                assert await response.json() == asdict(Dialect.chosen(7))
            process.send_signal(number)
            rest, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert (rest, errors) == (b"", b"")
