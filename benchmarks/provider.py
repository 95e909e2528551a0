"""The provider's side of the benchmarks: a simulator in a process of its own, and its callbacks."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession

from scripts.simulator_process import SimulatorProcess

_BALANCE = 10**10


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account at the provider."""

    username: str
    password: str
    api_url: str
    from_number: str


class Provider:
    """The simulator, seen and cleared from outside."""

    def __init__(self, session: ClientSession, simulator: SimulatorProcess) -> None:
        """Use the simulator's control API."""
        self._session = session
        credentials, numbers = simulator.config_flow()
        self.account = Account(
            username=credentials["username"],
            password=credentials["password"],
            api_url=credentials["advanced"]["url"],
            from_number=numbers["from_number"],
        )

    async def requests(self) -> list[dict[str, Any]]:
        """Return the requests to the API since it was cleared."""
        async with self._session.get("/control/requests") as response:
            requests: list[dict[str, Any]] = await response.json()
            return requests

    async def clear(self) -> None:
        """Forget all calls and requests."""
        async with self._session.post("/control/reset", raise_for_status=True):
            pass


@asynccontextmanager
async def running_provider(folder: Path) -> AsyncGenerator[Provider]:
    """Run a simulator whose phones ring until nobody has answered."""
    options = ("--manual", "--balance", str(_BALANCE))
    simulator = SimulatorProcess(folder / "simulator.log", *options)
    try:
        await simulator.started()
        async with ClientSession(simulator.url) as session:
            yield Provider(session, simulator)
    finally:
        await simulator.stop()


class Line:
    """A connection for callbacks that costs as little as can be: what is timed is the home."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Use a connection that has been opened."""
        self._reader = reader
        self._writer = writer

    async def post(self, path: str, form: Mapping[str, str]) -> bytes:
        """Make a callback and return the body of the answer."""
        body = urlencode(form).encode()
        self._writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(head.decode())
        length = head.lower().partition(b"content-length:")[2].split()[0]
        return await self._reader.readexactly(int(length))


@asynccontextmanager
async def line_to(port: int) -> AsyncGenerator[Line]:
    """Open a connection to a home on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
