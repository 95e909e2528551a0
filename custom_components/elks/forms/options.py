"""Changing the options of an account."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_LANGUAGE, CONF_TIMEOUT
from homeassistant.helpers.selector import BooleanSelector

from ..const import (
    CONF_FROM_NUMBER,
    CONF_KEEP_SPEECH,
    CONF_TTS_ENTITY_ID,
    DEFAULT_RING_TIMEOUT,
    MAX_RING_TIMEOUT,
)
from ..speech import Voice
from .form import AnyNumberSelector, async_show_form
from .from_number import async_account_numbers, from_number_field
from .number import async_read_number, async_write_numbers
from .voice import ENGINE_SELECTOR, async_check_language, async_language_selector


class ElksOptionsFlow(OptionsFlow):
    """Changes the number that calls come from, how long they ring, and who speaks."""

    _numbers: list[str]

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] | None = None
        stored = self.config_entry.options
        if user_input is None:
            self._numbers = await async_account_numbers(self.hass, self.config_entry)
            [number] = await async_write_numbers(self.hass, [stored[CONF_FROM_NUMBER]])
            values = {**stored, CONF_FROM_NUMBER: number}
        else:
            values = dict(user_input)
            read = await async_read_number(
                self.hass, values[CONF_FROM_NUMBER], errors, CONF_FROM_NUMBER
            )
            if values[CONF_TIMEOUT] not in range(1, MAX_RING_TIMEOUT + 1):
                errors[CONF_TIMEOUT] = "invalid_timeout"
            voice = _voice(values)
            placeholders = async_check_language(
                self.hass, voice, values, stored, errors, CONF_LANGUAGE
            )
            if not errors:
                timeout = int(values[CONF_TIMEOUT])
                return self.async_create_entry(
                    data={**values, CONF_FROM_NUMBER: read, CONF_TIMEOUT: timeout}
                )
        return async_show_form(
            self, "init", self._schema(values), values, errors, placeholders
        )

    def _schema(self, values: Mapping[str, Any]) -> vol.Schema:
        """Return the fields; the languages are those of the voice."""
        languages = async_language_selector(self.hass, _voice(values))
        return vol.Schema(
            {
                **from_number_field(self._numbers),
                vol.Required(
                    CONF_TIMEOUT, default=DEFAULT_RING_TIMEOUT
                ): AnyNumberSelector(MAX_RING_TIMEOUT, "s"),
                vol.Optional(CONF_TTS_ENTITY_ID): ENGINE_SELECTOR,
                vol.Optional(CONF_LANGUAGE): languages,
                vol.Required(CONF_KEEP_SPEECH, default=True): BooleanSelector(),
            }
        )


def _voice(options: Mapping[str, Any]) -> Voice:
    return Voice(
        engine=options.get(CONF_TTS_ENTITY_ID), language=options.get(CONF_LANGUAGE)
    )
