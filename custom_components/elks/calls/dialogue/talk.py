"""Where the talk with a caller stands: what was asked last, and what came of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from ...helpers.stored_values import text, whole_number


class Place(StrEnum):
    """What a caller was asked last."""

    DOOR = "door"
    """Nothing yet: who is let in is being decided."""
    PIN = "pin"
    MENU = "menu"
    DECISION = "decision"
    """Nothing: an automation decides what comes next."""
    STEP = "step"
    """What an automation asked."""
    FORWARD = "forward"
    """Nothing: they are connected with somebody else."""
    EXIT = "exit"
    """Nothing more: the call ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Talk:
    """Where the talk with a caller stands; kept over a restart."""

    place: Place = Place.DOOR
    question: int = 0
    """How many questions were answered."""
    first: int = 0
    """How many were before the step that an automation asked last."""
    steps: int = 0
    """How many steps an automation asked for."""
    steps_over: int = 0
    """How many of them are over."""
    connect: str = ""
    """Whom the last of them connects the caller with, in E.164; empty if it speaks or hangs up."""
    wrong_pins: int = 0
    misses: int = 0
    """How many times in a row nothing, or nothing that can be chosen, was pressed."""

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what as_dict returned, in this version, an older or a newer one.

        Raises TypeError for what cannot be read.
        """
        place = text(data.get("place", ""))
        numbers = (
            "question",
            "first",
            "steps",
            "steps_over",
            "wrong_pins",
            "misses",
        )
        return cls(
            # What only a newer version knows is not gone on with
            place=Place(place) if place in Place else Place.EXIT,
            connect=text(data.get("connect", "")),
            **{name: whole_number(data.get(name, 0)) for name in numbers},
        )


BEGIN: Final = Talk()
"""Where the talk with somebody stands who rings; that of a call that we placed stays there."""
