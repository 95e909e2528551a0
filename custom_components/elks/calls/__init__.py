"""What is true of a call in either direction, from the request to the end.

`tracker` joins the parts: `record` is what is known of one call, `book` of all, `store` on disk;
`reports` takes in callbacks, `ends` lets others wait. `outgoing` places calls and finds them again,
`dialogue` decides what comes next in one. Knows no HTTP, and not who listens.
"""

from .arrivals import ArrivalChange
from .book import CallBook
from .changes import CallChange, CallLetIn, CallRefusal
from .dialogue.script import Answer, CallScript, Spoken, Step
from .dialogue.sounds import Heard, async_find_sound
from .ends import CallsStoppedError
from .events import ENDS, CallEvent
from .facts import PRIVATE, call_facts
from .outgoing.plan import CallPlan
from .record import CallRecord
from .store import CallStore
from .tally import Tally, end_of, month_of, price
from .token import is_of_line, is_ours, new_token
from .tracker import CallTracker

__all__ = [
    "ENDS",
    "PRIVATE",
    "Answer",
    "ArrivalChange",
    "CallBook",
    "CallChange",
    "CallEvent",
    "CallLetIn",
    "CallPlan",
    "CallRecord",
    "CallRefusal",
    "CallScript",
    "CallStore",
    "CallTracker",
    "CallsStoppedError",
    "Heard",
    "Spoken",
    "Step",
    "Tally",
    "async_find_sound",
    "call_facts",
    "end_of",
    "is_of_line",
    "is_ours",
    "month_of",
    "new_token",
    "price",
]
