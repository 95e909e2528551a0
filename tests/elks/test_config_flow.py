"""Setting up an account and changing it, as the browser does."""

from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import (
    CONF_CALLBACK_KEY,
    CONF_CURRENCY,
    CONF_FROM_NUMBER,
    DOMAIN,
)
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import Fault, FaultKind, Simulator

from .conftest import make_entry

OWN_NUMBER = "+46700000001"

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")


@pytest.fixture(autouse=True)
def country(hass: HomeAssistant) -> None:
    """Let the home be in Sweden."""
    hass.config.country = "SE"


def credentials(provider: Simulator, **changes: str) -> dict[str, Any]:
    """Return what a person types in the first step."""
    return {
        "username": changes.get("username", provider.username),
        "password": changes.get("password", provider.password),
        "advanced": {"url": changes.get("url", provider.api_url)},
    }


async def start(hass: HomeAssistant, user_input: dict[str, Any]) -> ConfigFlowResult:
    """Start adding an account."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "user")
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


async def choose_number(
    hass: HomeAssistant, result: ConfigFlowResult, number: str, **more: bool
) -> ConfigFlowResult:
    """Submit the second step."""
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_FROM_NUMBER: number, **more}
    )


def offered(result: ConfigFlowResult) -> list[str]:
    """Return the from numbers that a form offers."""
    assert result["data_schema"] is not None
    options: list[str] = (
        result["data_schema"].schema[CONF_FROM_NUMBER].config["options"]
    )
    return options


async def test_user(hass: HomeAssistant, provider: Simulator) -> None:
    """An account is added with its credentials and the number it calls from."""
    result = await start(hass, credentials(provider))

    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "number")
    assert offered(result) == [provider.voice_number, "+46700000001"]

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_FROM_NUMBER: "nobody"}
    )
    assert result["errors"] == {CONF_FROM_NUMBER: "invalid_number"}

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_FROM_NUMBER: "070-000 00 01"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Demo home"
    entry = result["result"]
    assert entry.unique_id == provider.account_id
    assert entry.options == {CONF_FROM_NUMBER: "+46700000001"}
    assert len(entry.data[CONF_WEBHOOK_ID]) == 64
    assert entry.data.keys() == {
        *(CONF_USERNAME, CONF_PASSWORD, CONF_URL, CONF_WEBHOOK_ID),
        *(CONF_CALLBACK_KEY, CONF_CURRENCY),
    }
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert provider.calls == []


async def test_test_call(hass: HomeAssistant, provider: Simulator) -> None:
    """The account's own number is phoned once, and beeps, though nothing reaches the home."""
    result = await start(hass, credentials(provider))
    result = await choose_number(hass, result, provider.voice_number, test_call=True)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description"] == "test_call"
    await provider.settled()
    [call] = provider.calls
    assert (call.from_, call.to) == (provider.voice_number, OWN_NUMBER)
    assert [action["play"] for action in call.actions] == 3 * ["sound/beep"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(provider.calls) == 1


@pytest.mark.parametrize(
    ("kind", "options", "error", "reason"),
    [
        (
            FaultKind.STATUS,
            {"status": 403, "body": "Not allowed"},
            "call_refused",
            "Not allowed",
        ),
        # Taken, and over at once: nothing was refused
        (FaultKind.WRONG_JSON, {"fields": {"state": "failed"}}, "call_failed", ""),
        (FaultKind.WRONG_JSON, {"fields": {"state": "busy"}}, "call_busy", ""),
        (
            FaultKind.WRONG_JSON,
            {"fields": {"id": None}},
            "call_unknown",
            "the answer lacks a field or has a wrong one",
        ),
        (
            FaultKind.STATUS,
            {"status": 503},
            "call_not_taken",
            "503 Service Unavailable",
        ),
        (FaultKind.RESET_AFTER, {}, "call_unknown", "the connection broke"),
    ],
)
async def test_test_call_fails(
    hass: HomeAssistant,
    provider: Simulator,
    kind: FaultKind,
    options: dict[str, Any],
    error: str,
    reason: str,
) -> None:
    """The reason is told, nothing is sent twice, and the account is added all the same."""
    provider.fault(Fault(kind, on="POST /calls", **options))
    result = await start(hass, credentials(provider))
    result = await choose_number(hass, result, provider.voice_number, test_call=True)

    assert (result["step_id"], result["errors"]) == ("number", {"test_call": error})
    assert result["description_placeholders"] is not None
    assert result["description_placeholders"]["reason"] == reason
    assert [request.method for request in provider.requests].count("POST") == 1

    result = await choose_number(hass, result, provider.voice_number, test_call=False)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(FaultKind.STATUS, on="GET /me", status=401), "invalid_auth"),
        (Fault(FaultKind.STATUS, on="GET /me", status=403), "cannot_connect"),
        (Fault(FaultKind.STATUS, on="GET /me", status=500), "cannot_connect"),
        # aiohttp itself sends a GET once more
        (Fault(FaultKind.RESET_BEFORE, on="GET /me", times=2), "cannot_connect"),
        (Fault(FaultKind.HTML, on="GET /me"), "cannot_connect"),
        (Fault(FaultKind.WRONG_JSON, on="GET /me"), "cannot_connect"),
    ],
)
async def test_user_error_then_success(
    hass: HomeAssistant, provider: Simulator, fault: Fault, error: str
) -> None:
    """What is wrong is told, and can be put right in the same flow."""
    provider.fault(fault)
    result = await start(hass, credentials(provider))

    assert (result["step_id"], result["errors"]) == ("user", {"base": error})

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], credentials(provider)
    )
    assert result["step_id"] == "number"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a1", "nowhere", "", "ftp://x"])
async def test_wrong_address(
    hass: HomeAssistant, provider: Simulator, url: str
) -> None:
    """An address at which no API answers cannot be connected to."""
    result = await start(hass, credentials(provider, url=url))

    assert result["errors"] == {"base": "cannot_connect"}


async def test_pasted(hass: HomeAssistant, provider: Simulator) -> None:
    """Space that was pasted along with the credentials is no part of them."""
    pasted = {
        "username": f"{provider.username}\n",
        "password": f"\u200b {provider.password}\t",
        "url": f" {provider.api_url} ",
    }

    result = await start(hass, credentials(provider, **pasted))

    assert result["step_id"] == "number"
    result = await choose_number(hass, result, f" {OWN_NUMBER}\n")
    data = result["result"].data
    assert (data[CONF_USERNAME], data[CONF_PASSWORD], data[CONF_URL]) == (
        *(provider.username, provider.password),
        provider.api_url,
    )
    assert result["result"].options == {CONF_FROM_NUMBER: OWN_NUMBER}
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_pasted_anew(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """The same goes for new credentials."""
    result = await entry.start_reauth_flow(hass)
    pasted = {"username": provider.username, "password": f"{provider.password}\n"}

    result = await hass.config_entries.flow.async_configure(result["flow_id"], pasted)

    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_PASSWORD] == provider.password
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_wrong_password(hass: HomeAssistant, provider: Simulator) -> None:
    """A wrong password is told."""
    result = await start(hass, credentials(provider, password="wrong"))

    assert result["errors"] == {"base": "invalid_auth"}


async def test_unexpected_error(hass: HomeAssistant, provider: Simulator) -> None:
    """Our own mistakes end in a message, not in a broken dialog."""
    with patch("custom_components.elks.api.ElksClient.account", side_effect=KeyError):
        result = await start(hass, credentials(provider))

    assert result["errors"] == {"base": "unknown"}


async def test_numbers_not_told(hass: HomeAssistant, provider: Simulator) -> None:
    """Without the account's numbers, its mobile number or any other can be used."""
    provider.fault(Fault(FaultKind.STATUS, on="GET /numbers", status=403))
    result = await start(hass, credentials(provider))

    assert offered(result) == ["+46700000001"]


async def test_trial_account(hass: HomeAssistant, socket_enabled: None) -> None:
    """Without a name, a number to test and voice numbers, an account is added all the same."""
    trial = Simulator(trial=True)
    async with trial.serve():
        trial.fault(
            Fault(
                FaultKind.WRONG_JSON,
                on="GET /me",
                fields={"displayname": None, "mobilenumber": None},
            )
        )
        trial.fault(Fault(FaultKind.STATUS, on="GET /numbers", status=403))
        result = await start(hass, credentials(trial))
        assert offered(result) == []

        result = await hass.config_entries.flow.async_configure(
            result["flow_id"], {CONF_FROM_NUMBER: "+46700000001"}
        )
        assert result["title"] == trial.account_id
        await hass.async_block_till_done(wait_background_tasks=True)


async def test_already_configured(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """An account is added only once."""
    result = await start(hass, credentials(provider))

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )


@pytest.mark.parametrize("loaded", [True, False])
async def test_reauth(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator, loaded: bool
) -> None:
    """New credentials are tried, stored, and used at once."""
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_PASSWORD: "old"}
    )
    if loaded:
        await hass.config_entries.async_setup(entry.entry_id)
    else:
        entry.mock_state(hass, ConfigEntryState.SETUP_ERROR)
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    answers = {"username": provider.username, "password": "wrong"}

    result = await hass.config_entries.flow.async_configure(result["flow_id"], answers)
    assert result["errors"] == {"base": "invalid_auth"}

    provider.requests.clear()
    answers["password"] = provider.password
    result = await hass.config_entries.flow.async_configure(result["flow_id"], answers)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_PASSWORD] == provider.password
    assert entry.state is ConfigEntryState.LOADED
    # Tried once by the flow, and once by the account, loaded once
    assert [request.status for request in provider.requests] == [200, 200]


async def test_reauth_other_account(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """The credentials of another account are not taken for this one."""
    hass.config_entries.async_update_entry(entry, unique_id="u" + 32 * "9")
    result = await entry.start_reauth_flow(hass)

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"],
        {"username": provider.username, "password": provider.password},
    )

    assert result["reason"] == "wrong_account"


@pytest.mark.parametrize("changed", [True, False])
async def test_reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator, changed: bool
) -> None:
    """The address of the API can be changed; the account is loaded once, changed or not."""
    url = provider.api_url
    if changed:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_URL: "http://127.0.0.1:1/a1"}
        )
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    provider.requests.clear()
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], credentials(provider, url="http://127.0.0.1:2/a1")
    )
    assert result["errors"] == {"base": "cannot_connect"}

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], credentials(provider)
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_URL] == url
    assert len(provider.requests) == 2


async def test_second_account(hass: HomeAssistant, provider: Simulator) -> None:
    """Another account is added beside the first."""
    first = make_entry(hass, provider)
    hass.config_entries.async_update_entry(first, unique_id="u" + 32 * "9")

    result = await start(hass, credentials(provider))

    assert result["step_id"] == "number"
