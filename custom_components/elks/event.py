"""Events of an account: what happens to its calls, each told once."""

from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import CallEvent, CallRecord
from .data import ElksConfigEntry
from .entity import ElksEntity, call_data

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an account."""
    async_add_entities([CallEventEntity(entry, "call")])


class CallEventEntity(ElksEntity, EventEntity):
    """What happens to the account's calls."""

    _attr_event_types = list(CallEvent)
    # People's numbers and PINs do not belong in the recorder
    _unrecorded_attributes = frozenset({"from", "to", "digits"})

    @callback
    @override
    def _async_changed(self, record: CallRecord, happened: list[CallEvent]) -> None:
        """Tell what happened to a call."""
        for event in happened:
            self._trigger_event(event, {**call_data(record), "answer": record.answer})
            self.async_write_ha_state()
