"""Events of an account and of its contacts: what happens to calls, each told once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .calls import CallEvent, CallRecord
from .entity import ElksEntity, async_add_contacts, call_data
from .helpers.unexpected import going_on
from .people.contacts import Contact
from .runtime import ElksConfigEntry

PARALLEL_UPDATES = 0

type Show = Callable[[CallRecord, CallEvent, datetime], None]


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an account and of its contacts."""
    moments = Moments(hass)
    entry.async_on_unload(
        entry.runtime_data.tracker.async_listen(moments.async_changed)
    )
    async_add_entities([CallEventEntity(entry, moments)])
    async_add_contacts(
        entry,
        async_add_entities,
        lambda contact: CallEventEntity(entry, moments, contact),
    )


class Moments:
    """Tells entities what happens to calls: an event has one time, whoever shows it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Tell nobody yet."""
        self._hass = hass
        self._listeners: dict[Show, None] = {}
        self._last = dt_util.utc_from_timestamp(0)

    @callback
    def async_listen(self, listener: Show) -> CALLBACK_TYPE:
        """Tell the listener of each event and its time; returns what ends that."""
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None)

    @callback
    def async_changed(self, record: CallRecord, happened: list[CallEvent]) -> None:
        """Tell what happened to a call, once all sensors show it: others act on events."""
        if happened:
            self._hass.loop.call_soon(self._tell, record, happened)

    def _tell(self, record: CallRecord, happened: list[CallEvent]) -> None:
        for event in happened:
            # Also within one millisecond they are two changes of state
            self._last = max(dt_util.utcnow(), self._last + timedelta(milliseconds=1))
            for listener in list(self._listeners):
                with going_on("showing an event"):
                    listener(record, event, self._last)


class CallEventEntity(ElksEntity, EventEntity):
    """What happens to the calls of an account, or to those to a contact."""

    _attr_event_types = list(CallEvent)
    # People's numbers and PINs do not belong in the recorder
    _unrecorded_attributes = frozenset({"from", "to", "digits"})
    _moment: datetime | None = None
    """When the event was that is shown; None for one of before a restart."""

    def __init__(
        self, entry: ElksConfigEntry, moments: Moments, contact: Contact | None = None
    ) -> None:
        """Show what happens at these moments."""
        super().__init__(entry, "call", contact)
        self._moments = moments

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the calls: all, or those to the contact."""
        self.async_on_remove(self._moments.async_listen(self._async_show))

    @property  # type: ignore[misc]
    @override
    def state(self) -> str | None:
        """Return the time of the event; Home Assistant would give each entity another one."""
        if self._moment is None:
            return super().state
        return self._moment.isoformat(timespec="milliseconds")

    @callback
    def _async_show(
        self, record: CallRecord, event: CallEvent, moment: datetime
    ) -> None:
        if self._contact_id not in (None, record.contact):
            return
        self._moment = moment
        self._trigger_event(event, {**call_data(record), "answer": record.answer})
        self.async_write_ha_state()
