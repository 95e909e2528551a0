"""Credentials: tried, and taken without what was pasted around them."""

from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import CONF_ADVANCED, CONF_FROM_NUMBER
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from simulator import Fault, FaultKind, Simulator

from .setup import choose_number, credentials, start
from .words import CONFIG, in_words, is_open, suggested

OWN_NUMBER = "+46700000001"

pytestmark = pytest.mark.usefixtures("enable_custom_integrations", "in_sweden")


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
    """What is wrong is shown, and can be put right in the same flow."""
    provider.fault(fault)
    result = await start(hass, credentials(provider))

    assert (result["step_id"], result["errors"]) == ("user", {"base": error})
    assert in_words(result, CONFIG)

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], credentials(provider)
    )
    assert result["step_id"] == "number"


async def test_no_answer(hass: HomeAssistant, provider: Simulator) -> None:
    """An address at which no API answers cannot be connected to, and is shown to be seen."""
    url = "http://127.0.0.1:1/a1"
    result = await start(hass, credentials(provider, url=url))

    assert in_words(result, CONFIG)["base"].startswith("46elks did not answer")
    assert is_open(result, CONF_ADVANCED)
    assert suggested(result, CONF_ADVANCED) == {CONF_URL: url}


@pytest.mark.parametrize("url", ["nowhere", "", "ftp://x", "https://"])
async def test_wrong_address(
    hass: HomeAssistant, provider: Simulator, url: str
) -> None:
    """What is no address of the web is refused where it was written."""
    result = await start(hass, credentials(provider, url=url))

    assert in_words(result, CONFIG) == {
        CONF_ADVANCED: "Advanced > API address: this is not a web address. Enter one that starts "
        "with https:// or http://."
    }
    assert is_open(result, CONF_ADVANCED)


async def test_folded(hass: HomeAssistant, provider: Simulator) -> None:
    """46elks' own address needs nobody to look at it."""
    own = credentials(provider)
    provider.fault(Fault(FaultKind.STATUS, on="GET /me", status=401))
    with patch(
        "custom_components.elks.forms.credentials.DEFAULT_URL", provider.api_url
    ):
        result = await start(hass, own)

    assert result["errors"] == {"base": "invalid_auth"}
    assert not is_open(result, CONF_ADVANCED)


async def test_pasted(hass: HomeAssistant, provider: Simulator) -> None:
    """Spaces pasted along with the credentials are dropped."""
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


async def test_pasted_again(
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
    """A wrong password is reported."""
    result = await start(hass, credentials(provider, password="wrong"))

    assert result["errors"] == {"base": "invalid_auth"}


async def test_unexpected_error(hass: HomeAssistant, provider: Simulator) -> None:
    """A mistake of ours ends in a message, not in a broken dialog."""
    with patch("custom_components.elks.api.ElksClient.account", side_effect=KeyError):
        result = await start(hass, credentials(provider))

    assert result["errors"] == {"base": "unknown"}
    assert in_words(result, CONFIG)
