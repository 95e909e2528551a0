"""The forms of repairs."""

from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp.test_utils import TestClient
import pytest

from custom_components.elks.care import issues
from custom_components.elks.const import CONF_FROM_NUMBER, DOMAIN
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator import Fault, FaultKind

from .conftest import Home
from .repair_form import RepairForm

type Client = Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]]


@pytest.fixture
async def form(home: Home, hass_client: Client) -> RepairForm:
    """Have a number that the account no longer has, and return the form for it."""
    assert await async_setup_component(home.hass, "repairs", {})
    home.hass.config_entries.async_update_entry(
        home.entry, options={CONF_FROM_NUMBER: "+46766860009"}
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)
    home.provider.fault(
        Fault(
            FaultKind.STATUS,
            on="POST /calls",
            status=403,
            body="You are not allowed to call from this",
        )
    )
    with pytest.raises(HomeAssistantError):
        await home.place_call()
    await home.hass.async_block_till_done(wait_background_tasks=True)
    return RepairForm(await hass_client())


async def test_another_number(home: Home, form: RepairForm) -> None:
    """The account's numbers are offered; the one chosen is used, and the issue is gone."""
    step = await form.open(f"from_number_{home.entry.entry_id}")
    [field] = step["data_schema"]
    offered = field["selector"]["select"]["options"]
    assert offered == ["076-686 00 01", "070-000 00 01"]
    for number, error in (("12", "invalid_number"), ("112", "emergency_number")):
        wrong = await form.submit(from_number=number)
        assert wrong["errors"] == {"from_number": error}

    done = await form.submit(from_number=offered[0])
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert done["type"] == "create_entry"
    assert home.entry.options[CONF_FROM_NUMBER] == home.provider.voice_number
    issue = f"from_number_{home.entry.entry_id}"
    assert ir.async_get(home.hass).async_get_issue(DOMAIN, issue) is None
    assert (await home.place_call())["from"] == home.provider.voice_number
    await home.settle()


async def test_numbers_not_listed(home: Home, form: RepairForm) -> None:
    """A number can be typed in when 46elks does not list the account's."""
    home.provider.fault(Fault(FaultKind.STATUS, on="GET /numbers", status=500))

    step = await form.open(f"from_number_{home.entry.entry_id}")

    [field] = step["data_schema"]
    assert field["selector"]["select"]["options"] == []


async def test_left_out_is_seen(home: Home, hass_client: Client) -> None:
    """Who was left out of a chain is shown until somebody has seen it."""
    assert await async_setup_component(home.hass, "repairs", {})
    issues.async_report_left_out(home.hass, home.entry, ["Xenia"])
    issue = f"chain_left_out_{home.entry.entry_id}"
    assert ir.async_get(home.hass).async_get_issue(DOMAIN, issue)
    client = await hass_client()
    path = "/api/repairs/issues/fix"
    issue_data = {"handler": DOMAIN, "issue_id": issue}

    async with client.post(path, json=issue_data) as response:
        step = await response.json()
    async with client.post(f"{path}/{step['flow_id']}", json={}) as response:
        done = await response.json()

    assert (step["step_id"], done["type"]) == ("confirm", "create_entry")
    assert step["description_placeholders"] == {
        "account": "Demo home",
        "people": "Xenia",
    }
    assert ir.async_get(home.hass).async_get_issue(DOMAIN, issue) is None
