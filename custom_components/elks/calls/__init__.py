"""The life of a call, from its plan to its end, and chains of calls. Knows no HTTP."""

from .chain import ACKNOWLEDGED, Chain, ChainEnd, ChainState, Person, Turn
from .chain_run import ChainRun
from .chain_store import ChainStore
from .chains import Chains
from .events import CallEvent
from .plan import CallPlan
from .record import CallRecord
from .script import Answer, CallScript
from .store import CallStore
from .tally import Tally, end_of, month_of, price
from .token import is_ours, new_token
from .tracker import CallsStoppedError, CallTracker

__all__ = [
    "ACKNOWLEDGED",
    "Answer",
    "CallEvent",
    "CallPlan",
    "CallRecord",
    "CallScript",
    "CallStore",
    "CallTracker",
    "CallsStoppedError",
    "Chain",
    "ChainEnd",
    "ChainRun",
    "ChainState",
    "ChainStore",
    "Chains",
    "Person",
    "Tally",
    "Turn",
    "end_of",
    "is_ours",
    "month_of",
    "new_token",
    "price",
]
