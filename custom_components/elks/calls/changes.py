"""The news of calls that listeners are notified of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..api import RefusedError
from .events import CallEvent
from .incoming.events import LineEvent
from .outgoing.plan import CallPlan
from .record import CallRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class CallChange:
    """More is known of a call that was placed or came in, or it is known that it never was."""

    record: CallRecord
    moments: Mapping[CallEvent | LineEvent, datetime] = field(default_factory=dict)
    """What happened to the call with this change, in this order, each at a time of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallLetIn:
    """Somebody who calls a line was let in."""

    record: CallRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRefusal:
    """The provider refused to place a call."""

    plan: CallPlan
    error: RefusedError
