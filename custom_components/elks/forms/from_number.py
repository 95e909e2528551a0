"""The number that calls come from: those to choose among, and how a form's is read."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..api import Account, ElksClient, ElksError
from ..client import async_numbers, own_number
from ..const import CONF_FROM_NUMBER
from ..people.numbers import InvalidNumberError, read_number
from ..runtime import ElksConfigEntry


async def async_new_account_numbers(client: ElksClient, account: Account) -> list[str]:
    """Return the numbers, in E.164, that an account can call from before it is added.

    When 46elks does not list them, only the account's own mobile number.
    """
    try:
        return await async_numbers(client, account)
    except ElksError:
        return own_number(account)


async def async_account_numbers(entry: ElksConfigEntry) -> list[str]:
    """Return the numbers, in E.164, that an account can call from.

    None when 46elks does not list them, or the account is not loaded.
    """
    if entry.state is not ConfigEntryState.LOADED:
        return []
    try:
        return await entry.runtime_data.account.async_numbers()
    except ElksError:
        return []


def from_number_field(numbers: list[str]) -> dict[vol.Marker, Selector[Any]]:
    """Return the field of a form that offers these numbers and takes any other."""
    return {
        vol.Required(CONF_FROM_NUMBER): SelectSelector(
            SelectSelectorConfig(
                options=numbers, custom_value=True, mode=SelectSelectorMode.DROPDOWN
            )
        )
    }


async def async_read_from_number(
    hass: HomeAssistant, user_input: Mapping[str, Any], errors: dict[str, str]
) -> str | None:
    """Return the from number of a form in E.164, or None and why in errors."""
    try:
        return await hass.async_add_executor_job(
            read_number, user_input[CONF_FROM_NUMBER], hass.config.country
        )
    except InvalidNumberError:
        errors[CONF_FROM_NUMBER] = "invalid_number"
        return None
