"""The fields of actions, read as people, templates and YAML mean them."""

from collections.abc import Callable
from contextlib import suppress
import re
from typing import Any
import unicodedata

import voluptuous as vol

from homeassistant.helpers.json import json_dumps
from homeassistant.util.json import json_loads_object

from ..helpers.text import read_text


def filled_text(value: object) -> str:
    """Read a text that must not be blank. Raises vol.Invalid."""
    if not (read := read_text(value)):
        raise vol.Invalid("this is empty")
    return read


def language(value: object) -> str:
    """Read the code of a language. Raises vol.Invalid like read_text."""
    # YAML takes an unquoted Norwegian for a no
    return "no" if value is False else read_text(value)


def options(value: object) -> dict[str, Any]:
    """Read the options of a voice as plain JSON, in which they are stored. Raises vol.Invalid.

    What JSON cannot hold is left out: a voice is no reason not to call.
    """
    if not isinstance(value, dict):
        raise vol.Invalid("expected a dictionary")
    plain: dict[str, Any] = {}
    for name, option in value.items():
        with suppress(TypeError, ValueError):
            plain |= json_loads_object(json_dumps({name: option}))
    return plain


def whole_number(value: object) -> int:
    """Read a whole number; decimals are dropped. Raises vol.Invalid."""
    with suppress(OverflowError, ValueError):
        return int(float(read_text(value)))
    raise vol.Invalid("expected a number")


def ids(value: object) -> list[str]:
    """Read the ids of one kind in a target: several, one, or none. Raises vol.Invalid."""
    listed = value if isinstance(value, list) else [value]
    texts = [read_text(one) for one in listed if one is not None]
    return [one for text in texts for one in re.split(r"[\s,]+", text) if one]


def number(value: object) -> str | int:
    """Read a phone number, or a name instead of one. Raises vol.Invalid.

    YAML and templates turn some into an integer, and a number helper into a float.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and value > 0:
        return value
    if isinstance(value, str) and (written := read_text(value)):
        return written
    raise vol.Invalid("expected a phone number or a name")


def person(value: object) -> str | int:
    """Read one of several who are to be called, as `number` does; blank for nobody.

    Such as an empty helper: the others are called all the same. Raises vol.Invalid.
    """
    is_blank = value is None or (isinstance(value, str) and not read_text(value))
    return "" if is_blank else number(value)


def people(value: object) -> list[str | int]:
    """Read those who are to be called: several, one, or nobody. Raises vol.Invalid."""
    if isinstance(value, list):
        return [person(one) for one in value]
    return [one] if (one := person(value)) else []


def keys(allowed: str) -> Callable[[object], str]:
    """Return a reader for telephone keys that match a pattern. It raises vol.Invalid."""
    pattern = re.compile(allowed)

    def read(value: object) -> str:
        # A number helper gives 1 as 1.0; other scripts have digits of their own
        written = read_text(value).removesuffix(".0")
        pressed = "".join(str(unicodedata.decimal(one, one)) for one in written)
        if pattern.fullmatch(pressed) is None:
            raise vol.Invalid(f"expected keys of a telephone: {allowed}")
        return pressed

    return read
