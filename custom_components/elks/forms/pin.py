"""PINs in forms: what callers enter on their phones."""

import re
from typing import Final

from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

_PIN = re.compile(r"[0-9]{4,10}")

PIN_SELECTOR: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)


def is_possible_pin(text: str) -> bool:
    """Return whether a text can be a PIN: 4 to 10 digits."""
    return _PIN.fullmatch(text) is not None
