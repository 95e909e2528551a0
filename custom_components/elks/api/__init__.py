"""46elks over HTTP: its requests, answers, call actions, callbacks and errors.

The provider's words stand here and nowhere else. Knows nothing of Home Assistant.
"""

from .actions import (
    BEEP,
    THREE_BEEPS,
    CallAction,
    Connect,
    CustomAction,
    HangUp,
    HangUpSignal,
    Ivr,
    Play,
)
from .callbacks import (
    ActionEnded,
    Callback,
    Ended,
    Incoming,
    PickedUp,
    Recorded,
    read_callback,
)
from .client import DEFAULT_URL, ElksClient
from .errors import (
    ElksError,
    FromNumberRefusedError,
    InvalidAuthError,
    NoCreditError,
    NotAllowedError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from .masking import mask_number
from .models import (
    INCOMING,
    OUTGOING,
    Account,
    Call,
    CallRequest,
    CallState,
    Number,
    TakenAction,
    read_keys,
)

__all__ = [
    "BEEP",
    "DEFAULT_URL",
    "INCOMING",
    "OUTGOING",
    "THREE_BEEPS",
    "Account",
    "ActionEnded",
    "Call",
    "CallAction",
    "CallRequest",
    "CallState",
    "Callback",
    "Connect",
    "CustomAction",
    "ElksClient",
    "ElksError",
    "Ended",
    "FromNumberRefusedError",
    "HangUp",
    "HangUpSignal",
    "Incoming",
    "InvalidAuthError",
    "Ivr",
    "NoCreditError",
    "NotAllowedError",
    "Number",
    "OutcomeUnknownError",
    "PickedUp",
    "Play",
    "Recorded",
    "RefusedError",
    "TakenAction",
    "UnreachableError",
    "mask_number",
    "read_callback",
    "read_keys",
]
