"""A simulator, a client of its API, and the customer's own web server."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
import json
from typing import Any
import wave

import aiohttp
from aiohttp import web
import pytest

from simulator import Simulator

PERSON = "+46701234567"
SPEED = 1000


@dataclass
class Customer:
    """The customer's own web server: it answers callbacks and serves sounds."""

    url: str = ""
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, list[web.Response]] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    waits_for: asyncio.Event | None = None
    """What has to happen before it answers a callback."""

    def will_answer(self, path: str, *answers: int | object) -> None:
        """Set the answers to POST requests, in order: a number is a status, the rest JSON."""
        self.answers[path] = [
            web.Response(status=answer, headers={"Location": "/moved"})
            if isinstance(answer, int)
            else web.json_response(answer)
            for answer in answers
        ]

    def serves_sound(self, path: str, seconds: float) -> str:
        """Serve a WAV of silence; return its URL."""
        self.files[path] = (wav(seconds), "audio/wav")
        return self.url + path

    def forms(self, path: str) -> list[dict[str, Any]]:
        """Return the forms posted to a path."""
        return [form for at, form in self.received if at == path]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer the provider."""
        if request.method == "GET":
            self.fetched.append(request.path)
            body, content_type = self.files[request.path]
            return web.Response(body=body, content_type=content_type)
        self.types.append(request.headers["Content-Type"])
        self.received.append((request.path_qs, dict(await request.post())))
        if self.waits_for:
            await self.waits_for.wait()
        answers = self.answers.get(request.path_qs)
        return answers.pop(0) if answers else web.Response()


class Client:
    """Sends requests with the account's credentials."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        """Use a simulator's API."""
        self._simulator = simulator
        self._session = session
        credentials = f"{simulator.username}:{simulator.password}"
        self.headers = {
            "Authorization": f"Basic {b64encode(credentials.encode()).decode()}"
        }

    async def get(self, path: str, **query: str | int) -> Any:
        """Return the API's answer."""
        async with self._session.get(
            self._simulator.api_url + path, params=query, headers=self.headers
        ) as response:
            response.raise_for_status()
            return await response.json()

    async def order(self, **fields: str | None) -> tuple[int, str]:
        """Request a call; return the answer's status and text."""
        form = {
            "from": self._simulator.voice_number,
            "to": PERSON,
            "voice_start": '{"play": "sound/beep"}',
            **fields,
        }
        given = {name: value for name, value in form.items() if value is not None}
        return await self.post("/calls", **given)

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        """Send a form; return the answer's status and text."""
        async with self._session.post(
            self._simulator.api_url + path, data=form, headers=self.headers
        ) as response:
            return response.status, await response.text()

    async def delete(self, path: str) -> None:
        """Send a request to delete something."""
        async with self._session.delete(
            self._simulator.api_url + path, headers=self.headers
        ) as response:
            response.raise_for_status()

    async def call(self, action: object = None, **fields: str) -> Any:
        """Place a call and wait for its end; return it as the API shows it."""
        if action is not None:
            fields["voice_start"] = json.dumps(action)
        status, text = await self.order(**fields)
        assert status == 200, text
        await self._simulator.settled()
        return await self.get(f"/calls/{json.loads(text)['id']}")


def wav(seconds: float) -> bytes:
    """Return silence."""
    file = BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(bytes(int(seconds * 8000) * 2))
    return file.getvalue()


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    """Return an HTTP session without credentials."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Return a simulator that is being served."""
    simulator = Simulator(speed=SPEED)
    async with simulator.serve():
        yield simulator


@pytest.fixture
async def client(simulator: Simulator, session: aiohttp.ClientSession) -> Client:
    """Return a client of the simulator's API."""
    return Client(simulator, session)


@pytest.fixture
async def customer(socket_enabled: None) -> AsyncGenerator[Customer]:
    """Return the customer's web server."""
    customer = Customer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", customer.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    customer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield customer
    await runner.cleanup()


def results(call: dict[str, Any]) -> Sequence[str]:
    """Return the results of a call's actions."""
    return [action["result"] for action in call["actions"]]
