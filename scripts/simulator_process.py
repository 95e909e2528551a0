"""The simulator run as a process, and its control API."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import json
from pathlib import Path
import sys
from typing import Any

from aiohttp import ClientSession

from .process import Process

FROM_NUMBER = "+46766860001"
OWN_NUMBER = "+46700000001"
OWN_NUMBER_AS_WRITTEN = "070-000 00 01"
"""The mobile number that the account was opened with."""
START_SECONDS = 30
STOP_SECONDS = 30


class SimulatorControl:
    """The control API of a simulator."""

    def __init__(self, session: ClientSession) -> None:
        """Use a session with the simulator's base URL."""
        self._session = session

    async def get(self, path: str) -> Any:
        """Return what the control API shows at a path, such as `requests`."""
        async with self._session.get(
            f"/control/{path}", raise_for_status=True
        ) as response:
            return await response.json()

    async def post(self, path: str, **options: Any) -> None:
        """Set or do something, such as `faults`."""
        async with self._session.post(
            f"/control/{path}", json=options, raise_for_status=True
        ):
            pass

    async def script(self, number: str, **script: Any) -> None:
        """Set what the person with a number does, from the next call on."""
        await self.post("phones", number=number, **script)

    async def calls(self) -> list[dict[str, Any]]:
        """Return the last 50 calls, oldest first."""
        calls: list[dict[str, Any]] = (await self.get("state"))["calls"]
        return calls[::-1]

    async def played(self, call: Mapping[str, Any]) -> list[bytes]:
        """Return the sounds that a call played, in order; without the provider's own."""
        paths = {sound["url"]: sound["path"] for sound in await self.get("sounds")}
        urls = [url for action in call["actions"] for url in action.values()]
        return [await self._read(paths[url]) for url in urls if url in paths]

    async def _read(self, path: str) -> bytes:
        async with self._session.get(path, raise_for_status=True) as response:
            return await response.read()


class SimulatorProcess:
    """A simulator, running as a process."""

    def __init__(self, output: Path, *options: str) -> None:
        """Start the process, with options of its command line."""
        command = [sys.executable, "-m", "simulator", *options]
        self._process = Process(command, output)
        self._account: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The address of the page on which phones ring."""
        return self._account["url"]

    @property
    def credentials(self) -> dict[str, str]:
        """The API credentials of the account, and the address of the API."""
        return {
            "username": self._account["username"],
            "password": self._account["password"],
            "url": self._account["api_url"],
        }

    def config_flow(self) -> list[dict[str, Any]]:
        """Return the input for the steps that add the account, without a test call."""
        credentials = self.credentials
        return [
            {"advanced": {"url": credentials.pop("url")}, **credentials},
            {"from_number": FROM_NUMBER},
        ]

    @asynccontextmanager
    async def control(self) -> AsyncIterator[SimulatorControl]:
        """Open the control API."""
        async with ClientSession(self.url) as session:
            yield SimulatorControl(session)

    async def started(self) -> None:
        """Wait until the simulator is ready."""
        await self._process.wait_for("The simulator", self._is_ready, START_SECONDS)

    async def stop(self) -> None:
        """Stop the process."""
        await self._process.stop(STOP_SECONDS)

    async def _is_ready(self) -> bool:
        """Read the line that the simulator prints when it is ready."""
        lines = self._process.output.read_text().splitlines(keepends=True)
        ready = [line for line in lines if line.startswith("{") and line.endswith("\n")]
        if ready:
            self._account = json.loads(ready[0])
        return bool(ready)


@asynccontextmanager
async def running_simulator(
    output: Path, *options: str
) -> AsyncIterator[SimulatorProcess]:
    """Run a simulator, with options of its command line."""
    simulator = SimulatorProcess(output, *options)
    try:
        await simulator.started()
        yield simulator
    finally:
        await simulator.stop()
