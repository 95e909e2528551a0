"""The credentials of an account: the fields for them, how these are read, and whether they work."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..api import DEFAULT_URL, Account, ElksError, InvalidAuthError
from ..client import make_client
from ..const import CONF_ADVANCED, LOGGER
from ..helpers.text import trim
from .form import unfold

_CREDENTIALS = {
    vol.Required(CONF_USERNAME): TextSelector(
        TextSelectorConfig(autocomplete="username")
    ),
    vol.Required(CONF_PASSWORD): TextSelector(
        TextSelectorConfig(
            type=TextSelectorType.PASSWORD, autocomplete="current-password"
        )
    ),
}
_ADVANCED = vol.Schema(
    {
        vol.Required(CONF_URL, default=DEFAULT_URL): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        )
    }
)
CREDENTIALS_SCHEMA = vol.Schema(_CREDENTIALS)
CREDENTIALS_AND_URL_SCHEMA = vol.Schema(
    {
        **_CREDENTIALS,
        vol.Required(CONF_ADVANCED): section(_ADVANCED, {"collapsed": True}),
    }
)


def read_credentials(user_input: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a form as they are stored, without space that was pasted along."""
    data = unfold(user_input, CONF_ADVANCED)
    return {field: trim(value) for field, value in data.items()}


def suggest_credentials(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form shows of the credentials in the data of an entry: not the password."""
    return {
        CONF_USERNAME: data[CONF_USERNAME],
        CONF_ADVANCED: {CONF_URL: data[CONF_URL]},
    }


def opened_sections(values: Mapping[str, Any] | None) -> list[str]:
    """Return which sections a form does not fold: an address other than 46elks' own is seen."""
    url = unfold(values or {}, CONF_ADVANCED).get(CONF_URL, DEFAULT_URL)
    return [] if url == DEFAULT_URL else [CONF_ADVANCED]


async def async_try_credentials(
    hass: HomeAssistant, data: Mapping[str, Any], errors: dict[str, str]
) -> Account | None:
    """Return the account that credentials are for, or None and why in errors."""
    try:
        cv.url(data[CONF_URL])
    except vol.Invalid:
        errors[CONF_ADVANCED] = "invalid_url"
        return None
    try:
        return await make_client(hass, data).account()
    except InvalidAuthError:
        errors["base"] = "invalid_auth"
    except ElksError:
        errors["base"] = "cannot_connect"
    except Exception:
        LOGGER.exception("Unexpected error while trying the credentials")
        errors["base"] = "unknown"
    return None
