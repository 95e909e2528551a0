"""Follows an account's calls from the request to the end."""

from typing import Protocol

from homeassistant.core import CALLBACK_TYPE, callback

from ..api import Call, CallRequest, ElksError
from .plan import CallPlan
from .record import CallRecord
from .store import CallStore

_ENDED_KEPT = 100


class Provider(Protocol):
    """Who carries the calls."""

    async def place_call(self, request: CallRequest) -> Call:
        """Place a call and return how it stands; raises ElksError."""


class CallTracker:
    """The calls of one account: those in progress, and those that ended of late."""

    def __init__(self, provider: Provider, store: CallStore) -> None:
        """Place calls at a provider, and keep what must outlive a restart in a store."""
        self._provider = provider
        self._store = store
        self._requested: dict[str, CallRecord] = {}
        self._known: dict[str, CallRecord] = {}
        self._ended: dict[str, None] = {}
        self._placed = 0
        self._listeners: set[CALLBACK_TYPE] = set()
        self.last: CallRecord | None = None
        """The call placed last of those that the provider took."""

    async def async_load(self) -> None:
        """Take up the calls that were known before a restart."""
        for record in await self._store.async_load():
            self._keep(record)
            self._show(record)
            self._placed = max(self._placed, record.number)

    async def async_unload(self) -> None:
        """Write what is not written yet."""
        await self._store.async_save(self._kept())

    async def async_place(self, plan: CallPlan) -> CallRecord:
        """Place a call and return what is known of it.

        Raises ElksError when the provider did not take the call, or may not have.
        """
        self._placed += 1
        self._requested[plan.token] = CallRecord(
            number=self._placed,
            token=plan.token,
            from_number=plan.request.from_number,
            to_number=plan.request.to_number,
        )
        try:
            self._told(plan.token, await self._provider.place_call(plan.request))
        except ElksError:
            # A callback that came meanwhile proves that the call was placed
            if self._requested[plan.token].call is None:
                raise
        finally:
            record = self._requested.pop(plan.token)
            if record.call is not None:
                self._keep(record)
        return record

    @callback
    def async_told(self, token: str, call: Call) -> None:
        """Take in what a callback tells of the call with this secret.

        Ignored when no call has this secret, or when it is another call's.
        """
        record = self._requested.get(token) or self._known.get(token)
        if record is not None and (record.call is None or record.call.id == call.id):
            self._told(token, call)

    @callback
    def async_listen(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call the listener after every change; returns what ends that."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def _told(self, token: str, call: Call) -> None:
        """Update the record of a call and tell of the change."""
        records = self._requested if token in self._requested else self._known
        record = records[token].told(call)
        if record == records[token]:
            return
        records[token] = record
        self._note_end(record)
        self._show(record)
        self._store.async_save_soon(self._kept)
        for listener in list(self._listeners):
            listener()

    def _show(self, record: CallRecord) -> None:
        """Let a call be the last one, unless a later one was placed."""
        if self.last is None or record.number >= self.last.number:
            self.last = record

    def _keep(self, record: CallRecord) -> None:
        """Know a call from now on."""
        self._known[record.token] = record
        self._note_end(record)

    def _note_end(self, record: CallRecord) -> None:
        """Of the calls that ended, know only the newest."""
        if record.in_progress or record.token not in self._known:
            return
        self._ended[record.token] = None
        if len(self._ended) > _ENDED_KEPT:
            oldest = next(iter(self._ended))
            del self._ended[oldest], self._known[oldest]

    def _kept(self) -> list[CallRecord]:
        """Return what a restart must not forget: calls in progress, and the last one."""
        records = [*self._requested.values(), *self._known.values()]
        return [
            record
            for record in records
            if record.call is not None and (record.in_progress or record == self.last)
        ]
