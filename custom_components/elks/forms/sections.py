"""What the forms of an account and of its contacts have in common."""

from collections.abc import Mapping
from typing import Any


def unfolded(user_input: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Return the fields of a form as they are stored: those of a section among the others."""
    return {
        **{key: value for key, value in user_input.items() if key != section},
        **user_input.get(section, {}),
    }
