"""Events of an account and of its contacts: what happens to calls, each once."""

from datetime import datetime
from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import PRIVATE, CallChange, CallEvent
from .entity import ElksEntity, async_add_contacts, call_attributes
from .helpers.listeners import Stage
from .people.contacts import Contact
from .runtime import ElksConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an account and of its contacts."""
    async_add_entities([CallEventEntity(entry)])
    async_add_contacts(
        entry, async_add_entities, lambda contact: [CallEventEntity(entry, contact)]
    )


class CallEventEntity(ElksEntity, EventEntity):
    """What happens to the calls of an account, or to those to a contact."""

    _attr_event_types = list(CallEvent)
    # Each event takes a line in Activity, where one line tells of the call; triggers need no entity
    _attr_entity_registry_enabled_default = False
    _unrecorded_attributes = PRIVATE
    _moment: datetime | None = None
    """When the event was that is shown; None for one of before a restart."""

    def __init__(self, entry: ElksConfigEntry, contact: Contact | None = None) -> None:
        """Show what happens to all calls, or to those to a contact."""
        super().__init__(entry, "call", contact)

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

    @callback
    def _async_call_changed(self, change: CallChange) -> None:
        record = change.record
        if self._contact_id not in (None, record.contact):
            return
        for event, moment in change.moments.items():
            self._moment = moment
            data = call_attributes(record) | {"answer": record.answer}
            self._trigger_event(event, data)
            self.async_write_ha_state()
