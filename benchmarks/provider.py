"""The provider's side of the benchmarks: a simulator in a separate process, and its callbacks."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from scripts.simulator_process import (
    SimulatorControl,
    SimulatorProcess,
    running_simulator,
)

_BALANCE = 10**10


@dataclass(frozen=True, kw_only=True)
class BenchedAccount:
    """The account that is used at the provider."""

    username: str
    password: str
    api_url: str
    from_number: str


class BenchedProvider:
    """The simulator that a benchmarked home calls through."""

    def __init__(self, simulator: SimulatorProcess, control: SimulatorControl) -> None:
        """Use a simulator and its control API."""
        self._control = control
        credentials, numbers = simulator.config_flow()
        self.account = BenchedAccount(
            username=credentials["username"],
            password=credentials["password"],
            api_url=credentials["advanced"]["url"],
            from_number=numbers["from_number"],
        )

    async def requests(self) -> list[dict[str, Any]]:
        """Return the requests to the API since the last `clear`."""
        requests: list[dict[str, Any]] = await self._control.get("requests")
        return requests

    async def clear(self) -> None:
        """Forget all calls and requests."""
        await self._control.post("reset")


@asynccontextmanager
async def running_provider(folder: Path) -> AsyncGenerator[BenchedProvider]:
    """Run a simulator in which nobody answers."""
    options = ("--manual", "--balance", str(_BALANCE))
    async with (
        running_simulator(folder / "simulator.log", *options) as simulator,
        simulator.control() as control,
    ):
        yield BenchedProvider(simulator, control)


class CallbackConnection:
    """A connection for callbacks, as cheap as possible so that only the home is timed."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Use a connection that is open."""
        self._reader = reader
        self._writer = writer

    async def post(self, path: str, form: Mapping[str, str]) -> bytes:
        """Send a callback and return the body of the answer."""
        return await self.send(path, urlencode(form).encode())

    async def send(self, path: str, body: bytes) -> bytes:
        """Send a form that is encoded, and return the body of the answer."""
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
async def callback_connection(port: int) -> AsyncGenerator[CallbackConnection]:
    """Open a connection to a home on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield CallbackConnection(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
