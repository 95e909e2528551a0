"""Contacts as notify entities: a message is spoken in a call."""

from typing import override

# Where else the features are depends on the version of Home Assistant
from homeassistant.components.notify import NotifyEntity, NotifyEntityFeature  # type: ignore[attr-defined]
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_MESSAGE, ATTR_TO
from .entity import ElksEntity, async_add_contacts
from .helpers.text import read_text
from .planning.call import async_place_call
from .planning.script import sentences
from .runtime import ElksConfigEntry

# Several contacts are called at the same time
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the contacts of an account."""
    async_add_contacts(
        entry,
        async_add_entities,
        lambda contact: [ContactNotifyEntity(entry, "contact", contact)],
    )


class ContactNotifyEntity(ElksEntity, NotifyEntity):
    """Calls a contact and speaks the message."""

    _attr_name = None
    _attr_supported_features = NotifyEntityFeature.TITLE

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Call the contact and speak; return when 46elks has accepted the call.

        Raises ServiceValidationError when there is nothing to say, HomeAssistantError when the
        call was not placed.
        """
        text = sentences(read_text(title or ""), read_text(message))
        data = {ATTR_TO: self.entity_id, ATTR_MESSAGE: text}
        await async_place_call(self.hass, self._entry, data)
