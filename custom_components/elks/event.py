"""Events of an account and of its contacts: what happens to calls, each told once."""

from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import CallEvent, CallRecord
from .contacts import contacts
from .data import ElksConfigEntry
from .entity import ElksCallEntity, call_data

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an account and of its contacts."""
    async_add_entities([CallEventEntity(entry, "call")])
    for contact in contacts(entry):
        async_add_entities(
            [CallEventEntity(entry, "call", contact)], config_subentry_id=contact.id
        )


class CallEventEntity(ElksCallEntity, EventEntity):
    """What happens to the calls of an account, or to those to a contact."""

    _attr_event_types = list(CallEvent)
    # People's numbers and PINs do not belong in the recorder
    _unrecorded_attributes = frozenset({"from", "to", "digits"})

    @callback
    @override
    def _async_changed(self, record: CallRecord, happened: list[CallEvent]) -> None:
        """Tell what happened to a call, once all sensors show it: others act on events."""
        if happened:
            self.hass.loop.call_soon(self._tell, record, happened)

    def _tell(self, record: CallRecord, happened: list[CallEvent]) -> None:
        for event in happened:
            self._trigger_event(event, {**call_data(record), "answer": record.answer})
            self.async_write_ha_state()
