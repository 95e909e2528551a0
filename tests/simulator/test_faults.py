"""Faults in the answers, and whether the call is placed nevertheless."""

import asyncio
import json

import aiohttp
import pytest

from simulator import Fault, FaultKind, Simulator

from .conftest import PERSON, Client, Customer

_PLACE = "POST /calls"


async def test_status_instead(client: Client, simulator: Simulator) -> None:
    """Nothing is done, and the answer says so."""
    simulator.fault(Fault(FaultKind.STATUS, on=_PLACE, status=429, body="Slow down"))
    assert await client.order() == (429, "Slow down")
    assert not simulator.calls
    assert (await client.order())[0] == 200


async def test_headers(
    client: Client, simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    """The answer can have headers."""
    simulator.fault(Fault(FaultKind.STATUS, headers={"Retry-After": "2"}))
    async with session.get(f"{simulator.api_url}/me") as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "2"


async def test_status_after(client: Client, simulator: Simulator) -> None:
    """The answer says that the request failed, but it was carried out."""
    simulator.fault(Fault(FaultKind.STATUS_AFTER, status=502))
    assert (await client.order())[0] == 502
    assert len(simulator.calls) == 1


@pytest.mark.parametrize(
    ("kind", "calls"), [(FaultKind.RESET_BEFORE, 0), (FaultKind.RESET_AFTER, 1)]
)
async def test_reset(
    client: Client, simulator: Simulator, kind: FaultKind, calls: int
) -> None:
    """The connection breaks before or after the call is placed."""
    simulator.fault(Fault(kind, on=_PLACE))
    with pytest.raises(aiohttp.ClientOSError):
        await client.order()
    assert len(simulator.calls) == calls
    assert simulator.requests[0].status is None


async def test_delay(client: Client, simulator: Simulator) -> None:
    """The request is carried out late, and so is the answer."""
    simulator.fault(Fault(FaultKind.DELAY, on=_PLACE, delay=100))
    ordering = asyncio.create_task(client.order())
    while not simulator.requests:
        await asyncio.sleep(0)
    assert not simulator.calls
    assert (await ordering)[0] == 200
    assert len(simulator.calls) == 1


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(FaultKind.HTML), "<!DOCTYPE"),
        (Fault(FaultKind.HTML, body="<p>Hello"), "<p>Hello"),
        (Fault(FaultKind.TRUNCATED), '{"direction"'),
        (Fault(FaultKind.WRONG_JSON), "[]"),
        (Fault(FaultKind.WRONG_JSON, body='"x"'), '"x"'),
    ],
)
async def test_spoilt_answer(
    client: Client, simulator: Simulator, fault: Fault, text: str
) -> None:
    """The call is placed, but the answer is of no use."""
    simulator.fault(fault)
    status, answer = await client.order()
    assert status == 200
    assert answer.startswith(text)
    with pytest.raises((ValueError, TypeError)):
        json.loads(answer)["id"]
    assert len(simulator.calls) == 1


async def test_wrong_fields(client: Client, simulator: Simulator) -> None:
    """Single fields can be wrong or missing."""
    fields = {"state": 5, "id": None}
    simulator.fault(Fault(FaultKind.WRONG_JSON, fields=fields))
    answer = json.loads((await client.order())[1])
    assert answer["state"] == 5
    assert "id" not in answer
    assert answer["to"] == PERSON


async def test_huge(
    client: Client, simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    """The answer is far too long; a client that stops reading is not held up."""
    simulator.fault(Fault(FaultKind.HUGE))
    async with session.get(
        f"{simulator.api_url}/me", headers=client.headers
    ) as response:
        await response.content.readexactly(2 * 1024 * 1024)
        response.close()
    assert (await client.order())[0] == 200


async def test_stall(client: Client, simulator: Simulator) -> None:
    """The answer begins but never ends."""
    simulator.fault(Fault(FaultKind.STALL, on=_PLACE))
    ordering = asyncio.create_task(client.order())
    while not simulator.calls:
        await asyncio.sleep(0)
    await asyncio.wait({ordering}, timeout=0.1)
    assert not ordering.done()
    ordering.cancel()
    assert len(simulator.calls) == 1


async def test_early_callback(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """The end of the call is reported before its request is answered."""
    simulator.fault(Fault(FaultKind.CALLBACK_EARLY))
    await client.get("/me")
    _, text = await client.order(whenhangup=f"{customer.url}/end")
    [form] = customer.forms("/end")
    assert form["id"] == json.loads(text)["id"]


async def test_not_listening(client: Client, simulator: Simulator) -> None:
    """Connections are refused until the simulator listens again; calls continue."""
    await client.order()
    await simulator.stop_listening()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get("/me")
    await simulator.settled()
    await simulator.start_listening()
    [call] = (await client.get("/calls"))["data"]
    assert call["state"] == "success"


async def test_times(client: Client, simulator: Simulator) -> None:
    """A fault occurs as often as wanted, or until it is cleared."""
    simulator.fault(Fault(FaultKind.STATUS, times=2))
    assert [(await client.order())[0] for _ in range(3)] == [503, 503, 200]
    simulator.fault(Fault(FaultKind.STATUS, times=None))
    assert [(await client.order())[0] for _ in range(3)] == [503, 503, 503]
    simulator.clear_faults()
    assert (await client.order())[0] == 200


async def test_one_number(client: Client, simulator: Simulator) -> None:
    """A fault can apply to one number: to placing a call and to looking it up."""
    _, text = await client.order()
    simulator.fault(Fault(FaultKind.STATUS, number=PERSON, times=None))
    assert (await client.order(to="+46701111111"))[0] == 200
    assert (await client.order())[0] == 503
    await client.get("/me")
    with pytest.raises(aiohttp.ClientResponseError):
        await client.get(f"/calls/{json.loads(text)['id']}")


async def test_one_request(client: Client, simulator: Simulator) -> None:
    """A fault can apply to one kind of request."""
    simulator.fault(Fault(FaultKind.STATUS, on="GET /calls/{id}", times=None))
    _, text = await client.order()
    await client.get("/me")
    await client.get("/calls")
    with pytest.raises(aiohttp.ClientResponseError):
        await client.get(f"/calls/{json.loads(text)['id']}")


@pytest.mark.parametrize(
    ("kind", "on"),
    [
        (FaultKind.STATUS, "GET /calls/"),
        (FaultKind.STATUS, "whenhangup"),
        (FaultKind.CALLBACK_LATE, _PLACE),
        (FaultKind.CALLBACK_EARLY, "GET /me"),
    ],
)
async def test_fault_that_cannot_happen(kind: FaultKind, on: str) -> None:
    """A fault that could never occur is refused."""
    with pytest.raises(ValueError, match="happens on one of"):
        Fault(kind, on=on)
