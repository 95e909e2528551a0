"""What nobody may read afterwards: PINs, and the numbers of those who called."""

from collections.abc import Callable, Coroutine
import json
import logging
from typing import Any

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from sqlalchemy import select

from homeassistant.components.recorder import Recorder, db_schema, get_instance
from homeassistant.components.recorder.util import session_scope
from homeassistant.components.trace import DATA_TRACE
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import ExtendedJSONEncoder
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import KeyPress

from .automations import automate
from .conftest import LINE, PHONE, Home, make_contact, make_line
from .speech.conftest import Engine

STRANGER = "+46709999999"
PIN, OWN_PIN, WRONG_PIN = "24680135", "97531864", "55667788"
PINS = {PIN, OWN_PIN, WRONG_PIN}
NUMBERS = {PHONE, STRANGER, LINE}
CALL_ENDED = "elks_call_ended"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody with a PIN of her own."""
    return [make_contact("Anna", PHONE, pin=OWN_PIN)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line that asks everybody for a PIN, and does something."""
    note = {"action": "test.note", "data": {"who": "{{ contact }}", "line": "{{ line }}"}}
    menu = [{"key": "1", "say": "note", "actions": [note], "reply": "Noted"}]
    return [make_line(pin=PIN, callers="everyone", menu=menu, actions=[note])]


@pytest.fixture
async def observed(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    """Have all that keeps what happened, before Home Assistant's web server takes no more views."""
    # The frontend, to which it adds a page, is not installed here
    hass.config.components.add("frontend")
    for component in ("websocket_api", "logbook", "diagnostics", "trace"):
        assert await async_setup_component(hass, component, {})


async def dial(home: Home, caller: str, pin: str) -> None:
    """Let somebody call who mistypes the PIN, enters it, presses 1, and hangs up."""
    pressed = ((WRONG_PIN, 1), (pin, 3), ("1", 5))
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


async def listed(ws: WebSocketGenerator, since: str) -> list[dict[str, Any]]:
    """Return the entries of the logbook."""
    client = await ws()
    await client.send_json_auto_id(
        {"type": "logbook/get_events", "start_time": since}
    )
    entries: list[dict[str, Any]] = (await client.receive_json())["result"]
    return entries


def found(secrets: set[str], text: str) -> set[str]:
    """Return which secrets stand in a text, a number also without its plus sign."""
    return {one for one in secrets if one.removeprefix("+") in text}


async def test_after_a_call(
    observed: None,
    engine: Engine,
    home: Home,
    hass_client: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
    hass_ws_client: WebSocketGenerator,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No PIN is kept anywhere, and no full number but in the event that says how a call ended."""
    since = dt_util.utcnow().isoformat()
    caplog.set_level(logging.DEBUG)
    rings = {"trigger": "event", "event_type": "ask"}
    ended = {
        "trigger": "state",
        "entity_id": "switch.home_answering",
    }
    notes = await automate(home.hass, [rings, ended], who="nobody")
    caplog.clear()

    await dial(home, PHONE, OWN_PIN)
    await dial(home, STRANGER, PIN)
    home.hass.bus.async_fire("ask")
    await home.hass.async_block_till_done()

    assert [note.data["who"] for note in notes] == [
        *("Anna", "Anna", "None", "None"),
        "nobody",
    ]
    log = [
        f"{one.name} {one.getMessage()} {one.exc_text}"
        for one in caplog.records
    ]
    print("LOG", [l for l in log if found(PINS, l)][:5])
    print("LOGN", [l[:150] for l in log if found(NUMBERS, l)][:5])
    tables = await recorded(home)
    print("TABLES", {name: (found(PINS, t), found(NUMBERS, t), len(t)) for name, t in tables.items()})
    entries = await listed(hass_ws_client, since)
    print("ENTRIES", [e for e in entries if found(NUMBERS, str(e))])
    traces = json.dumps(
        [one.as_dict() for key in home.hass.data[DATA_TRACE].values() for one in key.values()],
        cls=ExtendedJSONEncoder,
    )
    print("TRACES", len(traces), found(PINS|NUMBERS, traces))
    told = await get_diagnostics_for_config_entry(home.hass, hass_client, home.entry)
    print("DIAG", found(PINS|NUMBERS, json.dumps(told)))
    print("STORE", {k: found(PINS, json.dumps(v)) for k,v in hass_storage.items()})
    print("STATES", found(PINS, str(home.hass.states.async_all())))
    assert 0
