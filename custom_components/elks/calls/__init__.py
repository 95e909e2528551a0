"""The life of a call, from its plan to its end. Knows no HTTP."""

from .plan import CallPlan
from .record import CallRecord
from .store import CallStore
from .token import new_token
from .tracker import CallsStoppedError, CallTracker

__all__ = [
    "CallPlan",
    "CallRecord",
    "CallStore",
    "CallTracker",
    "CallsStoppedError",
    "new_token",
]
