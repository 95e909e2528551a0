"""A row of the matrix."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from simulator import CallState, Dialect, Fault, FaultKind

from .scene import Scene

PLACE = "POST /calls"
HISTORY = "GET /calls"
LOOK = "GET /calls/{id}"

AT_ONCE = 0.1
POLLED = 75
"""Seconds until a reachable home looks for the end of a call by itself: it may ring for 60 s."""
LOST = Fault(FaultKind.CALLBACK_DROPPED, times=None)
"""No callback arrives."""

type Story = Callable[[Scene], Coroutine[Any, Any, object]]


async def one_call(scene: Scene) -> None:
    """Place one call."""
    await scene.place_call()


@dataclass(frozen=True, kw_only=True)
class Row:
    """What goes wrong, and what shall come of it nevertheless.

    Unless the story tells otherwise, one call is placed, picked up after 2 s and soon over.
    """

    name: str
    goes_wrong: str
    """For people."""
    faults: tuple[Fault, ...] = ()
    story: Story = one_call
    calls: int = 1
    """How many are placed at the provider."""
    outcome: str = "ongoing"
    """What comes of each action."""
    state: str = "success"
    """What the sensor shows in the end."""
    within: float = AT_ONCE
    """Seconds from the end of the call until it does."""
    logs: tuple[str, ...] = ()
    """How the warnings begin that are logged."""
    dialect: Dialect | None = None
    """How the provider speaks; None by chance."""

    @property
    def spoken(self) -> Dialect:
        """How the provider speaks: always the same for the same name."""
        if self.dialect is not None:
            return self.dialect
        # How calls end is up to the row
        return replace(
            Dialect.chosen(self.name),
            declined=CallState.BUSY,
            not_answered=CallState.FAILED,
            fails_at_once=True,
        )
