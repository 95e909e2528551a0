"""Events on Home Assistant's bus: how calls and chains ended."""

from typing import Any, Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback

from ..calls import ENDS, CallChange
from ..chains import ChainChange
from ..const import DOMAIN
from ..entity import async_device
from ..helpers.listeners import Stage
from ..people.contacts import async_contact_entity
from ..runtime import ElksConfigEntry
from .calls import call_to_contact, chain_ended

EVENT_CALL_ENDED: Final = f"{DOMAIN}_call_ended"
EVENT_CHAIN_ENDED: Final = f"{DOMAIN}_chain_ended"


@callback
def async_fire_ends(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Fire an event for each call and each chain that ends, until the entry is unloaded."""

    def fire(event: str, data: dict[str, Any]) -> None:
        # Activity shows it on the page of this device
        device = async_device(hass, entry, None)
        owner = {
            ATTR_CONFIG_ENTRY_ID: entry.entry_id,
            ATTR_DEVICE_ID: device and device.id,
        }
        hass.bus.async_fire(event, owner | data)

    @callback
    def call_changed(change: CallChange) -> None:
        record = change.record
        if not ENDS.isdisjoint(change.moments):
            # Activity shows it on the page of the contact too, and wherever this entity is
            # chosen. It is silent during calls: whoever leaves out the lines of the sensors
            # keeps this one
            to = {ATTR_ENTITY_ID: async_contact_entity(hass, record.contact)}
            fire(EVENT_CALL_ENDED, to | call_to_contact(record, entry))

    @callback
    def chain_changed(change: ChainChange) -> None:
        if change.chain.end is not None:
            fire(EVENT_CHAIN_ENDED, chain_ended(change.chain, change.calls, entry))

    listen = entry.runtime_data.listeners.async_listen
    entry.async_on_unload(listen(CallChange, Stage.BUS, call_changed))
    entry.async_on_unload(listen(ChainChange, Stage.BUS, chain_changed))
