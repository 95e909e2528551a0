"""What the provider knows about a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .times import Times


class Direction(StrEnum):
    """Whether the account calls, or is called."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


class CallState(StrEnum):
    """The states of a call, by the provider's names."""

    ONGOING = "ongoing"
    SUCCESS = "success"
    BUSY = "busy"
    FAILED = "failed"


@dataclass
class Leg:
    """A phone that a call was connected to; `duration` in seconds."""

    to: str
    from_: str
    state: CallState = CallState.ONGOING
    duration: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the leg as the provider sends it."""
        return {
            "to": self.to,
            "from": self.from_,
            "duration": self.duration,
            "state": self.state,
        }


@dataclass
class SimulatedCall:
    """A call; `timeout` and `duration` in seconds, `cost` in 1/10000 of the currency.

    `from_` is None for a caller who withholds the number, `timeout` for a call to the account.
    """

    id: str
    owner: str
    from_: str | None
    to: str
    voice_start: str
    whenhangup: str | None
    timeout: int | None
    created: datetime
    direction: Direction = Direction.OUTGOING
    state: CallState = CallState.ONGOING
    start: datetime | None = None
    duration: int | None = None
    cost: int | None = None
    actions: list[dict[str, str]] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)

    @property
    def never_answered(self) -> bool:
        """Whether the call has ended without being answered."""
        return self.state is not CallState.ONGOING and self.start is None

    def basics(self, times: Times) -> dict[str, Any]:
        """Return the fields that every call has from the start."""
        return {
            "direction": self.direction,
            "from": self.from_,
            "to": self.to,
            "created": times.write(self.created),
            "state": self.state,
            "id": self.id,
        }

    def as_json(self) -> dict[str, Any]:
        """Return everything known about the call, in no dialect."""
        times = Times.MICROSECONDS
        details: Mapping[str, Any] = {
            "start": self.start and times.write(self.start),
            "duration": self.duration,
            "cost": self.cost,
            "legs": [leg.as_json() for leg in self.legs] or None,
        }
        return {
            **self.basics(times),
            "timeout": self.timeout,
            "actions": self.actions,
            **{name: value for name, value in details.items() if value is not None},
        }
