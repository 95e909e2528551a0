"""The records of an account's calls: those that are open, and those that ended recently."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import replace

from ..api import Call
from ..speech import Prompt
from .latest import LatestCalls
from .record import CallRecord
from .store import Kept
from .tally import Tally, price

_ENDED_KEPT = 100
_FORGOTTEN_KEPT = 100
_ENDED_IDS_KNOWN = 2000
_ENDED_IDS_KEPT = 100
"""Over a restart: what is written for each call has to stay small."""


class CallBook:
    """What is known of the calls, by their secrets."""

    def __init__(
        self, changed: Callable[[CallRecord | None, CallRecord], None]
    ) -> None:
        """Call `changed` with every record that is new or changed, and what it was before."""
        self._changed = changed
        self._open: dict[str, CallRecord] = {}
        self._open_ids: dict[str, str] = {}
        self._open_numbers: Counter[tuple[str, str]] = Counter()
        self._ended: OrderedDict[str, CallRecord] = OrderedDict()
        self._ended_ids: OrderedDict[str, None] = OrderedDict()
        self._forgotten: OrderedDict[str, CallRecord] = OrderedDict()
        self._chains: set[str] = set()
        self._held: dict[str, CallRecord] = {}
        self._placed = LatestCalls()
        self._answers = LatestCalls()
        self._tally = Tally()
        self._uncounted: list[tuple[CallRecord | None, CallRecord]] = []
        """An end is shown before it is counted, which takes as long as a tenth of the rest."""
        self.spent = 0.0
        """What is known to have been spent on calls since the start, in the account's currency."""

    def restore(self, kept: Kept) -> None:
        """Take up what was known before a restart."""
        self._ended_ids = OrderedDict.fromkeys(kept.ended_ids)
        self._tally = kept.tally
        for record in kept.records:
            self._write(None, record)

    def kept(self) -> Kept:
        """Return what a restart must not forget."""
        shown = (*self._placed.records, *self._answers.records, *self._held.values())
        ended = {record.token: record for record in shown if record.ended}
        records = (*ended.values(), *self._open.values())
        ended_ids = tuple(self._ended_ids)[-_ENDED_IDS_KEPT:]
        return Kept(records, ended_ids, self.tally)

    def hold(self, chain_id: str) -> None:
        """Keep the calls of a chain, also those that end."""
        self._chains.add(chain_id)

    def release(self, chain_id: str) -> None:
        """Keep the calls of a chain no longer than others."""
        self._chains.discard(chain_id)
        self._held = {
            token: record
            for token, record in self._held.items()
            if record.chain != chain_id
        }

    @property
    def last(self) -> CallRecord | None:
        """The call placed last of those that the provider took."""
        return self._placed.of(None)

    def last_to(self, contact: str | None) -> CallRecord | None:
        """Return the call to a contact that was placed last; the last of all for None."""
        return self._placed.of(contact)

    def last_answer(self, contact: str | None) -> str | None:
        """Return the id of the last answer of a contact; of all for None.

        A late answer in an older call displaces none of a newer one.
        """
        record = self._answers.of(contact)
        return record.answer if record else None

    def put(self, record: CallRecord) -> None:
        """Write a record, in place of what was known of the call."""
        before = self.find(record.token)
        if record != before:
            self._write(before, record)
            self._uncounted.append((before, record))
            self.spent += price(record) - price(before)
            self._changed(before, record)

    def report(self, token: str, call: Call) -> None:
        """Write what the provider reports of a call; of another call, or of none, nothing."""
        record = self.find(token)
        if record is not None and record.can_be(call.id):
            self.put(record.with_report(call))

    def adopt(self, token: str, call: Call) -> None:
        """Write that a call of the history seems to be the one that was requested."""
        record = self.find(token)
        if record is not None and record.call is None:
            self.put(replace(record.with_report(call), adopted=True))

    def hang_up(self, token: str, closing: Prompt | None = None) -> None:
        """Let a call end as soon as the provider asks what to do, once the closing was heard."""
        record = self.find(token)
        if record is not None and not record.ended:
            self.put(replace(record, hang_up=True, closing=closing))

    def forget(self, token: str) -> None:
        """Forget a call that was requested, but as far as anybody knows never placed."""
        record = self._forgotten[token] = self._open[token]
        if len(self._forgotten) > _FORGOTTEN_KEPT:
            self._forgotten.popitem(last=False)
        self._close(record)
        self._changed(record, replace(record, forgotten=True))

    def find_forgotten(self, token: str) -> CallRecord | None:
        """Return a call that was forgotten recently, should it have been placed all the same."""
        return self._forgotten.get(token)

    @property
    def tally(self) -> Tally:
        """The calls of the month in which a call ended last."""
        while self._uncounted:
            self._tally = self._tally.counted(*self._uncounted.pop(0))
        return self._tally

    @property
    def in_progress(self) -> int:
        """How many calls the provider took that have not ended."""
        return len(self._open_ids)

    def find(self, token: str) -> CallRecord | None:
        """Return the record of the call with this secret."""
        return self._open.get(token) or self._ended.get(token) or self._held.get(token)

    def find_open(self, call_id: str) -> CallRecord | None:
        """Return the record of the open call with this id of the provider's."""
        return self._open.get(self._open_ids.get(call_id, ""))

    def knows(self, call_id: str) -> bool:
        """Return whether a call of the provider's is one of these, or was recently."""
        return call_id in self._open_ids or call_id in self._ended_ids

    def alone(self, record: CallRecord) -> bool:
        """Return whether no other open call could be mistaken for this one in the history."""
        return self._open_numbers[record.numbers] < 2

    def open(self) -> list[CallRecord]:
        """Return the calls that have not ended, or may have been placed."""
        return list(self._open.values())

    def ended(self) -> list[CallRecord]:
        """Return the calls that ended recently, the newest end last."""
        return list(self._ended.values())

    def _write(self, before: CallRecord | None, record: CallRecord) -> None:
        if record.ended:
            self._end(record)
            self._close(record)
        else:
            self._open_numbers[record.numbers] += record.token not in self._open
            self._open[record.token] = record
            self._ended.pop(record.token, None)
        if record.call is not None:
            self._note(before, record, record.call)

    def _close(self, record: CallRecord) -> None:
        if self._open.pop(record.token, None) is None:
            return
        self._open_numbers[record.numbers] -= 1
        if not self._open_numbers[record.numbers]:
            del self._open_numbers[record.numbers]

    def _end(self, record: CallRecord) -> None:
        self._ended[record.token] = record
        if record.chain in self._chains:
            self._held[record.token] = record
        if len(self._ended) > _ENDED_KEPT:
            self._ended.popitem(last=False)

    def _note(self, before: CallRecord | None, record: CallRecord, call: Call) -> None:
        if before and before.call and before.call.id != call.id:
            self._open_ids.pop(before.call.id, None)
        if record.ended:
            self._open_ids.pop(call.id, None)
            self._note_end(record, call)
        else:
            self._open_ids[call.id] = record.token
        if before and before.call and record.placed < before.placed:
            self._find_last_again()
            return
        self._placed.note(record, new=before is None or before.call is None)
        if record.answer is not None:
            self._answers.note(record, new=before is None or before.answer is None)

    def _find_last_again(self) -> None:
        """Find out which call was placed last, when one turns out to be older than it seemed."""
        kept = (*self._placed.records, *self._answers.records)
        shown = {one.token: one for one in kept} | self._ended | self._open
        placed = [one for one in shown.values() if one.call]
        self._placed.find_again(placed)
        self._answers.find_again(one for one in placed if one.answer is not None)

    def _note_end(self, record: CallRecord, call: Call) -> None:
        # The end may still be found out
        if record.given_up:
            return
        self._ended_ids[call.id] = None
        if len(self._ended_ids) > _ENDED_IDS_KNOWN:
            self._ended_ids.popitem(last=False)
