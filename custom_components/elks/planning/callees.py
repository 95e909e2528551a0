"""Who is to be called: the contact or the number in a field of an action."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from ..const import ATTR_FROM, CONF_FROM_NUMBER
from ..errors import invalid
from ..people.contacts import Contact, async_find_contact, contact_with
from ..people.numbers import EmergencyNumberError, InvalidNumberError
from ..runtime import ElksConfigEntry, ElksData


@dataclass(frozen=True, kw_only=True, slots=True)
class Callee:
    """Somebody who is to be called."""

    number: str
    """E.164."""
    contact: Contact | None
    """None for a number that is no contact's."""


async def async_find_callees(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    data: Mapping[str, Any],
    runtime: ElksData,
    written: Mapping[str, str | int],
) -> tuple[str, list[Callee]]:
    """Return the number to call from in E.164, and who is to be called.

    `data` are the fields of an action; `written` holds contacts and numbers by the names of their
    fields. Raises ServiceValidationError, which names the field.
    """
    named = {
        field: async_find_contact(hass, entry, who, field)
        for field, who in written.items()
    }
    numbers = await async_read_numbers(
        runtime,
        {
            ATTR_FROM: data.get(ATTR_FROM) or entry.options[CONF_FROM_NUMBER],
            **{
                field: contact.number if contact else written[field]
                for field, contact in named.items()
            },
        },
    )
    callees = [
        Callee(
            number=numbers[field],
            contact=contact or contact_with(entry, numbers[field]),
        )
        for field, contact in named.items()
    ]
    return numbers[ATTR_FROM], callees


async def async_find_possible_callees(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    data: Mapping[str, Any],
    runtime: ElksData,
    written: Mapping[str, str | int],
) -> tuple[str, dict[str, Callee]]:
    """Return what async_find_callees does, by field, without those who cannot be called.

    Raises the first ServiceValidationError when nobody can, or when the number to call from cannot
    be one.
    """
    possible, first_error = dict(written), None
    while True:
        try:
            from_number, callees = await async_find_callees(
                hass, entry, data, runtime, possible
            )
        except ServiceValidationError as err:
            field = (err.translation_placeholders or {})["field"]
            if field not in possible:
                raise
            first_error = first_error or err
            if len(possible) == 1:
                raise first_error from None
            del possible[field]
        else:
            return from_number, dict(zip(possible, callees, strict=True))


async def async_read_numbers(
    runtime: ElksData, written: Mapping[str, str | int]
) -> dict[str, str]:
    """Return numbers in E.164 by their fields; the first must be the one to call from.

    Raises ServiceValidationError, which names the field.
    """
    try:
        return await runtime.numbers.async_read(written)
    except EmergencyNumberError as err:
        raise invalid("emergency_number", field=str(err)) from err
    except InvalidNumberError as err:
        raise invalid("invalid_number", field=str(err)) from err
