"""Follows an account's calls from the request to the end, also over a restart."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import CONF_CALLBACK_KEY
from ..helpers.listeners import Listeners
from ..speech import RecordingNames
from .arrivals import CallbackArrivals
from .book import CallBook
from .changes import CallChange
from .ends import CallEnds
from .events import events
from .incoming.events import line_events
from .outgoing.adoption import Adoption
from .outgoing.looking import Lookout
from .outgoing.placing import Placing
from .outgoing.provider import Provider
from .record import CallRecord
from .reports import CallReports
from .store import CallStore, patience


class CallTracker:
    """The calls of one account: each part has one thing to do with them."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        provider: Provider,
        listeners: Listeners,
    ) -> None:
        """Track the calls of a config entry."""
        self._entry = entry
        self._provider = provider
        self._listeners = listeners
        self._store = CallStore(hass, entry.entry_id)
        self._last_moment = dt_util.utc_from_timestamp(0)
        self.book = CallBook(self._async_changed)
        """What is known of the calls."""
        self.arrivals = CallbackArrivals(listeners)
        self.ends = CallEnds(hass, self.book, listeners)
        self._adoption = Adoption(
            provider, self.book, RecordingNames(entry.data[CONF_CALLBACK_KEY])
        )
        self.lookout = Lookout(
            hass,
            entry,
            provider,
            book=self.book,
            adoption=self._adoption,
            arrivals=self.arrivals,
        )
        self.placing = Placing(
            hass,
            entry,
            provider,
            book=self.book,
            adoption=self._adoption,
            lookout=self.lookout,
            listeners=listeners,
        )
        self.reports = CallReports(
            hass,
            entry,
            provider,
            book=self.book,
            lookout=self.lookout,
            arrivals=self.arrivals,
        )

    def now(self) -> datetime:
        """Return the time by the provider's clock."""
        return self._provider.now()

    async def async_load(self) -> None:
        """Take up the calls that were known before a restart."""
        kept = await self._store.async_load()
        records = tuple(self._without_removed(kept.records))
        self.book.restore(replace(kept, records=records))

    async def async_unload(self) -> None:
        """Stop asking, end what waits, and write what is not written yet."""
        self.lookout.async_stop()
        self.ends.async_stop()
        await self._store.async_close(self.book.kept())

    def _without_removed(self, records: Iterable[CallRecord]) -> Iterator[CallRecord]:
        """Leave out what is of contacts and lines no more; a call in progress has to reach its end."""
        known = self._entry.subentries
        for record in records:
            if record.line and record.line not in known and record.ended:
                continue
            is_known = record.contact in known
            yield record if is_known else replace(record, contact=None)

    @callback
    def _async_changed(self, before: CallRecord | None, record: CallRecord) -> None:
        """Keep, follow and report what has changed in the book."""
        alone = self.book.alone(record)
        self._store.async_save_within(
            patience(before, record, alone=alone), self.book.kept
        )
        self.lookout.async_follow(record)
        if record.call is None and not record.forgotten:
            # Of a call that is only requested there is nothing to show
            return
        self._adoption.settle(record.token)
        happened = line_events if record.line else events
        moments = {event: self._next_moment() for event in happened(before, record)}
        change = CallChange(record=record, moments=moments)
        # Whoever calls the home waits for the answer
        self._listeners.async_notify(change, shown_at_once=record.line is None)

    def _next_moment(self) -> datetime:
        """Return the time now, but for no two events the same: they are two changes of a state."""
        following = self._last_moment + timedelta(milliseconds=1)
        self._last_moment = max(dt_util.utcnow(), following)
        return self._last_moment
