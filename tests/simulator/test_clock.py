"""The provider's clock."""

import math

import aiohttp
from freezegun.api import FrozenDateTimeFactory
import pytest

from simulator import Simulator

from .conftest import Client, results


async def test_no_waiting_at_all(
    session: aiohttp.ClientSession, freezer: FrozenDateTimeFactory
) -> None:
    """At infinite speed a call reaches its end while time stands still."""
    simulator = Simulator(math.inf)
    async with simulator.serve():
        client = Client(simulator, session)
        calls = [await client.call({"ivr": "sound/beep"}) for _ in range(2)]
    assert [results(call) for call in calls] == [["failed"], ["failed"]]
    assert [call["duration"] for call in calls] == [4, 4]
    assert calls[0]["created"] < calls[1]["created"]


@pytest.mark.parametrize("speed", [500, 5000])
async def test_speed_changes_no_result(
    session: aiohttp.ClientSession, speed: float
) -> None:
    """A call takes as many simulated seconds at any speed."""
    simulator = Simulator(speed)
    async with simulator.serve():
        call = await Client(simulator, session).call({"play": "sound/dtmf/PPP1"})
    assert call["duration"] == 4
