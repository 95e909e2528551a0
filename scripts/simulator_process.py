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

    async def dial(
        self, to: str = FROM_NUMBER, caller: str | None = OWN_NUMBER, **script: Any
    ) -> str:
        """Let somebody call one of the account's numbers; return the call's id.

        None as the caller withholds the number. For the script, see CallerScript and Dialled
        in `simulator/calls`; without one, the caller stays until the call ends.
        """
        options = {"to": to, "from": caller, **script}
        async with self._session.post(
            "/control/calls", json=options, raise_for_status=True
        ) as response:
            call: dict[str, Any] = await response.json()
        return str(call["id"])

    async def call(self, call_id: str) -> dict[str, Any]:
        """Return a call, and with it the phones in it, that of the caller first."""
        call: dict[str, Any] = await self.get(f"calls/{call_id}")
        return call

    async def press(self, call_id: str, keys: str) -> None:
        """Press keys on the first phone of a call."""
        await self.post(f"handsets/{call_id}-0", act="press", keys=keys)

    async def hang_up(self, call_id: str) -> None:
        """Hang up the first phone of a call."""
        await self.post(f"handsets/{call_id}-0", act="hang_up")

    async def heard(self, call_id: str) -> list[str]:
        """Return the URLs of what the first phone of a call has played, in order."""
        phones = (await self.call(call_id))["phones"]
        return list(phones[0]["heard"]) if phones else []

    async def sound(self, url: str) -> bytes:
        """Return a sound that was played, by its URL; empty for the provider's own."""
        paths = {sound["url"]: sound["path"] for sound in await self.get("sounds")}
        return await self._read(paths[url])

    async def voice_start(self, number: str = FROM_NUMBER) -> str:
        """Return what answers a number's calls; empty for nothing."""
        own = await self._number(number)
        return str(own["voice_start"])

    async def set_voice_start(
        self, voice_start: str, number: str = FROM_NUMBER
    ) -> None:
        """Set what answers a number's calls, as if somebody else did."""
        await self.post("numbers", number=number, voice_start=voice_start)

    async def given_away(self) -> list[str]:
        """Return the numbers that the account no longer rents, because it was asked to."""
        numbers = await self.get("numbers")
        return [own["number"] for own in numbers if own["given_away"]]

    async def _number(self, number: str) -> dict[str, Any]:
        numbers: list[dict[str, Any]] = await self.get("numbers")
        return next(own for own in numbers if own["number"] == number)

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
