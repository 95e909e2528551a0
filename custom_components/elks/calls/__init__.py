"""The life of a call, from its plan to its end. Knows no HTTP."""

from .events import CallEvent
from .plan import CallPlan
from .record import CallRecord
from .script import Answer, CallScript
from .store import CallStore
from .token import new_token
from .tracker import CallsStoppedError, CallTracker

__all__ = [
    "Answer",
    "CallEvent",
    "CallPlan",
    "CallRecord",
    "CallScript",
    "CallStore",
    "CallTracker",
    "CallsStoppedError",
    "new_token",
]
