"""Who calls: the provider's word for it, which can be withheld, odd or forged."""

from dataclasses import dataclass
import re

from homeassistant.config_entries import ConfigEntry

from ...people.contacts import Contact, contact_with

_NUMBER = re.compile(r"(?:\+|00)?([1-9][0-9]{6,14})")
_BETWEEN = re.compile(r"[\s().-]")
"""What a number may be written with; a plus that was not encoded has become a space."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Somebody who calls the home."""

    number: str | None
    """E.164; None for whoever withholds it."""
    contact: Contact | None


def read_caller(written: str | None, entry: ConfigEntry) -> Caller:
    """Return who calls, as far as what the provider gives can be a number.

    How it reports a withheld number is not documented: what cannot be one counts as withheld.
    """
    found = _NUMBER.fullmatch(_BETWEEN.sub("", written or ""))
    if found is None:
        return Caller(number=None, contact=None)
    number = f"+{found[1]}"
    return Caller(number=number, contact=contact_with(entry, number))
