"""The contacts of an account: people who are called by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from homeassistant.components.notify.const import DOMAIN as NOTIFY_DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_LANGUAGE, CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..api.masking import mask
from ..const import (
    ATTR_OPTIONS,
    CONF_NUMBER,
    CONF_TTS_ENTITY_ID,
    DOMAIN,
    SUBENTRY_CONTACT,
)
from ..errors import invalid
from ..helpers.text import compose, trim
from ..speech import Voice
from .numbers import is_written_number


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """Somebody who can be called by name."""

    id: str
    """Of the config subentry."""
    name: str
    number: str
    """E.164."""
    voice: Voice
    """Who speaks to them, and how."""

    @classmethod
    def from_subentry(cls, subentry: ConfigSubentry) -> Self:
        """Read a config subentry."""
        data = subentry.data
        return cls(
            id=subentry.subentry_id,
            name=data[CONF_NAME],
            number=data[CONF_NUMBER],
            voice=Voice(
                engine=data.get(CONF_TTS_ENTITY_ID),
                language=data.get(CONF_LANGUAGE),
                options=data.get(ATTR_OPTIONS, {}),
            ),
        )


def contacts(entry: ConfigEntry) -> list[Contact]:
    """Return the contacts of an account."""
    return [
        Contact.from_subentry(subentry)
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_CONTACT
    ]


def contact_name(entry: ConfigEntry, contact_id: str | None) -> str | None:
    """Return the name of a contact; None for nobody, or one that has been removed."""
    subentry = entry.subentries.get(contact_id) if contact_id else None
    return subentry.data[CONF_NAME] if subentry else None


def contact_with(entry: ConfigEntry, number: str) -> Contact | None:
    """Return the contact with a number in E.164."""
    return next((one for one in contacts(entry) if one.number == number), None)


def called(known: Iterable[Contact], name: str) -> list[Contact]:
    """Return the contacts with a name; upper and lower case make no difference."""
    wanted = _folded(name)
    return [one for one in known if _folded(one.name) == wanted]


@callback
def async_contact_entity(hass: HomeAssistant, contact_id: str | None) -> str | None:
    """Return the notify entity of a contact; None for nobody, or one who was removed."""
    if contact_id is None:
        return None
    return er.async_get(hass).async_get_entity_id(
        NOTIFY_DOMAIN, DOMAIN, f"{contact_id}_contact"
    )


@callback
def async_find_contact(
    hass: HomeAssistant, entry: ConfigEntry, written: str | int, field: str
) -> Contact | None:
    """Return the contact with a name or a notify entity; None for what may be a number.

    Raises ServiceValidationError, which names the field and all contacts, when none or more than
    one fits.
    """
    known = contacts(entry)
    text = str(written).strip()
    if text.startswith(f"{NOTIFY_DOMAIN}."):
        entity = er.async_get(hass).async_get(text)
        found = [one for one in known if entity and one.id == entity.config_subentry_id]
    else:
        found = called(known, text)
    if len(found) == 1:
        return found[0]
    if found:
        raise invalid("ambiguous_contact", field=field, contacts=_names(known))
    if is_written_number(text):
        return None
    if not known:
        raise invalid("invalid_number", field=field)
    raise invalid("unknown_contact", field=field, contacts=_names(known))


def _folded(name: str) -> str:
    return trim(compose(name)).casefold()


def _names(known: list[Contact]) -> str:
    return mask(", ".join(sorted(one.name for one in known)))
