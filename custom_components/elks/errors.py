"""Errors that people read, in their own language."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_cached_translations

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


@contextmanager
def async_naming_fields(hass: HomeAssistant, action: str) -> Iterator[None]:
    """Let errors name the fields of an action as its form does, and then as YAML does.

    Such as "Numbers (to #2)".
    """
    try:
        yield
    except ServiceValidationError as err:
        written = err.translation_placeholders or {}
        named = {
            key: ", ".join(
                _async_label(hass, action, field) for field in written[key].split(", ")
            )
            for key in ("field", "fields")
            if key in written
        }
        if err.translation_domain != DOMAIN or not named or not err.translation_key:
            raise
        raise invalid(err.translation_key, **(written | named)) from err


@callback
def _async_label(hass: HomeAssistant, action: str, field: str) -> str:
    """Return what a form calls a field, or what is in it, such as "answers #1 key"."""
    name, *_ = field.split(" ")
    key = f"component.{DOMAIN}.services.{action}.fields.{name}.name"
    label = async_get_cached_translations(
        hass, hass.config.language, "services", DOMAIN
    ).get(key, field)
    return label if label.casefold() == field else f"{label} ({field})"


@callback
def async_not_placed(
    hass: HomeAssistant, entry: ConfigEntry, err: ElksError
) -> HomeAssistantError:
    """Return the error for a call that was not placed; ask for credentials if these are wrong."""
    if isinstance(err, InvalidAuthError):
        entry.async_start_reauth(hass)
    key = next(_KEYS[kind] for kind in type(err).__mro__ if kind in _KEYS)
    return failed(key, reason=str(err))
