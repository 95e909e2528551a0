"""Who is let in at a line, and who is not."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from hmac import compare_digest

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..calls import CallBook, CallChange, end_of
from ..calls.incoming.caller import Caller
from ..calls.incoming.events import LINE_ENDS
from ..calls.incoming.line import Callers, Line
from .store import LineStore

MOST_TRIES = 3
"""Wrong PINs that end a call."""
_MOST_WRONG_PINS = 5
_LOCKED_FOR = timedelta(hours=1)
"""Within which so many wrong PINs were entered, callers who are not contacts are refused."""
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
        state, now = self._store.state(line.id), dt_util.utcnow()
        calls = sum(one.line == line.id for one in self._book.open())
        if not state.answering or calls >= _MOST_CALLS:
            return Way.CLOSED
        is_full = state.used(now) >= line.minutes_per_day * 60
        is_locked = len(_recent(state.wrong_pins, now)) >= _MOST_WRONG_PINS
        is_stranger = line.callers is Callers.CONTACTS or is_full or is_locked
        if caller.contact is None and is_stranger:
            return Way.OUT
        return Way.PIN if line.pin else Way.IN

    @callback
    def async_note_wrong_pin(self, line: Line) -> None:
        """Note that a wrong PIN was entered."""
        state, now = self._store.state(line.id), dt_util.utcnow()
        wrong = (*_recent(state.wrong_pins, now), now)
        self._store.async_set(line.id, replace(state, wrong_pins=wrong))

    @callback
    def async_call_changed(self, change: CallChange) -> None:
        """Count how long a call to a line lasted, when it has ended."""
        record = change.record
        if record.line is None or LINE_ENDS.isdisjoint(change.moments):
            return
        seconds = (record.call and record.call.duration) or 0
        if seconds:
            state = self._store.state(record.line)
            self._store.async_set(record.line, state.with_call(end_of(record), seconds))


def expected_pin(line: Line, caller: Caller) -> str:
    """Return the PIN that a caller is to enter: their own, else the line's."""
    own = caller.contact.pin if caller.contact else None
    return own or line.pin or ""


def is_pin(keys: str, pin: str) -> bool:
    """Return whether the keys are the PIN; it takes as long for any keys."""
    return bool(pin) and compare_digest(keys.encode(), pin.encode())


def _recent(moments: tuple[datetime, ...], now: datetime) -> list[datetime]:
    return [one for one in moments if now - _LOCKED_FOR < one <= now]
