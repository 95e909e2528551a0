"""The simulator run as a process, with the one account it has."""

import json
from pathlib import Path
import sys
from typing import Any

from .process import Process

FROM_NUMBER = "+46766860001"
OWN_NUMBER = "+46700000001"
"""The mobile number that the account signed up with."""
START_SECONDS = 30
STOP_SECONDS = 30


class SimulatorProcess:
    """A stand-in for 46elks, and the phones of the world."""

    def __init__(self, output: Path, *options: str) -> None:
        """Start it; the options are those of its command line."""
        command = [sys.executable, "-m", "simulator", *options]
        self._process = Process(command, output)
        self._account: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The address of the phones' page."""
        return self._account["url"]

    @property
    def credentials(self) -> dict[str, str]:
        """The API credentials of its account, and the address of the API."""
        return {
            "username": self._account["username"],
            "password": self._account["password"],
            "url": self._account["api_url"],
        }

    def config_flow(self) -> list[dict[str, Any]]:
        """Return what to answer to the steps that add its account, without a test call."""
        credentials = self.credentials
        return [
            {"advanced": {"url": credentials.pop("url")}, **credentials},
            {"from_number": FROM_NUMBER},
        ]

    async def started(self) -> None:
        """Wait until it answers."""
        await self._process.wait_for("The simulator", self._is_ready, START_SECONDS)

    async def stop(self) -> None:
        """End it."""
        await self._process.stop(STOP_SECONDS)

    async def _is_ready(self) -> bool:
        """Read the line that it prints when it is ready."""
        lines = self._process.output.read_text().splitlines(keepends=True)
        ready = [line for line in lines if line.startswith("{") and line.endswith("\n")]
        if ready:
            self._account = json.loads(ready[0])
        return bool(ready)
