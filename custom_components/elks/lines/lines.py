"""The lines of an account: somebody rings, presses keys, and hears what comes next."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback

from ..api import (
    INCOMING,
    Call,
    CallState,
    ElksClient,
    ElksError,
    HangUp,
    Incoming,
    InvalidAuthError,
)
from ..api.masking import mask
from ..calls import CallChange, CallRecord, CallTracker
from ..calls.dialogue.talk import Place, Talk
from ..calls.incoming.caller import Caller, read_caller
from ..calls.incoming.line import Line, Others, find_line, lines, unreadable_lines
from ..calls.token import token_of
from ..const import CONF_CALLBACK_KEY, LOGGER
from ..helpers.listeners import Listeners, Stage
from ..helpers.unexpected import log_unexpected
from ..helpers.waiting import async_at_most, async_sleep
from ..people.contacts import contacts
from ..speech import Prompt, Recordings
from .contexts import CallContexts
from .door import Door, Way
from .prompts import LinePrompts
from .say import Decision, Say
from .steps import Steps
from .store import AnsweringChange, LineStore
from .talks import Talks

_TOO_LATE = timedelta(minutes=1)
_SURE = timedelta(seconds=10)
"""A call that is reported so soon still rings."""
_LONGEST_ASK = 5
"""Seconds in which 46elks is asked whether a call still rings."""
_ASK_AGAIN = 1
_REFUSED = {Place.FORWARD: Way.OUT, Place.EXIT: Way.CLOSED}
"""How a caller is received again who was refused before a restart or a reload."""


@dataclass(frozen=True, eq=False, slots=True)
class _Course:
    """What was decided last in a call, or is being decided."""

    question: int
    """Whose answer led to it, counted from 1; 0 for the ringing."""
    deciding: asyncio.Task[Decision]

    @property
    def prompts(self) -> list[Prompt]:
        """What its caller hears, once that is decided."""
        if not self.deciding.done() or self.deciding.cancelled():
            return []
        decision = self.deciding.result()
        steps = decision.steps if isinstance(decision, Say) else ()
        return [step.prompt for step in steps]


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
        self._recordings = recordings
        self._listeners = listeners
        self.store = LineStore(hass, entry.entry_id)
        self.prompts = LinePrompts(hass, entry, recordings)
        self.steps = Steps(hass, tracker.book, recordings)
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
            listeners=listeners,
        )
        self._courses: dict[str, _Course] = {}
        """By the secrets of the calls."""
        self._stopped = False

    async def async_load(self) -> None:
        """Read how the lines stand."""
        for name in unreadable_lines(self._entry):
            LOGGER.error("The line %s cannot be read, and answers nobody", mask(name))
        await self.store.async_load([line.id for line in lines(self._entry)])

    async def async_start(self) -> None:
        """Have ready what the lines say, and follow their calls."""
        await self.prompts.async_start()
        listen = self._listeners.async_listen
        listen(CallChange, Stage.FIGURES, self._door.async_call_changed)
        listen(CallChange, Stage.WAITING, self._async_call_changed)

    async def async_unload(self) -> None:
        """Stop, and write how the lines stand; calls go on when they are loaded again."""
        self._stopped = True
        self.prompts.async_stop()
        for course in self._courses.values():
            course.deciding.cancel()
        self.steps.async_stop()
        await self.store.async_save()

    def needed(self) -> Iterator[Prompt]:
        """Find what is kept ready for callers, and what they hear just now."""
        yield from self.prompts.needed()
        for course in self._courses.values():
            yield from course.prompts

    async def async_ring(self, line: Line, incoming: Incoming) -> CallRecord | None:
        """Take in that somebody rings, however often it is reported.

        Returns the record of the call; None for one that is over, or of another line, or of which
        nobody can be sure that it still rings.
        """
        token = token_of(incoming.call_id, self._entry.data[CONF_CALLBACK_KEY])
        record = self._book.find(token)
        if record is None and not self._book.knows(incoming.call_id):
            created = await self._async_rings_since(incoming)
            # It may have been reported twice meanwhile
            record = self._book.find(token)
            if record is None and created is not None and not self._stopped:
                record = self._begin(line, incoming, token, created)
        is_on = record is not None and not record.over and record.line == line.id
        return record if is_on else None

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
        """Return the language that is spoken in a call now; an empty one for none."""
        known = self._book.find(record.token)
        if known and known.script:
            return known.script.language
        line = find_line(self._entry, record.line)
        return self.prompts.language(line) if line else ""

    async def _async_rings_since(self, incoming: Incoming) -> datetime | None:
        """Return since when a call rings; None unless it surely does: 46elks reports some for hours."""
        created = incoming.created
        is_sure = created is not None and self._age(created) < _SURE
        if is_sure and self._client.knows_time:
            return created
        call = await self._async_ask(incoming.call_id)
        if call is None or call.state is not CallState.ONGOING:
            return None
        created = call.created or created
        # The answer may have corrected the time
        is_young = created is not None and self._age(created) < _TOO_LATE
        return created if is_young else None

    async def _async_ask(self, call_id: str) -> Call | None:
        """Return how a call stands; None if 46elks does not say so in time."""
        reason = "no answer in time"
        async with async_at_most(self._hass, _LONGEST_ASK):
            while True:
                try:
                    return await self._client.call(call_id)
                except InvalidAuthError:
                    self._entry.async_start_reauth(self._hass)
                    return None
                except ElksError as err:
                    # It may not be listed yet
                    reason = str(err)
                await async_sleep(self._hass, _ASK_AGAIN)
        LOGGER.warning("46elks does not say whether a call still rings: %s", reason)
        return None

    def _age(self, created: datetime) -> timedelta:
        return abs(self._tracker.now() - created)

    def _begin(
        self, line: Line, incoming: Incoming, token: str, created: datetime
    ) -> CallRecord:
        """Note a call that rings, and begin to decide what its caller gets."""
        caller = read_caller(incoming.from_number, self._entry)
        way = self._door.way(line, caller)
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
            talk=Talk(place=_first_place(line, way)),
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
        talk = record.talk
        if question == talk.question == 0 and (way := _REFUSED.get(talk.place)):
            return await self._talks.async_receive(line, caller, record, way)
        if question <= talk.question:
            # It was answered before a restart or a reload
            return await self._talks.async_again(line, caller, record)
        lasted = self._tracker.now() - record.placed
        if self._door.is_out_of_time(line, caller, lasted):
            return self._talks.leave(line)
        return await self._talks.async_answered(line, caller, record, question, keys)

    def _course(
        self, record: CallRecord, question: int, decide: Coroutine[None, None, Decision]
    ) -> _Course:
        deciding = self._entry.async_create_background_task(
            self._hass, self._async_safely(record, decide), "elks line"
        )
        before = self._courses.get(record.token)
        course = self._courses[record.token] = _Course(question, deciding)
        self._release(before)
        return course

    def _release(self, course: _Course | None) -> None:
        """Keep what was heard no longer than what is kept ready."""
        if course is not None:
            # Somebody may wait for an answer meanwhile
            self._hass.loop.call_soon(self._recordings.async_release, course.prompts)

    async def _async_safely(
        self, record: CallRecord, decide: Coroutine[None, None, Decision]
    ) -> Decision:
        """Decide; whatever goes wrong, the call ends, and nothing is opened twice."""
        try:
            decision = await decide
            if isinstance(decision, Say):
                self._begin_to_say(record, decision)
        except Exception as err:  # noqa: BLE001
            log_unexpected("talking to a caller", err)
            return HangUp()
        return decision

    def _begin_to_say(self, record: CallRecord, say: Say) -> None:
        """Begin to make what is said, and note that the call is picked up, and where it stands.

        What is ready is looked at again for the next time, and nobody waits for that: a voice may
        have changed, or somebody may have deleted a file.
        """
        self.prompts.prepare(*say.steps)
        said = [step.prompt for step in say.steps]
        self._hass.loop.call_soon(self._recordings.async_look_again, said)
        if known := self._book.find(record.token):
            talk = replace(known.talk, place=say.place or known.talk.place)
            self._book.put(replace(known, picked_up=True, talk=talk))

    def _caller(self, record: CallRecord) -> Caller:
        known = (one for one in contacts(self._entry) if one.id == record.contact)
        return Caller(number=record.from_number or None, contact=next(known, None))

    @callback
    def _async_call_changed(self, change: CallChange) -> None:
        self.steps.async_call_changed(change)
        if change.record.over:
            self._release(self._courses.pop(change.record.token, None))
            self._contexts.async_forget(change.record.token)


def _first_place(line: Line, way: Way) -> Place:
    """Return where the talk with somebody begins: with those who are refused, there is none."""
    match way:
        case Way.IN | Way.PIN:
            return Place.DOOR
        case Way.OUT if line.others is Others.FORWARD:
            return Place.FORWARD
    return Place.EXIT
