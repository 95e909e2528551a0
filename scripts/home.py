"""A real Home Assistant on loopback, driven from outside as a browser would."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
import itertools
import json
from pathlib import Path
import random
import socket
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse

from .process import Process

ROOT = Path(__file__).resolve().parents[1]
HASS = ROOT / ".venv/home/bin/hass"

USERNAME = "demo"
PASSWORD = "demo"

CONFIGURATION = """\
homeassistant:
  name: Home
  country: SE
  currency: SEK
  language: en
  time_zone: Europe/Stockholm
  unit_system: metric
  latitude: 59.33
  longitude: 18.07
  external_url: {url}

automation: !include automations.yaml
frontend:
history:
logbook:
tts:
  - platform: demo_voice
"""

CUSTOM_COMPONENTS = {
    "elks": ROOT / "custom_components/elks",
    "demo_voice": ROOT / "scripts/voice",
}

PORTS = range(20_000, 32_000)
"""Below those that the system chooses from where it is asked for any."""

START_SECONDS = 120
STOP_SECONDS = 60
ANSWER_SECONDS = 60


class HomeError(Exception):
    """Home Assistant refused what it was asked to do."""


class Connection:
    """Home Assistant's WebSocket API."""

    def __init__(self, websocket: ClientWebSocketResponse) -> None:
        """Take a connection that has been opened."""
        self._websocket = websocket
        self._ids = itertools.count(1)
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, asyncio.Queue[dict[str, Any]]] = {}

    async def log_in(self, token: str) -> None:
        """Present the token."""
        await self._websocket.receive_json()
        await self._websocket.send_json({"type": "auth", "access_token": token})
        answer = await self._websocket.receive_json()
        if answer["type"] != "auth_ok":
            raise HomeError(answer["message"])

    async def read(self) -> None:
        """Hand out what comes in until the connection is closed."""
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
        """Send a command that subscribes; its events come through the queue."""
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

    async def speak(self, language: str) -> None:
        """Show whoever is logged in the frontend in a language, from the next page on."""
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


class Home:
    """A Home Assistant process with its own configuration folder and owner."""

    def __init__(self, folder: Path, configuration: str = CONFIGURATION) -> None:
        """Make the configuration folder."""
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = folder / "output.log"
        self._process: Process | None = None
        self._token: str | None = None
        folder.mkdir(parents=True)
        (folder / "configuration.yaml").write_text(
            configuration.replace("{url}", self.url)
        )
        (folder / "automations.yaml").write_text("[]")
        (folder / "custom_components").mkdir()
        for domain, component in CUSTOM_COMPONENTS.items():
            (folder / "custom_components" / domain).symlink_to(component)
        self._store_beforehand()

    async def start(self) -> None:
        """Start it, with its owner if it has none yet, and wait until it runs."""
        self._process = Process([HASS, "-c", self.folder], self.output)
        if self._token is None:
            await self._process.wait_for(
                "Home Assistant", self._awaits_owner, START_SECONDS
            )
            self._token = await self._create_owner()
        await self._process.wait_for("Home Assistant", self._runs, START_SECONDS)

    async def stop(self) -> None:
        """Shut it down as it should be."""
        if self._process:
            await self._process.stop(STOP_SECONDS)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process:
            self._process.kill()

    @property
    def pid(self) -> int:
        """The id of the process, once it was started."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.running

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Open a connection to the WebSocket API."""
        async with (
            ClientSession(self.url) as session,
            session.ws_connect("/api/websocket", max_msg_size=0) as websocket,
        ):
            connection = Connection(websocket)
            await connection.log_in(self._token or "")
            reader = asyncio.create_task(connection.read())
            try:
                yield connection
            finally:
                reader.cancel()
                with suppress(asyncio.CancelledError):
                    await reader

    async def add(self, domain: str, *inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Add an integration through its config flow, answering each step in turn."""
        path = "/api/config/config_entries/flow"
        flow = await self._post(path, json={"handler": domain})
        for answers in inputs:
            flow = await self._post(f"{path}/{flow['flow_id']}", json=answers)
            if flow.get("errors"):
                raise HomeError(f"{domain}, step {flow['step_id']}: {flow['errors']}")
        if flow["type"] != "create_entry":
            raise HomeError(f"{domain} was not added: {flow}")
        entry: dict[str, Any] = flow["result"]
        return entry

    async def add_contact(self, entry_id: str, name: str, number: str) -> None:
        """Add a contact to an account through its flow; raises HomeError when refused."""
        path = "/api/config/config_entries/subentries/flow"
        flow = await self._post(path, json={"handler": [entry_id, "contact"]})
        contact = {"name": name, "number": number, "speech": {}}
        flow = await self._post(f"{path}/{flow['flow_id']}", json=contact)
        if flow["type"] != "create_entry":
            raise HomeError(f"The contact {name} was not added: {flow.get('errors')}")

    async def remove(self, domain: str) -> None:
        """Remove the accounts or devices of an integration."""
        async with self.connect() as connection:
            entries = await connection.command("config_entries/get", domain=domain)
        async with self._session() as session:
            for entry in entries:
                path = f"/api/config/config_entries/entry/{entry['entry_id']}"
                async with session.delete(path) as response:
                    response.raise_for_status()

    def _store_beforehand(self) -> None:
        """Keep it on loopback: its server, and what a first start would look up outside."""
        http = {
            "server_host": ["127.0.0.1"],
            "server_port": self.port,
            "cors_allowed_origins": [],
            "ip_ban_enabled": True,
            "login_attempts_threshold": -1,
            "ssl_profile": "intermediate_v6",
            "use_x_frame_options": True,
        }
        # YAML cannot say this: there it is a trial of five minutes
        stable = {"stable": http, "pending": None, "yaml_migration_done": True}
        self._store("http", 3, stable)
        # This welcome page adds a weather service, internet radio and the like
        self._store("onboarding", 4, {"done": ["core_config"]})

    def _store(self, key: str, version: int, data: Mapping[str, Any]) -> None:
        file = self.folder / ".storage" / key
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            json.dumps(
                {"key": key, "version": version, "minor_version": 1, "data": data}
            )
        )

    async def _awaits_owner(self) -> bool:
        return await self._get("/api/onboarding") is not None

    async def _runs(self) -> bool:
        config = await self._get("/api/config")
        return config is not None and config["state"] == "RUNNING"

    async def _create_owner(self) -> str:
        """Go through the other welcome pages; return a token that lasts."""
        client = {"client_id": f"{self.url}/"}
        user = await self._post(
            "/api/onboarding/users",
            json={
                **client,
                "name": "Demo",
                "username": USERNAME,
                "password": PASSWORD,
                "language": "en",
            },
        )
        grant = {"grant_type": "authorization_code", "code": user["auth_code"]}
        tokens = await self._post("/auth/token", data={**client, **grant})
        self._token = tokens["access_token"]
        await self._post("/api/onboarding/analytics", json={})
        await self._post(
            "/api/onboarding/integration", json={**client, "redirect_uri": self.url}
        )
        async with self.connect() as connection:
            token: str = await connection.command(
                "auth/long_lived_access_token", client_name="scripts", lifespan=365
            )
        return token

    async def _get(self, path: str) -> Any:
        """Return what is there; None as long as there is nothing."""
        try:
            async with self._session() as session, session.get(path) as response:
                return await response.json() if response.ok else None
        except ClientError:
            return None

    async def _post(self, path: str, **body: Any) -> Any:
        async with (
            self._session() as session,
            session.post(path, **body) as response,
        ):
            if not response.ok:
                raise HomeError(f"{path}: {response.status} {await response.text()}")
            return await response.json()

    def _session(self) -> ClientSession:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return ClientSession(
            self.url, headers=headers, timeout=ClientTimeout(ANSWER_SECONDS)
        )


def _free_port() -> int:
    """Return a port that nobody is given by chance, so it stays free over a restart."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
