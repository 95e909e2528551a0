"""The lines of an account: somebody rings, presses keys, and hears what comes next."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from hmac import compare_digest

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback

from ..api import INCOMING, Call, CallState, ElksClient, ElksError, HangUp, Incoming
from ..calls import CallChange, CallRecord, CallTracker
from ..calls.incoming.caller import Caller, read_caller
from ..calls.incoming.line import Line, find_line, lines
from ..calls.token import token_of
from ..const import CONF_CALLBACK_KEY, LOGGER
from ..helpers.listeners import Listeners, Stage
from ..helpers.unexpected import log_unexpected
from ..helpers.waiting import async_at_most
from ..people.contacts import contacts
from ..speech import Recordings
from .contexts import CallContexts
from .door import Door
from .prompts import LinePrompts
from .say import Decision, Say
from .steps import Steps
from .store import AnsweringChange, LineStore
from .talks import Talks

_TOO_LATE = timedelta(minutes=1)
_SURE = timedelta(seconds=10)
"""A call that is reported so soon still rings."""


@dataclass(frozen=True, eq=False, slots=True)
class _Course:
    """What was decided last in a call, or is being decided."""

    question: int
    """Whose answer led to it, counted from 1; 0 for the ringing."""
    deciding: asyncio.Task[Decision]


class Lines:
    """Answers the calls to the lines of one account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        tracker: CallTracker,
        recordings: Recordings,
        listeners: Listeners,
    ) -> None:
        """Note calls with the tracker, and say what recordings there are."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._tracker = tracker
        self._book = tracker.book
        self._listeners = listeners
        self.store = LineStore(hass, entry.entry_id)
        self.prompts = LinePrompts(hass, entry, recordings)
        self.steps = Steps(hass, tracker.book)
        self._contexts = CallContexts(tracker.book)
        self._door = Door(tracker.book, self.store)
        self._talks = Talks(
            hass,
            entry,
            tracker.book,
            door=self._door,
            prompts=self.prompts,
            steps=self.steps,
            contexts=self._contexts,
        )
        self._courses: dict[str, _Course] = {}
        """By the secrets of the calls."""

    async def async_load(self) -> None:
        """Read how the lines stand, and have ready what they say."""
        await self.store.async_load()
        await self.prompts.async_start()
        listen = self._listeners.async_listen
        listen(CallChange, Stage.FIGURES, self._door.async_call_changed)
        listen(CallChange, Stage.WAITING, self._async_call_changed)

    async def async_unload(self) -> None:
        """Stop, and write how the lines stand; calls go on when they are loaded again."""
        self.prompts.async_stop()
        for course in self._courses.values():
            course.deciding.cancel()
        self.steps.async_stop()
        await self.store.async_save()

    def find(self, key: str) -> Line | None:
        """Return the line with a secret in its address; it takes as long for any secret."""
        found = [
            line
            for line in lines(self._entry)
            if compare_digest(line.key.encode(), key.encode())
        ]
        return found[0] if found else None

    async def async_ring(self, line: Line, incoming: Incoming) -> CallRecord | None:
        """Take in that somebody rings, however often it is reported.

        Returns the record of the call; None for one that is over, or of which nobody can be sure
        that it still rings.
        """
        token = token_of(incoming.call_id, self._entry.data[CONF_CALLBACK_KEY])
        record = self._book.find(token)
        if record is None and await self._async_rings(incoming):
            # It may have been reported twice meanwhile
            record = self._book.find(token) or self._begin(line, incoming, token)
        return None if record is None or record.over else record

    async def async_decide(
        self, record: CallRecord, question: int, keys: str | None, patience: float
    ) -> Decision | None:
        """Return what follows the answer to a question, counted from 1; 0 is the ringing.

        However often it is asked, things are done once. None when it takes longer than `patience`
        seconds, or the account is unloaded: it is to be asked again.
        """
        course = self._courses.get(record.token)
        if course is None or question > course.question:
            course = self._course(
                record, question, self._async_next(record, question, keys)
            )
        if not course.deciding.done():
            async with async_at_most(self._hass, patience):
                await asyncio.wait([course.deciding])
        if not course.deciding.done() or course.deciding.cancelled():
            return None
        return course.deciding.result()

    @callback
    def context(self, token: str) -> Context:
        """Return the context of all that the call with this secret causes, until it is over."""
        return self._contexts.async_of(token)

    @callback
    def is_answering(self, line_id: str) -> bool:
        """Return whether anybody is let in at a line."""
        return self.store.state(line_id).answering

    @callback
    def async_set_answering(self, line_id: str, answering: bool) -> None:
        """Let somebody in at a line again, or nobody; calls in progress go on."""
        state = self.store.state(line_id)
        if state.answering is answering:
            return
        self.store.async_set(line_id, replace(state, answering=answering))
        self._listeners.async_notify(AnsweringChange(line_id))

    def language(self, record: CallRecord) -> str:
        """Return the language in which a line speaks; an empty one, if it has been removed."""
        line = find_line(self._entry, record.line)
        return self.prompts.language(line) if line else ""

    async def _async_rings(self, incoming: Incoming) -> bool:
        """Return whether a call still rings: 46elks reports some for hours."""
        age = self._age(incoming)
        if age is not None and age < _SURE:
            return True
        try:
            call = await self._client.call(incoming.call_id)
        except ElksError as err:
            LOGGER.warning("46elks does not say whether a call still rings: %s", err)
            return False
        # The answer may have corrected the time
        age = self._age(incoming)
        is_young = age is None or age < _TOO_LATE
        return call.state is CallState.ONGOING and is_young

    def _age(self, incoming: Incoming) -> timedelta | None:
        created = incoming.created
        return abs(self._tracker.now() - created) if created else None

    def _begin(self, line: Line, incoming: Incoming, token: str) -> CallRecord:
        """Note a call that rings, and begin to decide what its caller gets."""
        caller = read_caller(incoming.from_number, self._entry)
        way = self._door.way(line, caller)
        created = incoming.created or self._tracker.now()
        call = Call(
            id=incoming.call_id,
            state=CallState.ONGOING,
            direction=INCOMING,
            from_number=caller.number,
            to_number=line.number,
            created=created,
        )
        record = CallRecord(
            token=token,
            from_number=caller.number or "",
            to_number=line.number,
            timeout=0,
            requested=created,
            reported=True,
            contact=caller.contact.id if caller.contact else None,
            line=line.id,
            call=call,
        )
        self._book.put(record)
        self._course(record, 0, self._talks.async_receive(line, caller, record, way))
        return record

    async def _async_next(
        self, record: CallRecord, question: int, keys: str | None
    ) -> Decision:
        if (line := find_line(self._entry, record.line)) is None:
            return HangUp()
        caller = self._caller(record)
        if question <= record.talk.question:
            # It was answered before a restart or a reload
            return await self._talks.async_again(line, caller, record)
        return await self._talks.async_answered(line, caller, record, question, keys)

    def _course(
        self, record: CallRecord, question: int, decide: Coroutine[None, None, Decision]
    ) -> _Course:
        deciding = self._entry.async_create_background_task(
            self._hass, self._async_safely(record, decide), "elks line"
        )
        course = self._courses[record.token] = _Course(question, deciding)
        return course

    async def _async_safely(
        self, record: CallRecord, decide: Coroutine[None, None, Decision]
    ) -> Decision:
        """Decide; whatever goes wrong, the call ends, and nothing is opened twice."""
        try:
            decision = await decide
        except Exception as err:  # noqa: BLE001
            log_unexpected("talking to a caller", err)
            return HangUp()
        if isinstance(decision, Say):
            self.prompts.prepare(*decision.steps)
            if known := self._book.find(record.token):
                self._book.put(replace(known, picked_up=True))
        return decision

    def _caller(self, record: CallRecord) -> Caller:
        known = (one for one in contacts(self._entry) if one.id == record.contact)
        return Caller(number=record.from_number or None, contact=next(known, None))

    @callback
    def _async_call_changed(self, change: CallChange) -> None:
        self.steps.async_call_changed(change)
        if change.record.over:
            self._courses.pop(change.record.token, None)
            self._contexts.async_forget(change.record.token)
