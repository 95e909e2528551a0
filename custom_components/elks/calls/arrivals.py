"""Whether the callbacks of an account's calls arrive."""

from dataclasses import dataclass
from datetime import datetime

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..helpers.listeners import Listeners


@dataclass(frozen=True, slots=True)
class ArrivalChange:
    """News: callbacks arrive that did not, or another one is missing."""

    missing: int
    """How many calls in a row have ended without the callback that should have reported it."""


class CallbackArrivals:
    """Counts what arrives and what does not."""

    def __init__(self, listeners: Listeners) -> None:
        """Begin without knowing anything."""
        self._listeners = listeners
        self.missing = 0
        """As in ArrivalChange."""
        self.last: datetime | None = None
        """When 46elks called back last; None if it has not since the account was loaded."""

    @callback
    def async_note(self) -> None:
        """Note a callback that arrives, also one that reports nothing new."""
        is_news = self.last is None or self.missing > 0
        self.last = dt_util.utcnow()
        self.missing = 0
        if is_news:
            self._listeners.async_notify(ArrivalChange(missing=0))

    @callback
    def async_miss(self) -> None:
        """Note that a call ended without the callback that should have reported it."""
        self.missing += 1
        self._listeners.async_notify(ArrivalChange(missing=self.missing))
