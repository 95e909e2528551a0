"""Changing the options of an account."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_LANGUAGE, CONF_TIMEOUT
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    LanguageSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)

from ..const import (
    CONF_FROM_NUMBER,
    CONF_KEEP_SPEECH,
    CONF_TTS_ENTITY_ID,
    DEFAULT_RING_TIMEOUT,
    MAX_RING_TIMEOUT,
)
from .form import async_show_form
from .from_number import (
    async_account_numbers,
    async_read_from_number,
    from_number_field,
)

_RING_TIMEOUT = NumberSelector(
    NumberSelectorConfig(
        min=1,
        max=MAX_RING_TIMEOUT,
        unit_of_measurement="s",
        mode=NumberSelectorMode.BOX,
    )
)


class ElksOptionsFlow(OptionsFlow):
    """Changes the number that calls come from, how long they ring, and who speaks."""

    _numbers: list[str]

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        errors: dict[str, str] = {}
        entry = self.config_entry
        if user_input is None:
            self._numbers = await async_account_numbers(entry)
        elif number := await async_read_from_number(self.hass, user_input, errors):
            timeout = int(user_input[CONF_TIMEOUT])
            return self.async_create_entry(
                data={**user_input, CONF_FROM_NUMBER: number, CONF_TIMEOUT: timeout}
            )
        schema = vol.Schema(
            {
                **from_number_field(self._numbers),
                vol.Required(CONF_TIMEOUT, default=DEFAULT_RING_TIMEOUT): _RING_TIMEOUT,
                vol.Optional(CONF_TTS_ENTITY_ID): EntitySelector(
                    EntitySelectorConfig(domain="tts")
                ),
                vol.Optional(CONF_LANGUAGE): LanguageSelector(),
                vol.Required(CONF_KEEP_SPEECH, default=True): BooleanSelector(),
            }
        )
        return async_show_form(
            self, "init", schema, user_input or entry.options, errors
        )
