"""What the entities of an account and of its contacts have in common."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import (
    DeviceEntry,
    DeviceEntryType,
    DeviceInfo,
)
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import CallRecord, call_facts
from .const import DOMAIN
from .people.contacts import Contact, contacts
from .runtime import ElksConfigEntry, is_loaded

MODEL_ACCOUNT: Final = "Account"
MODEL_CONTACT: Final = "Contact"
"""Of devices: selectors of contacts filter on it."""


class ElksEntity(Entity):
    """An entity of an account, or of one of its contacts."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, entry: ElksConfigEntry, key: str, contact: Contact | None = None
    ) -> None:
        """Make the entity with this key."""
        self._entry = entry
        self._book = entry.runtime_data.book
        self._listeners = entry.runtime_data.listeners
        self._contact_id = contact.id if contact else None
        self._attr_translation_key = key
        owner = contact.id if contact else entry.unique_id
        self._attr_unique_id = f"{owner}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, contact.id if contact else entry.entry_id)},
            name=contact.name if contact else entry.title,
            manufacturer="46elks",
            model=MODEL_CONTACT if contact else MODEL_ACCOUNT,
            entry_type=DeviceEntryType.SERVICE,
        )


@callback
def async_device(
    hass: HomeAssistant, entry: ElksConfigEntry, contact_id: str | None
) -> DeviceEntry | None:
    """Return the device of a contact; of the account for nobody, or one who was removed."""
    owner = contact_id if contact_id in entry.subentries else entry.entry_id
    known = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return next((one for one in known if (DOMAIN, owner) in one.identifiers), None)


@callback
def async_name_devices(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Give the devices the names that the account and its contacts have now."""
    owners = [(None, entry.title), *((one.id, one.name) for one in contacts(entry))]
    for owner, name in owners:
        if device := async_device(hass, entry, owner):
            dr.async_get(hass).async_update_device(device.id, name=name)


@callback
def async_add_contacts(
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Contact], Iterable[Entity]],
) -> None:
    """Add the entities of each contact of an account, and of those who are added later.

    Home Assistant removes those of a contact that is removed.
    """
    runtime = entry.runtime_data
    known: set[str] = set()

    @callback
    def add() -> None:
        nonlocal known
        for contact in contacts(entry):
            if contact.id not in known:
                async_add_entities(make(contact), config_subentry_id=contact.id)
        known = {contact.id for contact in contacts(entry)}

    async def changed(_: HomeAssistant, entry: ElksConfigEntry) -> None:
        # Who is added while it is unloaded is there when it is loaded again
        if is_loaded(entry, runtime):
            add()

    add()
    entry.async_on_unload(entry.add_update_listener(changed))


def call_attributes(record: CallRecord) -> dict[str, Any]:
    """Return what is known of a call besides its state and its answer."""
    facts = call_facts(record)
    del facts["state"], facts["answer"]
    return facts
