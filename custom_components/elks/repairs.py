"""The forms of repairs: what puts right an issue that Home Assistant shows."""

from typing import TYPE_CHECKING, Any, override

import voluptuous as vol

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .api import ElksError
from .care.chains import async_message
from .care.lines import async_take_again
from .const import ATTR_CHAIN_ID, ATTR_MESSAGE, CONF_FROM_NUMBER, SUBENTRY_LINE
from .forms.form import async_show_form
from .forms.from_number import async_account_numbers, from_number_field
from .forms.line.flow import write_why
from .forms.number import async_read_number
from .lines.number import HomeNotReachableError, NotSetError
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


class ChainFlow(ConfirmRepairFlow):
    """Shows a chain that nobody took care of, with what it said."""

    def __init__(self, entry: ElksConfigEntry, chain_id: str) -> None:
        """Show a chain of an account."""
        super().__init__()
        self._entry = entry
        self._chain_id = chain_id

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Show it until it was seen, and then one that took its place meanwhile."""
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        data = (issue.data if issue else None) or {}
        now = str(data.get(ATTR_CHAIN_ID, self._chain_id))
        if now != self._chain_id:
            self._chain_id, user_input = now, None
        step = await super().async_step_confirm(user_input)
        if user_input is None:
            message = await async_message(self.hass, self._entry, self._chain_id)
            shown = step["description_placeholders"] or {}
            step["description_placeholders"] = {**shown, ATTR_MESSAGE: message}
        return step


class LineFlow(RepairsFlow):
    """Has a line answer its number's calls again, when something else does."""

    def __init__(self, entry: ElksConfigEntry, line_id: str) -> None:
        """Ask about a line of an account."""
        self._entry = entry
        self._line_id = line_id

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask, and set it again."""
        errors: dict[str, str] = {}
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        placeholders = dict((issue and issue.translation_placeholders) or {})
        if user_input is not None:
            if self._entry.state is not ConfigEntryState.LOADED:
                errors["base"] = "not_reachable"
            else:
                placeholders |= await self._async_take(errors)
            if not errors:
                return self.async_create_entry(title="", data={})
        return async_show_form(
            self, "confirm", vol.Schema({}), None, errors, placeholders
        )

    async def _async_take(self, errors: dict[str, str]) -> dict[str, str]:
        """Set it again, or write into errors why not; return what the error says."""
        try:
            await async_take_again(self.hass, self._entry, self._line_id)
        except HomeNotReachableError:
            errors["base"] = "not_reachable"
        except (ElksError, NotSetError) as err:
            return write_why(err, errors)
        return {}


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the form for an issue: a number to choose, or only to confirm that it was seen."""
    entry = hass.config_entries.async_get_entry(str(data["entry_id"])) if data else None
    if data is None or entry is None:
        return ConfirmRepairFlow()
    if CONF_FROM_NUMBER in data:
        return FromNumberFlow(entry)
    if ATTR_CHAIN_ID in data:
        return ChainFlow(entry, str(data[ATTR_CHAIN_ID]))
    if SUBENTRY_LINE in data:
        return LineFlow(entry, str(data[SUBENTRY_LINE]))
    return ConfirmRepairFlow()
