"""The number that calls come from: those to choose among."""

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
from ..runtime import ElksConfigEntry
from .number import async_write_numbers


async def async_new_account_numbers(
    hass: HomeAssistant, client: ElksClient, account: Account
) -> list[str]:
    """Return the numbers, as people write them, that an account can call from before it is added.

    When 46elks does not list them, only the account's own mobile number.
    """
    try:
        numbers = await async_numbers(client, account)
    except ElksError:
        numbers = own_number(account)
    return await async_write_numbers(hass, numbers)


async def async_account_numbers(
    hass: HomeAssistant, entry: ElksConfigEntry
) -> list[str]:
    """Return the numbers, as people write them, that an account can call from.

    None when 46elks does not list them, or the account is not loaded.
    """
    if entry.state is not ConfigEntryState.LOADED:
        return []
    try:
        numbers = await entry.runtime_data.account.async_numbers()
    except ElksError:
        return []
    return await async_write_numbers(hass, numbers)


def from_number_field(numbers: list[str]) -> dict[vol.Marker, Selector[Any]]:
    """Return the field of a form that offers these numbers and takes any other."""
    return {
        vol.Required(CONF_FROM_NUMBER): SelectSelector(
            SelectSelectorConfig(
                options=numbers, custom_value=True, mode=SelectSelectorMode.DROPDOWN
            )
        )
    }
