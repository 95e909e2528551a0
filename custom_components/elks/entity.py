"""What the entities of an account, of its contacts and of its lines have in common."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
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
from .calls.incoming.line import Line, lines
from .const import DOMAIN
from .people.contacts import Contact, contacts
from .runtime import ElksConfigEntry, is_loaded

MODEL_ACCOUNT: Final = "Account"
MODEL_CONTACT: Final = "Contact"
"""Of devices: selectors of contacts filter on it."""
MODEL_LINE: Final = "Line"
KEY_ANSWERING: Final = "answering"
"""Of the switches of lines: Activity shows calls to a line for this entity."""
_MODELS: Final = {Contact: MODEL_CONTACT, Line: MODEL_LINE}


class ElksEntity(Entity):
    """An entity of an account, or of one of its contacts or lines."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, entry: ElksConfigEntry, key: str, owner: Contact | Line | None = None
    ) -> None:
        """Make the entity with this key, of the account unless somebody owns it."""
        self._entry = entry
        self._book = entry.runtime_data.book
        self._listeners = entry.runtime_data.listeners
        self._owner_id = owner.id if owner else None
        self._attr_translation_key = key
        self._attr_unique_id = f"{owner.id if owner else entry.unique_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, owner.id if owner else entry.entry_id)},
            name=owner.name if owner else entry.title,
            manufacturer="46elks",
            model=_MODELS[type(owner)] if owner else MODEL_ACCOUNT,
            entry_type=DeviceEntryType.SERVICE,
        )


@callback
def async_device(
    hass: HomeAssistant, entry: ElksConfigEntry, owner_id: str | None
) -> DeviceEntry | None:
    """Return the device of a contact or a line; of the account for none, or one that was removed."""
    owner = owner_id if owner_id in entry.subentries else entry.entry_id
    known = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return next((one for one in known if (DOMAIN, owner) in one.identifiers), None)


@callback
def async_name_devices(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Give the devices the names that the account, its contacts and its lines have now."""
    owned: list[Contact | Line] = [*contacts(entry), *lines(entry)]
    names = {None: entry.title} | {one.id: one.name for one in owned}
    for owner, name in names.items():
        if device := async_device(hass, entry, owner):
            dr.async_get(hass).async_update_device(device.id, name=name)


@callback
def async_add_contacts(
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Contact], Iterable[Entity]],
) -> None:
    """Add the entities of each contact of an account, and of those who are added later."""
    _async_add(entry, async_add_entities, contacts, make)


@callback
def async_add_lines(
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Line], Iterable[Entity]],
) -> None:
    """Add the entities of each line of an account, and of those that are added later."""
    _async_add(entry, async_add_entities, lines, make)


@callback
def _async_add[T: (Contact, Line)](
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    find: Callable[[ConfigEntry], Iterable[T]],
    make: Callable[[T], Iterable[Entity]],
) -> None:
    """Add the entities of all that is found in an account, now and later.

    Home Assistant removes those of what is removed.
    """
    runtime = entry.runtime_data
    known: set[str] = set()

    @callback
    def add() -> None:
        nonlocal known
        owners = list(find(entry))
        for owner in owners:
            if owner.id not in known:
                async_add_entities(make(owner), config_subentry_id=owner.id)
        known = {owner.id for owner in owners}

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
