"""What is sent to 46elks, as its examples show it: the simulator takes it, and we send it."""

from base64 import b64encode
from itertools import chain
import json

from aiohttp import ClientSession
import pytest

from homeassistant.exceptions import ServiceValidationError
from simulator import Simulator
from tests.elks.conftest import Home, webhook_path

from .example import EXAMPLES, Example, each
from .test_answers import READ, REFUSED, UNASKED
from .test_callbacks import ASKED, ENDED, NOT_OURS

TAKEN = {
    "req-post-calls-docs": 200,
    "req-post-calls-whenhangup": 200,
    "req-post-calls-url-timeout": 200,
    # No number
    "req-post-calls-alpha-from": 403,
    "req-get-calls-range": 200,
    "req-get-calls-limit": 200,
    "req-get-calls-state": 200,
    "req-post-number-id-docs": 200,
}
"""How the simulator answers."""

NOT_SENT = {
    "req-post-sms-docs": 404,
    "req-post-me": 405,
}
"""Requests that neither the client sends nor the simulator knows: how it answers."""

ACTIONS = {
    "act-play-next": True,
    "act-ivr": True,
    "act-connect-chain": True,
    # Its page lacks a comma
    "act-client-connect": False,
}
"""Whether `elks.place_call` passes an action on."""

STREAMS = {
    *("ws-hello", "ws-hello-other-callid", "ws-hello-extra", "ws-audio", "ws-sync"),
    *("ws-bye", "ws-bye-hangup", "ws-out-listening", "ws-out-sending"),
    *("ws-out-interrupt", "ws-out-sync", "ws-out-bye"),
}
"""Frames of a WebSocket, which the integration does not have."""


def test_all() -> None:
    """Every example has a test that says what shall come of it."""
    answers, callbacks = (READ, REFUSED, UNASKED), (ENDED, ASKED, NOT_OURS)
    requests = (TAKEN, NOT_SENT, ACTIONS, STREAMS)
    expected = [*chain(*answers, *callbacks, *requests)]
    assert sorted(expected) == sorted(EXAMPLES)


@each([*TAKEN, *NOT_SENT])
async def test_request(provider: Simulator, example: Example) -> None:
    """A request as the examples write it is taken by the simulator."""
    own = f"{provider.username}:{provider.password}".encode()
    headers = {"Authorization": f"Basic {b64encode(own).decode()}"}
    method, path = example.of.split()
    path = path.replace("{id}", provider.account.numbers[0].id)
    data = None
    if method == "GET":
        path = example.body.split()[1].removeprefix("/a1")
    else:
        # The number of an account that there is not
        data = example.body.replace("46700000000&to", f"{provider.voice_number[1:]}&to")
        data = data.replace("46766861004", provider.voice_number[1:])
        headers["Content-Type"] = str(example.content_type)
    async with (
        ClientSession() as session,
        session.request(
            method, provider.api_url + path, data=data, headers=headers
        ) as answer,
    ):
        assert answer.status == {**TAKEN, **NOT_SENT}[example.id]
    placed = example.of == "POST /calls" and TAKEN.get(example.id) == 200
    assert len(provider.calls) == placed
    await provider.settled()


@each(ACTIONS)
async def test_action(home: Home, example: Example) -> None:
    """An action is passed on as it is, or refused before any request."""
    home.rings_on()
    home.provider.requests.clear()
    if not ACTIONS[example.id]:
        with pytest.raises(ServiceValidationError):
            await home.place_call(voice_start=example.body)
        assert home.provider.requests == []
        return
    action = json.loads(example.body)
    for voice_start in (example.body, action):
        await home.place_call(voice_start=voice_start)
        assert json.loads(home.provider.calls[-1].voice_start) == action


async def test_streams(home: Home) -> None:
    """A frame at the webhook is nobody's."""
    for one in STREAMS:
        body = EXAMPLES[one].body.encode()
        async with home.client.post(webhook_path(), data=body) as answer:
            assert (answer.status, await answer.read()) == (200, b"")
