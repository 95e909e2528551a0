"""What automations can ask: the conditions."""

import abc
from typing import Unpack, cast, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    Condition,
    ConditionChecker,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType

from .people.targets import Target, async_find_targets
from .runtime import ElksConfigEntry, ElksData

_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Optional(CONF_OPTIONS, default=dict): {},
    }
)


class ElksCondition(Condition):
    """Asks about what a target means: true if it is so for one of it."""

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Read the target. Raises vol.Invalid."""
        return cast(ConfigType, _SCHEMA(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take up what was read."""
        super().__init__(hass, config)
        self._target = config.target or {}

    async def async_get_checker(self) -> ConditionChecker:
        """Return what asks; older versions of Home Assistant want it apart."""
        return cast(ConditionChecker, self._async_check)

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether it is so now; not for an account that is not loaded."""
        return any(
            (data := self._data(target.account)) and self.is_so(data, target)
            for target in async_find_targets(self._hass, self._target).found
        )

    def _data(self, account: str) -> ElksData | None:
        entry: ElksConfigEntry | None = self._hass.config_entries.async_get_entry(
            account
        )
        return getattr(entry, "runtime_data", None)

    @abc.abstractmethod
    def is_so(self, data: ElksData, target: Target) -> bool:
        """Return whether it is so for a loaded account, or a contact or a line of it."""


class ChainIsRunningCondition(ElksCondition):
    """A call chain is running."""

    @override
    def is_so(self, data: ElksData, target: Target) -> bool:
        """Return whether a chain runs, or one that calls the contact; a line calls nobody."""
        return any(
            target.owner
            in (target.account, *(person.contact for person in chain.people))
            for chain in data.chains.running
        )


class IsOnCallCondition(ElksCondition):
    """Somebody is on a call, or their phone rings."""

    @override
    def is_so(self, data: ElksData, target: Target) -> bool:
        """Return whether a call is in progress, or one with the contact or to the line."""
        return any(
            record.in_progress
            and target.owner in (target.account, record.contact, record.line)
            for record in data.book.open()
        )


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by their names."""
    return {
        "chain_is_running": ChainIsRunningCondition,
        "is_on_call": IsOnCallCondition,
    }
