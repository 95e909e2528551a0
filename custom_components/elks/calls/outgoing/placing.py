"""From the plan of a call to the provider's answer: it is placed once, or not at all."""

import asyncio
from contextlib import suppress
from time import monotonic

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ...api import Call, ElksError, OutcomeUnknownError, RefusedError, UnreachableError
from ...helpers.listeners import Listeners
from ...helpers.unexpected import going_on, log_unexpected
from ...helpers.waiting import async_sleep
from ..book import CallBook
from ..changes import CallRefusal
from ..record import CallRecord
from .adoption import Adoption, same_numbers
from .looking import Lookout
from .plan import CallPlan
from .provider import Provider

_TRY_AGAIN_AFTER = (1, 3, 9)
_TRY_AGAIN_WITHIN = 15
_LOOK_AFTER = (0, 2, 5)
"""Seconds, as all of these."""
_LONGEST_REQUEST = 10
"""Seconds that an account which is to be unloaded waits for the answer to a request."""


class Placing:
    """Places the calls of one account and writes what becomes of them into its book."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        provider: Provider,
        *,
        book: CallBook,
        adoption: Adoption,
        lookout: Lookout,
        listeners: Listeners,
    ) -> None:
        """Place calls at a provider."""
        self._hass = hass
        self._entry = entry
        self._provider = provider
        self._book = book
        self._adoption = adoption
        self._lookout = lookout
        self._listeners = listeners
        self._tasks: set[asyncio.Task[CallRecord | ElksError]] = set()
        self._unanswered: dict[str, asyncio.Future[None]] = {}

    async def async_place(self, plan: CallPlan) -> CallRecord:
        """Place a call and return what is known of it.

        Goes on when whoever asked for it is stopped. Raises ElksError when the provider did not
        take the call, or may not have.
        """
        task = self._entry.async_create_background_task(
            self._hass, self._async_place(plan), "elks call"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            placed = await asyncio.shield(task)
        except asyncio.CancelledError:
            # When Home Assistant stops, both are cancelled, and the request may end first
            current = asyncio.current_task()
            if task.cancelled() and not (current and current.cancelling()):
                raise OutcomeUnknownError("the account was unloaded") from None
            raise
        if isinstance(placed, ElksError):
            raise placed
        return placed

    async def async_quiet(self) -> None:
        """Wait until no request to place a call is on its way, but no longer than 10 s."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LONGEST_REQUEST)

    async def _async_place(self, plan: CallPlan) -> CallRecord | ElksError:
        """Return an error instead of raising it: there may be nobody left to catch it."""
        error: ElksError = OutcomeUnknownError("an error in Home Assistant")
        with going_on("placing a call"):
            try:
                return await self._place(plan)
            except ElksError as err:
                error = err
        if isinstance(error, RefusedError):
            self._listeners.async_notify(CallRefusal(plan=plan, error=error))
        elif record := self._book.find(plan.token):
            # It may still turn up in the history
            self._lookout.async_look_later(record)
        return error

    async def _place(self, plan: CallPlan) -> CallRecord:
        """Place a call and return what is known of it.

        Raises ElksError. After an OutcomeUnknownError the record stays: the call may turn up.
        """
        record = plan.record(self._provider.now())
        self._book.put(record)
        self._adoption.begin(plan.token)
        try:
            call = await self._request(plan)
        except OutcomeUnknownError:
            if (found := await self._find(record)) is None:
                raise
            return found
        except ElksError:
            # A callback that came meanwhile proves that the call was placed all the same
            if (known := self._known(record)) is None:
                self._book.forget(plan.token)
                raise
            return known
        self._book.report(plan.token, call)
        return self._book.find(plan.token) or record.with_report(call)

    async def _request(self, plan: CallPlan) -> Call:
        """Send the request, and send it again only when it certainly had no effect."""
        begin = monotonic()
        answered = self._unanswered[plan.token] = self._hass.loop.create_future()
        try:
            for delay in _TRY_AGAIN_AFTER:
                try:
                    return await self._request_once(plan)
                except UnreachableError as err:
                    wait = delay if err.retry_after is None else err.retry_after
                    if monotonic() - begin + wait > _TRY_AGAIN_WITHIN:
                        raise
                    await async_sleep(self._hass, wait)
                    if self._needs_no_request(plan):
                        raise
            return await self._request_once(plan)
        finally:
            del self._unanswered[plan.token]
            answered.set_result(None)

    async def _request_once(self, plan: CallPlan) -> Call:
        """Send the request; whether it had an effect is not known after other errors."""
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

    async def _find(self, record: CallRecord) -> CallRecord | None:
        """Look for a call a few times; return its record when it is found."""
        for delay in _LOOK_AFTER:
            await async_sleep(self._hass, delay)
            await self._wait_for_others(record)
            if self._known(record) is None:
                with suppress(ElksError):
                    await self._adoption.look(record)
            if (known := self._known(record)) is not None:
                return known
        return None

    def _known(self, record: CallRecord) -> CallRecord | None:
        """Return the record of a call when the provider has reported it meanwhile."""
        known = self._book.find(record.token)
        return known if known and known.call else None

    async def _wait_for_others(self, record: CallRecord) -> None:
        """Wait until no request that could have placed the same call is unanswered."""
        others = [
            answered
            for token, answered in self._unanswered.items()
            if (other := self._book.find(token)) and same_numbers(record, other)
        ]
        if others:
            await asyncio.wait(others)
