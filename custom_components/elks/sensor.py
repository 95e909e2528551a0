"""Sensors of an account, of its contacts and of its lines: calls, chains of calls, and money."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import MAX_LENGTH_STATE_STATE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .api import CallState
from .calls import PRIVATE, CallChange, CallRecord, Tally, month_of
from .chains import ChainChange, ChainState
from .const import CONF_CURRENCY
from .entity import ElksEntity, async_add_contacts, async_add_lines, call_attributes
from .helpers.listeners import Stage
from .people.contacts import contact_name
from .runtime import ElksConfigEntry, ElksData

PARALLEL_UPDATES = 0

_IDLE = "idle"


@dataclass(frozen=True, kw_only=True)
class AccountSensorDescription(SensorEntityDescription):
    """A figure of an account."""

    value_fn: Callable[[ElksData], StateType]
    available_fn: Callable[[ElksData], bool] = lambda _: True
    monthly: bool = False
    """Whether it starts from zero each month."""


def _this_month(data: ElksData) -> Tally:
    return data.book.tally.of(month_of(dt_util.utcnow()))


def _last_call(data: ElksData, field: str) -> StateType:
    last = data.book.last
    value: StateType = getattr(last.call, field) if last and last.call else None
    return value


_DESCRIPTIONS = (
    AccountSensorDescription(
        key="balance",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=2,
        value_fn=lambda data: data.account.balance,
        available_fn=lambda data: data.account.last_update_success,
    ),
    AccountSensorDescription(
        key="calls_in_progress",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda data: data.book.in_progress,
    ),
    AccountSensorDescription(
        key="last_call_duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=False,
        value_fn=lambda data: _last_call(data, "duration"),
    ),
    AccountSensorDescription(
        key="last_call_cost",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        value_fn=lambda data: _last_call(data, "cost"),
    ),
    AccountSensorDescription(
        key="calls_this_month",
        state_class=SensorStateClass.TOTAL,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        monthly=True,
        value_fn=lambda data: _this_month(data).calls,
    ),
    AccountSensorDescription(
        key="cost_this_month",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=2,
        monthly=True,
        value_fn=lambda data: _this_month(data).cost,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account, of its contacts and of its lines."""
    async_add_entities(
        [
            LastCallSensor(entry, "last_call"),
            LastAnswerSensor(entry, "last_answer"),
            ChainSensor(entry, "call_chain"),
            AcknowledgedBySensor(entry, "acknowledged_by"),
            *(AccountSensor(entry, description) for description in _DESCRIPTIONS),
        ]
    )
    async_add_contacts(
        entry,
        async_add_entities,
        lambda contact: [
            LastCallSensor(entry, "last_call", contact),
            LastAnswerSensor(entry, "last_answer", contact),
        ],
    )
    async_add_lines(
        entry,
        async_add_entities,
        lambda line: [LineLastCallSensor(entry, "last_call", line)],
    )


class ShownSensor(ElksEntity, SensorEntity):
    """A sensor that is written only when it shows something else than before."""

    _attr_extra_state_attributes: dict[str, Any] = {}

    @abstractmethod
    def _look(self) -> None:
        """Take up what there is to show."""

    @callback
    def _async_show(self, _: object = None) -> None:
        """Show what there is, if it is something else: most news concerns few sensors."""
        before = self._shown
        self._look()
        if self._shown != before:
            self.async_write_ha_state()

    @property
    def _shown(self) -> tuple[object, ...]:
        return (
            self._attr_native_value,
            self._attr_available,
            self._attr_extra_state_attributes,
        )


class CallSensor(ShownSensor):
    """Something of the calls of an account, or of those to a contact or a line."""

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the calls."""
        self._look()
        self.async_on_remove(
            self._listeners.async_listen(
                CallChange, Stage.ENTITIES, self._async_call_changed
            )
        )

    @callback
    def _async_call_changed(self, change: CallChange) -> None:
        record = change.record
        if self._owner_id in (None, record.contact, record.line):
            self._async_show()


class LastCallSensor(CallSensor):
    """How the call placed last stands or ended."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = list(CallState)
    _unrecorded_attributes = PRIVATE

    @override
    def _look(self) -> None:
        if last := self._book.last_to(self._owner_id):
            self._attr_native_value = last.state
            self._attr_extra_state_attributes = self._attributes(last)

    def _attributes(self, last: CallRecord) -> dict[str, Any]:
        """Return what is known of the call besides its state."""
        return call_attributes(last)


class LineLastCallSensor(LastCallSensor):
    """How the last call to a line stands or ended."""

    @override
    def _attributes(self, last: CallRecord) -> dict[str, Any]:
        contact = contact_name(self._entry, last.contact)
        return super()._attributes(last) | {"contact": contact}


class LastAnswerSensor(CallSensor):
    """Which answer was given last: its id."""

    @override
    def _look(self) -> None:
        answer = self._book.last_answer(self._owner_id)
        self._attr_native_value = answer and answer[:MAX_LENGTH_STATE_STATE]


class ChainsSensor(ShownSensor):
    """Something of the chains of an account."""

    def __init__(self, entry: ElksConfigEntry, key: str) -> None:
        """Make the sensor with this key."""
        super().__init__(entry, key)
        self._chains = entry.runtime_data.chains

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the chains."""
        self._look()
        self.async_on_remove(
            self._listeners.async_listen(ChainChange, Stage.ENTITIES, self._async_show)
        )


class ChainSensor(ChainsSensor):
    """How the chain begun last stands or ended."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [_IDLE, *ChainState]
    # Who is no contact is shown by number
    _unrecorded_attributes = frozenset({"contact"})

    @override
    def _look(self) -> None:
        """Take up which chain it is, whose turn it is or was, and how many chains run."""
        last = self._chains.last
        turn = last.turns[-1] if last and last.turns else None
        self._attr_native_value = last.state if last else _IDLE
        self._attr_extra_state_attributes = {
            "chain_id": last.id if last else None,
            "contact": last.people[turn.person].title if last and turn else None,
            "round": turn.round if turn else None,
            "running": len(self._chains.running),
        }


class AcknowledgedBySensor(ChainsSensor):
    """Who acknowledged the chain that was acknowledged last."""

    @property
    @override
    def suggested_object_id(self) -> str:
        """The end of its entity ID, which is public: its name says the same in other words."""
        return "acknowledged_by"

    @override
    def _look(self) -> None:
        chain = self._chains.acknowledged
        if chain and chain.by is not None:
            by = chain.people[chain.by].title
            self._attr_native_value = by[:MAX_LENGTH_STATE_STATE]


class AccountSensor(ShownSensor):
    """A figure of an account, which follows its calls and what 46elks reports of it."""

    entity_description: AccountSensorDescription

    def __init__(
        self, entry: ElksConfigEntry, description: AccountSensorDescription
    ) -> None:
        """Show the described figure."""
        super().__init__(entry, description.key)
        self.entity_description = description
        if description.device_class is SensorDeviceClass.MONETARY:
            self._attr_native_unit_of_measurement = entry.data.get(CONF_CURRENCY)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the account and the months."""
        self._look()
        account = self._entry.runtime_data.account
        self.async_on_remove(account.async_add_listener(self._async_show))
        if self.entity_description.monthly:
            self.async_on_remove(
                async_track_time_change(
                    self.hass, self._async_day_begins, hour=0, minute=0, second=0
                )
            )

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the month began, of what is counted by the month."""
        if not self.entity_description.monthly:
            return None
        return dt_util.start_of_local_day().replace(day=1)

    @callback
    def _async_day_begins(self, _: datetime) -> None:
        """Show that a month may have begun, also when nothing was counted before."""
        self._look()
        self.async_write_ha_state()

    @override
    def _look(self) -> None:
        data = self._entry.runtime_data
        self._attr_native_value = self.entity_description.value_fn(data)
        self._attr_available = self.entity_description.available_fn(data)
