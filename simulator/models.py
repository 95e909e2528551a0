"""What the provider knows of a call, and what it recorded of its traffic."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


def provider_time(moment: datetime) -> str:
    """Write a time as the provider does: UTC, without a zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


class CallState(StrEnum):
    """The states of a call, as the provider names them."""

    ONGOING = "ongoing"
    SUCCESS = "success"
    BUSY = "busy"
    FAILED = "failed"


class CallbackKind(StrEnum):
    """The occasions on which the provider calls back."""

    NEWOUTGOING = "newoutgoing"
    NEXT = "next"
    WHENHANGUP = "whenhangup"
    RECORDING = "recording"


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
    """A call; `timeout` and `duration` in seconds, `cost` in 1/10000 of the currency."""

    id: str
    owner: str
    from_: str
    to: str
    voice_start: str
    whenhangup: str | None
    timeout: int
    created: datetime
    direction: str = "outgoing"
    state: CallState = CallState.ONGOING
    start: datetime | None = None
    duration: int | None = None
    cost: int | None = None
    actions: list[dict[str, str]] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)

    @property
    def never_answered(self) -> bool:
        """Whether it has ended, and nobody picked up."""
        return self.state is not CallState.ONGOING and self.start is None

    def sure(self, write: Callable[[datetime], str]) -> dict[str, Any]:
        """Return what is told of every call, with times as `write` writes them."""
        return {
            "direction": self.direction,
            "from": self.from_,
            "to": self.to,
            "created": write(self.created),
            "state": self.state,
            "id": self.id,
        }

    def as_json(self) -> dict[str, Any]:
        """Return all that is known of the call, whatever the provider tells."""
        known = {
            "start": self.start and provider_time(self.start),
            "duration": self.duration,
            "cost": self.cost,
            "legs": [leg.as_json() for leg in self.legs] or None,
        }
        return {
            **self.sure(provider_time),
            "timeout": self.timeout,
            "actions": self.actions,
            **{name: value for name, value in known.items() if value is not None},
        }


@dataclass
class ReceivedRequest:
    """A request to the API; `status` is unset until it was answered."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    time: datetime
    status: int | None = None


@dataclass
class SentCallback:
    """One attempt to call back; neither `status` nor `error` while it is under way."""

    call_id: str
    kind: CallbackKind
    url: str
    form: Mapping[str, str]
    attempt: int
    time: datetime
    status: int | None = None
    error: str | None = None
