"""Setting up an account step by step, and changing its credentials."""

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
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import callback
from homeassistant.helpers.selector import BooleanSelector

from .api import Account
from .client import make_client
from .const import (
    CONF_CALLBACK_KEY,
    CONF_CURRENCY,
    CONF_FROM_NUMBER,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_LINE,
)
from .forms.contact import ContactFlow
from .forms.credentials import (
    CREDENTIALS_AND_URL_SCHEMA,
    CREDENTIALS_SCHEMA,
    async_try_credentials,
    opened_sections,
    read_credentials,
    suggest_credentials,
)
from .forms.first_call import TEST_CALL, async_place_test_call
from .forms.form import async_show_form
from .forms.from_number import async_new_account_numbers, from_number_field
from .forms.line.flow import LineFlow
from .forms.number import async_read_number, async_write_numbers
from .forms.options import ElksOptionsFlow

_LINKS = {
    "account_url": "https://46elks.com/account",
    "register_url": "https://46elks.com/register",
}


class ElksConfigFlow(ConfigFlow, domain=DOMAIN):
    """Sets up an account, and changes its credentials."""

    _data: dict[str, Any]
    _account: Account
    _numbers: list[str]
    _own: str
    """The account's mobile number as people write it; empty if there is none."""

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
        return {SUBENTRY_CONTACT: ContactFlow, SUBENTRY_LINE: LineFlow}

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials, and try them."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = read_credentials(user_input)
            if account := await async_try_credentials(self.hass, data, errors):
                await self.async_set_unique_id(account.id)
                self._abort_if_unique_id_configured()
                self._data = data
                self._account = account
                return await self.async_step_number()
        return async_show_form(
            self,
            "user",
            CREDENTIALS_AND_URL_SCHEMA,
            user_input,
            errors,
            _LINKS,
            opened=opened_sections(user_input),
            last_step=False,
        )

    async def async_step_number(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the number that the account's calls come from; place a test call if wanted."""
        errors: dict[str, str] = {}
        reason = ""
        client = make_client(self.hass, self._data)
        own = self._account.mobilenumber or ""
        if user_input is None:
            self._numbers = await async_new_account_numbers(
                self.hass, client, self._account
            )
            [self._own] = await async_write_numbers(self.hass, [own])
            user_input = {CONF_FROM_NUMBER: self._numbers[0]} if self._numbers else None
        elif number := await async_read_number(
            self.hass, user_input[CONF_FROM_NUMBER], errors, CONF_FROM_NUMBER
        ):
            if not user_input.get(TEST_CALL):
                return self._finish(number)
            reason = await async_place_test_call(client, number, own, errors)
            if not errors:
                return self._finish(number, description=TEST_CALL)
            # The account can be added all the same
            user_input = {**user_input, TEST_CALL: False}
        schema = from_number_field(self._numbers)
        if own:
            schema[vol.Optional(TEST_CALL, default=False)] = BooleanSelector()
        return async_show_form(
            self,
            "number",
            vol.Schema(schema),
            user_input,
            errors,
            {**_LINKS, "number": self._own, "reason": reason},
        )

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
            description_placeholders={"number": self._own},
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin when 46elks has refused the stored credentials."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for new credentials of the same account."""
        errors: dict[str, str] = {}
        entry = self._get_reauth_entry()
        if user_input is not None and await self._async_change(
            entry, user_input, errors
        ):
            return self.async_abort(reason="reauth_successful")
        return async_show_form(
            self,
            "reauth_confirm",
            CREDENTIALS_SCHEMA,
            user_input or suggest_credentials(entry.data),
            errors,
            _LINKS,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for other credentials of the same account, or another address of the API."""
        errors: dict[str, str] = {}
        entry = self._get_reconfigure_entry()
        if user_input is not None and await self._async_change(
            entry, user_input, errors
        ):
            return self.async_abort(reason="reconfigure_successful")
        values = user_input or suggest_credentials(entry.data)
        return async_show_form(
            self,
            "reconfigure",
            CREDENTIALS_AND_URL_SCHEMA,
            values,
            errors,
            _LINKS,
            opened=opened_sections(values),
        )

    async def _async_change(
        self, entry: ConfigEntry, user_input: dict[str, Any], errors: dict[str, str]
    ) -> bool:
        """Store credentials that work and reload the account, or write why not into errors.

        Raises AbortFlow for the credentials of another account.
        """
        data = {**entry.data, **read_credentials(user_input)}
        account = await async_try_credentials(self.hass, data, errors)
        if account is None:
            return False
        await self.async_set_unique_id(account.id)
        self._abort_if_unique_id_mismatch(reason="wrong_account")
        # A trial account need not have had one before
        currency = account.currency or entry.data.get(CONF_CURRENCY)
        data = {**data, CONF_CURRENCY: currency}
        self.hass.config_entries.async_update_entry(entry, data=data)
        self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return True
