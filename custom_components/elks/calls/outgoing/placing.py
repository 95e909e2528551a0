"""From the plan of a call to the provider's answer: it is placed once, or not at all."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from homeassistant.core import HomeAssistant

from ...api import Call, ElksError, OutcomeUnknownError, UnreachableError
from ...helpers.unexpected import log_unexpected
from ...helpers.waiting import async_sleep
from ..book import CallBook
from ..record import CallRecord
from .adoption import candidates, earliest, same_numbers
from .plan import CallPlan
from .provider import Provider

_TRY_AGAIN_AFTER = (1, 3, 9)
_TRY_AGAIN_WITHIN = 15
_LOOK_AFTER = (0, 2, 5)
"""Seconds, as all of these."""
_CLOCK_TOLERANCE = timedelta(seconds=10)


class Placing:
    """Places the calls of one account and writes what becomes of them into its book."""

    def __init__(self, hass: HomeAssistant, provider: Provider, book: CallBook) -> None:
        """Place calls at a provider."""
        self._hass = hass
        self._provider = provider
        self._book = book
        self._unanswered: dict[str, asyncio.Future[None]] = {}
        self._asked: dict[str, float] = {}
        """When calls were asked for of which no more is known yet, by a clock that nobody sets."""

    async def place(self, plan: CallPlan) -> CallRecord:
        """Place a call and return what is known of it.

        Raises ElksError. After an OutcomeUnknownError the record stays: the call may turn up.
        """
        record = plan.record(self._provider.now())
        self._book.put(record)
        self._asked[plan.token] = monotonic()
        try:
            call = await self._request(plan)
        except OutcomeUnknownError:
            if (found := await self._found(record)) is None:
                raise
            return found
        except ElksError:
            # A callback that came meanwhile proves that the call was placed all the same
            if (told := self._known(record)) is None:
                self._book.forget(plan.token)
                raise
            return told
        self._book.told(plan.token, call)
        return self._book.find(plan.token) or record.told(call)

    async def look(self, record: CallRecord) -> bool:
        """Look in the history for a call whose request was not answered, and adopt it.

        With another call that could be this one, or another request that could have placed it,
        nothing is adopted. Returns whether there is any call that could be it. Raises ElksError.
        """
        record = await self._timed(record)
        history = await self._provider.calls(earliest(record))
        # The answer has told the time anew
        timed = await self._timed(record)
        if timed.requested != record.requested:
            history = await self._provider.calls(earliest(timed))
        found = candidates(timed, history, self._book.knows)
        if len(found) == 1 and not self.rivals(record):
            self._book.adopt(record.token, found[0])
        return bool(found)

    def settled(self, token: str) -> None:
        """Note that a call is known, or that it never will be."""
        self._asked.pop(token, None)

    def rivals(self, record: CallRecord) -> list[CallRecord]:
        """Return the other calls whose requests are unanswered, and that could be this one."""
        return [
            other
            for other in self._book.open()
            if other.call is None
            and other.token != record.token
            and same_numbers(record, other)
        ]

    async def _request(self, plan: CallPlan) -> Call:
        """Send the request, and send it again only when it certainly had no effect."""
        begin = monotonic()
        answered = self._unanswered[plan.token] = self._hass.loop.create_future()
        try:
            for delay in _TRY_AGAIN_AFTER:
                try:
                    return await self._ask(plan)
                except UnreachableError as err:
                    wait = delay if err.retry_after is None else err.retry_after
                    if monotonic() - begin + wait > _TRY_AGAIN_WITHIN:
                        raise
                    await async_sleep(self._hass, wait)
                    if self._needs_no_request(plan):
                        raise
            return await self._ask(plan)
        finally:
            del self._unanswered[plan.token]
            answered.set_result(None)

    async def _ask(self, plan: CallPlan) -> Call:
        """Send the request once; whether it had an effect is not known after other errors."""
        try:
            return await self._provider.place_call(plan.request)
        except ElksError:
            raise
        except Exception as err:
            log_unexpected("requesting a call", err)
            raise OutcomeUnknownError(type(err).__name__) from err

    def _needs_no_request(self, plan: CallPlan) -> bool:
        """Return whether a call was placed all the same, or is to end before it is placed."""
        record = self._book.find(plan.token)
        return record is not None and (record.hang_up or record.call is not None)

    async def _found(self, record: CallRecord) -> CallRecord | None:
        """Look for a call a few times; return its record when it is found."""
        for delay in _LOOK_AFTER:
            await async_sleep(self._hass, delay)
            await self._others_answered(record)
            if self._known(record) is None:
                with suppress(ElksError):
                    await self.look(record)
            if (known := self._known(record)) is not None:
                return known
        return None

    async def _timed(self, record: CallRecord) -> CallRecord:
        """Correct when a call was asked for: our own clock may have been wrong, or set since."""
        if record.token not in self._asked:
            return record
        clock = await self._provider.clock()
        record = self._book.find(record.token) or record
        if (asked := self._asked.get(record.token)) is None:
            return record
        requested = clock - timedelta(seconds=monotonic() - asked)
        if abs(requested - record.requested) >= _CLOCK_TOLERANCE:
            record = replace(record, requested=requested)
            self._book.put(record)
        return record

    def _known(self, record: CallRecord) -> CallRecord | None:
        """Return the record of a call when the provider has told of it meanwhile."""
        known = self._book.find(record.token)
        return known if known and known.call else None

    async def _others_answered(self, record: CallRecord) -> None:
        """Wait until no request that could have placed the same call is unanswered."""
        others = [
            answered
            for token, answered in self._unanswered.items()
            if (other := self._book.find(token)) and same_numbers(record, other)
        ]
        if others:
            await asyncio.wait(others)
