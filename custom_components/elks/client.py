"""The client for an account, and the numbers that it can call from."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .api import Account, ElksClient


def make_client(hass: HomeAssistant, data: Mapping[str, Any]) -> ElksClient:
    """Return the client that uses the credentials in the data of an entry."""
    return ElksClient(
        async_get_clientsession(hass),
        data[CONF_USERNAME],
        data[CONF_PASSWORD],
        data[CONF_URL],
    )


async def async_numbers(client: ElksClient, account: Account | None) -> list[str]:
    """Return the numbers, in E.164, that an account can call from. Raises ElksError.

    They are its voice numbers and, if the account is known, its own mobile number.
    """
    return [*await client.voice_numbers(), *own_number(account)]


def own_number(account: Account | None) -> list[str]:
    """Return the account's own mobile number, in E.164, if there is one."""
    return [account.mobilenumber] if account and account.mobilenumber else []
