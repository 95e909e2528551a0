"""The life of a call, from its plan to its end. Knows no HTTP."""

from .plan import CallPlan, new_token
from .record import CallRecord
from .store import CallStore
from .tracker import CallTracker

__all__ = ["CallPlan", "CallRecord", "CallStore", "CallTracker", "new_token"]
