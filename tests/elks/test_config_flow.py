"""Setting up an account and changing it, as the browser does."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import (
    CONF_ADVANCED,
    CONF_CALLBACK_KEY,
    CONF_CURRENCY,
    CONF_FROM_NUMBER,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import Fault, FaultKind, Simulator

from .conftest import make_entry
from .forms.setup import credentials, offered, start
from .forms.words import CONFIG, in_words, is_open, suggested

pytestmark = pytest.mark.usefixtures("enable_custom_integrations", "in_sweden")


async def test_user(hass: HomeAssistant, provider: Simulator) -> None:
    """An account is added with its credentials and the number it calls from."""
    result = await start(hass, credentials(provider))

    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "number")
    assert offered(result) == ["076-686 00 01", "070-000 00 01"]
    assert suggested(result) == {CONF_FROM_NUMBER: "076-686 00 01"}
    assert result["description_placeholders"] is not None
    assert result["description_placeholders"]["number"] == "070-000 00 01"

    for number in ("nobody", "112"):
        result = await hass.config_entries.flow.async_configure(
            result["flow_id"], {CONF_FROM_NUMBER: number}
        )
        assert in_words(result, CONFIG).keys() == {CONF_FROM_NUMBER}

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
    assert in_words(result, CONFIG)

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
    # An address other than 46elks' own is not folded away
    assert is_open(result, CONF_ADVANCED)

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], credentials(provider, url="http://127.0.0.1:2/a1")
    )
    assert result["errors"] == {"base": "cannot_connect"}
    assert in_words(result, CONFIG)
    assert is_open(result, CONF_ADVANCED)

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
