"""What the tests of the integration share: a simulated 46elks, and a home that phones through it."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
import sys
from typing import Any

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.elks  # noqa: F401  The helper's own custom_components would win
from custom_components.elks.const import (
    CONF_CALLBACK_KEY,
    CONF_CURRENCY,
    CONF_FROM_NUMBER,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_LINE,
)
from custom_components.elks.event import CallEventEntity
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.components.webhook import async_generate_path
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator import Outcome, Simulator

from .cloud import Cloud
from .speech.conftest import Engine, tone

PHONE = "+46701234567"
LINE = "+46766860001"
LINE_KEY = "a-secret-of-the-line"
LAST_CALL = "sensor.demo_home_last_call"
WEBHOOK_ID = "a-webhook-id-that-nobody-guesses"
CALLBACK_KEY = "a key that nobody guesses either"
PLAY = {"play": "sound/beep"}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep Home Assistant's files out of its own package."""
    return hass_tmp_config_dir


@pytest.fixture
async def provider(socket_enabled: None) -> AsyncIterator[Simulator]:
    """Return a simulated 46elks, a thousand times as fast as the real one."""
    simulator = Simulator(speed=1000)
    async with simulator.serve():
        yield simulator


@pytest.fixture
def event_entities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the event entities of contacts, which are disabled at first."""
    monkeypatch.setattr(CallEventEntity, "entity_registry_enabled_default", True)


@pytest.fixture
async def editor(hass: HomeAssistant) -> None:
    """Let the editor ask, before the web server takes no more views."""
    assert await async_setup_component(hass, "websocket_api", {})


@pytest.fixture
def in_sweden(hass: HomeAssistant) -> None:
    """Let the home be in Sweden."""
    hass.config.country = "SE"


@pytest.fixture
def cloud(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Return a home's subscription to the cloud, without remote access."""
    cloud = Cloud()
    hass.config.components.add("cloud")
    monkeypatch.setitem(sys.modules, "homeassistant.components.cloud", cloud.module())
    return cloud


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return the contacts of the account: none, unless a test module has others."""
    return []


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return the lines of the account: none, unless a test module has others."""
    return []


@pytest.fixture
def entry(
    hass: HomeAssistant,
    enable_custom_integrations: None,
    provider: Simulator,
    contacts: list[ConfigSubentryData],
    lines: list[ConfigSubentryData],
) -> MockConfigEntry:
    """Return an account at the simulated 46elks, not set up yet."""
    return make_entry(hass, provider, [*contacts, *lines])


def make_contact(name: str, number: str, **speech: object) -> ConfigSubentryData:
    """Return a contact as its flow would have made it."""
    return {
        "data": {"name": name, "number": number, **speech},
        "subentry_type": SUBENTRY_CONTACT,
        "title": name,
        "unique_id": number,
    }


def make_line(
    name: str = "Home", number: str = LINE, **fields: object
) -> ConfigSubentryData:
    """Return a line as its flow would have made it."""
    return {
        "data": {"name": name, "number": number, "line_key": LINE_KEY, **fields},
        "subentry_type": SUBENTRY_LINE,
        "title": name,
        "unique_id": number,
    }


def make_entry(
    hass: HomeAssistant,
    provider: Simulator,
    contacts: list[ConfigSubentryData] | None = None,
) -> MockConfigEntry:
    """Add an account as the config flow would have."""
    hass.config.country = "SE"
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=provider.displayname,
        unique_id=provider.account_id,
        data={
            CONF_USERNAME: provider.username,
            CONF_PASSWORD: provider.password,
            CONF_URL: provider.api_url,
            CONF_WEBHOOK_ID: WEBHOOK_ID,
            CONF_CALLBACK_KEY: CALLBACK_KEY,
            CONF_CURRENCY: "SEK",
        },
        options={CONF_FROM_NUMBER: provider.voice_number},
        subentries_data=contacts or (),
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def engine(hass: HomeAssistant) -> Engine:
    """Give the home a voice, before its web server takes no more views."""
    for component in ("http", "media_source", "tts"):
        assert await async_setup_component(hass, component, {})
    engine = Engine("tones", ("wav", tone(1)))
    await hass.data[DATA_COMPONENT].async_add_entities([engine])
    return engine


@dataclass(frozen=True)
class Home:
    """A home whose account is set up, and that 46elks can reach."""

    hass: HomeAssistant
    entry: MockConfigEntry
    provider: Simulator
    client: TestClient[Any, Any]
    """Reaches Home Assistant as a stranger on the internet does."""

    async def place_call(self, **data: object) -> dict[str, Any]:
        """Place a call with the action and return its response."""
        return await self.act(
            "place_call", **{"to": PHONE, "voice_start": PLAY, **data}
        )

    async def speak(self, **data: object) -> dict[str, Any]:
        """Place a call that speaks, wait for its end and return the response."""
        return await self.act("place_call", **{"to": PHONE, "wait": True, **data})

    async def act(self, action: str, **data: object) -> dict[str, Any]:
        """Perform an action and return its response."""
        response = await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        assert isinstance(response, dict)
        return response

    def heard(self) -> list[str]:
        """Return which actions the phones heard, and how each went."""
        return [
            f"{next(iter(action))} {action['result']}"
            for call in self.provider.calls
            for action in call.actions
        ]

    def device_id(self, contact: str | None = None) -> str:
        """Return the id of the device of a contact, given by name, or of the account."""
        owners = {one.title: one.subentry_id for one in self.entry.subentries.values()}
        owner = owners[contact] if contact else self.entry.entry_id
        [device] = [
            device.id
            for device in dr.async_entries_for_config_entry(
                dr.async_get(self.hass), self.entry.entry_id
            )
            if (DOMAIN, owner) in device.identifiers
        ]
        return device

    def rings_on(self) -> None:
        """Let the phone ring for longer than any test takes."""
        self.provider.clock.speed = 1
        self.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)

    async def settle(self) -> None:
        """Wait until every call has ended and Home Assistant took that in."""
        await self.provider.settled()
        await self.hass.async_block_till_done()

    async def callback(self, **fields: str) -> int:
        """Call back as the simulated 46elks would for its newest call; return the status."""
        url = str(self.provider.calls[-1].whenhangup)
        async with self.client.post(url[url.index("/api/") :], data=fields) as response:
            return response.status

    @property
    def last_call(self) -> State:
        """The sensor of the last call."""
        state = self.hass.states.get(LAST_CALL)
        assert state is not None
        return state

    def attributes(self, sensor: str) -> set[str]:
        """Return the names of what one of the account's sensors tells besides its state."""
        state = self.hass.states.get(f"sensor.demo_home_{sensor}")
        assert state is not None
        return state.attributes.keys() - {"device_class", "friendly_name", "options"}


@pytest.fixture
def patience() -> float:
    """Return for how many seconds a call waits for its sounds: longer where the machine is busy."""
    return 20


@pytest.fixture
async def home(
    hass: HomeAssistant,
    patience: float,
    monkeypatch: pytest.MonkeyPatch,
    entry: MockConfigEntry,
    provider: Simulator,
    hass_client_no_auth: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
) -> Home:
    """Return a home that phones through the simulated 46elks."""
    answering = "custom_components.elks.answering"
    monkeypatch.setattr(f"{answering}._PATIENCE_FOR_SOUND", patience)
    monkeypatch.setattr(f"{answering}._PATIENCE_AT_DOOR", max(patience, 2.5))
    lead_lines_to(provider, entry, "https://old.example.com")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    client = await hass_client_no_auth()
    hass.config.external_url = base = str(client.make_url("")).rstrip("/")
    lead_lines_to(provider, entry, base)
    return Home(hass, entry, provider, client)


def lead_lines_to(provider: Simulator, entry: MockConfigEntry, base: str) -> None:
    """Let the account's lines be set at 46elks for a home at this address."""
    for subentry in entry.subentries.values():
        if subentry.data.get("line_key") == LINE_KEY:
            own = provider.account.numbered(subentry.data["number"])
            provider.account.change(own, voice_start=line_url(base))


def line_url(base: str) -> str:
    """Return the address at which 46elks calls the line of `make_line`."""
    return f"{base}{webhook_path()}?line={LINE_KEY}"


def webhook_path() -> str:
    """Return the path of the account's webhook."""
    return async_generate_path(WEBHOOK_ID)
