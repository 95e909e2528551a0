"""The control API and the page."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
import json
from typing import Any

import aiohttp
import pytest

from simulator import Dialect, Simulator

from .conftest import PERSON, Client, Customer, results

type Send = Callable[..., Awaitable[Any]]


@pytest.fixture
def control(simulator: Simulator, session: aiohttp.ClientSession) -> Send:
    """Return a function that sends requests to the control API."""

    async def send(method: str, path: str, body: object = None) -> Any:
        async with session.request(
            method, f"{simulator.url}/control/{path}", json=body
        ) as response:
            response.raise_for_status()
            return await response.json() if response.status == 200 else None

    return send


async def _next_state(
    socket: aiohttp.ClientWebSocketResponse, stage: str
) -> dict[str, Any]:
    """Wait until the phone of the first call reaches a stage; return the phone."""
    while True:
        state = await socket.receive_json(timeout=60)
        if state["calls"] and state["calls"][0]["phones"][0]["stage"] == stage:
            phone: dict[str, Any] = state["calls"][0]["phones"][0]
            return phone


async def test_phone_by_script(client: Client, control: Send) -> None:
    """People follow their scripts."""
    script = {
        "number": PERSON,
        "answer_after": 1,
        "talk_for": 9,
        "keys": [{"after": 3, "keys": "7"}],
    }
    await control("POST", "phones", script)
    assert results(await client.call({"ivr": "sound/dtmf/PPPPP"})) == ["7"]
    await control("POST", "phones", {"number": PERSON, "outcome": "decline"})
    assert (await client.call())["state"] == "busy"


async def test_phone_by_hand(
    client: Client,
    control: Send,
    customer: Customer,
    simulator: Simulator,
    session: aiohttp.ClientSession,
) -> None:
    """A call rings, is answered, heard and hung up; every change is pushed at once."""
    await control("POST", "manual", {"manual": True})
    simulator.clock.speed = 1
    sound = customer.serves_sound("/hello.wav", 60)
    async with session.ws_connect(f"{simulator.url}/control/events") as socket:
        await client.order(
            voice_start=f'{{"ivr": "{sound}", "next": {{"play": "{sound}"}}}}'
        )
        phone = await _next_state(socket, "ringing")
        assert phone["number"] == PERSON
        assert phone["caller"] == simulator.voice_number
        assert phone["sound"] is None

        act = f"handsets/{phone['id']}"
        await control("POST", act, {"act": "answer"})
        while (phone := await _next_state(socket, "talking"))["playing"] != 1:
            pass
        async with session.get(simulator.url + phone["sound"]) as response:
            assert await response.read() == customer.files["/hello.wav"][0]
            assert response.content_type == "audio/wav"

        await control("POST", act, {"act": "press", "keys": "7"})
        while (phone := await _next_state(socket, "talking"))["playing"] != 2:
            pass
        await control("POST", act, {"act": "hang_up"})
        phone = await _next_state(socket, "ended")
        assert phone["playing"] is None
    await simulator.settled()
    [call] = simulator.calls
    assert [action["result"] for action in call.actions] == ["7", "success"]
    assert call.duration is not None
    assert call.duration < 60


async def test_caller_by_script(
    control: Send, simulator: Simulator, customer: Customer
) -> None:
    """Somebody calls, presses keys and hangs up by script."""
    line = {"number": simulator.voice_number, "voice_start": f"{customer.url}/line"}
    await control("POST", "numbers", line)
    customer.will_answer("/line", {"ivr": "sound/beep", "next": f"{customer.url}/next"})
    customer.will_answer("/next", {"play": "sound/dtmf/PPPPPPPPPP"})
    script = {"keys": [{"after": 0.5, "keys": "7", "sound": 1}], "hangs_up_at": 2}
    dialled = await control(
        "POST", "calls", {"to": simulator.voice_number, "from": PERSON, **script}
    )
    assert dialled["direction"] == "incoming"
    assert [phone["stage"] for phone in dialled["phones"]] == ["calling"]
    await simulator.settled()
    call = await control("GET", f"calls/{dialled['id']}")
    assert call["state"] == "success"
    [phone] = call["phones"]
    assert phone["heard"] == ["sound/beep", "sound/dtmf/PPPPPPPPPP"]
    assert [form["result"] for form in customer.forms("/next")] == ["7"]


async def test_caller_by_hand(
    control: Send,
    customer: Customer,
    simulator: Simulator,
    session: aiohttp.ClientSession,
) -> None:
    """Somebody who withholds the number calls, hears, presses a key and hangs up."""
    simulator.clock.speed = 1
    sound = customer.serves_sound("/hello.wav", 60)
    action = {"ivr": sound, "next": {"play": sound}}
    line = {"number": simulator.voice_number, "voice_start": json.dumps(action)}
    await control("POST", "numbers", line)
    async with session.ws_connect(f"{simulator.url}/control/events") as socket:
        await control("POST", "calls", {"to": simulator.voice_number})
        while (phone := await _next_state(socket, "talking"))["playing"] != 1:
            pass
        assert (phone["number"], phone["dialled"]) == ("", simulator.voice_number)
        act = f"handsets/{phone['id']}"
        await control("POST", act, {"act": "press", "keys": "7"})
        while (phone := await _next_state(socket, "talking"))["playing"] != 2:
            pass
        await control("POST", act, {"act": "hang_up"})
        await _next_state(socket, "ended")
    await simulator.settled()
    [call] = simulator.calls
    assert (call.from_, call.state) == (None, "success")


async def test_numbers(client: Client, control: Send, simulator: Simulator) -> None:
    """The account's numbers are shown; a reset brings them back."""
    first, second, third = await control("GET", "numbers")
    shown = [(one["takes_calls"], one["given_away"]) for one in (first, second, third)]
    assert shown == [(True, False), (False, False), (False, False)]
    await client.post(f"/numbers/{first['id']}", active="no")
    changed, *_ = await control("GET", "numbers")
    assert (changed["takes_calls"], changed["given_away"]) == (False, True)
    await control("POST", "reset")
    assert await control("GET", "numbers") == [first, second, third]


async def test_decline_by_hand(
    client: Client, control: Send, simulator: Simulator
) -> None:
    """A person can decline a call, and that ends it for good."""
    await control("POST", "manual", {"manual": True})
    simulator.clock.speed = 1
    await client.order()
    state = await control("GET", "state")
    act = f"handsets/{state['calls'][0]['phones'][0]['id']}"
    await control("POST", act, {"act": "decline"})
    await simulator.settled()
    await control("POST", act, {"act": "answer"})
    [call] = (await control("GET", "state"))["calls"]
    assert call["state"] == "busy"


async def test_unknown_call(control: Send) -> None:
    """A call that never was is not shown."""
    with pytest.raises(aiohttp.ClientResponseError) as error:
        await control("GET", "calls/c0")
    assert error.value.status == 404


async def test_faults(client: Client, control: Send) -> None:
    """Faults can be added, shown and cleared."""
    fault = {"kind": "status", "on": "POST /calls", "status": 500, "times": None}
    await control("POST", "faults", fault)
    assert (await client.order())[0] == 500
    [shown] = await control("GET", "faults")
    assert fault.items() <= shown.items()
    await control("DELETE", "faults")
    assert (await client.order())[0] == 200
    assert await control("GET", "faults") == []


async def test_dialect(client: Client, control: Send) -> None:
    """The dialect can be set and shown, by field or at random; a reset undoes it."""
    usual = await control("GET", "dialect")
    await control("POST", "dialect", {"refused_status": 400})
    assert (await client.order(to="nobody"))[0] == 400
    assert await control("GET", "dialect") == usual | {"refused_status": 400}
    await control("POST", "dialect", {"seed": 7, "played": "success"})
    by_chance = replace(Dialect.chosen(7), played="success")
    assert await control("GET", "dialect") == asdict(by_chance)
    await control("POST", "reset")
    assert await control("GET", "dialect") == usual


async def test_traffic(client: Client, control: Send, customer: Customer) -> None:
    """Requests and callbacks are shown."""
    await client.call(whenhangup=f"{customer.url}/end")
    placed, looked_up = await control("GET", "requests")
    assert (placed["method"], placed["form"]["to"]) == ("POST", PERSON)
    assert looked_up["status"] == 200
    [callback] = await control("GET", "callbacks")
    assert (callback["kind"], callback["status"]) == ("whenhangup", 200)
    assert callback["took"] > 0


async def test_sounds(
    client: Client, control: Send, customer: Customer, simulator: Simulator
) -> None:
    """What was played is shown, and can be heard."""
    url = customer.serves_sound("/hello.wav", 2)
    await client.call({"play": url})
    [sound] = await control("GET", "sounds")
    assert (sound["url"], sound["duration"]) == (url, 2)
    assert sound["took"] > 0
    async with aiohttp.request("GET", f"{simulator.url}{sound['path']}") as heard:
        assert await heard.read() == customer.files["/hello.wav"][0]


async def test_reset(client: Client, control: Send, simulator: Simulator) -> None:
    """A reset brings the simulator back to its start."""
    await client.call()
    await control("POST", "reset")
    assert not simulator.calls
    assert (await control("GET", "state"))["balance"] == 1_000_000


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("phones", {}, 400),
        ("phones", [], 400),
        ("phones", {"number": PERSON, "outcome": "sing"}, 400),
        ("phones", {"number": PERSON, "mood": "good"}, 400),
        ("phones", {"number": PERSON, "keys": [{"keys": "1"}]}, 400),
        ("faults", {}, 400),
        ("dialect", {"accent": "Skåne"}, 400),
        ("dialect", {"played": "yes"}, 400),
        ("dialect", {"reports_why": 1}, 400),
        ("faults", {"kind": "fire"}, 400),
        ("faults", {"kind": "status", "on": "GET /"}, 400),
        ("handsets/h1", {"act": "answer"}, 404),
        ("calls", {}, 400),
        ("calls", {"to": PERSON}, 400),
        ("calls", {"to": "+46766860001", "mood": "good"}, 400),
        ("calls", {"to": "+46766860001", "ago": "long"}, 400),
        ("numbers", {"number": "+46766860001"}, 400),
        ("numbers", {"number": PERSON, "voice_start": ""}, 400),
    ],
)
async def test_invalid_requests(
    control: Send, path: str, body: object, status: int
) -> None:
    """Requests that make no sense are refused."""
    with pytest.raises(aiohttp.ClientResponseError) as error:
        await control("POST", path, body)
    assert error.value.status == status


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/page/style.css"])
async def test_page(
    simulator: Simulator, session: aiohttp.ClientSession, path: str
) -> None:
    """The page is served, and loads nothing from elsewhere."""
    async with session.get(simulator.url + path) as response:
        assert response.status == 200
        text = await response.text()
    assert "https://" not in text
    assert "http://" not in text
