"""Calls that are connected to other phones."""

import asyncio
import json
from typing import Any

import pytest

from simulator import ActKind, Outcome, Simulator

from .conftest import PERSON, Client, results

_ANNA, _BO = "+46701111111", "+46702222222"


@pytest.fixture(autouse=True)
def _caller_stays(simulator: Simulator) -> None:
    simulator.phone(PERSON, talk_for=None)


def _connect(numbers: str) -> dict[str, Any]:
    """Return an action that ends with a tone for each result."""
    return {
        "connect": numbers,
        "timeout": 30,
        "success": {"play": "sound/dtmf/1"},
        "busy": {"play": "sound/dtmf/2"},
        "failed": {"play": "sound/dtmf/3"},
    }


async def test_connected(client: Client, simulator: Simulator) -> None:
    """The leg lasts until the other hangs up, the call a little longer; both are charged."""
    simulator.phone(_ANNA, answer_after=3, talk_for=20)
    call = await client.call(_connect(_ANNA))
    assert call["legs"] == [
        {
            "to": _ANNA,
            "from": simulator.voice_number,
            "duration": 20,
            "state": "success",
        }
    ]
    assert call["actions"] == [
        {"connect": _ANNA, "result": "success"},
        {"play": "sound/dtmf/1", "result": "success"},
    ]
    assert call["duration"] == 3 + 20 + 1
    assert call["cost"] == (24 + 20) * 100


async def test_caller_hangs_up_first(client: Client, simulator: Simulator) -> None:
    """When the caller hangs up, the call and the leg end."""
    simulator.phone(PERSON, talk_for=10)
    simulator.phone(_ANNA, answer_after=3, talk_for=None)
    call = await client.call(_connect(_ANNA))
    assert call["legs"][0]["duration"] == 7
    assert call["duration"] == 10
    assert results(call) == ["success"]


async def test_caller_does_not_wait(client: Client, simulator: Simulator) -> None:
    """A caller who hangs up while it rings is connected to nobody."""
    simulator.phone(PERSON, talk_for=10)
    simulator.phone(_ANNA, answer_after=11)
    call = await client.call(_connect(_ANNA))
    assert "legs" not in call
    assert call["duration"] == 10


@pytest.mark.parametrize(
    ("outcome", "tone", "duration"),
    [
        (Outcome.DECLINE, "sound/dtmf/2", 2 + 1),
        (Outcome.BUSY, "sound/dtmf/2", 1),
        (Outcome.NO_ANSWER, "sound/dtmf/3", 30 + 1),
        (Outcome.UNREACHABLE, "sound/dtmf/3", 1),
    ],
)
async def test_not_connected(
    client: Client, simulator: Simulator, outcome: Outcome, tone: str, duration: int
) -> None:
    """The result decides which action follows."""
    simulator.phone(_ANNA, outcome=outcome)
    call = await client.call(_connect(_ANNA))
    assert call["actions"][-1]["play"] == tone
    assert call["duration"] == duration
    assert "legs" not in call


async def test_first_to_answer(client: Client, simulator: Simulator) -> None:
    """All phones ring; the first to answer gets the call, and the others stop ringing."""
    simulator.phone(_ANNA, answer_after=5)
    simulator.phone(_BO, answer_after=4, talk_for=6)
    call = await client.call(_connect(f"{_ANNA},{_BO}"))
    assert [leg["to"] for leg in call["legs"]] == [_BO]
    assert call["duration"] == 4 + 6 + 1


async def test_one_declines_another_answers(
    client: Client, simulator: Simulator
) -> None:
    """A person who declines leaves the call to the others."""
    simulator.phone(_ANNA, outcome=Outcome.DECLINE, answer_after=1)
    simulator.phone(_BO, answer_after=4)
    call = await client.call(_connect(f"{_ANNA}, {_BO}"))
    assert [leg["to"] for leg in call["legs"]] == [_BO]


async def test_callerid(client: Client, simulator: Simulator) -> None:
    """The other phone can be shown a different number."""
    call = await client.call({"connect": _ANNA, "callerid": "+46700000001"})
    assert call["legs"][0]["from"] == "+46700000001"


async def test_declined_by_hand(client: Client, simulator: Simulator) -> None:
    """Pressing the button twice declines the call once."""
    simulator.phones.manual = True
    simulator.phone(_BO, answer_after=10)
    await client.order(voice_start=json.dumps(_connect(f"{_ANNA},{_BO}")))
    [call] = simulator.calls
    while len(handsets := simulator.handsets(call)) < 2:
        await asyncio.sleep(0)
    for act in (ActKind.DECLINE, ActKind.DECLINE, ActKind.ANSWER):
        handsets[1].act(act)
    await simulator.settled()
    assert [leg.to for leg in call.legs] == [_BO]
