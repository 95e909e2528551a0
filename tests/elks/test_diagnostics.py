"""The diagnostics that a user sends along with a question."""

from collections.abc import Callable, Coroutine
import json
from typing import Any

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .conftest import CALLBACK_KEY, PHONE, WEBHOOK_ID, Home


@pytest.fixture
async def diagnostics(hass: HomeAssistant) -> None:
    """Set diagnostics up before the home's web server takes no more of them."""
    assert await async_setup_component(hass, "diagnostics", {})


async def test_diagnostics(
    diagnostics: None,
    home: Home,
    hass_client: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
) -> None:
    """They tell how the calls stand, and nothing that must not be told."""
    await home.place_call()
    await home.settle()
    home.rings_on()
    await home.place_call(timeout=300)

    told: Any = await get_diagnostics_for_config_entry(
        home.hass, hass_client, home.entry
    )

    assert told["reach"] == "direct"
    assert told["account_answered"] is True
    [opened], [ended] = told["calls"]["open"], told["calls"]["ended"]
    assert (opened["state"], ended["state"]) == ("ongoing", "success")
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
        *tokens,
    ):
        assert secret not in text
