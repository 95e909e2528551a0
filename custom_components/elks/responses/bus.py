"""What Home Assistant's bus is told: how calls and chains ended."""

from typing import Any, Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback

from ..api import CallState
from ..calls import CallEvent, CallRecord
from ..chains import Chain
from ..const import DOMAIN
from ..entity import async_device
from ..runtime import ElksConfigEntry
from .calls import call_to_contact, chain_ended

EVENT_CALL_ENDED: Final = f"{DOMAIN}_call_ended"
EVENT_CHAIN_ENDED: Final = f"{DOMAIN}_chain_ended"

_ENDS = {CallEvent(end) for end in CallState if end is not CallState.ONGOING}


@callback
def async_tell_bus(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Fire an event for each call and each chain that ends, until the entry is unloaded."""
    chains = entry.runtime_data.chains

    def tell(event: str, data: dict[str, Any], contact: str | None) -> None:
        # The logbook shows it on the page of this device
        device = async_device(hass, entry, contact)
        whose = {
            ATTR_CONFIG_ENTRY_ID: entry.entry_id,
            ATTR_DEVICE_ID: device and device.id,
        }
        hass.bus.async_fire(event, whose | data)

    def tell_call(record: CallRecord) -> None:
        tell(EVENT_CALL_ENDED, call_to_contact(record, entry), record.contact)

    def tell_chain(data: dict[str, Any]) -> None:
        tell(EVENT_CHAIN_ENDED, data, None)

    # Told a moment later: whoever acts on it finds the sensors as they are by then

    @callback
    def call_changed(record: CallRecord, happened: list[CallEvent]) -> None:
        if not _ENDS.isdisjoint(happened):
            hass.loop.call_soon(tell_call, record)

    @callback
    def chain_changed(chain: Chain) -> None:
        if chain.end is not None:
            data = chain_ended(chain, chains.calls(chain), entry)
            hass.loop.call_soon(tell_chain, data)

    entry.async_on_unload(entry.runtime_data.tracker.async_listen(call_changed))
    entry.async_on_unload(chains.async_listen(chain_changed))
