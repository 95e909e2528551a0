"""What a call shall be, before it is placed."""

from dataclasses import dataclass
import secrets

from ..api import CallRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class CallPlan:
    """A call to be placed."""

    token: str
    """Secret of this one call, which its callbacks bring back."""
    request: CallRequest


def new_token() -> str:
    """Return a secret for the callback address of one call; safe in a query string."""
    return secrets.token_urlsafe(24)
