"""Who is let in at a line, and who is not."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from hmac import compare_digest

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..calls import CallBook, CallChange, CallRecord
from ..calls.dialogue.talk import Place
from ..calls.incoming.caller import Caller
from ..calls.incoming.events import LINE_ENDS
from ..calls.incoming.line import Callers, Line
from .store import LineStore

MOST_TRIES = 3
"""Wrong PINs that end a call."""
_MOST_WRONG_PINS = 5
_HOUR = timedelta(hours=1)
"""After so many wrong PINs within it, callers who are not contacts are refused for another."""
_MOST_CALLS = 5
"""Calls to one line at the same time."""


class Way(Enum):
    """How a caller is received."""

    IN = auto()
    PIN = auto()
    """Let in once a PIN was entered."""
    OUT = auto()
    """As the line receives others."""
    CLOSED = auto()
    """The same, but never forwarded: nobody is let in now."""


class Door:
    """Decides who is let in at the lines of one account."""

    def __init__(self, book: CallBook, store: LineStore) -> None:
        """Count the calls in a book."""
        self._book = book
        self._store = store

    def way(self, line: Line, caller: Caller) -> Way:
        """Return how a caller is received who rings now."""
        calls = sum(_takes_up(line, one) for one in self._book.open())
        if not self._store.state(line.id).answering or calls >= _MOST_CALLS:
            return Way.CLOSED
        if self.is_out_of_time(line, caller):
            # What is forwarded costs as well
            return Way.CLOSED
        if self.refuses(line, caller):
            return Way.OUT
        return Way.PIN if line.pin else Way.IN

    def is_out_of_time(
        self, line: Line, caller: Caller, lasted: timedelta = timedelta()
    ) -> bool:
        """Return whether no time of the day is left for a caller, whose call has lasted so long."""
        if caller.contact is not None:
            return False
        used = self._store.state(line.id).used(dt_util.utcnow())
        return used + lasted.total_seconds() >= line.minutes_per_day * 60

    def refuses(self, line: Line, caller: Caller) -> bool:
        """Return whether a caller is not let in, whatever PIN is entered.

        That is a stranger where contacts are let in, or after too many wrong PINs.
        """
        if caller.contact is not None:
            return False
        locked = self._store.state(line.id).locked
        is_locked = locked is not None and _is_recent(locked, dt_util.utcnow())
        return is_locked or line.callers is Callers.CONTACTS

    @callback
    def async_note_wrong_pin(self, line: Line, caller: Caller) -> None:
        """Note that a caller entered a wrong PIN."""
        if caller.contact is not None:
            return
        state, now = self._store.state(line.id), dt_util.utcnow()
        wrong = (*(one for one in state.wrong_pins if _is_recent(one, now)), now)
        if len(wrong) >= _MOST_WRONG_PINS:
            state, wrong = replace(state, locked=now), ()
        self._store.async_set(line.id, replace(state, wrong_pins=wrong))

    @callback
    def async_call_changed(self, change: CallChange) -> None:
        """Count how long a call to a line lasted, when it has ended."""
        record = change.record
        if record.line is None or LINE_ENDS.isdisjoint(change.moments):
            return
        now = dt_util.utcnow()
        if seconds := _lasted(record, now):
            state = self._store.state(record.line).with_call(now, seconds)
            self._store.async_set(record.line, state)


def expected_pin(line: Line, caller: Caller) -> str:
    """Return the PIN that a caller is to enter: their own, else the line's."""
    own = caller.contact.pin if caller.contact else None
    return own or line.pin or ""


def is_pin(keys: str, pin: str) -> bool:
    """Return whether the keys are the PIN; it takes as long for any keys."""
    return bool(pin) and compare_digest(keys.encode(), pin.encode())


def _takes_up(line: Line, record: CallRecord) -> bool:
    """Return whether a call takes up a line; who is refused is gone in a moment."""
    return record.line == line.id and record.talk.place is not Place.EXIT


def _lasted(record: CallRecord, now: datetime) -> int:
    """Return how long a call lasted, in seconds: at most, when that is not reported."""
    duration = record.call.duration if record.call else None
    if duration is None and record.answered:
        return max(0, round((now - record.placed).total_seconds()))
    return duration or 0


def _is_recent(moment: datetime, now: datetime) -> bool:
    return now - _HOUR < moment <= now
