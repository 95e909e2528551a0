"""What an automation decides about a call, one step after the other."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from homeassistant.core import HomeAssistant, callback

from ..api import Connect, HangUp, HangUpSignal
from ..calls import CallBook, CallChange, CallRecord, CallScript, CallsStoppedError
from ..calls.dialogue.talk import Place
from ..helpers.waiting import async_at_most
from ..speech import Recordings
from .say import Decision, Say

_NOT_ASKED_YET = (Place.DOOR, Place.PIN)


class CallOverError(Exception):
    """The call is over, or no call to a line."""


class NotAskedError(Exception):
    """No automation is asked about the call, or not any more."""


class StepRunningError(Exception):
    """Another step of the call is still going on."""


class PickedUpError(Exception):
    """The call has been picked up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallStep:
    """What is done next in a call; with neither of these, it ends."""

    script: CallScript | None = None
    """What is said and asked."""
    connect: str = ""
    """Whom the caller is connected with, in E.164."""


@dataclass(frozen=True, eq=False, slots=True)
class _Waiting:
    """Somebody who waits until a call is in some way."""

    is_so: Callable[[CallRecord], bool]
    found: asyncio.Future[CallRecord | None]


class Steps:
    """Joins the calls of one account to the automations that decide about them."""

    def __init__(
        self, hass: HomeAssistant, book: CallBook, recordings: Recordings
    ) -> None:
        """Decide about the calls in a book."""
        self._hass = hass
        self._book = book
        self._recordings = recordings
        self._stopped = False
        self._asked: dict[str, asyncio.Future[Decision]] = {}
        """What is to be decided now, by the secrets of the calls."""
        self._waiting = defaultdict[str, list[_Waiting]](list)
        """By the secrets of the calls."""

    async def async_next(self, token: str, seconds: float) -> Decision | None:
        """Return what is decided about a call; None if nothing is, in so many seconds."""
        asked = self._asked[token] = self._hass.loop.create_future()
        try:
            async with async_at_most(self._hass, seconds):
                await asyncio.wait([asked])
        finally:
            del self._asked[token]
        return asked.result() if asked.done() else None

    async def async_step(self, token: str, step: CallStep) -> int:
        """Decide what is done next in a call, and return which step of it that is.

        Waits while a PIN is asked for. Raises CallOverError, NotAskedError and StepRunningError,
        and CallsStoppedError when the account is unloaded before.
        """
        record = await self._async_asked(token)
        talk = replace(
            record.talk,
            place=Place.STEP,
            first=record.talk.question,
            steps=record.talk.steps + 1,
            connect=step.connect,
        )
        # What was pressed before means nothing here
        begun = replace(record, talk=talk, script=step.script, digits=None, spoken=None)
        self._book.put(begun)
        if step.script:
            self._recordings.async_prepare(step.script.prompts)
        if record.script:
            self._recordings.async_release(record.script.prompts)
        self._decide(token, begin(begun))
        return talk.steps

    async def async_reject(self, token: str, signal: HangUpSignal) -> None:
        """Decide that a call that rings is not picked up.

        Raises what async_step does, and PickedUpError.
        """
        record = await self._async_asked(token)
        if not rings(record):
            raise PickedUpError
        self._book.put(replace(record, talk=replace(record.talk, place=Place.EXIT)))
        self._decide(token, HangUp(signal=signal))

    async def async_over(self, token: str, number: int) -> CallRecord:
        """Wait until a step of a call is over, and return its record.

        Raises CallsStoppedError when the account is unloaded before.
        """
        return await self._async_until(
            token, lambda one: one.over or one.talk.steps_over >= number
        )

    @callback
    def async_call_changed(self, change: CallChange) -> None:
        """Notice what has become of a call."""
        record = change.record
        asked = self._asked.get(record.token)
        if record.over and asked and not asked.done():
            asked.set_result(HangUp())
        for one in self._waiting.pop(record.token, []):
            if one.is_so(record):
                one.found.set_result(record)
            else:
                self._waiting[record.token].append(one)

    @callback
    def async_stop(self) -> None:
        """Have everybody who waits, now or later, raise CallsStoppedError."""
        self._stopped = True
        for waiting in self._waiting.values():
            for one in waiting:
                one.found.set_result(None)
        self._waiting.clear()

    async def _async_asked(self, token: str) -> CallRecord:
        """Return a call about which an automation is asked; wait until that is known."""
        record = await self._async_until(
            token, lambda one: one.over or one.talk.place not in _NOT_ASKED_YET
        )
        # Somebody else may have decided in this very moment
        record = self._book.find(token) or record
        if record.over:
            raise CallOverError
        if record.talk.place is Place.STEP:
            raise StepRunningError
        if record.talk.place is not Place.DECISION:
            raise NotAskedError
        return record

    async def _async_until(
        self, token: str, is_so: Callable[[CallRecord], bool]
    ) -> CallRecord:
        """Return the record of a call as soon as it is so."""
        record = self._book.find(token)
        if self._stopped or record is None:
            raise CallsStoppedError
        if is_so(record):
            return record
        waiting = _Waiting(is_so, self._hass.loop.create_future())
        self._waiting[token].append(waiting)
        if (found := await asyncio.shield(waiting.found)) is None:
            raise CallsStoppedError
        return found

    def _decide(self, token: str, decision: Decision) -> None:
        # After a reload, it is known before the provider asks
        if asked := self._asked.get(token):
            asked.set_result(decision)


def begin(record: CallRecord) -> Decision:
    """Return with what the step begins that was decided last."""
    if record.talk.connect:
        return Connect(number=record.talk.connect)
    step = record.script and record.script.step(0, None, record.spoken)
    return Say.of(step) if step else HangUp()


def rings(record: CallRecord) -> bool:
    """Return whether nobody has picked up a call, as far as the home is concerned."""
    return not record.picked_up and not record.talk.question
