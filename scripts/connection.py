"""Home Assistant's WebSocket API, as a browser uses it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
import itertools
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

ANSWER_SECONDS = 60


class HomeError(Exception):
    """Home Assistant refused or failed to do something."""


class Connection:
    """A connection to the WebSocket API."""

    def __init__(self, websocket: ClientWebSocketResponse) -> None:
        """Use a WebSocket that is open."""
        self._websocket = websocket
        self._ids = itertools.count(1)
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, asyncio.Queue[dict[str, Any]]] = {}

    async def log_in(self, token: str) -> None:
        """Authenticate with a token."""
        await self._websocket.receive_json()
        await self._websocket.send_json({"type": "auth", "access_token": token})
        answer = await self._websocket.receive_json()
        if answer["type"] != "auth_ok":
            raise HomeError(answer["message"])

    async def read(self) -> None:
        """Dispatch incoming messages until the connection is closed."""
        async for message in self._websocket:
            data = message.json()
            if data["type"] == "event":
                self._events[data["id"]].put_nowait(data["event"])
            elif not (result := self._results.get(data["id"])) or result.done():
                continue
            elif data["success"]:
                result.set_result(data["result"])
            else:
                result.set_exception(HomeError(data["error"]["message"]))
        for result in self._results.values():
            if not result.done():
                result.set_exception(HomeError("The connection was closed"))

    async def command(self, kind: str, **fields: Any) -> Any:
        """Send a command and return its result."""
        return await self._send(next(self._ids), kind, fields)

    async def subscribe(
        self, kind: str, **fields: Any
    ) -> asyncio.Queue[dict[str, Any]]:
        """Send a command that subscribes; return the queue that its events arrive in."""
        number = next(self._ids)
        self._events[number] = asyncio.Queue()
        await self._send(number, kind, fields)
        return self._events[number]

    async def act(
        self, action: str, data: Mapping[str, Any], *, return_response: bool = False
    ) -> Any:
        """Perform an action such as `elks.place_call`; return its response."""
        domain, service = action.split(".")
        result = await self.command(
            "call_service",
            domain=domain,
            service=service,
            service_data=data,
            return_response=return_response,
        )
        return result.get("response")

    async def set_language(self, language: str) -> None:
        """Set the user's language; the frontend uses it from the next page load on."""
        value = {"language": language, "number_format": "language"}
        await self.command("frontend/set_user_data", key="language", value=value)

    async def state(self, entity_id: str) -> dict[str, Any]:
        """Return an entity's state with its attributes."""
        states: list[dict[str, Any]] = await self.command("get_states")
        for state in states:
            if state["entity_id"] == entity_id:
                return state
        raise HomeError(f"There is no {entity_id}")

    async def _send(self, number: int, kind: str, fields: Mapping[str, Any]) -> Any:
        result = self._results[number] = asyncio.get_running_loop().create_future()
        try:
            await self._websocket.send_json({"id": number, "type": kind, **fields})
            async with asyncio.timeout(ANSWER_SECONDS):
                return await result
        finally:
            del self._results[number]


@asynccontextmanager
async def connected(url: str, token: str) -> AsyncIterator[Connection]:
    """Open a connection to the Home Assistant at a URL, logged in with a token."""
    async with (
        ClientSession(url) as session,
        session.ws_connect("/api/websocket", max_msg_size=0) as websocket,
    ):
        connection = Connection(websocket)
        await connection.log_in(token)
        reader = asyncio.create_task(connection.read())
        try:
            yield connection
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
