"""Finding a call in the history, when the request for it was not answered."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from ...api import OUTGOING, Call
from ...speech import Prompt, RecordingNames, words_of
from ..book import CallBook
from ..record import CallRecord
from .provider import Provider

_ALLOWANCE = timedelta(minutes=2)
"""How far the times of two of the provider's machines may lie apart."""
_LONGEST_REQUEST = timedelta(seconds=45)
"""A request and what is tried again before it, at the most."""
_CLOCK_TOLERANCE = timedelta(seconds=10)


class Adoption:
    """Looks for the calls of one account in the history, and adopts what must be one of them."""

    def __init__(
        self, provider: Provider, book: CallBook, names: RecordingNames
    ) -> None:
        """Look for the calls in a book; `names` are those of what they play."""
        self._names = names
        self._provider = provider
        self._book = book
        self._requested: dict[str, float] = {}
        """When calls were requested of which no more is known yet, by a clock that nobody sets."""

    def begin(self, token: str) -> None:
        """Note that a call is requested now."""
        self._requested[token] = monotonic()

    def settle(self, token: str) -> None:
        """Note that a call is known, or that it never will be."""
        self._requested.pop(token, None)

    async def look(self, record: CallRecord) -> bool:
        """Look in the history for a call whose request was not answered, and adopt it.

        With another call that could be this one, or another request that could have placed it,
        nothing is adopted. Returns whether there is any call that could be it. Raises ElksError.
        """
        record = await self._correct_time(record)
        history = await self._provider.calls(earliest(record))
        # The answer brings the provider's time, which may be another than was thought
        corrected = await self._correct_time(record)
        if corrected.requested != record.requested:
            history = await self._provider.calls(earliest(corrected))
        found = candidates(corrected, history, self._book.knows, self._names)
        if len(found) == 1 and not self.rivals(record):
            self._book.adopt(record.token, found[0])
        return bool(found)

    def rivals(self, record: CallRecord) -> list[CallRecord]:
        """Return the other calls whose requests are unanswered, and that could be this one."""
        return [
            other
            for other in self._book.open()
            if other.call is None
            and other.token != record.token
            and same_numbers(record, other)
        ]

    async def _correct_time(self, record: CallRecord) -> CallRecord:
        """Correct when a call was requested: our own clock may have been wrong, or set since."""
        if record.token not in self._requested:
            return record
        clock = await self._provider.clock()
        record = self._book.find(record.token) or record
        if (began := self._requested.get(record.token)) is None:
            return record
        requested = clock - timedelta(seconds=monotonic() - began)
        if abs(requested - record.requested) >= _CLOCK_TOLERANCE:
            record = replace(record, requested=requested)
            self._book.put(record)
        return record


def earliest(record: CallRecord) -> datetime:
    """Return the time since when the call may have been placed."""
    return record.requested - _ALLOWANCE


def same_numbers(one: CallRecord, other: CallRecord) -> bool:
    """Return whether in the history one call could be mistaken for the other."""
    return one.numbers == other.numbers


def candidates(
    record: CallRecord,
    history: Iterable[Call],
    is_known: Callable[[str], bool],
    names: RecordingNames,
) -> list[Call]:
    """Return the calls of the history that may be the one requested."""
    latest = record.requested + _LONGEST_REQUEST + _ALLOWANCE
    return [
        call
        for call in history
        if (call.from_number, call.to_number) == record.numbers
        and call.created is not None
        and earliest(record) <= call.created <= latest
        and not is_known(call.id)
        and not _is_anothers(call, record, names)
    ]


def _is_anothers(call: Call, record: CallRecord, names: RecordingNames) -> bool:
    """Return whether a call differs in what the history need not show of it.

    Another home with the same account can call the same person in the same minute.
    """
    if call.direction not in (None, OUTGOING):
        return True
    if call.timeout not in (None, record.timeout):
        return True
    if record.script is None or not call.sounds:
        return False
    # A built-in sound has the words of an empty prompt
    ours = {names.words(one) for one in (*record.script.prompts, Prompt())}
    return ours.isdisjoint(map(words_of, call.sounds))
