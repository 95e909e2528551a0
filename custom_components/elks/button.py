"""Buttons of contacts: a test call shows that their phone rings, and what they hear."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_MESSAGE, ATTR_TO
from .entity import ElksEntity, async_add_contacts
from .people.contacts import Contact
from .planning.call import async_place_call
from .planning.script import voice_for
from .runtime import ElksConfigEntry
from .speech import async_language
from .words import async_words

# Several contacts are called at the same time
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of the contacts of an account."""
    async_add_contacts(
        entry,
        async_add_entities,
        lambda contact: [TestCallButton(entry, contact)],
    )


class TestCallButton(ElksEntity, ButtonEntity):
    """Calls a contact and says that this is a test."""

    def __init__(self, entry: ElksConfigEntry, contact: Contact) -> None:
        """Make the button of a contact."""
        super().__init__(entry, "test_call", contact)
        self._owner = contact.id

    @override
    async def async_press(self) -> None:
        """Call the contact; return when 46elks has accepted the call.

        How it goes is shown by the contact's sensors. Raises HomeAssistantError when the call was
        not placed.
        """
        contact = Contact.from_subentry(self._entry.subentries[self._owner])
        voice = voice_for(self._entry, {}, contact)
        words = await async_words(self.hass, async_language(self.hass, voice))
        data = {ATTR_TO: contact.number, ATTR_MESSAGE: words["test_call"]}
        await async_place_call(self.hass, self._entry, data)
