"""Text as people, templates and YAML write it."""

import re
import unicodedata

from homeassistant.helpers import config_validation as cv

# Text that is copied can bring characters that nobody sees: marks of direction, soft hyphens,
# spaces without width, a byte order mark
INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"

_EDGES = re.compile(rf"\A[\s{INVISIBLE}]+|[\s{INVISIBLE}]+\Z")


def trim(text: str) -> str:
    """Return a text without the space, line breaks and invisible marks around it."""
    return _EDGES.sub("", text)


def shorten(text: str, length: int = 40) -> str:
    """Return a text in one line, cut off after so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def compose(text: str) -> str:
    """Return a text with whole characters in their usual form (Unicode NFC).

    YAML and templates split an emoji that is escaped as in JSON into two halves, which no file
    and no request can hold; some keyboards write a letter and its accent as two.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", whole)


def read_text(value: object) -> str:
    """Read a text. Raises vol.Invalid for a list, a mapping or nothing at all."""
    return trim(compose(cv.string(value)))
