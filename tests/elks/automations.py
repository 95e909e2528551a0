"""Automations that note what they were run with, and how Home Assistant's editor offers their parts."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.components import automation
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component


async def automate(
    hass: HomeAssistant, triggers: Any, *conditions: Any, **note: str
) -> list[ServiceCall]:
    """Set up an automation; return the list to which it adds a call each time it runs.

    Each call has the notes, which are templates.
    """
    calls = async_mock_service(hass, "test", "note")
    made = {
        "alias": "Made for a test",
        "mode": "parallel",
        "triggers": triggers,
        "conditions": list(conditions),
        "actions": {"action": "test.note", "data": note},
    }
    assert await async_setup_component(hass, "automation", {"automation": made})
    await hass.async_block_till_done()
    return calls


def is_set_up(hass: HomeAssistant) -> bool:
    """Return whether Home Assistant took the automation as it is."""
    state = hass.states.get("automation.made_for_a_test")
    return state is not None and state.state == "on"


async def offered(
    hass_ws_client: WebSocketGenerator, kind: str, target: dict[str, Any]
) -> set[str]:
    """Return which of our triggers or conditions the editor offers for a target."""
    websocket = await hass_ws_client()
    await websocket.send_json_auto_id(
        {"type": f"get_{kind}_for_target", "target": target}
    )
    answer = await websocket.receive_json()
    return {one for one in answer["result"] if one.startswith("elks.")}


def move_to_kitchen(hass: HomeAssistant, device: str) -> str:
    """Move a device into the kitchen; return the id of that area."""
    kitchen = ar.async_get(hass).async_get_or_create("Kitchen")
    dr.async_get(hass).async_update_device(device, area_id=kitchen.id)
    return kitchen.id


async def set_preview(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, *, on: bool
) -> None:
    """Switch new triggers and conditions on or off, or skip where they are no preview any more."""
    feature = getattr(automation, "NEW_TRIGGERS_CONDITIONS_FEATURE_FLAG", None)
    if feature is None:
        pytest.skip("no preview in this version of Home Assistant")
    assert await async_setup_component(hass, "labs", {})
    websocket = await hass_ws_client()
    await websocket.send_json_auto_id(
        {
            "type": "labs/update",
            "domain": "automation",
            "preview_feature": feature,
            "enabled": on,
        }
    )
    assert (await websocket.receive_json())["success"]
