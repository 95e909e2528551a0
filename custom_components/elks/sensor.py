"""Sensors of an account: the call placed last."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import CallState
from .data import ElksConfigEntry
from .entity import ElksEntity, call_data

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account."""
    async_add_entities([LastCallSensor(entry, "last_call")])


class LastCallSensor(ElksEntity, SensorEntity):
    """How the call placed last stands, or how it ended."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = list(CallState)
    # People's numbers and PINs do not belong in the recorder
    _unrecorded_attributes = frozenset({"from", "to", "digits"})

    @property
    @override
    def native_value(self) -> str | None:
        """Return the state of the call."""
        last = self._tracker.last
        return last.state if last else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return what is known of the call."""
        last = self._tracker.last
        return call_data(last) if last else None
