"""The callbacks that the customer receives, and how often."""

from itertools import pairwise
import json

import pytest

from simulator import CallbackKind, Fault, FaultKind, Simulator, Times

from .conftest import PERSON, Client, Customer


async def test_end_of_a_call(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """The callback has the history's fields as strings, with more precise times."""
    call = await client.call(
        {"connect": "+46701111111"}, whenhangup=f"{customer.url}/end?secret=1"
    )
    [kept] = simulator.calls
    assert kept.start
    assert customer.forms("/end?secret=1") == [
        {
            "id": call["id"],
            "direction": "outgoing",
            "from": simulator.voice_number,
            "to": PERSON,
            "created": Times.MICROSECONDS.write(kept.created),
            "start": Times.MICROSECONDS.write(kept.start),
            "state": "success",
            "duration": str(call["duration"]),
            "cost": str(call["cost"]),
            "actions": json.dumps(call["actions"]),
            "legs": json.dumps(call["legs"]),
        }
    ]


async def test_accepted_once(client: Client, customer: Customer) -> None:
    """A callback that is accepted is not sent again."""
    for status in (200, 201, 204):
        customer.will_answer("/end", status)
        await client.call(whenhangup=f"{customer.url}/end")
    assert len(customer.received) == 3


async def test_tries_again(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """A callback that is not accepted is sent again unchanged until it is."""
    customer.will_answer("/end", 500, 302, 404, 200)
    await client.call(whenhangup=f"{customer.url}/end")
    forms = customer.forms("/end")
    assert len(forms) == 4
    assert all(form == forms[0] for form in forms)
    assert [(sent.attempt, sent.status) for sent in simulator.callbacks] == [
        (1, 500),
        (2, 302),
        (3, 404),
        (4, 200),
    ]


async def test_gives_up(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A callback is sent at least five times, with growing pauses, and then given up."""
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(simulator.clock, "sleep", sleep)
    customer.will_answer("/end", *[503] * 20)
    await client.call(whenhangup=f"{customer.url}/end")
    assert len(customer.received) == len(waits) >= 5
    assert all(earlier < later for earlier, later in pairwise(waits))


async def test_nobody_there(client: Client, simulator: Simulator) -> None:
    """If the customer cannot be reached, the callback is sent just as often."""
    await client.call(whenhangup="http://127.0.0.1:9/end")
    assert len(simulator.callbacks) >= 5
    assert all(sent.error and sent.status is None for sent in simulator.callbacks)


async def test_actions_are_requested_once(client: Client, customer: Customer) -> None:
    """The person does not wait on the phone for a second attempt."""
    customer.will_answer("/start", 500, {"play": "sound/beep"})
    call = await client.call(voice_start=f"{customer.url}/start")
    assert len(customer.received) == 1
    assert call["actions"] == []


async def test_dropped(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """One callback is lost for good, the next is not."""
    simulator.fault(Fault(FaultKind.CALLBACK_DROPPED, on="whenhangup"))
    await client.call(whenhangup=f"{customer.url}/end")
    assert not customer.received
    await client.call(whenhangup=f"{customer.url}/end")
    assert len(customer.received) == 1


async def test_doubled(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """A callback comes twice, although it was accepted."""
    simulator.fault(Fault(FaultKind.CALLBACK_DOUBLED))
    await client.call(whenhangup=f"{customer.url}/end")
    first, second = customer.forms("/end")
    assert first == second


async def test_late(client: Client, simulator: Simulator, customer: Customer) -> None:
    """A callback comes long after that of the next call."""
    fault = Fault(FaultKind.CALLBACK_LATE, number="+46701111111", delay=300)
    simulator.fault(fault)
    await client.order(to="+46701111111", whenhangup=f"{customer.url}/late")
    await client.order(whenhangup=f"{customer.url}/end")
    await simulator.settled()
    assert [path for path, _ in customer.received] == ["/end", "/late"]


async def test_out_of_order(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """A callback comes after the one for the end of the call."""
    simulator.fault(Fault(FaultKind.CALLBACK_OUT_OF_ORDER, on=CallbackKind.NEXT))
    action = {"play": "sound/beep", "next": f"{customer.url}/next"}
    await client.call(action, whenhangup=f"{customer.url}/end")
    assert [path for path, _ in customer.received] == ["/end", "/next"]


async def test_out_of_order_without_end(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """It also comes when there is no callback for the end of the call."""
    simulator.fault(Fault(FaultKind.CALLBACK_OUT_OF_ORDER))
    await client.call({"play": "sound/beep", "next": f"{customer.url}/next"})
    assert len(customer.received) == 1


async def test_odd_fields(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """Fields can be wrong, added or missing."""
    fields = {"state": "weird", "duration": None, "actions": "[", "new": "1"}
    simulator.fault(
        Fault(FaultKind.CALLBACK_FIELDS, on="whenhangup", fields=fields, times=None)
    )
    await client.call(whenhangup=f"{customer.url}/end")
    [form] = customer.forms("/end")
    assert (form["state"], form["actions"], form["new"]) == ("weird", "[", "1")
    assert "duration" not in form
    assert "start" in form
