"""What people, templates and YAML write into a field, read as it is meant."""

from collections.abc import Callable
from contextlib import suppress
import re
import unicodedata

import voluptuous as vol

from homeassistant.helpers import config_validation as cv

# Copied from elsewhere, a text can come with what nobody sees: marks of direction, a soft
# hyphen, a space of no width, the mark at the beginning of a file
INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"

_EDGES = re.compile(rf"\A[\s{INVISIBLE}]+|[\s{INVISIBLE}]+\Z")


def trimmed(text: str) -> str:
    """Return a text without the space, line breaks and invisible marks around it."""
    return _EDGES.sub("", text)


def composed(text: str) -> str:
    """Return a text whose characters are whole, each written in the one usual way.

    YAML and templates make two halves of an emoji that is written as in JSON, which no file
    and no request can hold; some keyboards write an accent and its letter as two.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", whole)


def text(value: object) -> str:
    """Read a text. Raises vol.Invalid for a list, a mapping or nothing at all."""
    return trimmed(composed(cv.string(value)))


def filled_text(value: object) -> str:
    """Read a text that must not be blank. Raises vol.Invalid."""
    if not (read := text(value)):
        raise vol.Invalid("this is empty")
    return read


def language(value: object) -> str:
    """Read the code of a language. Raises vol.Invalid like text."""
    # YAML takes an unquoted Norwegian for a no
    return "no" if value is False else text(value)


def whole_number(value: object) -> int:
    """Read a whole number; what is behind the point is dropped. Raises vol.Invalid."""
    with suppress(OverflowError, ValueError):
        return int(float(text(value)))
    raise vol.Invalid("expected a number")


def number(value: object) -> str | int:
    """Read a phone number, or a name instead of one. Raises vol.Invalid.

    YAML and templates make an integer of some, and a helper for numbers a float.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and value > 0:
        return value
    if isinstance(value, str) and (written := text(value)):
        return written
    raise vol.Invalid("expected a phone number or a name")


def keys(allowed: str) -> Callable[[object], str]:
    """Return what reads keys of a telephone that match a pattern; it raises vol.Invalid."""
    pattern = re.compile(allowed)

    def read(value: object) -> str:
        # A helper for numbers tells a 1 as 1.0; other scripts have digits of their own
        written = text(value).removesuffix(".0")
        pressed = "".join(str(unicodedata.decimal(one, one)) for one in written)
        if pattern.fullmatch(pressed) is None:
            raise vol.Invalid(f"expected keys of a telephone: {allowed}")
        return pressed

    return read
