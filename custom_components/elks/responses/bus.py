"""What others act on: events on Home Assistant's bus, and what our triggers wait for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.components.switch.const import DOMAIN as SWITCH_DOMAIN
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalType

from ..calls import ENDS, CallChange, CallEvent, CallLetIn, CallRecord
from ..calls.incoming.events import LINE_ENDS, LineEvent
from ..calls.incoming.line import find_line
from ..chains import ChainChange
from ..const import DOMAIN
from ..entity import KEY_ANSWERING, async_device
from ..helpers.listeners import Stage
from ..people.contacts import async_contact_entity
from ..runtime import ElksConfigEntry
from .calls import call_received, call_to_contact, chain_ended

EVENT_CALL_ENDED: Final = f"{DOMAIN}_call_ended"
EVENT_CHAIN_ENDED: Final = f"{DOMAIN}_chain_ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something that happened to a call or a chain."""

    account: str
    """Of the config entry."""
    contacts: Collection[str]
    """Of the config subentries of those who are called, or of whoever calls."""
    line: str | None = None
    """Of the config subentry of the line that is called."""
    # Home Assistant logs the happening when somebody fails to act on it
    data: Mapping[str, Any] = field(repr=False)
    """The same as of an event on the bus."""


# Keys can be a PIN, so they get no event of their own: the recorder would keep it
KEY_PRESSED: Final[SignalType[Happening]] = SignalType(f"{DOMAIN}_key_pressed")
CALL_ENDED: Final[SignalType[Happening]] = SignalType(EVENT_CALL_ENDED)
CALL_RECEIVED: Final[SignalType[Happening]] = SignalType(f"{DOMAIN}_call_received")
CHAIN_ENDED: Final[SignalType[Happening]] = SignalType(EVENT_CHAIN_ENDED)

_KEYS: Final = frozenset({CallEvent.KEY_PRESSED, LineEvent.KEY_PRESSED})


@callback
def async_fire_events(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Have others act on each key, and on each call and chain that ends, until the entry is unloaded."""

    def owner(owner_id: str | None) -> dict[str, Any]:
        # Activity shows the event on the page of this device
        device = async_device(hass, entry, owner_id)
        return {
            ATTR_CONFIG_ENTRY_ID: entry.entry_id,
            ATTR_DEVICE_ID: device and device.id,
        }

    def of_call(record: CallRecord) -> Happening:
        contact, line = record.contact, find_line(entry, record.line)
        return Happening(
            account=entry.entry_id,
            # What somebody presses at a line means something else than in a call to them
            contacts={contact} if contact and not record.line else set(),
            line=record.line,
            data=owner(record.line or contact)
            | {ATTR_ENTITY_ID: _async_entity(hass, record)}
            | call_to_contact(record, entry)
            | {"line": line.name if line else None},
        )

    @callback
    def call_changed(change: CallChange) -> None:
        if not _KEYS.isdisjoint(change.moments):
            async_dispatcher_send(hass, KEY_PRESSED, of_call(change.record))
        if not (ENDS | LINE_ENDS).isdisjoint(change.moments):
            end = of_call(change.record)
            hass.bus.async_fire(EVENT_CALL_ENDED, end.data)
            async_dispatcher_send(hass, CALL_ENDED, end)

    @callback
    def let_in(news: CallLetIn) -> None:
        record = news.record
        received = Happening(
            account=entry.entry_id,
            contacts={record.contact} if record.contact else set(),
            line=record.line,
            data=owner(record.line)
            | {ATTR_ENTITY_ID: _async_entity(hass, record)}
            | call_received(record, entry),
        )
        async_dispatcher_send(hass, CALL_RECEIVED, received)

    @callback
    def chain_changed(change: ChainChange) -> None:
        chain = change.chain
        if chain.end is None:
            return
        end = Happening(
            account=entry.entry_id,
            contacts={one.contact for one in chain.people if one.contact},
            data=owner(None) | chain_ended(chain, change.calls, entry),
        )
        hass.bus.async_fire(EVENT_CHAIN_ENDED, end.data)
        async_dispatcher_send(hass, CHAIN_ENDED, end)

    listen = entry.runtime_data.listeners.async_listen
    entry.async_on_unload(listen(CallChange, Stage.BUS, call_changed))
    entry.async_on_unload(listen(CallLetIn, Stage.BUS, let_in))
    entry.async_on_unload(listen(ChainChange, Stage.BUS, chain_changed))


@callback
def _async_entity(hass: HomeAssistant, record: CallRecord) -> str | None:
    """Return the entity for which Activity shows a call, too.

    It is silent during calls: whoever leaves out the lines of the sensors and events keeps this one.
    """
    if record.line is None:
        return async_contact_entity(hass, record.contact)
    return er.async_get(hass).async_get_entity_id(
        SWITCH_DOMAIN, DOMAIN, f"{record.line}_{KEY_ANSWERING}"
    )
