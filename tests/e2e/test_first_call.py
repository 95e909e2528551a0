"""The first call, from the WebSocket API to the sensor's last state, and after a restart."""

import asyncio
from typing import Any

import pytest

from scripts.connection import Connection, HomeError
from scripts.home_process import HomeProcess

from .conftest import MENTION, SECONDS, complaints

SENSOR = "sensor.demo_home_last_call"
TO = "+46701234567"
CALL = {"to": "070-123 45 67", "voice_start": {"play": "sound/dtmf/4P6P3P5P5P7P"}}


async def _place_call(connection: Connection) -> tuple[dict[str, Any], list[str]]:
    """Place a call; return the action's response and the sensor's states to the end."""
    changes = await connection.subscribe(
        "subscribe_trigger",
        trigger={"trigger": "state", "entity_id": SENSOR, "to": None},
    )
    response = await connection.act("elks.place_call", CALL, return_response=True)
    states: list[str] = []
    while not states or states[-1] == "ongoing":
        change = await asyncio.wait_for(changes.get(), SECONDS)
        states.append(change["variables"]["trigger"]["to_state"]["state"])
    return response, states


async def test_call_is_followed_to_its_end(connection: Connection) -> None:
    """The action returns at once; the sensor follows the call to its end."""
    response, states = await _place_call(connection)

    assert set(response) == {"call_id", "state", "direction", "from", "to", "created"}
    assert response["state"] == "ongoing"
    assert response["to"] == TO
    assert states == ["ongoing", "success"]
    attributes = (await connection.state(SENSOR))["attributes"]
    assert attributes["call_id"] == response["call_id"]
    assert attributes["to"] == TO
    assert attributes["answered"] is True
    assert attributes["duration"] == 4
    assert attributes["cost"] > 0


async def test_refusal_reaches_the_caller(connection: Connection) -> None:
    """A number that cannot exist is refused with a message that names the field."""
    with pytest.raises(HomeError, match=r"\(to\) is not a phone number"):
        await connection.act("elks.place_call", {**CALL, "to": "1"})


async def test_last_call_survives_a_restart(
    home: HomeProcess, connection: Connection
) -> None:
    """After a restart of the process the sensor shows the same call."""
    await _place_call(connection)
    before = await connection.state(SENSOR)

    await home.stop()
    await home.start()

    async with home.connect() as connection_after:
        after = await connection_after.state(SENSOR)
    assert after["state"] == before["state"] == "success"
    assert after["attributes"] == before["attributes"]


async def test_nothing_is_logged(home: HomeProcess, connection: Connection) -> None:
    """Home Assistant logs no warnings, errors, tracebacks or blocking calls."""
    await _place_call(connection)

    assert MENTION.search(home.output.read_text())
    assert complaints(home) == []
