"""Text as people, templates and YAML write it, read as it is meant."""

import re
import unicodedata

from homeassistant.helpers import config_validation as cv

# Copied from elsewhere, a text can come with what nobody sees: marks of direction, a soft
# hyphen, a space of no width, the mark at the beginning of a file
INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"

_EDGES = re.compile(rf"\A[\s{INVISIBLE}]+|[\s{INVISIBLE}]+\Z")


def trim(text: str) -> str:
    """Return a text without the space, line breaks and invisible marks around it."""
    return _EDGES.sub("", text)


def compose(text: str) -> str:
    """Return a text whose characters are whole, each written in the one usual way.

    YAML and templates make two halves of an emoji that is written as in JSON, which no file
    and no request can hold; some keyboards write an accent and its letter as two.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", whole)


def read_text(value: object) -> str:
    """Read a text. Raises vol.Invalid for a list, a mapping or nothing at all."""
    return trim(compose(cv.string(value)))
