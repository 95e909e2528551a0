"""A row of the matrix."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, override

from simulator import CallState, Dialect, Fault, FaultKind

from .scene import Scene

PLACE = "POST /calls"
HISTORY = "GET /calls"
LOOK = "GET /calls/{id}"

AT_ONCE = 0.1
POLLED = 75
"""Seconds until a reachable home looks a call up without a callback: it may ring for 60 s."""
LOST = Fault(FaultKind.CALLBACK_DROPPED, times=None)
"""No callback arrives."""

_PLAIN = Dialect()
_MEASURES = (
    *("incoming_created", "callback_times", "listed_after", "incoming_retried"),
    *("retries_next", "rejected", "rings_for"),
)

type Story = Callable[[Scene], Coroutine[Any, Any, object]]


async def one_call(scene: Scene) -> None:
    """Place one call."""
    await scene.place_call()


@dataclass(frozen=True, kw_only=True)
class Row:
    """What goes wrong, and what must come of it nevertheless.

    Unless the story differs, one call is placed, answered after 2 s and soon over.
    """

    name: str
    goes_wrong: str
    """The title of the row."""
    faults: tuple[Fault, ...] = ()
    story: Story = one_call
    calls: int = 1
    """How many are placed at the provider."""
    outcome: str = "ongoing"
    """What comes of each action."""
    state: str = "success"
    """What the sensor shows in the end."""
    chain: str = "idle"
    """What the sensor of the chains shows in the end."""
    spoken: str = ""
    """What is heard of the messages; empty for nothing."""
    within: float = AT_ONCE
    """Seconds from the end of the call until it does."""
    logs: tuple[str, ...] = ()
    """How the logged warnings begin."""
    dialect: Dialect | None = None
    """How the provider expresses itself; None for a random dialect."""

    @property
    def used_dialect(self) -> Dialect:
        """The dialect that is used, always the same for the same name."""
        if self.dialect is not None:
            return self.dialect
        # How calls end is decided by the row
        return replace(
            Dialect.chosen(self.name),
            declined=CallState.BUSY,
            not_answered=CallState.FAILED,
            fails_at_once=True,
        )


@dataclass(frozen=True, kw_only=True)
class LineRow(Row):
    """What goes wrong while somebody calls the home, and what must come of it nevertheless.

    The story has them call; `state` is how the last of these calls ended at the line.
    """

    line: Mapping[str, Any]
    """The fields of the line."""
    calls: int = 0
    opened: int = 1
    """How many times the gate opens."""
    heard: str
    """What the last caller heard."""

    @property
    @override
    def used_dialect(self) -> Dialect:
        """The dialect that is used, always the same for the same name."""
        if self.dialect is not None:
            return self.dialect
        # What the row measures by: how a call looks that its caller ended, and when
        return replace(
            super().used_dialect,
            **{name: getattr(_PLAIN, name) for name in _MEASURES},
            hung_up="hangup",
        )
