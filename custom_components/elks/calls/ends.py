"""Waiting for the ends of calls."""

import asyncio

from homeassistant.core import HomeAssistant, callback

from ..helpers.listeners import Listeners, Stage
from .book import CallBook
from .changes import CallChange
from .record import CallRecord


class CallsStoppedError(Exception):
    """The account is unloaded, or Home Assistant stops, before the call has ended."""


class CallEnds:
    """Who waits for the ends of an account's calls."""

    def __init__(
        self, hass: HomeAssistant, book: CallBook, listeners: Listeners
    ) -> None:
        """Wait for the ends of the calls in a book."""
        self._hass = hass
        self._book = book
        self._waiting: dict[str, asyncio.Future[CallRecord | None]] = {}
        self._stopped = False
        listeners.async_listen(CallChange, Stage.WAITING, self._async_call_changed)

    async def async_wait(self, record: CallRecord) -> CallRecord:
        """Wait for the end of a call and return its record. Raises CallsStoppedError."""
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
    def async_stop(self) -> None:
        """Have everybody who waits, now or later, raise CallsStoppedError, unless the call has ended."""
        self._stopped = True
        for token, waiting in self._waiting.items():
            record = self._book.find(token)
            waiting.set_result(record if record and record.ended else None)
        self._waiting.clear()

    @callback
    def _async_call_changed(self, change: CallChange) -> None:
        record = change.record
        if record.ended and (waiting := self._waiting.pop(record.token, None)):
            waiting.set_result(record)
