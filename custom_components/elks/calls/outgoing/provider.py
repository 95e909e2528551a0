"""What calls need from whoever carries them."""

from datetime import datetime
from typing import Protocol

from ...api import Call, CallRequest


class Provider(Protocol):
    """Who carries the calls; every request raises ElksError."""

    async def place_call(self, request: CallRequest) -> Call:
        """Place a call and return how it stands."""

    async def call(self, call_id: str) -> Call:
        """Return a call as it stands."""

    async def calls(self, since: datetime) -> list[Call]:
        """Return the calls placed since a time of the provider's clock."""

    def now(self) -> datetime:
        """Return the time by the provider's clock."""

    async def clock(self) -> datetime:
        """Return the time by the provider's clock, asking for it if it is not known."""
