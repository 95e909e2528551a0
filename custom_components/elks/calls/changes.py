"""The news of calls that listeners are notified of."""

from dataclasses import dataclass
from datetime import datetime

from ..api import RefusedError
from .events import CallEvent
from .outgoing.plan import CallPlan
from .record import CallRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class CallChange:
    """More is known of a call that was placed, or it is known that it never was."""

    record: CallRecord
    moments: tuple[tuple[CallEvent, datetime], ...] = ()
    """What happened to the call with this change, each at a time of its own."""

    @property
    def events(self) -> set[CallEvent]:
        """What happened to the call with this change."""
        return {event for event, _ in self.moments}


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRefusal:
    """The provider refused to place a call."""

    plan: CallPlan
    error: RefusedError
