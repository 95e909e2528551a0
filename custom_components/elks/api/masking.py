"""Take what must not get out of a text: phone numbers, and where URLs lead."""

import re

_NUMBER = re.compile(r"\+?\d(?:[ ()./-]{0,2}\d){6,}")
_PUNCTUATION = re.compile(r"[ ()./-]")
_URL = re.compile(r"\b(https?://)[^\s\"'<>]+")


def mask_number(number: str) -> str:
    """Return a phone number of which only the first and last three characters show."""
    number = _PUNCTUATION.sub("", number)
    return f"{number[:3]}•••••{number[-3:]}"


def mask(text: str) -> str:
    """Return the text with the phone numbers and URLs in it made unreadable."""
    text = _URL.sub(r"\1•••••", text)
    return _NUMBER.sub(lambda match: mask_number(match[0]), text)
