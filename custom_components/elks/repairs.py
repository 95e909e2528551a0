"""The forms of repairs: what puts right an issue that Home Assistant shows."""

from typing import TYPE_CHECKING, Any

import voluptuous as vol

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant

from .const import CONF_FROM_NUMBER
from .forms.form import async_show_form
from .forms.from_number import async_account_numbers, from_number_field
from .forms.number import async_read_number
from .runtime import ElksConfigEntry

if TYPE_CHECKING:
    # Not there in the oldest Home Assistant supported
    from homeassistant.components.repairs import RepairsFlowResult


class FromNumberFlow(RepairsFlow):
    """Asks for another number to call from when the account no longer has the one in use."""

    _numbers: list[str]

    def __init__(self, entry: ElksConfigEntry) -> None:
        """Ask for a number of an account."""
        self._entry = entry

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_number()

    async def async_step_number(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask for the number, and store it in the options of the account."""
        errors: dict[str, str] = {}
        if user_input is None:
            self._numbers = await async_account_numbers(self.hass, self._entry)
        elif number := await async_read_number(
            self.hass, user_input[CONF_FROM_NUMBER], errors, CONF_FROM_NUMBER
        ):
            options = {**self._entry.options, CONF_FROM_NUMBER: number}
            self.hass.config_entries.async_update_entry(self._entry, options=options)
            return self.async_create_entry(title="", data={})
        return async_show_form(
            self,
            "number",
            vol.Schema(from_number_field(self._numbers)),
            user_input,
            errors,
            {"account": self._entry.title},
        )


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the form for an issue: a number to choose, or only to confirm that it was seen."""
    if data is None or CONF_FROM_NUMBER not in data:
        return ConfirmRepairFlow()
    entry = hass.config_entries.async_get_known_entry(str(data["entry_id"]))
    return FromNumberFlow(entry)
