"""The client for an account, from what its entry stores."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .api import ElksClient


def make_client(hass: HomeAssistant, data: Mapping[str, Any]) -> ElksClient:
    """Return the client that uses the credentials in the data of an entry."""
    return ElksClient(
        async_get_clientsession(hass),
        data[CONF_USERNAME],
        data[CONF_PASSWORD],
        data[CONF_URL],
    )
