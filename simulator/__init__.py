"""A stand-in for 46elks, and the phones at the other end.

Tests, the demo and the benchmarks place their calls here; `python -m simulator` runs it alone.
What stands here imitates the provider or a person with a phone; nothing here knows Elks or
Home Assistant. From the top, where each part uses only what is below it:

- `simulator`: the Simulator, all parts put together and served over HTTP
- `control/`: steering from outside, and the page on which phones ring
- `api/`: the requests that customers make, and the faults in their answers
- `calls/`: the calls. `exchange` places and takes them, `incoming` has callers wait, `actions`
  carries calls out, `connect` adds other phones, `handsets` are the phones in a call, `phones`
  what people do with theirs
- `wire/`: what the provider sends. `callbacks` sends forms, `payloads` fills them in, `dialect`
  holds the choices where the provider's documentation is silent
- `account`, `call`, `traffic`: what the provider knows; `faults`: what is to go wrong;
  `clock`, `times`: its time; `tasks`, `watchers`: helpers
"""

from .account import AccountNumber
from .call import CallState, Direction, Leg, SimulatedCall
from .calls.handsets import Handset, Stage
from .calls.phones import ActKind, KeyPress, Outcome
from .clock import Clock
from .faults import Fault, FaultKind
from .simulator import Simulator
from .times import Times
from .traffic import CallbackKind, ReceivedRequest, SentCallback
from .wire.dialect import Dialect, FailedCall, HangupFields
from .wire.payloads import Payloads

__all__ = [
    "AccountNumber",
    "ActKind",
    "CallState",
    "CallbackKind",
    "Clock",
    "Dialect",
    "Direction",
    "FailedCall",
    "Fault",
    "FaultKind",
    "Handset",
    "HangupFields",
    "KeyPress",
    "Leg",
    "Outcome",
    "Payloads",
    "ReceivedRequest",
    "SentCallback",
    "SimulatedCall",
    "Simulator",
    "Stage",
    "Times",
]
