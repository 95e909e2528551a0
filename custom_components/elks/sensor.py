"""Sensors of an account and of its contacts: calls, and chains of calls."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import CallState
from .calls import CallRecord, Chain, ChainState
from .contacts import contacts
from .data import ElksConfigEntry
from .entity import ElksCallEntity, ElksEntity, call_data

PARALLEL_UPDATES = 0

_IDLE = "idle"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account and of its contacts."""
    async_add_entities(
        [LastCallSensor(entry, "last_call"), ChainSensor(entry, "call_chain")]
    )
    for contact in contacts(entry):
        async_add_entities(
            [LastCallSensor(entry, "last_call", contact)],
            config_subentry_id=contact.id,
        )


class LastCallSensor(ElksCallEntity, SensorEntity):
    """How the call placed last, of all or to a contact, stands or ended."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = list(CallState)
    # People's numbers and PINs do not belong in the recorder
    _unrecorded_attributes = frozenset({"from", "to", "digits"})

    @property
    @override
    def native_value(self) -> str | None:
        """Return the state of the call."""
        last = self._last
        return last.state if last else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return what is known of the call."""
        last = self._last
        return call_data(last) if last else None

    @property
    def _last(self) -> CallRecord | None:
        if self._contact is None:
            return self._tracker.last
        return self._tracker.last_to(self._contact.id)


class ChainSensor(ElksEntity, SensorEntity):
    """How the chain begun last stands or ended."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [_IDLE, *ChainState]
    # Who is no contact is shown by number
    _unrecorded_attributes = frozenset({"contact"})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the chains."""
        self._chains = self._entry.runtime_data.chains

        @callback
        def changed(_: Chain) -> None:
            self.async_write_ha_state()

        self.async_on_remove(self._chains.async_listen(changed))

    @property
    @override
    def native_value(self) -> str:
        """Return the state of the chain."""
        last = self._chains.last
        return last.state if last else _IDLE

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return which chain it is, whose turn it is or was, and how many chains run."""
        last = self._chains.last
        turn = last.turns[-1] if last and last.turns else None
        return {
            "chain_id": last.id if last else None,
            "contact": last.people[turn.person].title if last and turn else None,
            "round": turn.round if turn else None,
            "running": len(self._chains.running),
        }
