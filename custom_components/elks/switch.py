"""Switches of lines: whether the home answers there."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls.incoming.line import Line
from .entity import KEY_ANSWERING, ElksEntity, async_add_lines
from .helpers.listeners import Stage
from .lines import AnsweringChange
from .runtime import ElksConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of the lines of an account."""
    async_add_lines(
        entry, async_add_entities, lambda line: [AnsweringSwitch(entry, line)]
    )


class AnsweringSwitch(ElksEntity, SwitchEntity):
    """Whether anybody is let in at a line."""

    def __init__(self, entry: ElksConfigEntry, line: Line) -> None:
        """Make the switch of a line."""
        super().__init__(entry, KEY_ANSWERING, line)
        self._lines = entry.runtime_data.lines
        self._line_id = line.id

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what others switch."""
        self.async_on_remove(
            self._listeners.async_listen(
                AnsweringChange, Stage.ENTITIES, self._async_changed
            )
        )

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the line answers."""
        return self._lines.is_answering(self._line_id)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let callers in again."""
        self._lines.async_set_answering(self._line_id, True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let nobody in; calls in progress go on."""
        self._lines.async_set_answering(self._line_id, False)

    @callback
    def _async_changed(self, change: AnsweringChange) -> None:
        if change.line == self._line_id:
            self.async_write_ha_state()
