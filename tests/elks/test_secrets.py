"""What nobody may read afterwards: PINs, and the numbers of those who called."""

from collections.abc import Callable, Coroutine, Iterable
import json
import logging
from typing import Any

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from sqlalchemy import select

from homeassistant.components.recorder import db_schema
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import KeyPress

from .conftest import LINE, PHONE, Home, make_contact, make_line
from .speech.conftest import Engine

STRANGER = "+46709999999"
PIN, OWN_PIN, WRONG_PIN = "24680135", "97531864", "55667788"
PINS = {PIN, OWN_PIN, WRONG_PIN}
NUMBERS = {PHONE, STRANGER, LINE}

# Without an id they would not be traced
PRESSED = {
    "id": "pressed",
    "alias": "Somebody pressed a key",
    "triggers": {
        "trigger": "elks.key_pressed",
        "target": {"entity_id": "event.demo_home_call"},
    },
    "actions": {"action": "test.note", "data": {"digits": "{{ trigger.digits }}"}},
}
RECEIVED = {
    "id": "received",
    "alias": "Somebody calls",
    "triggers": {
        "trigger": "elks.call_received",
        "target": {"entity_id": "event.home_call"},
    },
    "actions": {
        "action": "elks.answer",
        "data": {
            "call_id": "{{ trigger.call_id }}",
            "message": "Press a key, {{ trigger.contact }}",
            "digits": 1,
        },
        "response_variable": "got",
    },
}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody with a PIN of her own."""
    return [make_contact("Anna", PHONE, pin=OWN_PIN)]


@pytest.fixture(params=["menu", "automation"])
def answer_with(request: pytest.FixtureRequest) -> str:
    """Return what somebody gets who is let in."""
    return str(request.param)


@pytest.fixture
def lines(answer_with: str) -> list[ConfigSubentryData]:
    """Return a line that asks everybody for a PIN, and does something."""
    note = {
        "action": "test.note",
        "data": {"who": "{{ contact }}", "line": "{{ line }}"},
    }
    menu = [{"key": "1", "say": "note", "actions": [note], "reply": "Noted"}]
    return [
        make_line(
            pin=PIN,
            callers="everyone",
            menu=menu,
            actions=[note],
            answer_with=answer_with,
        )
    ]


@pytest.fixture
async def observed(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    """Have all that keeps what happened, before Home Assistant's web server takes no more views."""
    # The frontend, to which it adds a page, is not installed here
    hass.config.components.add("frontend")
    for component in ("websocket_api", "logbook", "diagnostics", "trace"):
        assert await async_setup_component(hass, component, {})


async def dial(home: Home, caller: str, pin: str, answer_with: str) -> None:
    """Let somebody call who mistypes the PIN, enters it, presses 1, and hangs up."""
    # A menu comes after a greeting
    asked = 5 if answer_with == "menu" else 4
    pressed = ((WRONG_PIN, 1), (pin, 3), ("1", asked))
    keys = [KeyPress(after=1, keys=keys, sound=sound) for keys, sound in pressed]
    home.provider.dial(caller, talk_for=90, keys=keys)
    await home.settle()


async def recorded(home: Home) -> dict[str, str]:
    """Return all rows that Home Assistant's recorder has kept, by table."""

    def read() -> dict[str, str]:
        with session_scope(hass=home.hass, read_only=True) as session:
            return {
                table.name: str([tuple(row) for row in session.execute(select(table))])
                for table in db_schema.Base.metadata.sorted_tables
            }

    await async_wait_recording_done(home.hass)
    return await get_instance(home.hass).async_add_executor_job(read)


type Ask = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture
def ask(
    observed: None, engine: Engine, home: Home, hass_ws_client: WebSocketGenerator
) -> Ask:
    """Return what asks Home Assistant as its frontend does."""

    async def ask(kind: str, **what: str) -> Any:
        client = await hass_ws_client()
        await client.send_json_auto_id({"type": kind, **what})
        answer = await client.receive_json()
        assert answer["success"]
        return answer["result"]

    return ask


def found(secrets: set[str], text: str) -> set[str]:
    """Return which secrets stand in a text, a number also without its plus sign."""
    return {one for one in secrets if one.removeprefix("+") in text}


def log(records: Iterable[logging.LogRecord]) -> str:
    """Return what was logged, but by the simulated 46elks."""
    return "\n".join(
        f"{one.getMessage()} {one.exc_text}"
        for one in records
        if not one.name.startswith("simulator")
    )


async def traced(ask: Ask) -> list[Any]:
    """Return the traces of automations and scripts."""
    runs = [
        *await ask("trace/list", domain="automation"),
        *await ask("trace/list", domain="script"),
    ]
    keys = ("domain", "item_id", "run_id")
    return [await ask("trace/get", **{key: run[key] for key in keys}) for run in runs]


def untriggered(part: Any) -> Any:
    """Return a part of a trace without what a trigger told the automation."""
    if isinstance(part, dict):
        return {key: untriggered(one) for key, one in part.items() if key != "trigger"}
    return [untriggered(one) for one in part] if isinstance(part, list) else part


async def test_after_a_call(
    ask: Ask,
    home: Home,
    answer_with: str,
    hass_client: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No PIN is kept, and no full number but in the event that says how a call ended."""
    since = dt_util.utcnow().isoformat()
    notes = async_mock_service(home.hass, "test", "note")
    automations = [PRESSED] if answer_with == "menu" else [PRESSED, RECEIVED]
    assert await async_setup_component(
        home.hass, "automation", {"automation": automations}
    )
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        await dial(home, PHONE, OWN_PIN, answer_with)
        await dial(home, STRANGER, PIN, answer_with)
        tables = await recorded(home)

    # When each is let in, when they choose in a menu, and when they press a key
    assert len(notes) == (6 if answer_with == "menu" else 4)
    assert found(PINS, log(caplog.records)) == set()
    told = [
        one
        for one in caplog.records
        if one.name.startswith("custom_components") or one.levelno >= logging.INFO
    ]
    assert found(NUMBERS, log(told)) == set()
    assert found(PINS, str(tables)) == set()
    numbers = {name: found(NUMBERS, text) for name, text in tables.items()}
    assert {name for name, one in numbers.items() if one} == {"event_data"}
    assert tables["event_data"].count(PHONE) == 1

    entries = await ask("logbook/get_events", start_time=since)
    assert found(PINS, str(entries)) == set()
    with_numbers = [one for one in entries if found(NUMBERS, str(one))]
    assert [found(NUMBERS, one["message"]) for one in with_numbers] == [{STRANGER}]

    traces = await traced(ask)
    assert len(traces) == (2 if answer_with == "menu" else 4)
    assert found(PINS, str(traces)) == set()
    assert found(NUMBERS, str(untriggered(traces))) == set()

    diagnostics = await get_diagnostics_for_config_entry(
        home.hass, hass_client, home.entry
    )
    assert found(PINS | NUMBERS, json.dumps(diagnostics)) == set()
    assert found(PINS, str(home.hass.states.async_all())) == set()
    # Which writes what is not written yet
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    kept = {key: one for key, one in hass_storage.items() if key.startswith("elks.")}
    assert len(kept) > 1 and found(PINS, json.dumps(kept)) == set()
