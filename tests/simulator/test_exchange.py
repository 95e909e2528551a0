"""A call from its first ring to its price."""

from datetime import timedelta
import json

import aiohttp
import pytest

from simulator import CallState, Outcome, Simulator

from .conftest import PERSON, Client, Customer

_OTHER = "+46701111111"


async def test_answered_call(client: Client, simulator: Simulator) -> None:
    """Start, duration and cost follow exactly from the script."""
    simulator.phone(PERSON, answer_after=2, talk_for=12)
    call = await client.call({"play": "sound/dtmf/" + "P" * 60})
    assert call["state"] == "success"
    assert call["duration"] == 12
    assert call["cost"] == 12 * 100
    [kept] = simulator.calls
    assert kept.start == kept.created + timedelta(seconds=2)
    assert (await client.get("/me"))["balance"] == 1_000_000 - 1200


async def test_phone_without_script_answers(
    client: Client, simulator: Simulator
) -> None:
    """Without a script a person answers after two seconds and hangs up four seconds later."""
    call = await client.call({"play": "sound/dtmf/" + "P" * 60})
    assert call["duration"] == 4
    [kept] = simulator.calls
    assert kept.start == kept.created + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.DECLINE, "busy"),
        (Outcome.BUSY, "busy"),
        (Outcome.NO_ANSWER, "failed"),
        (Outcome.UNREACHABLE, "failed"),
    ],
)
async def test_call_that_never_connects(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    outcome: Outcome,
    state: str,
) -> None:
    """It has an end but no start, costs nothing, and its end is reported."""
    simulator.phone(PERSON, outcome=outcome)
    call = await client.call(whenhangup=f"{customer.url}/end")
    assert call["state"] == state
    assert not {"start", "duration", "cost"} & call.keys()
    assert [form["state"] for form in customer.forms("/end")] == [state]
    assert (await client.get("/me"))["balance"] == 1_000_000


async def test_unreachable_phone_fails_at_once(
    client: Client, simulator: Simulator
) -> None:
    """The first answer already says so."""
    simulator.phone(PERSON, outcome=Outcome.UNREACHABLE)
    _, text = await client.order()
    assert json.loads(text)["state"] == "failed"


async def test_rings_no_longer_than_asked(client: Client, simulator: Simulator) -> None:
    """A person who comes to the phone too late cannot answer it."""
    simulator.phone(PERSON, answer_after=21)
    assert (await client.call(timeout="20"))["state"] == "failed"
    assert (await client.call(timeout="22"))["state"] == "success"


async def test_manual_mode(client: Client, simulator: Simulator) -> None:
    """Phones without a script ring until the time is up; the others follow theirs."""
    simulator.phones.manual = True
    simulator.phone(_OTHER)
    assert (await client.call(to=_OTHER))["state"] == "success"
    assert (await client.call(to=PERSON))["state"] == "failed"


async def test_calls_run_side_by_side(client: Client, simulator: Simulator) -> None:
    """Many calls at once each end with their own result."""
    simulator.phone(_OTHER, answer_after=0, talk_for=None)
    for index in range(40):
        number = f"+4670200{index:04}"
        simulator.phone(number, talk_for=index + 1)
        await client.order(to=number, voice_start=f'{{"connect": "{_OTHER}"}}')
    await simulator.settled()
    assert [call.duration for call in simulator.calls] == list(range(1, 41))


async def test_reset(client: Client, simulator: Simulator) -> None:
    """Everything is forgotten, including calls in progress."""
    await client.call()
    simulator.phone(PERSON, outcome=Outcome.DECLINE)
    await client.order()
    await simulator.reset()
    assert not simulator.calls
    assert not simulator.requests
    assert simulator.account.balance == 1_000_000
    assert (await client.call())["state"] == "success"


async def test_leaving_ends_everything(session: aiohttp.ClientSession) -> None:
    """A call in progress does not outlive the simulator, and keeps its state."""
    simulator = Simulator(speed=1)
    async with simulator.serve():
        await Client(simulator, session).order()
        with pytest.raises(TimeoutError):
            await simulator.settled(timeout=0.01)
    await simulator.settled(timeout=0.01)
    assert simulator.calls[0].state is CallState.ONGOING
