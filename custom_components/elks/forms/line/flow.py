"""Adding a line to an account, and changing it: a number at which the home answers."""

from collections.abc import Mapping
import secrets
from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import BooleanSelector, SelectOptionDict

from ...api import ElksError, InvalidAuthError, Number, RefusedError
from ...api.masking import mask
from ...calls.incoming.line import lines
from ...client import make_client
from ...const import (
    CONF_FORWARD_TO,
    CONF_FROM_NUMBER,
    CONF_LINE_KEY,
    CONF_NUMBER,
    CONF_VOICE_START_BEFORE,
)
from ...helpers.text import trim
from ...lines.number import (
    NotSetError,
    async_set,
    can_answer,
    describe,
    leads_home,
    leads_to,
)
from ...runtime import ElksConfigEntry
from ...words import async_home_words
from ..form import async_show_form
from ..number import async_write_numbers
from .check import LineCheck
from .fields import HIDDEN, line_schema, read_fields, show_fields

_REPLACE: Final = "replace"


class LineFlow(ConfigSubentryFlow):
    """Adds a line, or changes one."""

    _numbers: dict[str, Number]
    """Those that can become a line."""
    _labels: list[SelectOptionDict]
    _line_key: str
    _values: dict[str, Any]
    """What was filled in."""
    _data: dict[str, Any]
    """What of it is to be stored."""
    _found: str
    """What answers the number's calls, as the user was asked about it."""
    _agreed: dict[str, str]
    """What the user wants to be replaced, by number."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a new line."""
        if self._account.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if user_input is None and (reason := await self._async_begin()):
            return self.async_abort(reason=reason)
        return await self._async_line("user", None, user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for changes of a line."""
        if self._account.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        return await self._async_line(
            "reconfigure", self._get_reconfigure_subentry(), user_input
        )

    async def async_step_replace(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whether the line may replace what answers the number's calls now."""
        number = self._data[CONF_NUMBER]
        if user_input is not None:
            errors: dict[str, str] = {}
            placeholders: dict[str, str] = {}
            if user_input[_REPLACE]:
                self._agreed[number] = self._found
                if done := await self._async_take(errors, placeholders):
                    return done
            return await self._async_show("user", self._values, errors, placeholders)
        [written] = await async_write_numbers(self.hass, [number], own=self._own)
        return async_show_form(
            self,
            "replace",
            vol.Schema({vol.Required(_REPLACE, default=False): BooleanSelector()}),
            None,
            {},
            {
                "number": written,
                "what": describe(self._found, async_home_words(self.hass)),
            },
        )

    @property
    def _account(self) -> ElksConfigEntry:
        return self._get_entry()

    @property
    def _own(self) -> str:
        own: str = self._get_entry().options[CONF_FROM_NUMBER]
        return own

    async def _async_begin(self) -> str | None:
        """Find the numbers that can become a line; return why there is nothing to choose."""
        entry = self._account
        taken = {line.number for line in lines(entry)}
        try:
            numbers = await make_client(self.hass, entry.data).numbers()
        except InvalidAuthError:
            return "invalid_auth"
        except ElksError:
            return "cannot_connect"
        self._numbers = {
            one.number: one
            for one in numbers
            if can_answer(one) and one.number not in taken
        }
        if not self._numbers:
            return "no_number"
        written = await async_write_numbers(self.hass, self._numbers, own=self._own)
        self._labels = [
            SelectOptionDict(
                value=one.number, label=f"{label} ({one.name})" if one.name else label
            )
            for one, label in zip(self._numbers.values(), written, strict=True)
        ]
        self._line_key = secrets.token_urlsafe(32)
        self._agreed = {}
        return None

    async def _async_line(
        self,
        step_id: str,
        subentry: ConfigSubentry | None,
        user_input: dict[str, Any] | None,
    ) -> SubentryFlowResult:
        """Show a form for a line, and store it when it is right."""
        check = LineCheck(self.hass, self._account, subentry)
        errors, placeholders = check.errors, check.placeholders
        values: dict[str, Any] = {}
        if user_input is not None:
            values = self._values = read_fields(user_input)
            data = self._data = self._to_store(values, subentry)
            await check.async_check(values, data)
            if subentry and not errors:
                return self.async_update_and_abort(
                    self._get_entry(), subentry, title=data[CONF_NAME], data=data
                )
            if not errors and (done := await self._async_take(errors, placeholders)):
                return done
        elif subentry:
            values = await self._async_stored(subentry)
        elif len(self._numbers) == 1:
            values = {CONF_NUMBER: next(iter(self._numbers))}
        return await self._async_show(step_id, values, errors, placeholders, subentry)

    async def _async_show(
        self,
        step_id: str,
        values: Mapping[str, Any],
        errors: dict[str, str],
        placeholders: dict[str, str],
        subentry: ConfigSubentry | None = None,
    ) -> SubentryFlowResult:
        numbers = None if subentry else self._labels
        if subentry:
            [number] = await async_write_numbers(
                self.hass, [subentry.data[CONF_NUMBER]], own=self._own
            )
            placeholders = {**placeholders, "number": number}
        schema = line_schema(self.hass, self._account, values, numbers)
        return async_show_form(
            self, step_id, schema, show_fields(values), errors, placeholders
        )

    async def _async_stored(self, subentry: ConfigSubentry) -> dict[str, Any]:
        """Return what is stored of a line as the form shows it."""
        values = {**subentry.data, CONF_NAME: subentry.title}
        forward_to = values.get(CONF_FORWARD_TO, "")
        if forward_to.startswith("+"):
            [values[CONF_FORWARD_TO]] = await async_write_numbers(
                self.hass, [forward_to], own=self._own
            )
        elif forward_to not in self._get_entry().subentries:
            values.pop(CONF_FORWARD_TO, None)
        return {key: one for key, one in values.items() if key not in HIDDEN}

    def _to_store(
        self, values: Mapping[str, Any], subentry: ConfigSubentry | None
    ) -> dict[str, Any]:
        """Return what was filled in together with what no form changes."""
        if subentry is None:
            name = self._default_name(values)
            return {CONF_NAME: name, **values, CONF_LINE_KEY: self._line_key}
        hidden = {key: one for key, one in subentry.data.items() if key in HIDDEN}
        return {CONF_NAME: subentry.title, **values, **hidden}

    def _default_name(self, values: Mapping[str, Any]) -> str:
        """Return what the number is called at 46elks, unless that is a number as well."""
        name = trim(self._numbers[values[CONF_NUMBER]].name or "")
        if name and mask(name) == name:
            return name
        return async_home_words(self.hass)["line_name"]

    async def _async_take(
        self, errors: dict[str, str], placeholders: dict[str, str]
    ) -> SubentryFlowResult | None:
        """Have the home answer the number's calls, and add the line.

        Ask first if something else does. None when that failed: why is in the errors.
        """
        entry, data = self._account, self._data
        number_id = self._numbers[data[CONF_NUMBER]].id or ""
        address = entry.runtime_data.address
        client = make_client(self.hass, entry.data)
        agreed = self._agreed.get(data[CONF_NUMBER])
        try:
            standing = (await client.number(number_id)).voice_start or ""
            if leads_to(self._line_key, standing):
                # Set before, though that could not be seen
                standing = agreed or ""
            elif leads_home(entry, address, standing):
                standing = ""
            elif standing and standing != agreed:
                self._found = standing
                return await self.async_step_replace()
            url = address.line_url(self._line_key)
            if url is None:
                errors["base"] = "not_reachable"
                return None
            await async_set(client, number_id, url)
        except (ElksError, NotSetError) as err:
            placeholders |= write_why(err, errors)
            return None
        return self._async_add({**data, CONF_VOICE_START_BEFORE: standing})

    @callback
    def _async_add(self, data: dict[str, Any]) -> SubentryFlowResult:
        return self.async_create_entry(
            title=data[CONF_NAME], data=data, unique_id=data[CONF_NUMBER]
        )


def write_why(err: ElksError | NotSetError, errors: dict[str, str]) -> dict[str, str]:
    """Write into errors why what answers a number was not set; return what the error says."""
    if isinstance(err, NotSetError):
        errors["base"] = "not_set"
    elif isinstance(err, InvalidAuthError):
        errors["base"] = "invalid_auth"
    elif isinstance(err, RefusedError):
        errors["base"] = "refused"
        return {"reason": str(err)}
    else:
        errors["base"] = "cannot_connect"
    return {}
