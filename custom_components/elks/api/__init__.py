"""The 46elks voice API over HTTP. Knows nothing of Home Assistant."""

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
    "DEFAULT_URL",
    "OUTGOING",
    "Account",
    "Call",
    "CallRequest",
    "CallState",
    "ElksClient",
    "ElksError",
    "FromNumberRefusedError",
    "InvalidAuthError",
    "NoCreditError",
    "NotAllowedError",
    "Number",
    "OutcomeUnknownError",
    "RefusedError",
    "TakenAction",
    "UnreachableError",
    "mask_number",
    "read_keys",
]
