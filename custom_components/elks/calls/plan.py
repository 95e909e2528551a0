"""What a call shall be, before it is placed."""

from dataclasses import dataclass

from ..api import CallRequest
from .script import CallScript


@dataclass(frozen=True, kw_only=True, slots=True)
class CallPlan:
    """A call to be placed."""

    token: str
    """Secret of this one call, which its callbacks bring back."""
    request: CallRequest
    script: CallScript | None = None
    """What we say and ask when it is picked up; None when the request holds all of it."""
    reported: bool
    """Whether 46elks is to tell us how the call ends."""
