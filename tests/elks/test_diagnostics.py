"""The diagnostics that a user sends along with a question."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
import json
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)

from custom_components.elks.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator import Fault, FaultKind, KeyPress, Outcome

from .conftest import (
    CALLBACK_KEY,
    LINE,
    LINE_KEY,
    PHONE,
    WEBHOOK_ID,
    Home,
    make_contact,
    make_line,
)
from .speech.conftest import Engine

OWN_PIN = "12345678"


@pytest.fixture
async def diagnostics(hass: HomeAssistant) -> None:
    """Set diagnostics up before the home's web server takes no more of them."""
    assert await async_setup_component(hass, "diagnostics", {})


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna Andersson", PHONE, pin=OWN_PIN)]


async def test_diagnostics(
    diagnostics: None,
    engine: Engine,
    home: Home,
    hass_client: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
) -> None:
    """They tell how the calls stand, and nothing that must not be told."""
    await home.place_call()
    await home.settle()
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    asked = {"to": "Anna Andersson", "message": "The safe is open", "rounds": 1}
    await home.hass.services.async_call(
        "elks", "call_chain", asked, blocking=True, return_response=True
    )
    home.rings_on()
    await home.place_call(timeout=300)

    told: Any = await get_diagnostics_for_config_entry(
        home.hass, hass_client, home.entry
    )

    assert told["reach"] == "direct"
    assert told["account_answered"] is True
    assert told["contacts"] == 1
    [chain] = told["chains"]
    assert chain["end"] == "unanswered"
    assert chain["turns"] == [{"person": 0, "round": 1, "fate": "called"}]
    [opened], [ended, declined] = told["calls"]["open"], told["calls"]["ended"]
    assert (opened["state"], ended["state"]) == ("ongoing", "success")
    assert declined["state"] == "busy"
    assert opened["to"] == ended["to"] == "+46•••••567"
    text = json.dumps(told, ensure_ascii=False)
    tokens = [str(call.whenhangup).partition("=")[2] for call in home.provider.calls]
    for secret in (
        home.provider.username,
        home.provider.password,
        home.provider.voice_number,
        PHONE,
        WEBHOOK_ID,
        CALLBACK_KEY,
        OWN_PIN,
        "Andersson",
        "safe",
        *tokens,
    ):
        assert secret not in text


PIN = "24681357"
STRANGER = "+46709999999"


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line with a PIN."""
    actions = [{"action": "cover.open_cover", "target": {"entity_id": "cover.safe"}}]
    menu = [{"key": "1", "say": "open the safe", "actions": actions, "reply": "ajar"}]
    return [
        make_line(
            "Andersson",
            pin=PIN,
            callers="everyone",
            menu=menu,
            greeting="The safe is shut",
            others="forward",
            forward_to=PHONE,
        )
    ]


async def test_lines(
    diagnostics: None,
    engine: Engine,
    home: Home,
    hass_client: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
) -> None:
    """They tell how lines are set and stand, and nothing that must not be told."""
    keys = [KeyPress(after=1, keys="12345678", sound=1)]
    home.provider.dial(STRANGER, talk_for=12, keys=keys)
    await home.settle()

    told: Any = await get_diagnostics_for_config_entry(
        home.hass, hass_client, home.entry
    )

    assert told["lines"] == [
        {
            "number": "+46•••••001",
            "callers": "everyone",
            "has_pin": True,
            "has_greeting": True,
            "answer_with": "menu",
            "menu": [{"actions": 1, "has_reply": True}],
            "actions": 0,
            "others": "forward",
            "language": None,
            "minutes_per_day": 60,
        }
    ]
    [state] = told["line_states"]
    assert (state["answering"], state["seconds_today"]) == (True, 12)
    assert (len(state["wrong_pins"]), state["locked"]) == (1, None)
    [call] = told["calls"]["ended"]
    assert (call["direction"], call["place"]) == ("incoming", "pin")
    text = json.dumps(told, ensure_ascii=False)
    for secret in (
        PHONE,
        STRANGER,
        LINE,
        LINE_KEY,
        PIN,
        "12345678",
        "Andersson",
        "safe",
        "ajar",
    ):
        assert secret not in text


@pytest.mark.parametrize("disabled", [True, False])
async def test_not_loaded(
    diagnostics: None,
    home: Home,
    hass_client: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
    disabled: bool,
) -> None:
    """An account that is disabled, or could not be loaded, tells what there is."""
    entries = home.hass.config_entries
    if disabled:
        await entries.async_set_disabled_by(
            home.entry.entry_id, ConfigEntryDisabler.USER
        )
    else:
        with patch("custom_components.elks.make_client", side_effect=ValueError):
            await entries.async_reload(home.entry.entry_id)

    told: Any = await get_diagnostics_for_config_entry(
        home.hass, hass_client, home.entry
    )

    assert told["state"] == ("not_loaded" if disabled else "setup_error")
    assert told["contacts"] == 1
    assert told["options"] == {"from_number": "+46•••••001"}
    assert home.provider.password not in json.dumps(told)


async def test_while_it_is_loaded(
    diagnostics: None,
    home: Home,
    hass_client: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
) -> None:
    """An account tells what there is while it is loaded, and when that failed halfway."""
    told: list[Any] = []

    async def load(*_: object) -> None:
        told.append(
            await get_diagnostics_for_config_entry(home.hass, hass_client, home.entry)
        )
        raise ValueError

    with patch("custom_components.elks.Chains.async_load", load):
        await home.hass.config_entries.async_reload(home.entry.entry_id)
    told.append(
        await get_diagnostics_for_config_entry(home.hass, hass_client, home.entry)
    )

    assert [one["state"] for one in told] == ["setup_in_progress", "setup_error"]
    assert [one.get("reach") for one in told] == ["direct", None]


async def test_what_the_provider_repeats(
    home: Home, freezer: FrozenDateTimeFactory
) -> None:
    """The reason of a failure holds no full number and no credentials."""
    home.provider.fault(
        Fault(
            FaultKind.STATUS,
            on="GET /me",
            status=403,
            times=None,
            body=f"no {PHONE} {home.provider.username} {home.provider.password}",
        )
    )
    freezer.tick(timedelta(hours=1, minutes=1))
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    text = str(await async_get_config_entry_diagnostics(home.hass, home.entry))
    assert PHONE not in text
    assert home.provider.password not in text and home.provider.username not in text
