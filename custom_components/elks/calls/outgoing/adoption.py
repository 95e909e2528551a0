"""Finding a call in the history, when the request for it was not answered."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ...api import OUTGOING, Call
from ..record import CallRecord

_ALLOWANCE = timedelta(minutes=2)
"""How far the times of two of the provider's machines may lie apart."""
_LONGEST_REQUEST = timedelta(seconds=45)
"""A request and what is tried again before it, at the most."""


def earliest(record: CallRecord) -> datetime:
    """Return the time since when the call may have been placed."""
    return record.requested - _ALLOWANCE


def same_numbers(one: CallRecord, other: CallRecord) -> bool:
    """Return whether in the history one call could be taken for the other."""
    return one.numbers == other.numbers


def candidates(
    record: CallRecord, history: Iterable[Call], is_known: Callable[[str], bool]
) -> list[Call]:
    """Return the calls of the history that may be the one asked for."""
    latest = record.requested + _LONGEST_REQUEST + _ALLOWANCE
    return [
        call
        for call in history
        if (call.from_number, call.to_number) == record.numbers
        and call.created is not None
        and earliest(record) <= call.created <= latest
        and not is_known(call.id)
        and not _is_anothers(call, record)
    ]


def _is_anothers(call: Call, record: CallRecord) -> bool:
    """Return whether a call differs in what the history need not show of it.

    Another home with the same account can call the same person in the same minute.
    """
    if call.direction not in (None, OUTGOING):
        return True
    if call.timeout not in (None, record.timeout):
        return True
    if record.script is None or not call.sounds:
        return False
    played = {sound.rpartition("/")[2] for sound in call.sounds}
    return played.isdisjoint(record.script.sounds)
