"""How calls and chains read in the logbook."""

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
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import Fault, FaultKind, KeyPress, Outcome

from .conftest import PHONE, Home, make_contact
from .speech.conftest import Engine

type Lines = Callable[..., Coroutine[Any, Any, list[str]]]

STRANGER = "+46709999999"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
async def logbook(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    """Have a logbook, before Home Assistant's web server takes no more views."""
    # The frontend, to which it adds a page, is not installed here
    hass.config.components.add("frontend")
    for component in ("websocket_api", "logbook"):
        assert await async_setup_component(hass, component, {})


@pytest.fixture
def lines(
    logbook: None, engine: Engine, home: Home, hass_ws_client: WebSocketGenerator
) -> Lines:
    """Return what reads the lines that are ours, the oldest first; of all or of a device."""
    begin = dt_util.utcnow()

    async def read(**which: Any) -> list[str]:
        await async_wait_recording_done(home.hass)
        client = await hass_ws_client()
        await client.send_json_auto_id(
            {"type": "logbook/get_events", "start_time": begin.isoformat(), **which}
        )
        response = await client.receive_json()
        return [
            f"{entry['name']} {entry['message']}"
            for entry in response["result"]
            if entry.get("domain") == "elks"
        ]

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
