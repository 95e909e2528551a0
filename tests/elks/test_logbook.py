"""How calls and chains read in the logbook, and how many lines each takes there."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components import elks
from custom_components.elks.api import CallState
from custom_components.elks.chains import ChainEnd
from custom_components.elks.logbook import CALL_ICONS, CHAIN_ICONS, INCOMING_ICON
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
from simulator import Fault, FaultKind, KeyPress, Outcome, SimulatedCall

from .conftest import PHONE, Home, make_contact, make_line
from .speech.conftest import Engine

type Entries = Callable[..., Coroutine[Any, Any, list[dict[str, Any]]]]
type Activity = Callable[..., Coroutine[Any, Any, list[str]]]

STRANGER = "+46709999999"
GATE = "input_boolean.gate"
KEY: dict[str, Any] = {"talk_for": None, "keys": [KeyPress(after=1, keys="1")]}
TOOK = re.compile(r"(?<=: \d), \d+\u00a0s")
"""How long a chain took, which differs from test to test."""
DOCUMENTATION = Path(__file__).parents[2] / "docs/sensors_and_events.md"
ICONS = Path(elks.__file__).parent / "icons.json"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line with a gate, which strangers do not open."""
    opens = {"action": "input_boolean.turn_on", "target": {"entity_id": GATE}}
    menu = [{"key": "1", "say": "open the gate", "actions": [opens]}]
    return [make_line("Farm", menu=menu, actions=[opens])]


@pytest.fixture
def configuration() -> ConfigType:
    """Return the configuration of the logbook."""
    return {}


@pytest.fixture
async def logbook(
    recorder_mock: Recorder, hass: HomeAssistant, configuration: ConfigType
) -> None:
    """Have a logbook, before Home Assistant's web server takes no more views."""
    # The frontend, to which it adds a page, is not installed here
    hass.config.components.add("frontend")
    for component in ("websocket_api", "logbook"):
        assert await async_setup_component(hass, component, configuration)


@pytest.fixture
def entries(
    logbook: None, engine: Engine, home: Home, hass_ws_client: WebSocketGenerator
) -> Entries:
    """Return what reads the logbook, the oldest entry first; of all, or of devices or entities."""
    begin = dt_util.utcnow()

    async def read(**which: Any) -> list[dict[str, Any]]:
        await async_wait_recording_done(home.hass)
        client = await hass_ws_client()
        await client.send_json_auto_id(
            {"type": "logbook/get_events", "start_time": begin.isoformat(), **which}
        )
        response = await client.receive_json()
        result: list[dict[str, Any]] = response["result"]
        return result

    return read


@pytest.fixture
def activity(entries: Entries) -> Activity:
    """Return what reads the lines that are ours."""

    async def read(**which: Any) -> list[str]:
        return [
            TOOK.sub("", f"{entry['name']} {entry['message']}")
            for entry in await entries(**which)
            if entry.get("domain") == "elks"
        ]

    return read


def page_of(home: Home, contact: str | None = None) -> dict[str, list[str]]:
    """Return what the page of a contact, or of the account, asks the logbook for."""
    device = home.device_id(contact)
    entities = er.async_get(home.hass).entities.get_entries_for_device_id(
        device, include_disabled_entities=True
    )
    return {"device_ids": [device], "entity_ids": [one.entity_id for one in entities]}


def details(call: SimulatedCall) -> str:
    """Return how long a call lasted and what it cost."""
    assert call.cost is not None
    return f"{call.duration}\u00a0s, {call.cost / 10_000:.2f}\u00a0SEK"


async def act(home: Home, action: str, **data: Any) -> None:
    """Perform an action, and wait until all has ended."""
    await home.hass.services.async_call(
        "elks", action, data, blocking=True, return_response=True
    )
    await home.settle()


async def test_calls(activity: Activity, home: Home) -> None:
    """Who was called, whether they answered and after how long, and what they pressed."""
    scripts: tuple[dict[str, Any], ...] = (
        {"answer_after": 12, **KEY},
        {"answer_after": 3, "talk_for": 1},
        {"outcome": Outcome.DECLINE},
        {"outcome": Outcome.NO_ANSWER},
    )
    for script in scripts:
        home.provider.phone(PHONE, **script)
        await act(home, "place_call", to="Anna", message="Hello", digits=1)
    home.provider.phone(STRANGER, outcome=Outcome.BUSY)
    await act(home, "place_call", to=STRANGER, message="Hello")

    first, second = (details(call) for call in home.provider.calls[:2])
    assert await activity() == [
        f"Anna answered after 12 s and pressed 1 ({first})",
        f"Anna answered after 3 s ({second})",
        "Anna was busy or declined the call",
        "Anna did not answer",
        f"{STRANGER} was busy or declined the call",
    ]


async def test_one_line_for_a_call(activity: Activity, home: Home) -> None:
    """A call to a contact takes one line, also on the contact's page and beside its entity."""
    home.provider.phone(PHONE, **KEY)
    await act(home, "place_call", to="Anna", message="Hello", digits=1)

    line = f"Anna answered after 2 s and pressed 1 ({details(home.provider.calls[0])})"
    assert await activity() == [line]
    assert await activity(**page_of(home, "Anna")) == [line]
    assert await activity(entity_ids=["notify.anna"]) == [line]
    assert await activity(**page_of(home)) == []


async def test_one_line_for_a_call_to_nobody_known(
    activity: Activity, home: Home
) -> None:
    """A call to nobody known takes one line, also on the account's page."""
    home.provider.phone(STRANGER, outcome=Outcome.BUSY)
    await act(home, "place_call", to=STRANGER, message="Hello")

    line = f"{STRANGER} was busy or declined the call"
    assert await activity() == [line]
    assert await activity(**page_of(home)) == [line]
    assert await activity(**page_of(home, "Anna")) == []


async def test_calls_to_a_line(
    activity: Activity, entries: Entries, home: Home
) -> None:
    """Who called which line, for how long, and what they pressed; each takes one line."""
    keys = [KeyPress(after=1, keys="1", sound=2)]
    talked = home.provider.dial(PHONE, talk_for=25, keys=keys)
    await home.settle()
    for caller in (STRANGER, None):
        home.provider.dial(caller)
        await home.settle()

    seen = [
        f"Farm Anna called and pressed 1 ({details(talked)})",
        f"Farm {STRANGER} called but was not answered",
        "Farm Withheld number called but was not answered",
    ]
    assert await activity() == seen
    assert await activity(**page_of(home, "Farm")) == seen
    assert await activity(entity_ids=["switch.farm_answering"]) == seen
    assert await activity(**page_of(home)) == []
    assert await activity(**page_of(home, "Anna")) == []
    icons = [one["icon"] for one in await entries() if one.get("domain") == "elks"]
    assert icons == [INCOMING_ICON, *2 * ["mdi:phone-missed"]]


async def test_what_a_call_causes(entries: Entries, home: Home) -> None:
    """What the actions of a line change is shown as caused by the call."""
    gate = {"input_boolean": {"gate": None}}
    assert await async_setup_component(home.hass, "input_boolean", gate)
    home.provider.dial(PHONE, talk_for=5)
    await home.settle()

    [opened] = [
        one for one in await entries(entity_ids=[GATE]) if one.get("state") == "on"
    ]
    assert opened["context_entity_id"] == "event.farm_call"


async def test_one_line_for_a_chain(activity: Activity, home: Home) -> None:
    """A chain takes one line besides those of its calls, on the account's page only."""
    home.provider.phone(PHONE, **KEY)
    await act(home, "call_chain", to=["Anna"], message="Fire")

    line = "Call chain accepted by Anna (calls: 1)"
    call = f"Anna answered after 2 s and pressed 1 ({details(home.provider.calls[0])})"
    assert await activity() == [line, call]
    assert await activity(**page_of(home)) == [line]
    assert await activity(**page_of(home, "Anna")) == [call]


async def test_lines_of_entities(entries: Entries, home: Home) -> None:
    """Besides the one line there are those of entities, which Home Assistant adds by itself."""
    home.provider.phone(PHONE, **KEY)
    await act(home, "call_chain", to=["Anna"], message="Fire")

    async def changed(contact: str | None) -> list[str]:
        page = await entries(**page_of(home, contact))
        return sorted(f"{one['entity_id']}" for one in page if "state" in one)

    assert await changed("Anna") == [
        "sensor.anna_last_answer",
        *2 * ["sensor.anna_last_call"],
    ]
    assert await changed(None) == [
        *4 * ["event.demo_home_call"],
        "sensor.demo_home_acknowledged_by",
        *2 * ["sensor.demo_home_call_chain"],
        "sensor.demo_home_last_answer",
        *2 * ["sensor.demo_home_last_call"],
    ]


class TestWithoutEntities:
    """The logbook leaves out the entities that the documentation says."""

    @pytest.fixture
    def configuration(self) -> ConfigType:
        """Return the configuration that is documented."""
        example = DOCUMENTATION.read_text().split("```yaml\nlogbook:")[1]
        configuration = parse_yaml("logbook:" + example.split("```")[0])
        assert isinstance(configuration, dict)
        return configuration

    async def test_nothing_but_the_lines(self, entries: Entries, home: Home) -> None:
        """A call takes one line of all, and a chain one besides those of its calls."""
        home.provider.phone(PHONE, **KEY)
        await act(home, "place_call", to="Anna", message="Hello", digits=1)
        await act(home, "call_chain", to="Anna", message="Fire")

        # The voice is no entity of ours
        rest = [one for one in await entries() if one.get("entity_id") != "tts.tones"]
        assert [one.get("name") for one in rest] == ["Anna", "Call chain", "Anna"]


async def test_icons(entries: Entries, home: Home) -> None:
    """Whether somebody answered, and accepted, is seen by the icon."""
    for script in (KEY, {"outcome": Outcome.NO_ANSWER}, {"outcome": Outcome.DECLINE}):
        home.provider.phone(PHONE, **script)
        await act(home, "call_chain", to="Anna", message="Fire", rounds=1)

    icons = [one["icon"] for one in await entries() if one.get("domain") == "elks"]
    assert icons == [
        "mdi:phone-check",
        "mdi:phone-check",
        "mdi:phone-missed",
        "mdi:phone-missed",
        "mdi:phone-cancel",
        "mdi:phone-missed",
    ]


def test_icons_of_the_sensors() -> None:
    """Every end of a call and of a chain has an icon: that of the sensor."""
    sensors = json.loads(ICONS.read_text())["entity"]["sensor"]

    assert CALL_ICONS.keys() == set(CallState) - {CallState.ONGOING}
    assert sensors["last_call"]["state"].items() >= CALL_ICONS.items()
    assert CHAIN_ICONS.keys() == {end.state for end in ChainEnd}
    assert sensors["call_chain"]["state"].items() >= CHAIN_ICONS.items()


async def test_chains(activity: Activity, home: Home) -> None:
    """Who took it, or why nobody did."""
    chain = {"to": "Anna", "message": "Fire", "rounds": 1}
    home.provider.phone(PHONE, **KEY)
    await act(home, "call_chain", **chain)
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await act(home, "call_chain", **chain)
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body="Not enough credits"))
    await act(home, "call_chain", **chain)

    assert [line for line in await activity() if line.startswith("Call chain")] == [
        "Call chain accepted by Anna (calls: 1)",
        "Call chain not accepted by anyone (calls: 1)",
        "Call chain stopped because the account has run out of money (calls: 0)",
    ]


async def test_cost_of_a_chain(activity: Activity, home: Home) -> None:
    """A chain shows what its calls cost together; who has just accepted is still on the phone."""
    home.provider.phone(PHONE, answer_after=1, talk_for=9)
    home.provider.phone(STRANGER, **KEY)
    await act(home, "call_chain", to=["Anna"], message="Fire", rounds=1)
    await act(home, "call_chain", to=["Anna", STRANGER], message="Fire", rounds=1)

    costs = [f"{call.cost / 10_000:.2f}" for call in home.provider.calls if call.cost]
    assert [line for line in await activity() if line.startswith("Call chain")] == [
        f"Call chain not accepted by anyone (calls: 1, {costs[0]}\u00a0SEK)",
        f"Call chain accepted by {STRANGER} (calls: 2, {costs[1]}\u00a0SEK so far)",
    ]


@pytest.mark.parametrize(
    ("seconds", "took"),
    [
        (-5, "0\u00a0s"),
        (59, "59\u00a0s"),
        (60, "1\u00a0min"),
        (95, "1\u00a0min 35\u00a0s"),
    ],
)
async def test_time_of_a_chain(
    entries: Entries, home: Home, seconds: int, took: str
) -> None:
    """A chain shows how long it took, from the first call on."""
    first, second = (
        dt_util.utcnow() - timedelta(seconds=before) for before in (seconds, 1)
    )
    call = {"cost": None, "currency": "SEK", "state": "ongoing"}
    home.hass.bus.async_fire(
        "elks_chain_ended",
        {
            "by": "Anna",
            "calls": [
                {**call, "created": created and created.isoformat()}
                for created in ((first, None) if seconds < 0 else (first, second))
            ],
            "reason": "acknowledged",
        },
    )

    [line] = [one for one in await entries() if one.get("domain") == "elks"]
    assert line["message"] == f"accepted by Anna (calls: 2, {took})"


@pytest.fixture
def swedish(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    """Have a home in Sweden."""
    hass.config.language = "sv"


async def test_language_of_the_home(
    swedish: None, activity: Activity, home: Home
) -> None:
    """The lines are in the home's language, and so is the decimal mark."""
    await act(home, "place_call", to="Anna", message="Hej")
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await act(home, "place_call", to="Anna", message="Hej")

    spent = details(home.provider.calls[0]).replace(".", ",")
    assert await activity() == [
        f"Anna svarade efter 2 s ({spent})",
        "Anna var upptagen eller avvisade samtalet",
    ]
