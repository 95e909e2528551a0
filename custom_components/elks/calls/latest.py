"""Which call was placed last: of all, and of those to each contact."""

from collections.abc import Iterable
from datetime import datetime

from .record import CallRecord


class LatestCalls:
    """The call placed last, of those that are noted here; and that of each contact."""

    def __init__(self) -> None:
        """Begin without calls."""
        self._by_contact: dict[str | None, CallRecord] = {}
        """None stands for all calls."""

    def of(self, contact: str | None) -> CallRecord | None:
        """Return the call to a contact that was placed last; of all calls for None."""
        return self._by_contact.get(contact)

    @property
    def records(self) -> list[CallRecord]:
        """The last call, and that of each contact."""
        return list(self._by_contact.values())

    def note(self, record: CallRecord, *, new: bool) -> None:
        """Note a call that is `new` here, or that has changed: an older one displaces no other."""
        for contact in _whose(record):
            if _is_later(record, self._by_contact.get(contact), new=new):
                self._by_contact[contact] = record

    def find_again(self, records: Iterable[CallRecord]) -> None:
        """Find the last ones among calls, when one turns out to be older than it seemed."""
        for record in sorted(records, key=lambda one: _cut(one.placed)):
            self._by_contact |= dict.fromkeys(_whose(record), record)


def _whose(record: CallRecord) -> set[str | None]:
    return {None, record.contact}


def _is_later(record: CallRecord, last: CallRecord | None, *, new: bool) -> bool:
    """Return whether a call was placed later than the last one, or is that one.

    Times are compared as the history gives them, cut to the millisecond; of two calls in the
    same one, the new one is later.
    """
    if last is None or record.token == last.token:
        return True
    placed, last_placed = _cut(record.placed), _cut(last.placed)
    return placed > last_placed or (new and placed == last_placed)


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
