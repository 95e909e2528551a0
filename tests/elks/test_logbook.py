"""How calls and chains read in the logbook."""

from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import Fault, FaultKind, KeyPress, Outcome

from .conftest import PHONE, Home, make_contact
from .speech.conftest import Engine

type Entries = Callable[..., Coroutine[Any, Any, list[dict[str, Any]]]]
type Lines = Callable[..., Coroutine[Any, Any, list[str]]]

STRANGER = "+46709999999"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def filters() -> dict[str, Any]:
    """Return how the logbook is configured."""
    return {}


@pytest.fixture
async def logbook(
    recorder_mock: Recorder, hass: HomeAssistant, filters: dict[str, Any]
) -> None:
    """Have a logbook, before Home Assistant's web server takes no more views."""
    # The frontend, to which it adds a page, is not installed here
    hass.config.components.add("frontend")
    for component in ("websocket_api", "logbook"):
        assert await async_setup_component(hass, component, {"logbook": filters})


@pytest.fixture
def entries(
    logbook: None, engine: Engine, home: Home, hass_ws_client: WebSocketGenerator
) -> Entries:
    """Return what reads the logbook, the oldest entry first; of all or of a device."""
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


def ours(entries: list[dict[str, Any]]) -> list[str]:
    """Return the lines that are ours, not Home Assistant's own of entities."""
    return [
        f"{entry['name']} {entry['message']}"
        for entry in entries
        if entry.get("domain") == "elks"
    ]


@pytest.fixture
def lines(entries: Entries) -> Lines:
    """Return what reads the lines that are ours."""

    async def read(**which: Any) -> list[str]:
        return ours(await entries(**which))

    return read


async def act(home: Home, action: str, **data: Any) -> None:
    """Perform an action, and wait until all has ended."""
    await home.hass.services.async_call(
        "elks", action, data, blocking=True, return_response=True
    )
    await home.settle()


async def test_calls(lines: Lines, home: Home) -> None:
    """Who was called, whether they answered and after how long, and what they pressed."""
    scripts: tuple[dict[str, Any], ...] = (
        {"answer_after": 12, "talk_for": None, "keys": [KeyPress(after=1, keys="1")]},
        {"answer_after": 3, "talk_for": 1},
        {"outcome": Outcome.DECLINE},
        {"outcome": Outcome.NO_ANSWER},
    )
    for script in scripts:
        home.provider.phone(PHONE, **script)
        await act(home, "place_call", to="Anna", message="Hello", digits=1)
    home.provider.phone(STRANGER, outcome=Outcome.BUSY)
    await act(home, "place_call", to=STRANGER, message="Hello")

    assert await lines() == [
        "Anna answered the call after 12 s and pressed 1",
        "Anna answered the call after 3 s",
        "Anna was called, but was busy or declined",
        "Anna was called, but did not answer",
        f"{STRANGER} was called, but was busy or declined",
    ]


async def test_icons_of_calls(entries: Entries, home: Home) -> None:
    """The icon shows whether a call was answered."""
    for outcome in (Outcome.ANSWER, Outcome.DECLINE, Outcome.NO_ANSWER):
        home.provider.phone(PHONE, outcome=outcome)
        await act(home, "place_call", to="Anna", message="Hello")

    assert [entry["icon"] for entry in await entries() if "icon" in entry] == [
        "mdi:phone-check",
        "mdi:phone-cancel",
        "mdi:phone-missed",
    ]


async def test_pages_of_devices(lines: Lines, home: Home) -> None:
    """A contact's page shows the calls to the contact, the account's all to nobody known."""
    await act(home, "place_call", to="Anna", message="Hello")
    home.provider.phone(STRANGER, outcome=Outcome.BUSY)
    await act(home, "place_call", to=STRANGER, message="Hello")

    anna, account = home.device_id("Anna"), home.device_id()
    assert await lines(device_ids=[anna]) == ["Anna answered the call after 2 s"]
    assert await lines(device_ids=[account]) == [
        f"{STRANGER} was called, but was busy or declined"
    ]


async def test_chains(lines: Lines, home: Home) -> None:
    """Who took it, or why nobody did."""
    chain = {"to": "Anna", "message": "Fire", "rounds": 1}
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])
    await act(home, "call_chain", **chain)
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await act(home, "call_chain", **chain)
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body="Not enough credits"))
    await act(home, "call_chain", **chain)

    assert [line for line in await lines() if line.startswith("Call chain")] == [
        "Call chain was accepted by Anna (calls: 1)",
        "Call chain was not accepted by anyone (calls: 1)",
        "Call chain stopped because the account has run out of money (calls: 0)",
    ]


async def test_icon_of_a_chain(entries: Entries, home: Home) -> None:
    """A chain has an icon of its own."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await act(home, "call_chain", to="Anna", message="Fire", rounds=1)

    assert [entry["icon"] for entry in await entries() if "icon" in entry] == [
        "mdi:phone-cancel",
        "mdi:phone-sync",
    ]


def page(home: Home, contact: str | None = None) -> dict[str, list[str]]:
    """Return what a device's page asks the logbook for."""
    device = home.device_id(contact)
    entities = er.async_entries_for_device(
        er.async_get(home.hass), device, include_disabled_entities=True
    )
    return {
        "device_ids": [device],
        "entity_ids": [entity.entity_id for entity in entities],
    }


async def test_one_line_for_a_call(entries: Entries, home: Home) -> None:
    """A call has one line of ours; the others are Home Assistant's, of entities that change."""
    home.provider.phone(
        PHONE, answer_after=3, talk_for=None, keys=[KeyPress(after=1, keys="1")]
    )
    await act(home, "place_call", to="Anna", message="Hello", digits=1)
    line = "Anna answered the call after 3 s and pressed 1"

    everything = await entries()
    assert ours(everything) == [line]
    changes = (entry["entity_id"] for entry in everything if "entity_id" in entry)
    of_entities = Counter(entity for entity in changes if not entity.startswith("tts."))
    assert of_entities == {
        "event.anna_call": 4,
        "event.demo_home_call": 4,
        "sensor.anna_last_call": 2,
        "sensor.demo_home_last_call": 2,
    }
    assert ours(await entries(**page(home, "Anna"))) == [line]
    assert ours(await entries(**page(home))) == []


async def test_one_line_for_a_chain(entries: Entries, home: Home) -> None:
    """A chain has one line, on the account's page; each of its calls has one too."""
    home.provider.phone(
        PHONE, answer_after=3, talk_for=None, keys=[KeyPress(after=1, keys="1")]
    )
    await act(home, "call_chain", to="Anna", message="Fire", rounds=1)
    call = "Anna answered the call after 3 s and pressed 1"
    chain = "Call chain was accepted by Anna (calls: 1)"

    assert sorted(ours(await entries())) == [call, chain]
    assert ours(await entries(**page(home, "Anna"))) == [call]
    assert ours(await entries(**page(home))) == [chain]


@pytest.mark.parametrize(
    "filters",
    [
        {
            "exclude": {
                # The voice's line is not of the call
                "domains": ["tts"],
                "entity_globs": [
                    "event.*_call",
                    "sensor.*_last_call",
                    "sensor.*_call_chain",
                ],
            }
        }
    ],
)
async def test_nothing_but_ours(entries: Entries, home: Home) -> None:
    """Who excludes the entities from the logbook has one line for a call, and one for a chain."""
    await act(home, "place_call", to="Anna", message="Hello")
    assert len(await entries()) == 1

    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await act(home, "call_chain", to="Anna", message="Fire", rounds=1)
    everything = await entries()
    assert len(everything) == 3
    assert len(ours(everything)) == 3


@pytest.fixture
def swedish(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    """Have a home in Sweden."""
    hass.config.language = "sv"


async def test_language_of_the_home(swedish: None, lines: Lines, home: Home) -> None:
    """The lines are in the home's language."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)

    await act(home, "place_call", to="Anna", message="Hej")

    assert await lines() == [
        "Anna ringdes upp, men var upptagen eller avvisade samtalet"
    ]
