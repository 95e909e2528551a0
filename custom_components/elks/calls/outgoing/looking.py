"""Asking how calls stand of which nothing is reported, until their ends are known."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ...api import (
    Call,
    CallState,
    ElksError,
    InvalidAuthError,
    OutcomeUnknownError,
    UnreachableError,
    mask_number,
)
from ...const import LOGGER
from ...helpers.unexpected import going_on
from ..arrivals import CallbackArrivals
from ..book import CallBook
from ..record import CallRecord
from .adoption import Adoption
from .plan import CallPlan
from .provider import Provider
from .schedule import Schedule, first_look, next_look

_LOOKS_AT_ONCE = 5
_HINT_INTERVAL = 10
"""Seconds between looks at a call that somebody without its secret reports."""
_GIVE_UP_AFTER = timedelta(hours=24)
_FORGET_AFTER = timedelta(minutes=10)
"""How long a call may turn up in the history, whose request was not answered."""


class Lookout:
    """Asks the provider about the calls of one account: the net below callbacks that do not come."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        provider: Provider,
        *,
        book: CallBook,
        adoption: Adoption,
        arrivals: CallbackArrivals,
    ) -> None:
        """Look after the calls in a book."""
        self._hass = hass
        self._entry = entry
        self._provider = provider
        self._book = book
        self._adoption = adoption
        self._arrivals = arrivals
        self._schedule = Schedule(hass, self._async_due)
        self._looks = asyncio.Semaphore(_LOOKS_AT_ONCE)
        self._hints: dict[str, float] = {}
        """When calls were last looked at for a hint."""

    @callback
    def async_start(self) -> None:
        """Ask how the calls of before a restart stand."""
        for record in self._book.open():
            self._schedule.async_set(record.token, 0)

    @callback
    def async_stop(self) -> None:
        """Ask for nothing any more."""
        self._schedule.async_stop()

    @callback
    def async_follow(self, record: CallRecord) -> None:
        """Ask about a call while it is in progress, and no more when it has ended."""
        if record.ended:
            self._schedule.async_drop(record.token)
            self._hints.pop(record.token, None)
        elif record.in_progress and record.token not in self._schedule:
            self._schedule.async_set(record.token, first_look(record))

    @callback
    def async_look(self, token: str) -> None:
        """Ask about a call at once."""
        self._schedule.async_set(token, 0)

    @callback
    def async_look_later(self, record: CallRecord) -> None:
        """Ask about a call again, unless that has gone on for too long."""
        age = self._age(record)
        if age > _GIVE_UP_AFTER:
            self._give_up(record)
        else:
            self._schedule.async_set(record.token, next_look(record, age))

    @callback
    def async_hint(self, call_id: str) -> None:
        """Ask about a call that a stranger reports, but not too often."""
        record = self._book.find_open(call_id)
        if record is None:
            return
        now = monotonic()
        if now - self._hints.get(record.token, -_HINT_INTERVAL) >= _HINT_INTERVAL:
            self._hints[record.token] = now
            self._schedule.async_set(record.token, 0)

    @callback
    def async_expect(self, plan: CallPlan, requested: datetime) -> None:
        """Take up a call that may have been placed before it was written down, and a power cut."""
        if self._book.find(plan.token) is not None:
            return
        record = plan.record(requested)
        self._book.put(record)
        self._schedule.async_set(plan.token, first_look(record))

    async def async_recall(self, record: CallRecord) -> CallRecord | None:
        """Find out whether a call was placed before a restart; return its record, else None.

        Raises UnreachableError as long as the provider does not answer, InvalidAuthError, and
        OutcomeUnknownError when other calls could be this one.
        """
        if record.call is not None:
            return record
        try:
            possible = await self._adoption.look(record)
        except InvalidAuthError:
            raise
        except ElksError as err:
            raise UnreachableError(str(err)) from err
        known = self._book.find(record.token)
        if known is None or known.call is not None:
            return known
        if possible:
            raise OutcomeUnknownError("several calls could be this one")
        self._schedule.async_drop(record.token)
        self._book.forget(record.token)
        return None

    @callback
    def _async_due(self, tokens: list[str]) -> None:
        """Ask about the calls whose time has come."""
        for token in tokens:
            self._entry.async_create_background_task(
                self._hass, self._async_look(token), "elks look"
            )

    async def _async_look(self, token: str) -> None:
        """Ask about a call, and again later as long as it has not ended."""
        async with self._looks:
            record = self._book.find(token)
            if record is None or record.ended:
                return
            answered = await self._async_ask(record)
        record = self._book.find(token)
        if record is None or record.ended:
            return
        if answered and record.call is None and self._age(record) > _FORGET_AFTER:
            self._forget(record)
        else:
            self.async_look_later(record)

    async def _async_ask(self, record: CallRecord) -> bool:
        """Ask how a call stands, or where it is; return whether that was answered."""
        with going_on("asking for a call"):
            try:
                if record.call is None:
                    await self._adoption.look(record)
                else:
                    call = await self._provider.call(record.call.id)
                    self._take_answer(record.token, call)
            except InvalidAuthError:
                self._entry.async_start_reauth(self._hass)
            except ElksError as err:
                LOGGER.debug("46elks does not say how a call stands: %s", err)
            else:
                return True
        return False

    def _take_answer(self, token: str, call: Call) -> None:
        """Write how a call stands, as the provider answered when it was asked."""
        record = self._book.find(token)
        if record is None or record.ended:
            return
        # A caller can hang up before 46elks knows where to report it
        is_missed = record.reported and record.line is None
        if is_missed and call.state is not CallState.ONGOING:
            self._arrivals.async_miss()
        self._book.report(token, call)

    def _forget(self, record: CallRecord) -> None:
        """Forget a call that never turned up, together with all that it could be mistaken for.

        Forgotten one after the other, the last of them would adopt the call of another.
        """
        rivals = self._adoption.rivals(record)
        if any(self._age(rival) <= _FORGET_AFTER for rival in rivals):
            self.async_look_later(record)
            return
        for forgotten in (record, *rivals):
            self._schedule.async_drop(forgotten.token)
            self._book.forget(forgotten.token)

    def _give_up(self, record: CallRecord) -> None:
        """Let the end of a call stay unknown, or forget a call that never turned up."""
        if record.call is None:
            self._book.forget(record.token)
            return
        LOGGER.warning(
            "46elks did not say for a day how the call to %s ended",
            mask_number(record.to_number),
        )
        self._book.put(replace(record, given_up=True))

    def _age(self, record: CallRecord) -> timedelta:
        return self._provider.now() - record.placed
