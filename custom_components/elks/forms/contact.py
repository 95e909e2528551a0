"""Adding a contact to an account, and changing it."""

from collections.abc import Mapping
from typing import Any, Final

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
    ObjectSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import (
    ATTR_OPTIONS,
    CONF_FROM_NUMBER,
    CONF_NUMBER,
    CONF_PIN,
    CONF_SPEECH,
    CONF_TTS_ENTITY_ID,
)
from ..helpers.text import read_text
from ..people.contacts import Contact, called, contacts
from ..planning.script import voice_for
from .form import async_show_form, fold, unfold
from .number import async_read_number, async_write_numbers
from .pin import PIN_SELECTOR, is_possible_pin
from .voice import ENGINE_SELECTOR, async_check_language, async_language_selector

_CALLING: Final = "calling"
_SPEECH_FIELDS = (CONF_LANGUAGE, CONF_TTS_ENTITY_ID, ATTR_OPTIONS)


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
        placeholders: dict[str, str] = {}
        values: dict[str, Any] = {}
        own = self._get_entry().options[CONF_FROM_NUMBER]
        if user_input is not None:
            values = _read(user_input)
            number = await async_read_number(
                self.hass, values[CONF_NUMBER], errors, CONF_NUMBER, own=own
            )
            self._check_name(values[CONF_NAME], subentry, errors)
            if CONF_PIN in values and not is_possible_pin(values[CONF_PIN]):
                errors[_CALLING] = "invalid_pin"
            placeholders |= self._check_number(number, subentry, errors)
            placeholders |= self._check_speech(values, subentry, errors)
            if number and not errors:
                return self._async_store(subentry, {**values, CONF_NUMBER: number})
        elif subentry:
            [number] = await async_write_numbers(
                self.hass, [subentry.data[CONF_NUMBER]], own=own
            )
            values = {**subentry.data, CONF_NUMBER: number}
        return async_show_form(
            self,
            step_id,
            self._schema(values),
            fold(fold(values, CONF_SPEECH, _SPEECH_FIELDS), _CALLING, (CONF_PIN,)),
            errors,
            placeholders,
        )

    def _schema(self, values: Mapping[str, Any]) -> vol.Schema:
        """Return the fields; the languages are those of the voice that speaks to the contact."""
        voice = voice_for(self._get_entry(), values, None)
        speech = {
            vol.Optional(CONF_TTS_ENTITY_ID): ENGINE_SELECTOR,
            vol.Optional(CONF_LANGUAGE): async_language_selector(self.hass, voice),
            vol.Optional(ATTR_OPTIONS): ObjectSelector(),
        }
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(
                    TextSelectorConfig(autocomplete="name")
                ),
                vol.Required(CONF_NUMBER): TextSelector(
                    TextSelectorConfig(type=TextSelectorType.TEL, autocomplete="tel")
                ),
                vol.Required(CONF_SPEECH): section(vol.Schema(speech)),
                vol.Optional(_CALLING): section(
                    vol.Schema({vol.Optional(CONF_PIN): PIN_SELECTOR})
                ),
            }
        )

    def _others(self, subentry: ConfigSubentry | None) -> list[Contact]:
        """Return the account's other contacts."""
        own_id = subentry.subentry_id if subentry else None
        return [one for one in contacts(self._get_entry()) if one.id != own_id]

    def _check_name(
        self, name: str, subentry: ConfigSubentry | None, errors: dict[str, str]
    ) -> None:
        """Write into errors why a name cannot be used."""
        if not name:
            errors[CONF_NAME] = "no_name"
        elif subentry and called([Contact.from_subentry(subentry)], name):
            # Whoever has shared it since before names belonged to one is changed in other ways
            return
        elif called(self._others(subentry), name):
            errors[CONF_NAME] = "same_name"

    def _check_number(
        self,
        number: str | None,
        subentry: ConfigSubentry | None,
        errors: dict[str, str],
    ) -> dict[str, str]:
        """Write into errors that another contact has a number; return what the error says."""
        for other in self._others(subentry):
            if other.number == number:
                errors[CONF_NUMBER] = "same_number"
                return {"contact": other.name}
        return {}

    def _check_speech(
        self,
        values: dict[str, Any],
        subentry: ConfigSubentry | None,
        errors: dict[str, str],
    ) -> dict[str, str]:
        """Write into errors why nobody could speak like that; return what the error says."""
        if not isinstance(values.get(ATTR_OPTIONS, {}), dict):
            errors[CONF_SPEECH] = "invalid_options"
            return {}
        voice = voice_for(self._get_entry(), values, None)
        stored = subentry.data if subentry else {}
        return async_check_language(
            self.hass, voice, values, stored, errors, CONF_SPEECH
        )

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


def _read(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the form as they are stored."""
    data = unfold(unfold(user_input, CONF_SPEECH), _CALLING)
    pin = read_text(data.pop(CONF_PIN, ""))
    read = {**data, CONF_NAME: read_text(data[CONF_NAME])}
    return {**read, CONF_PIN: pin} if pin else read
