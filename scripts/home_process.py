"""A real Home Assistant on loopback, run as a process and used as a browser would."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
import json
from pathlib import Path
import random
import socket
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from .connection import ANSWER_SECONDS, Connection, HomeError, connected
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
"""Below the range from which the system picks a free port."""

_LINE: Mapping[str, Any] = {"door": {}, "speech": {}, "ringing": {}}
"""The sections of a line's form, which leave everything as it is."""
START_SECONDS = 120
STOP_SECONDS = 60


class HomeProcess:
    """A Home Assistant process with its own configuration folder and owner."""

    def __init__(self, folder: Path, configuration: str = CONFIGURATION) -> None:
        """Create the configuration folder."""
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
        self._write_storage()

    async def start(self) -> None:
        """Start Home Assistant, create its owner if there is none, and wait until it runs."""
        self._process = Process([HASS, "-c", self.folder], self.output)
        if self._token is None:
            await self._process.wait_for(
                "Home Assistant", self._awaits_owner, START_SECONDS
            )
            self._token = await self._create_owner()
        await self._process.wait_for("Home Assistant", self._runs, START_SECONDS)

    async def stop(self) -> None:
        """Shut down properly."""
        if self._process:
            await self._process.stop(STOP_SECONDS)

    def kill(self) -> None:
        """Kill the process, as a power cut would."""
        if self._process:
            self._process.kill()

    @property
    def pid(self) -> int:
        """The id of the process, which has been started."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.running

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Open a connection to the WebSocket API."""
        async with connected(self.url, self._token or "") as connection:
            yield connection

    async def add(self, domain: str, *inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Add an integration through its config flow, with the input for each step.

        Raises HomeError when a step refuses its input.
        """
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
        """Add a contact to an account through its flow; raise HomeError if it is refused."""
        path = "/api/config/config_entries/subentries/flow"
        flow = await self._post(path, json={"handler": [entry_id, "contact"]})
        contact = {"name": name, "number": number, "speech": {}}
        flow = await self._post(f"{path}/{flow['flow_id']}", json=contact)
        if flow["type"] != "create_entry":
            raise HomeError(f"The contact {name} was not added: {flow.get('errors')}")

    async def add_line(self, entry_id: str, **fields: Any) -> None:
        """Add a line to an account through its flow; raise HomeError if it is refused."""
        path = "/api/config/config_entries/subentries/flow"
        flow = await self._post(path, json={"handler": [entry_id, "line"]})
        flow = await self._post(f"{path}/{flow['flow_id']}", json={**_LINE, **fields})
        if flow["type"] != "create_entry":
            raise HomeError(f"The line was not added: {flow.get('errors')}")

    async def add_automation(
        self, automation_id: str, automation: Mapping[str, Any]
    ) -> None:
        """Add an automation, as the editor saves it."""
        path = f"/api/config/automation/config/{automation_id}"
        await self._post(path, json=automation)

    def trouble_voice(self, seconds: float = 0.0, error: str | None = None) -> None:
        """Let the demo voice take so long for each text, or fail with an error, from now on.

        Without either, it speaks well again.
        """
        file = self.folder / "demo_voice.json"
        trouble = json.dumps({"seconds": seconds, "error": error})
        # It may be read at the same time
        draft = file.with_suffix(".draft")
        draft.write_text(trouble)
        draft.replace(file)

    async def remove(self, domain: str) -> None:
        """Remove all config entries of an integration."""
        async with self.connect() as connection:
            entries = await connection.command("config_entries/get", domain=domain)
        async with self._session() as session:
            for entry in entries:
                path = f"/api/config/config_entries/entry/{entry['entry_id']}"
                async with session.delete(path) as response:
                    response.raise_for_status()

    def _write_storage(self) -> None:
        """Keep everything on loopback: the server, and a first start that goes online."""
        http = {
            "server_host": ["127.0.0.1"],
            "server_port": self.port,
            "cors_allowed_origins": [],
            "ip_ban_enabled": True,
            "login_attempts_threshold": -1,
            "ssl_profile": "intermediate_v6",
            "use_x_frame_options": True,
        }
        # Not possible in YAML: settings from there are only tried for five minutes
        stable = {"stable": http, "pending": None, "yaml_migration_done": True}
        self._store("http", 3, stable)
        # This onboarding step adds a weather service, internet radio and the like
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
        """Go through the other onboarding steps; return a long-lived token."""
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
        """Return the JSON at a path, None while there is none."""
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
    """Return a free port that the system does not hand out, so that it survives a restart."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


@asynccontextmanager
async def running_home(
    folder: Path, configuration: str = CONFIGURATION
) -> AsyncIterator[HomeProcess]:
    """Run a new Home Assistant in a folder."""
    home = HomeProcess(folder, configuration)
    try:
        await home.start()
        yield home
    finally:
        await home.stop()
