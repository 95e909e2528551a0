"""Setting up an account: its credentials, the number it calls from, and changes to both."""

from collections.abc import Mapping
import secrets
from typing import Any, override

import voluptuous as vol

from homeassistant.components import webhook
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import (
    CONF_LANGUAGE,
    CONF_PASSWORD,
    CONF_TIMEOUT,
    CONF_URL,
    CONF_USERNAME,
    CONF_WEBHOOK_ID,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    LanguageSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .api import DEFAULT_URL, Account, ElksClient, ElksError, InvalidAuthError
from .const import (
    CONF_ADVANCED,
    CONF_CALLBACK_KEY,
    CONF_CURRENCY,
    CONF_FROM_NUMBER,
    CONF_TTS_ENTITY_ID,
    DEFAULT_RING_TIMEOUT,
    DOMAIN,
    LOGGER,
    MAX_RING_TIMEOUT,
    SUBENTRY_CONTACT,
)
from .contact_flow import ContactFlow
from .from_number import async_read_from_number, from_number_field

_CREDENTIALS = {
    vol.Required(CONF_USERNAME): TextSelector(
        TextSelectorConfig(autocomplete="username")
    ),
    vol.Required(CONF_PASSWORD): TextSelector(
        TextSelectorConfig(
            type=TextSelectorType.PASSWORD, autocomplete="current-password"
        )
    ),
}
_ADVANCED = vol.Schema(
    {
        vol.Required(CONF_URL, default=DEFAULT_URL): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        )
    }
)
_REAUTH_SCHEMA = vol.Schema(_CREDENTIALS)
_USER_SCHEMA = vol.Schema(
    {
        **_CREDENTIALS,
        vol.Required(CONF_ADVANCED): section(_ADVANCED, {"collapsed": True}),
    }
)
_RING_TIMEOUT = NumberSelector(
    NumberSelectorConfig(
        min=1,
        max=MAX_RING_TIMEOUT,
        unit_of_measurement="s",
        mode=NumberSelectorMode.BOX,
    )
)
_DONE = {
    "reauth_confirm": "reauth_successful",
    "reconfigure": "reconfigure_successful",
}


class ElksConfigFlow(ConfigFlow, domain=DOMAIN):
    """Sets up an account, and changes its credentials."""

    _data: dict[str, Any]
    _account: Account
    _numbers: list[str]

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> ElksOptionsFlow:
        """Return the flow that changes the options of an account."""
        return ElksOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flows that add what belongs to an account."""
        return {SUBENTRY_CONTACT: ContactFlow}

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials, and try them."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = _flat(user_input)
            if account := await self._async_account(data, errors):
                await self.async_set_unique_id(account.id)
                self._abort_if_unique_id_configured()
                self._data = data
                self._account = account
                return await self.async_step_number()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(_USER_SCHEMA, user_input),
            errors=errors,
        )

    async def async_step_number(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the number that the account's calls come from."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if number := await async_read_from_number(self.hass, user_input, errors):
                return self.async_create_entry(
                    title=self._account.displayname or self._account.id,
                    data={
                        **self._data,
                        CONF_CALLBACK_KEY: secrets.token_hex(32),
                        CONF_CURRENCY: self._account.currency,
                        CONF_WEBHOOK_ID: webhook.async_generate_id(),
                    },
                    options={CONF_FROM_NUMBER: number},
                )
        else:
            self._numbers = await _async_voice_numbers(self.hass, self._data)
            if self._account.mobilenumber:
                self._numbers.append(self._account.mobilenumber)
            user_input = {CONF_FROM_NUMBER: self._numbers[0]} if self._numbers else None
        return self.async_show_form(
            step_id="number",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(from_number_field(self._numbers)), user_input
            ),
            errors=errors,
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin when 46elks refused the credentials that are stored."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for new credentials of the same account."""
        return await self._async_change(
            self._get_reauth_entry(), "reauth_confirm", _REAUTH_SCHEMA, user_input
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for other credentials of the same account, or another address of the API."""
        return await self._async_change(
            self._get_reconfigure_entry(), "reconfigure", _USER_SCHEMA, user_input
        )

    async def _async_change(
        self,
        entry: ConfigEntry,
        step_id: str,
        schema: vol.Schema,
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Show a form for the credentials of an account, and store them when they are right."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = {**entry.data, **_flat(user_input)}
            if account := await self._async_account(data, errors):
                await self.async_set_unique_id(account.id)
                self._abort_if_unique_id_mismatch(reason="wrong_account")
                self._async_store(entry, data)
                return self.async_abort(reason=_DONE[step_id])
        suggested = user_input or {
            CONF_USERNAME: entry.data[CONF_USERNAME],
            CONF_ADVANCED: {CONF_URL: entry.data[CONF_URL]},
        }
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    async def _async_account(
        self, data: Mapping[str, Any], errors: dict[str, str]
    ) -> Account | None:
        """Return the account that the credentials are for, or None and why in errors."""
        try:
            return await _client(self.hass, data).account()
        except InvalidAuthError:
            errors["base"] = "invalid_auth"
        except ElksError:
            errors["base"] = "cannot_connect"
        except Exception:
            LOGGER.exception("Unexpected error while trying the credentials")
            errors["base"] = "unknown"
        return None

    @callback
    def _async_store(self, entry: ConfigEntry, data: dict[str, Any]) -> None:
        """Store the credentials of an account and load it with them, once.

        A loaded entry reloads itself after a change. One that failed to load does not, nor
        one that did not change.
        """
        reloads = bool(entry.update_listeners)
        changed = self.hass.config_entries.async_update_entry(entry, data=data)
        if not (changed and reloads):
            self.hass.config_entries.async_schedule_reload(entry.entry_id)


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
            self._numbers = await _async_voice_numbers(self.hass, entry.data)
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
            }
        )
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or entry.options
            ),
            errors=errors,
        )


def _flat(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a form without its section, as they are stored."""
    data = dict(user_input)
    return {**data, **data.pop(CONF_ADVANCED, {})}


def _client(hass: HomeAssistant, data: Mapping[str, Any]) -> ElksClient:
    return ElksClient(
        async_get_clientsession(hass),
        data[CONF_USERNAME],
        data[CONF_PASSWORD],
        data[CONF_URL],
    )


async def _async_voice_numbers(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> list[str]:
    """Return the account's numbers that can call; none when 46elks does not tell them."""
    try:
        numbers = await _client(hass, data).numbers()
    except ElksError:
        return []
    return [number.number for number in numbers if number.active and number.voice]
