"""The steps of setting up an account, as a person takes them in the browser."""

from typing import Any

from custom_components.elks.const import CONF_FROM_NUMBER, DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import Simulator


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
