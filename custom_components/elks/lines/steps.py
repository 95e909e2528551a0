"""What an automation decides about a call, one step after the other."""

import asyncio
from collections import defaultdict
from dataclasses import replace

from homeassistant.core import HomeAssistant, callback

from ..calls import CallBook, CallChange, CallRecord, CallScript, CallsStoppedError
from ..calls.dialogue.talk import Place
from ..helpers.waiting import async_at_most
from .say import Decision


class CallOverError(Exception):
    """The call is over, or no call to a line."""


class StepRunningError(Exception):
    """Another step of the call is still going on."""


class Steps:
    """Joins the calls of one account to the automations that decide about them."""

    def __init__(self, hass: HomeAssistant, book: CallBook) -> None:
        """Decide about the calls in a book."""
        self._hass = hass
        self._book = book
        self._decisions: defaultdict[str, asyncio.Future[Decision]] = defaultdict(
            hass.loop.create_future
        )
        """By the secrets of the calls."""
        self._waiting: dict[tuple[str, int], asyncio.Future[CallRecord | None]] = {}
        """Who waits until a step of a call is over."""

    async def async_next(self, token: str, seconds: float) -> Decision | None:
        """Return what is decided about a call; None if nothing is, in so many seconds."""
        decision = self._decisions[token]
        async with async_at_most(self._hass, seconds):
            await asyncio.wait([decision])
        self._decisions.pop(token, None)
        return decision.result() if decision.done() else None

    @callback
    def async_decide(
        self, token: str, decision: Decision, script: CallScript | None = None
    ) -> int:
        """Decide what comes next in a call, with the script of what is asked; return which step it is.

        Raises CallOverError and StepRunningError.
        """
        record = self._book.find(token)
        if record is None or record.line is None or record.over:
            raise CallOverError
        talk = record.talk
        if talk.place is not Place.DOOR or self._decisions[token].done():
            raise StepRunningError
        step = replace(
            talk, place=Place.STEP, first=talk.question, steps=talk.steps + 1
        )
        # What was pressed before means nothing here
        self._book.put(
            replace(record, talk=step, script=script, digits=None, spoken=None)
        )
        self._decisions[token].set_result(decision)
        return step.steps

    async def async_over(self, token: str, number: int) -> CallRecord:
        """Wait until a step of a call is over, and return its record.

        Raises CallsStoppedError when the account is unloaded before.
        """
        record = self._book.find(token)
        if record is None:
            raise CallsStoppedError
        if _is_over(record, number):
            return record
        waiting = self._waiting.setdefault(
            (token, number), self._hass.loop.create_future()
        )
        if (over := await asyncio.shield(waiting)) is None:
            raise CallsStoppedError
        return over

    @callback
    def async_call_changed(self, change: CallChange) -> None:
        """Notice that a step is over."""
        record = change.record
        if record.line is None:
            return
        if record.ended:
            self._decisions.pop(record.token, None)
        for key in [one for one in self._waiting if one[0] == record.token]:
            if _is_over(record, key[1]):
                self._waiting.pop(key).set_result(record)

    @callback
    def async_stop(self) -> None:
        """Have everybody who waits raise CallsStoppedError."""
        for waiting in self._waiting.values():
            waiting.set_result(None)
        self._waiting.clear()


def _is_over(record: CallRecord, number: int) -> bool:
    return record.over or record.talk.steps_over >= number
