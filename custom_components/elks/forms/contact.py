"""Adding a contact to an account, and changing it."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_LANGUAGE, CONF_NAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    LanguageSelector,
    ObjectSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import (
    ATTR_OPTIONS,
    CONF_FROM_NUMBER,
    CONF_NUMBER,
    CONF_SPEECH,
    CONF_TTS_ENTITY_ID,
)
from ..helpers.text import read_text
from ..people.contacts import contacts
from ..people.numbers import InvalidNumberError, read_numbers
from .form import async_show_form, fold, unfold

_SPEECH = vol.Schema(
    {
        vol.Optional(CONF_LANGUAGE): LanguageSelector(),
        vol.Optional(CONF_TTS_ENTITY_ID): EntitySelector(
            EntitySelectorConfig(domain="tts")
        ),
        vol.Optional(ATTR_OPTIONS): ObjectSelector(),
    }
)
_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): TextSelector(TextSelectorConfig(autocomplete="name")),
        vol.Required(CONF_NUMBER): TextSelector(
            TextSelectorConfig(type=TextSelectorType.TEL, autocomplete="tel")
        ),
        vol.Required(CONF_SPEECH): section(_SPEECH, {"collapsed": True}),
    }
)


class ContactFlow(ConfigSubentryFlow):
    """Adds a contact, or changes one."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a new contact."""
        return await self._async_contact("user", None, user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for changes of a contact."""
        return await self._async_contact(
            "reconfigure", self._get_reconfigure_subentry(), user_input
        )

    async def _async_contact(
        self,
        step_id: str,
        subentry: ConfigSubentry | None,
        user_input: dict[str, Any] | None,
    ) -> SubentryFlowResult:
        """Show a form for a contact, and store it when it is right."""
        errors: dict[str, str] = {}
        placeholders = {"contact": ""}
        if user_input is not None:
            data = _read(user_input)
            _check(data, errors)
            number = await self._async_number(data, errors)
            if number and not errors:
                other = self._other_with(number, subentry)
                if other is None:
                    return self._async_store(subentry, {**data, CONF_NUMBER: number})
                errors[CONF_NUMBER] = "same_number"
                placeholders = {"contact": other}
        elif subentry:
            user_input = fold(subentry.data, CONF_SPEECH, _SPEECH)
        return async_show_form(self, step_id, _SCHEMA, user_input, errors, placeholders)

    async def _async_number(
        self, data: Mapping[str, Any], errors: dict[str, str]
    ) -> str | None:
        """Return the number in E.164, or None and why in errors."""
        own = self._get_entry().options[CONF_FROM_NUMBER]
        written = {CONF_FROM_NUMBER: own, CONF_NUMBER: data[CONF_NUMBER]}
        try:
            numbers = await self.hass.async_add_executor_job(
                read_numbers, written, self.hass.config.country
            )
        except InvalidNumberError:
            errors[CONF_NUMBER] = "invalid_number"
            return None
        return numbers[CONF_NUMBER]

    def _other_with(self, number: str, subentry: ConfigSubentry | None) -> str | None:
        """Return the name of another contact that has this number."""
        own_id = subentry.subentry_id if subentry else None
        for contact in contacts(self._get_entry()):
            if contact.number == number and contact.id != own_id:
                return contact.name
        return None

    @callback
    def _async_store(
        self, subentry: ConfigSubentry | None, data: dict[str, Any]
    ) -> SubentryFlowResult:
        name, number = data[CONF_NAME], data[CONF_NUMBER]
        if subentry is None:
            return self.async_create_entry(title=name, data=data, unique_id=number)
        return self.async_update_and_abort(
            self._get_entry(),
            subentry,
            title=name,
            data=data,
            unique_id=number,
        )


def _check(data: Mapping[str, Any], errors: dict[str, str]) -> None:
    """Write into errors what the selectors of the form let through."""
    if not data[CONF_NAME]:
        errors[CONF_NAME] = "no_name"
    if not isinstance(data.get(ATTR_OPTIONS, {}), dict):
        errors["base"] = "invalid_options"


def _read(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the form as they are stored."""
    data = unfold(user_input, CONF_SPEECH)
    return {**data, CONF_NAME: read_text(data[CONF_NAME])}
