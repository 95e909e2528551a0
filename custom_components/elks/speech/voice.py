"""A voice: which text-to-speech speaks, in which language, and with which options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """Who speaks, and how."""

    engine: str | None = None
    """Entity id of a text-to-speech; None for the home's own choice."""
    language: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


HOME_VOICE: Final = Voice()
"""The home's own choice."""
