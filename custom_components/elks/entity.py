"""What the entities of an account and of its contacts have in common."""

from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity

from .calls import CallEvent, CallRecord
from .const import DOMAIN
from .contacts import Contact
from .data import ElksConfigEntry


class ElksEntity(Entity):
    """An entity of an account, or of one of its contacts."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, entry: ElksConfigEntry, key: str, contact: Contact | None = None
    ) -> None:
        """Make the entity with this key."""
        self._entry = entry
        self._tracker = entry.runtime_data.tracker
        self._contact = contact
        self._attr_translation_key = key
        owner = contact.id if contact else entry.unique_id
        self._attr_unique_id = f"{owner}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, contact.id if contact else entry.entry_id)},
            name=contact.name if contact else entry.title,
            manufacturer="46elks",
            entry_type=DeviceEntryType.SERVICE,
        )


class ElksCallEntity(ElksEntity):
    """An entity that shows calls, told by the tracker when to look again."""

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the calls: all, or those to the contact."""

        @callback
        def changed(record: CallRecord, happened: list[CallEvent]) -> None:
            if self._contact is None or record.contact == self._contact.id:
                self._async_changed(record, happened)

        self.async_on_remove(self._tracker.async_listen(changed))

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
