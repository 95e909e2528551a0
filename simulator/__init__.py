"""A stand-in for 46elks and the phones at the other end."""

from .account import AccountNumber
from .clock import Clock
from .dialect import Dialect, FailedCall, HangupFields, Times
from .faults import Fault, FaultKind
from .line import ActKind, Handset, Stage
from .models import (
    CallbackKind,
    CallState,
    Leg,
    ReceivedRequest,
    SentCallback,
    SimulatedCall,
)
from .phones import KeyPress, Outcome
from .simulator import Simulator

__all__ = [
    "AccountNumber",
    "ActKind",
    "CallState",
    "CallbackKind",
    "Clock",
    "Dialect",
    "FailedCall",
    "Fault",
    "FaultKind",
    "Handset",
    "HangupFields",
    "KeyPress",
    "Leg",
    "Outcome",
    "ReceivedRequest",
    "SentCallback",
    "SimulatedCall",
    "Simulator",
    "Stage",
    "Times",
]
