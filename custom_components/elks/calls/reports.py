"""What callbacks report of calls, taken in when the call's secret comes along."""

from collections.abc import Callable
from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..api import INCOMING, Call, CallState
from ..const import CONF_CALLBACK_KEY
from .arrivals import CallbackArrivals
from .book import CallBook
from .dialogue.script import LOST_SCRIPT, Spoken
from .dialogue.talk import Place, Talk
from .incoming.caller import read_caller
from .incoming.line import line_with_number
from .outgoing.looking import Lookout
from .outgoing.provider import Provider
from .record import CallRecord
from .token import is_of_line, is_ours


class CallReports:
    """Takes in what the provider reports of an account's calls."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        provider: Provider,
        *,
        book: CallBook,
        lookout: Lookout,
        arrivals: CallbackArrivals,
    ) -> None:
        """Write reports into a book."""
        self._hass = hass
        self._entry = entry
        self._provider = provider
        self._book = book
        self._lookout = lookout
        self._arrivals = arrivals
        self._changes: dict[str, list[Callable[[CallRecord], CallRecord]]] = {}

    @callback
    def async_end(self, token: str, call: Call) -> None:
        """Take in the report of a call's end; one that does not say how it ended is a hint."""
        self._take(token, call)
        if call.state is CallState.ONGOING:
            self._lookout.async_hint(call.id)

    @callback
    def async_question(
        self, token: str, call_id: str, question: int, keys: str | None
    ) -> CallRecord | None:
        """Take in that the provider asks what comes next in a call that was picked up.

        `question` is the one that `keys` answer, counted from 1; 0 is the pick-up. Returns the
        record of the call; None when it is not ours, or its secret did not come along. The record
        changes right after that: the person in the call waits for the answer. Only the keys of a
        chain are noted before: of two people who acknowledge, one is to be the first.
        """
        if (record := self._record(token, call_id)) is None:
            # Ours all the same, if a power cut made us forget it
            self._take(token, Call(id=call_id))
            record = self._record(token, call_id)
        if record is not None:
            self._arrivals.async_note()
            self._change_soon(token, lambda one: replace(one, picked_up=True))
            if keys:
                self._change_soon(token, lambda one: one.with_keys(question, keys))
            if keys and record.chain:
                self._change(token)
                return self._record(token, call_id)
        return record

    @callback
    def async_spoken(self, token: str, spoken: Spoken) -> None:
        """Note what is heard of the message in a call."""
        self._change_soon(token, lambda one: one.with_spoken(spoken))

    def _record(self, token: str, call_id: str) -> CallRecord | None:
        record = self._book.find(token)
        is_this_one = record and record.call and record.call.id == call_id
        return record if is_this_one else None

    def _take(self, token: str, call: Call) -> None:
        """Take in what a callback reports of a call, with the secret that came along."""
        if (record := self._book.find(token)) is not None:
            if record.can_be(call.id):
                self._arrivals.async_note()
                self._book.report(token, call)
        elif is_ours(token, self._entry.data[CONF_CALLBACK_KEY]):
            self._arrivals.async_note()
            self._revive(token, call)
        else:
            self._lookout.async_hint(call.id)

    def _change_soon(
        self, token: str, change: Callable[[CallRecord], CallRecord]
    ) -> None:
        """Change a record in the next turn of the loop, once for all changes of this one."""
        if token not in self._changes:
            self._hass.loop.call_soon(self._change, token)
        self._changes.setdefault(token, []).append(change)

    def _change(self, token: str) -> None:
        changes = self._changes.pop(token, [])
        if record := self._book.find(token):
            for change in changes:
                record = change(record)
            self._book.put(record)

    def _revive(self, token: str, call: Call) -> None:
        """Take up a call that is ours, but was not written down before a power cut."""
        if self._book.knows(call.id):
            return
        if is_of_line(token, call.id, self._entry.data[CONF_CALLBACK_KEY]):
            self._revive_incoming(token, call)
            return
        record = self._book.find_forgotten(token) or CallRecord(
            token=token,
            from_number=call.from_number or "",
            to_number=call.to_number or "",
            timeout=0,
            requested=call.created or self._provider.now(),
            reported=True,
            script=LOST_SCRIPT,
        )
        self._book.put(replace(record, call=replace(call, state=CallState.ONGOING)))
        self._lookout.async_look(token)

    def _revive_incoming(self, token: str, call: Call) -> None:
        """Take up a call to a line; without the number that was called, it stays unknown."""
        if (line := line_with_number(self._entry, call.to_number)) is None:
            return
        caller = read_caller(call.from_number, self._entry)
        record = CallRecord(
            token=token,
            from_number=caller.number or "",
            to_number=line.number,
            timeout=0,
            requested=call.created or self._provider.now(),
            reported=True,
            contact=caller.contact.id if caller.contact else None,
            line=line.id,
            talk=Talk(place=Place.EXIT),
            call=replace(call, state=CallState.ONGOING, direction=INCOMING),
        )
        self._book.put(record)
        self._lookout.async_look(token)
