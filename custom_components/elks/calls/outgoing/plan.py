"""What a call is to be, before it is placed."""

from dataclasses import dataclass
from datetime import datetime

from ...api import CallRequest
from ..dialogue.script import CallScript
from ..record import CallRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class CallPlan:
    """A call to be placed."""

    token: str
    """Secret of this one call, which its callbacks bring back."""
    request: CallRequest
    script: CallScript | None = None
    """What we say and ask when it is picked up; None when the request holds all of it."""
    contact: str | None = None
    """Id of the contact who is called; None for a number that is nobody's."""
    chain: str | None = None
    """Id of the chain that the call belongs to."""
    reported: bool
    """Whether 46elks is to report to us how the call ends."""

    def record(self, requested: datetime) -> CallRecord:
        """Return what is known of the call when it is requested, by the provider's clock."""
        return CallRecord(
            token=self.token,
            from_number=self.request.from_number,
            to_number=self.request.to_number,
            timeout=self.request.timeout,
            requested=requested,
            reported=self.reported,
            script=self.script,
            contact=self.contact,
            chain=self.chain,
        )
