"""What is true of a call, from its plan to its end, and how that is kept. Knows no HTTP."""

from .dialogue.script import Answer, CallScript
from .events import CallEvent
from .outgoing.plan import CallPlan
from .record import CallRecord
from .store import CallStore
from .tally import Tally, end_of, month_of, price
from .token import is_ours, new_token
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
    "Tally",
    "end_of",
    "is_ours",
    "month_of",
    "new_token",
    "price",
]
