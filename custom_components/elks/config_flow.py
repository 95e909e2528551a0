"""Setting up an account: its credentials, the number it calls from, and a first call."""

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
)
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .api import (
    BEEP,
    DEFAULT_URL,
    Account,
    CallRequest,
    CallState,
    ElksError,
    InvalidAuthError,
    OutcomeUnknownError,
    Play,
    UnreachableError,
)
from .client import make_client
from .const import (
    CONF_ADVANCED,
    CONF_CALLBACK_KEY,
    CONF_CURRENCY,
    CONF_FROM_NUMBER,
    DEFAULT_RING_TIMEOUT,
    DOMAIN,
    LOGGER,
    SUBENTRY_CONTACT,
)
from .forms.contact import ContactFlow
from .forms.from_number import (
    async_read_from_number,
    async_voice_numbers,
    from_number_field,
)
from .forms.options import ElksOptionsFlow
from .forms.sections import unfolded
from .helpers.text import trim

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
_LINKS = {
    "account_url": "https://46elks.com/account",
    "register_url": "https://46elks.com/register",
}
_TEST_CALL = "test_call"
_THREE_BEEPS = Play(sound=BEEP, next=Play(sound=BEEP, next=Play(sound=BEEP)))
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
            data = _credentials(user_input)
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
            description_placeholders=_LINKS,
            last_step=False,
        )

    async def async_step_number(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the number that the account's calls come from; place a test call if wanted."""
        errors: dict[str, str] = {}
        reason = ""
        if user_input is None:
            self._numbers = await async_voice_numbers(
                make_client(self.hass, self._data)
            )
            if own := self._account.mobilenumber:
                self._numbers.append(own)
            user_input = {CONF_FROM_NUMBER: self._numbers[0]} if self._numbers else None
        elif number := await async_read_from_number(self.hass, user_input, errors):
            if not user_input.get(_TEST_CALL):
                return self._finish(number)
            reason = await self._async_place_test_call(number, errors)
            if not errors:
                return self._finish(number, description=_TEST_CALL)
            # The account can be added all the same
            user_input = {**user_input, _TEST_CALL: False}
        return self.async_show_form(
            step_id="number",
            data_schema=self.add_suggested_values_to_schema(
                self._number_schema(), user_input
            ),
            errors=errors,
            description_placeholders={
                **_LINKS,
                "number": self._account.mobilenumber or "",
                "reason": reason,
            },
        )

    def _number_schema(self) -> vol.Schema:
        """Return the fields for the number, and for a test call to the account's own."""
        schema = from_number_field(self._numbers)
        if self._account.mobilenumber:
            schema[vol.Optional(_TEST_CALL, default=False)] = BooleanSelector()
        return vol.Schema(schema)

    def _finish(
        self, from_number: str, description: str | None = None
    ) -> ConfigFlowResult:
        """Add the account."""
        return self.async_create_entry(
            title=self._account.displayname or self._account.id,
            data={
                **self._data,
                CONF_CALLBACK_KEY: secrets.token_hex(32),
                CONF_CURRENCY: self._account.currency,
                CONF_WEBHOOK_ID: webhook.async_generate_id(),
            },
            options={CONF_FROM_NUMBER: from_number},
            description=description,
            description_placeholders={"number": self._account.mobilenumber or ""},
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
            data = {**entry.data, **_credentials(user_input)}
            if account := await self._async_account(data, errors):
                await self.async_set_unique_id(account.id)
                self._abort_if_unique_id_mismatch(reason="wrong_account")
                # A trial account need not have had one before
                currency = account.currency or entry.data.get(CONF_CURRENCY)
                data = {**data, CONF_CURRENCY: currency}
                self.hass.config_entries.async_update_entry(entry, data=data)
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
                return self.async_abort(reason=_DONE[step_id])
        suggested = user_input or {
            CONF_USERNAME: entry.data[CONF_USERNAME],
            CONF_ADVANCED: {CONF_URL: entry.data[CONF_URL]},
        }
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=_LINKS,
        )

    async def _async_account(
        self, data: Mapping[str, Any], errors: dict[str, str]
    ) -> Account | None:
        """Return the account that the credentials are for, or None and why in errors."""
        try:
            return await make_client(self.hass, data).account()
        except InvalidAuthError:
            errors["base"] = "invalid_auth"
        except ElksError:
            errors["base"] = "cannot_connect"
        except Exception:
            LOGGER.exception("Unexpected error while trying the credentials")
            errors["base"] = "unknown"
        return None

    async def _async_place_test_call(
        self, from_number: str, errors: dict[str, str]
    ) -> str:
        """Call the account's own number, which needs no address of this home.

        If no phone rings, write why into errors, and return 46elks' reason if it gives one.
        """
        request = CallRequest(
            from_number=from_number,
            to_number=self._account.mobilenumber or "",
            voice_start=_THREE_BEEPS,
            report_url=None,
            timeout=DEFAULT_RING_TIMEOUT,
        )
        try:
            call = await make_client(self.hass, self._data).place_call(request)
        except OutcomeUnknownError as err:
            errors[_TEST_CALL] = "call_unknown"
            return str(err)
        except UnreachableError as err:
            errors[_TEST_CALL] = "call_not_taken"
            return str(err)
        except ElksError as err:
            errors[_TEST_CALL] = "call_refused"
            return str(err)
        if call.state is CallState.BUSY:
            errors[_TEST_CALL] = "call_busy"
        elif call.state is CallState.FAILED:
            errors[_TEST_CALL] = "call_failed"
        return ""


def _credentials(user_input: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a form for credentials as they are stored; pasted, they bring space."""
    data = unfolded(user_input, CONF_ADVANCED)
    return {field: trim(value) for field, value in data.items()}
