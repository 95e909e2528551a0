"""Finding a call in the history, when the request for it was not answered."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ..api import Call
from .record import CallRecord

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
    ]
