"""Errors that people read, in their own language."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .api import (
    ElksError,
    InvalidAuthError,
    NoCreditError,
    RefusedError,
    UnreachableError,
)
from .const import DOMAIN

_KEYS = {
    InvalidAuthError: "invalid_auth",
    NoCreditError: "no_credit",
    RefusedError: "refused",
    UnreachableError: "unreachable",
    ElksError: "outcome_unknown",
}
"""Each also covers its subclasses that are not listed."""


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error for input that a schema cannot refuse."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def failed(key: str, **placeholders: str) -> HomeAssistantError:
    """Return the error for what failed though the input was right."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


@callback
def async_not_placed(
    hass: HomeAssistant, entry: ConfigEntry, err: ElksError
) -> HomeAssistantError:
    """Return the error for a call that was not placed; ask for credentials if these are wrong."""
    if isinstance(err, InvalidAuthError):
        entry.async_start_reauth(hass)
    key = next(_KEYS[kind] for kind in type(err).__mro__ if kind in _KEYS)
    return failed(key, reason=str(err))
