"""Events of an account, of its contacts and of its lines: what happens to calls, each once."""

from abc import abstractmethod
from datetime import datetime
from typing import Any, override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import PRIVATE, CallChange, CallEvent, CallRecord
from .calls.incoming.events import LineEvent
from .calls.incoming.line import Line
from .entity import ElksEntity, async_add_contacts, async_add_lines, call_attributes
from .helpers.listeners import Stage
from .people.contacts import Contact, contact_name
from .runtime import ElksConfigEntry

PARALLEL_UPDATES = 0
_KEY = "call"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an account, of its contacts and of its lines."""
    async_add_entities([CallEventEntity(entry)])
    async_add_contacts(
        entry, async_add_entities, lambda contact: [CallEventEntity(entry, contact)]
    )
    async_add_lines(
        entry, async_add_entities, lambda line: [LineEventEntity(entry, line)]
    )


class MomentsEntity(ElksEntity, EventEntity):
    """What happens to some calls."""

    _unrecorded_attributes = PRIVATE
    _moment: datetime | None = None
    """When the event was that is shown; None for one of before a restart."""

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the calls."""
        self.async_on_remove(
            self._listeners.async_listen(
                CallChange, Stage.EVENTS, self._async_call_changed
            )
        )

    @property  # type: ignore[misc]
    @override
    def state(self) -> str | None:
        """Return the time of the event; Home Assistant would give each entity another one."""
        if self._moment is None:
            return super().state
        return self._moment.isoformat(timespec="milliseconds")

    @abstractmethod
    def _is_shown(self, record: CallRecord) -> bool:
        """Return whether a call is one of those."""

    def _shown(self, record: CallRecord) -> dict[str, Any]:
        """Return what is shown of a call."""
        return call_attributes(record) | {"answer": record.answer}

    @callback
    def _async_call_changed(self, change: CallChange) -> None:
        record = change.record
        if not self._is_shown(record):
            return
        for event, moment in change.moments.items():
            self._moment = moment
            self._trigger_event(event, self._shown(record))
            self.async_write_ha_state()


class CallEventEntity(MomentsEntity):
    """What happens to the calls that an account places, or to those to a contact."""

    _attr_event_types = list(CallEvent)

    def __init__(self, entry: ElksConfigEntry, contact: Contact | None = None) -> None:
        """Show what happens to all calls, or to those to a contact."""
        super().__init__(entry, _KEY, contact)
        # Each event takes a line in Activity, which shows the call in one, and the account's
        # entity has them all
        self._attr_entity_registry_enabled_default = contact is None

    @override
    def _is_shown(self, record: CallRecord) -> bool:
        is_placed = record.line is None
        return is_placed and self._owner_id in (None, record.contact)


class LineEventEntity(MomentsEntity):
    """What happens to the calls to a line."""

    _attr_event_types = list(LineEvent)

    def __init__(self, entry: ElksConfigEntry, line: Line) -> None:
        """Show what happens to the calls to a line."""
        super().__init__(entry, _KEY, line)

    @override
    def _is_shown(self, record: CallRecord) -> bool:
        return record.line == self._owner_id

    @override
    def _shown(self, record: CallRecord) -> dict[str, Any]:
        contact = contact_name(self._entry, record.contact)
        return super()._shown(record) | {"contact": contact}

    @callback
    @override
    def _async_call_changed(self, change: CallChange) -> None:
        if self._is_shown(change.record):
            # Activity shows by it what the call causes
            lines = self._entry.runtime_data.lines
            self.async_set_context(lines.context(change.record.token))
        super()._async_call_changed(change)
