"""Follows an account's calls from the request to the end."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..api import (
    Call,
    CallState,
    ElksError,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
    mask_number,
)
from ..const import CONF_CALLBACK_KEY, LOGGER
from ..helpers.unexpected import going_on
from .book import CallBook
from .events import CallEvent, events
from .outgoing.placing import Placing
from .outgoing.plan import CallPlan
from .outgoing.provider import Provider
from .outgoing.schedule import Schedule, first_look, next_look
from .record import CallRecord
from .store import CallStore, patience
from .tally import Tally
from .token import is_ours

_LOOKS_AT_ONCE = 5
_HINT_INTERVAL = 10
"""Seconds between looks at a call that somebody without its secret tells of."""
_GIVE_UP_AFTER = timedelta(hours=24)
_LONGEST_REQUEST = 10
"""Seconds that an account which is to be unloaded waits for 46elks' answer to a request."""
_FORGET_AFTER = timedelta(minutes=10)
"""How long a call may turn up in the history, whose request was not answered."""

type CallListener = Callable[[CallRecord, list[CallEvent]], None]
type RefusalListener = Callable[[CallPlan, RefusedError], None]


class CallsStoppedError(Exception):
    """The account is unloaded, or Home Assistant stops, before the call has ended."""


class CallTracker:
    """The calls of one account: placed, told of, asked for, and remembered over restarts."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, provider: Provider
    ) -> None:
        """Track the calls of a config entry."""
        self._hass = hass
        self._entry = entry
        self._provider = provider
        self._store = CallStore(hass, entry.entry_id)
        self._book = CallBook(self._async_changed)
        self._placing = Placing(hass, provider, self._book)
        self._schedule = Schedule(hass, self._async_due)
        self._looks = asyncio.Semaphore(_LOOKS_AT_ONCE)
        self._hinted: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[CallRecord | None]] = {}
        self._requests: set[asyncio.Task[CallRecord | ElksError]] = set()
        self._stopped = False
        self._listeners: dict[CallListener, None] = {}
        self._refusal_listeners: set[RefusalListener] = set()
        self.unreported = 0
        """How many calls in a row ended without the callback that should have told it."""
        self.last_callback: datetime | None = None
        """When 46elks called back last; None if it has not since the account was loaded."""

    @property
    def last(self) -> CallRecord | None:
        """The call placed last of those that the provider took."""
        return self._book.last

    @property
    def open(self) -> list[CallRecord]:
        """The calls that have not ended, or may have been placed."""
        return list(self._book.open())

    @property
    def ended(self) -> list[CallRecord]:
        """The calls that ended of late, the newest end last."""
        return list(self._book.ended())

    @property
    def in_progress(self) -> int:
        """How many calls the provider took that have not ended."""
        return self._book.in_progress

    @property
    def tally(self) -> Tally:
        """The calls of the month in which a call ended last."""
        return self._book.tally

    @property
    def spent(self) -> float:
        """What is known to have been spent on calls since the start, in the account's currency."""
        return self._book.spent

    def find(self, token: str) -> CallRecord | None:
        """Return the record of the call with this secret."""
        return self._book.find(token)

    def last_to(self, contact: str) -> CallRecord | None:
        """Return the call to a contact that was placed last."""
        return self._book.last_to(contact)

    def now(self) -> datetime:
        """Return the time by the provider's clock."""
        return self._provider.now()

    @callback
    def async_hold(self, chain_id: str) -> None:
        """Remember the calls of a chain over restarts, also those that ended."""
        self._book.hold(chain_id)

    @callback
    def async_release(self, chain_id: str) -> None:
        """Remember the calls of a chain no longer than others."""
        self._book.release(chain_id)

    async def async_load(self) -> None:
        """Take up the calls that were known before a restart."""
        kept = await self._store.async_load()
        self._book.restore(replace(kept, records=self._of_known_contacts(kept.records)))

    @callback
    def async_start(self) -> None:
        """Ask how the calls of before a restart stand, once all listen who are to know."""
        for record in self._book.open():
            self._schedule.async_set(record.token, 0)

    def _of_known_contacts(
        self, records: Iterable[CallRecord]
    ) -> tuple[CallRecord, ...]:
        """Return the records; of those to contacts that were removed, the contact is forgotten."""
        known = self._entry.subentries
        return tuple(
            replace(record, contact=record.contact if record.contact in known else None)
            for record in records
        )

    async def async_unload(self) -> None:
        """Stop asking, end what waits, and write what is not written yet."""
        self._schedule.async_stop()
        self.async_stop_waiting()
        await self._store.async_close(self._book.kept())

    @callback
    def async_stop_waiting(self) -> None:
        """Let those who wait for the end of a call know that they wait in vain."""
        self._stopped = True
        for waiting in self._waiting.values():
            waiting.set_result(None)
        self._waiting.clear()

    async def async_place(self, plan: CallPlan) -> CallRecord:
        """Place a call and return what is known of it.

        Goes on when whoever asked for it is stopped. Raises ElksError when the provider did not
        take the call, or may not have.
        """
        placing = self._entry.async_create_background_task(
            self._hass, self._async_place(plan), "elks call"
        )
        self._requests.add(placing)
        placing.add_done_callback(self._requests.discard)
        try:
            placed = await asyncio.shield(placing)
        except asyncio.CancelledError:
            # When Home Assistant stops, both are cancelled, and the request may end first
            task = asyncio.current_task()
            if placing.cancelled() and not (task and task.cancelling()):
                raise OutcomeUnknownError("the account was unloaded") from None
            raise
        if isinstance(placed, ElksError):
            raise placed
        return placed

    async def async_quiet(self) -> None:
        """Wait until no request to place a call is on its way, but no longer than 10 s."""
        if self._requests:
            await asyncio.wait(self._requests, timeout=_LONGEST_REQUEST)

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

        Raises UnreachableError as long as the provider does not tell, InvalidAuthError, and
        OutcomeUnknownError when other calls could be this one.
        """
        if record.call is not None:
            return record
        try:
            possible = await self._placing.look(record)
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
    def async_hang_up(self, token: str) -> None:
        """Let a call end as soon as the provider asks what to do."""
        record = self._book.find(token)
        if record is not None and not record.ended:
            self._book.put(replace(record, hang_up=True))

    async def async_end(self, record: CallRecord) -> CallRecord:
        """Wait for the end of a call and return its record; raises CallsStoppedError."""
        # It may have ended since the record was handed out, also before a reload
        known = self._book.find(record.token)
        record = known or record
        if record.ended:
            return record
        if self._stopped or known is None:
            raise CallsStoppedError
        if record.token not in self._waiting:
            self._waiting[record.token] = self._hass.loop.create_future()
        ended = await asyncio.shield(self._waiting[record.token])
        if ended is None:
            raise CallsStoppedError
        return ended

    @callback
    def async_report(self, token: str, call: Call) -> None:
        """Take in the report of a call's end; one that does not say how it ended is a hint."""
        self.async_told(token, call)
        if call.state is CallState.ONGOING:
            self._hinted_at(call.id)

    @callback
    def async_told(self, token: str, call: Call) -> None:
        """Take in what a callback tells of a call, with the secret that came along."""
        if (record := self._book.find(token)) is not None:
            if record.can_be(call.id):
                self._reported(record)
                self._book.told(token, call)
        elif is_ours(token, self._entry.data[CONF_CALLBACK_KEY]):
            self.last_callback = dt_util.utcnow()
            self.unreported = 0
            self._revive(token, call)
        else:
            self._hinted_at(call.id)

    @callback
    def async_heard(
        self, token: str, call_id: str, keys: str | None, question: int = 1
    ) -> CallRecord | None:
        """Take in that a call was picked up, and which keys answered which question, if any.

        Returns its record; None when it is not ours, or its secret did not come along. The
        record is changed right after that: who has picked up waits for the answer.
        """
        record = self._book.find(token)
        if record is None or record.call is None or record.call.id != call_id:
            self.async_told(token, Call.from_api({"id": call_id}))
            record = self._book.find(token)
        if record is None or record.call is None or record.call.id != call_id:
            return None
        self._reported(record)
        self._hass.loop.call_soon(self._heard, token, keys, question)
        return record

    @callback
    def async_listen(self, listener: CallListener) -> CALLBACK_TYPE:
        """Tell the listener of every change of a call that was placed, or never was.

        Listeners are told in turn. Returns what ends that.
        """
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None)

    @callback
    def async_listen_refusals(self, listener: RefusalListener) -> CALLBACK_TYPE:
        """Tell the listener of every call that the provider refuses; returns what ends that."""
        self._refusal_listeners.add(listener)
        return lambda: self._refusal_listeners.discard(listener)

    async def _async_place(self, plan: CallPlan) -> CallRecord | ElksError:
        """Return an error instead of raising it: there may be nobody left to catch it."""
        error: ElksError = OutcomeUnknownError("an error in Home Assistant")
        with going_on("placing a call"):
            try:
                return await self._placing.place(plan)
            except ElksError as err:
                error = err
        if isinstance(error, RefusedError):
            self._tell_refusal(plan, error)
        elif record := self._book.find(plan.token):
            # It may still turn up in the history
            self._look_later(record)
        return error

    def _heard(self, token: str, keys: str | None, question: int) -> None:
        """Write that a call was picked up, and which keys were pressed."""
        if record := self._book.find(token):
            record = replace(record, picked_up=True)
            self._book.put(record.with_keys(question, keys) if keys else record)

    def _revive(self, token: str, call: Call) -> None:
        """Take up a call that is ours, but was not written down before a power cut."""
        if self._book.knows(call.id):
            return
        record = self._book.forgotten(token) or CallRecord(
            token=token,
            from_number=call.from_number or "",
            to_number=call.to_number or "",
            timeout=0,
            requested=call.created or self._provider.now(),
            reported=True,
        )
        self._book.put(replace(record, call=replace(call, state=CallState.ONGOING)))
        self._schedule.async_set(token, 0)

    def _hinted_at(self, call_id: str) -> None:
        """Ask how a call stands of which a stranger told something, but not too often."""
        record = self._book.find_open(call_id)
        if record is None:
            return
        now = monotonic()
        if now - self._hinted.get(record.token, -_HINT_INTERVAL) >= _HINT_INTERVAL:
            self._hinted[record.token] = now
            self._schedule.async_set(record.token, 0)

    def _reported(self, record: CallRecord) -> None:
        """Note that callbacks arrive, also one that tells nothing new of its call."""
        self.last_callback = dt_util.utcnow()
        if self.unreported:
            self.unreported = 0
            self._tell(record, [])

    def _tell(self, record: CallRecord, happened: list[CallEvent]) -> None:
        for listener in list(self._listeners):
            # What one cannot show must not keep the others, nor the call itself
            with going_on("reporting a call"):
                listener(record, happened)

    def _tell_refusal(self, plan: CallPlan, error: RefusedError) -> None:
        for listener in list(self._refusal_listeners):
            with going_on("reporting a refusal"):
                listener(plan, error)

    @callback
    def _async_changed(self, before: CallRecord | None, record: CallRecord) -> None:
        """Let everybody know who has to."""
        alone = self._book.alone(record)
        self._store.async_save_within(
            patience(before, record, alone=alone), self._book.kept
        )
        if record.ended:
            self._schedule.async_drop(record.token)
            self._hinted.pop(record.token, None)
        elif record.in_progress and record.token not in self._schedule:
            self._schedule.async_set(record.token, first_look(record))
        if not (record.call or record.given_up):
            # Of a call that is only asked for there is nothing to show
            return
        self._placing.settled(record.token)
        self._tell(record, events(before, record))
        # Whoever goes on finds all of it told
        if record.ended and (waiting := self._waiting.pop(record.token, None)):
            waiting.set_result(record)

    @callback
    def _async_due(self, tokens: list[str]) -> None:
        """Ask how the calls stand whose time has come."""
        for token in tokens:
            self._entry.async_create_background_task(
                self._hass, self._async_look(token), "elks look"
            )

    async def _async_look(self, token: str) -> None:
        """Ask how a call stands, and again later as long as it has not ended."""
        async with self._looks:
            record = self._book.find(token)
            if record is None or record.ended:
                return
            answered = await self._asked(record)
        record = self._book.find(token)
        if record is None or record.ended:
            return
        if answered and record.call is None and self._age(record) > _FORGET_AFTER:
            self._forget(record)
        else:
            self._look_later(record)

    async def _asked(self, record: CallRecord) -> bool:
        """Ask how a call stands, or where it is; return whether that was answered."""
        with going_on("asking for a call"):
            try:
                await self._ask(record)
            except InvalidAuthError:
                self._entry.async_start_reauth(self._hass)
            except ElksError as err:
                LOGGER.debug("46elks does not tell how a call stands: %s", err)
            else:
                return True
        return False

    async def _ask(self, record: CallRecord) -> None:
        if record.call is None:
            await self._placing.look(record)
        else:
            call = await self._provider.call(record.call.id)
            self._answered(record.token, call)

    def _answered(self, token: str, call: Call) -> None:
        """Take in how a call stands, as the provider answered when it was asked."""
        record = self._book.find(token)
        if record is None or record.ended:
            return
        if record.reported and call.state is not CallState.ONGOING:
            self.unreported += 1
        self._book.told(token, call)

    def _look_later(self, record: CallRecord) -> None:
        """Ask again for a call, unless that has gone on for too long."""
        age = self._age(record)
        if age > _GIVE_UP_AFTER:
            self._give_up(record)
        else:
            self._schedule.async_set(record.token, next_look(record, age))

    def _forget(self, record: CallRecord) -> None:
        """Forget a call that never turned up, together with all that it could be taken for.

        Forgotten one after the other, the last of them would adopt the call of another.
        """
        rivals = self._placing.rivals(record)
        if any(self._age(rival) <= _FORGET_AFTER for rival in rivals):
            self._look_later(record)
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
            "46elks did not tell for a day how the call to %s ended",
            mask_number(record.to_number),
        )
        self._book.put(replace(record, given_up=True))

    def _age(self, record: CallRecord) -> timedelta:
        return self._provider.now() - record.placed
