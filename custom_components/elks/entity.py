"""What the entities of an account have in common."""

from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity

from .calls import CallEvent, CallRecord
from .const import DOMAIN
from .data import ElksConfigEntry


class ElksEntity(Entity):
    """An entity of an account, told by the tracker when to look again."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: ElksConfigEntry, key: str) -> None:
        """Make the entity with this key of an account."""
        self._tracker = entry.runtime_data.tracker
        self._attr_translation_key = key
        self._attr_unique_id = f"{entry.unique_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
            manufacturer="46elks",
            entry_type=DeviceEntryType.SERVICE,
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the calls."""
        self.async_on_remove(self._tracker.async_listen(self._async_changed))

    @callback
    def _async_changed(self, record: CallRecord, happened: list[CallEvent]) -> None:
        """Show a change of a call."""
        self.async_write_ha_state()


def call_data(record: CallRecord) -> dict[str, Any]:
    """Return what is known of a call, for people and templates; the keys are always there."""
    call = record.call
    return {
        "call_id": call and call.id,
        "direction": call and call.direction,
        "from": record.from_number,
        "to": record.to_number,
        "created": call and call.created,
        "start": call and call.start,
        "duration": call and call.duration,
        "cost": call and call.cost,
        "answered": record.answered,
        "digits": record.digits,
    }
