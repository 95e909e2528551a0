"""The fields of actions, read as people, templates and YAML mean them.

A reader raises FieldError for a value that its field cannot have; `in_words` says so to people.
"""

from collections.abc import Callable
from contextlib import suppress
import re
from typing import Any
import unicodedata

import voluptuous as vol

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.json import json_dumps
from homeassistant.util.json import json_loads_object

from ..errors import invalid
from ..helpers.text import read_text

type _Reader = Callable[[object], Any]


class FieldError(vol.Invalid):  # type: ignore[misc]
    """A field cannot have this value."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """Say what it can have, in the words of a translation."""
        super().__init__(key)
        self._words = key, placeholders

    def in_words(self) -> ServiceValidationError:
        """Return the error for people, which names the field, such as "answers #1 key"."""
        key, placeholders = self._words
        path = [
            f"#{one + 1}" if isinstance(one, int) else str(one) for one in self.path
        ]
        return invalid(key, field=" ".join(path), **placeholders)


def in_words(schema: vol.Schema) -> vol.Schema:
    """Return a schema that raises ServiceValidationError instead of FieldError.

    For a field that is missing or unknown it raises vol.Invalid, as all schemas do.
    """

    def read(data: object) -> Any:
        try:
            return schema(data)
        except vol.MultipleInvalid as err:
            for one in err.errors:
                if isinstance(one, FieldError):
                    raise one.in_words() from err
            raise

    return vol.Schema(read)


def reader(validator: Any, key: str, **placeholders: str) -> _Reader:
    """Return a reader of what a validator takes; `key` is of the translation that says what."""
    schema = vol.Schema(validator)

    def read(value: object) -> Any:
        try:
            return schema(value)
        except vol.Invalid as err:
            raise FieldError(key, **placeholders) from err

    return read


text = reader(read_text, "not_text")
filled_text = reader(vol.All(read_text, vol.Length(min=1)), "not_filled")
boolean = reader(cv.boolean, "not_boolean")
entity_id = reader(vol.All(read_text, cv.entity_id), "not_entity_id")
_TEXT_OR_MAPPING = vol.Any(vol.All(str, read_text), dict)
media = reader(_TEXT_OR_MAPPING, "not_media")
voice_start = reader(_TEXT_OR_MAPPING, "invalid_voice_start")
url = reader(vol.All(read_text, cv.url), "not_url")


def language(value: object) -> str:
    """Read the code of a language. Raises FieldError."""
    # YAML takes an unquoted Norwegian for a no
    read: str = "no" if value is False else text(value)
    return read


def options(value: object) -> dict[str, Any]:
    """Read the options of a voice as plain JSON, in which they are stored. Raises FieldError.

    What JSON cannot hold is left out: a voice is no reason not to call.
    """
    if not isinstance(value, dict):
        raise FieldError("not_mapping", example="voice: SofieNeural")
    plain: dict[str, Any] = {}
    for name, option in value.items():
        with suppress(TypeError, ValueError):
            plain |= json_loads_object(json_dumps({name: option}))
    return plain


def whole_number(least: int, most: int) -> _Reader:
    """Return a reader for a whole number within limits; decimals are dropped."""

    def read(value: object) -> int:
        with suppress(OverflowError, ValueError):
            return int(float(read_text(value)))
        raise vol.Invalid("not a number")

    limits = {"least": str(least), "most": str(most)}
    in_range = vol.All(read, vol.Range(min=least, max=most))
    return reader(in_range, "not_whole_number", **limits)


def one_of(*words: str) -> _Reader:
    """Return a reader for one of several words."""
    allowed = vol.All(read_text, vol.In(words))
    return reader(allowed, "not_one_of", words=", ".join(words))


def ids(value: object) -> list[str]:
    """Read the ids of one kind in a target: several, one, or none. Raises FieldError."""
    texts = [text(one) for one in _listed(value) if one is not None]
    return [one for ids in texts for one in re.split(r"[\s,]+", ids) if one]


def number(value: object) -> str | int:
    """Read a phone number, or a name instead of one. Raises FieldError.

    YAML and templates turn some into an integer, and a number helper into a float.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and value > 0:
        return value
    if isinstance(value, str) and (written := read_text(value)):
        return written
    raise FieldError("not_callee")


def person(value: object) -> str | int:
    """Read one of several who are to be called, as `number` does; blank for nobody.

    Such as an empty helper: the others are called all the same. Raises FieldError.
    """
    return "" if _is_blank(value) else number(value)


def people(most: int) -> vol.All:
    """Return a reader for those who are to be called: several, one, or nobody."""
    count = reader(vol.Length(max=most), "not_count", most=str(most))
    return vol.All(_listed, [person], count)


def _listed(value: object) -> list[object]:
    # Templates make a tuple of what commas separate
    if isinstance(value, list | tuple):
        return list(value)
    return [] if _is_blank(value) else [value]


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not read_text(value))


def _keys(allowed: str) -> _Reader:
    """Return a validator for telephone keys that match a pattern."""
    pattern = re.compile(allowed)

    def read(value: object) -> str:
        # A number helper gives 1 as 1.0; other scripts have digits of their own
        written = read_text(value).removesuffix(".0")
        pressed = "".join(str(unicodedata.decimal(one, one)) for one in written)
        if pattern.fullmatch(pressed) is None:
            raise vol.Invalid("not such keys")
        return pressed

    return read


digit = reader(_keys("[0-9]"), "not_digit")
keys = reader(_keys("[0-9*]{1,16}"), "not_keys")
