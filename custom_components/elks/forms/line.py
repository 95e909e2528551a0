"""Adding a line to an account, and changing it: a number at which the home answers."""

from collections.abc import Mapping
import secrets
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_LANGUAGE, CONF_NAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    ActionSelector,
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TemplateSelector,
    TextSelector,
)

from ..address import Reach
from ..api import ElksError, InvalidAuthError, Number, RefusedError
from ..api.masking import mask
from ..calls.incoming.line import (
    DEFAULT_MINUTES_PER_DAY,
    AnswerWith,
    Callers,
    Others,
    lines,
)
from ..client import make_client
from ..const import (
    ATTR_ACTIONS,
    CONF_ANSWER_WITH,
    CONF_CALLERS,
    CONF_FORWARD_TO,
    CONF_FROM_NUMBER,
    CONF_GREETING,
    CONF_LINE_KEY,
    CONF_MENU,
    CONF_MINUTES_PER_DAY,
    CONF_NUMBER,
    CONF_OTHERS,
    CONF_PIN,
    CONF_SPEECH,
    CONF_TTS_ENTITY_ID,
    CONF_VOICE_START_BEFORE,
)
from ..helpers.text import read_text, trim
from ..lines.number import (
    NotSetError,
    async_set,
    can_answer,
    describe,
    leads_home,
    leads_to,
)
from ..people.contacts import called, contacts
from ..runtime import ElksConfigEntry
from ..speech import Voice
from ..words import async_home_words
from .form import AnyNumberSelector, async_show_form, fold, unfold
from .menu import MENU_SELECTOR, async_check_menu, read_menu
from .number import async_read_number, async_write_numbers
from .pin import PIN_SELECTOR, is_possible_pin
from .voice import async_check_language, async_language_selector
from .written import async_why_no_actions, async_why_no_template

_DOOR: Final = "door"
_RINGING: Final = "ringing"
_REPLACE: Final = "replace"
_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    _DOOR: (
        *(CONF_CALLERS, CONF_PIN, CONF_OTHERS, CONF_FORWARD_TO),
        CONF_MINUTES_PER_DAY,
    ),
    CONF_SPEECH: (CONF_GREETING, CONF_LANGUAGE),
    _RINGING: (ATTR_ACTIONS,),
}
_HIDDEN = (CONF_NUMBER, CONF_LINE_KEY, CONF_VOICE_START_BEFORE)
"""What is stored of a line, and no form changes."""
_MINUTES_OF_DAY = 24 * 60


class _AnyTemplate(TemplateSelector):
    """Takes any text: the form itself says, in words, what is wrong with it."""

    @override
    def __call__(self, data: Any) -> str:
        return str(data)


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
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        values: dict[str, Any] = {}
        if user_input is not None:
            values = self._values = _read(user_input)
            data = await self._async_check(values, subentry, errors, placeholders)
            if subentry and not errors:
                return self.async_update_and_abort(
                    self._get_entry(), subentry, title=data[CONF_NAME], data=data
                )
            if not errors:
                self._data = data
                if done := await self._async_take(errors, placeholders):
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
        folded = dict(values)
        for key, fields in _SECTIONS.items():
            folded = fold(folded, key, fields)
        if subentry:
            [number] = await async_write_numbers(
                self.hass, [subentry.data[CONF_NUMBER]], own=self._own
            )
            placeholders = {**placeholders, "number": number}
        schema = self._schema(values, is_new=subentry is None)
        return async_show_form(self, step_id, schema, folded, errors, placeholders)

    def _schema(self, values: Mapping[str, Any], *, is_new: bool) -> vol.Schema:
        """Return the fields; the languages are those of the account's voice."""
        forward = SelectSelectorConfig(
            options=[
                SelectOptionDict(value=one.id, label=one.name)
                for one in contacts(self._get_entry())
            ],
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
        door = {
            vol.Required(CONF_CALLERS, default=Callers.CONTACTS): _choice(
                CONF_CALLERS, Callers
            ),
            vol.Optional(CONF_PIN): PIN_SELECTOR,
            vol.Required(CONF_OTHERS, default=Others.BUSY): _choice(
                CONF_OTHERS, Others
            ),
            vol.Optional(CONF_FORWARD_TO): SelectSelector(forward),
            vol.Required(
                CONF_MINUTES_PER_DAY, default=DEFAULT_MINUTES_PER_DAY
            ): AnyNumberSelector(_MINUTES_OF_DAY, "min"),
        }
        speech = {
            vol.Optional(CONF_GREETING): _AnyTemplate(),
            vol.Optional(CONF_LANGUAGE): async_language_selector(
                self.hass, self._voice(values)
            ),
        }
        fields: dict[vol.Marker, Any] = {}
        if is_new:
            fields[vol.Required(CONF_NUMBER)] = SelectSelector(
                SelectSelectorConfig(
                    options=self._labels, mode=SelectSelectorMode.DROPDOWN
                )
            )
        fields |= {
            vol.Optional(CONF_NAME): TextSelector(),
            vol.Required(CONF_ANSWER_WITH, default=AnswerWith.MENU): _choice(
                CONF_ANSWER_WITH, AnswerWith
            ),
            vol.Optional(CONF_MENU): MENU_SELECTOR,
            vol.Required(_DOOR): section(vol.Schema(door)),
            vol.Required(CONF_SPEECH): section(vol.Schema(speech)),
            vol.Required(_RINGING): section(
                vol.Schema({vol.Optional(ATTR_ACTIONS): ActionSelector()})
            ),
        }
        return vol.Schema(fields)

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
        return {key: one for key, one in values.items() if key not in _HIDDEN}

    async def _async_check(
        self,
        values: dict[str, Any],
        subentry: ConfigSubentry | None,
        errors: dict[str, str],
        placeholders: dict[str, str],
    ) -> dict[str, Any]:
        """Return what is to be stored, or write into errors why it cannot be."""
        hidden: Mapping[str, Any] = (
            subentry.data
            if subentry
            else {
                CONF_NUMBER: values[CONF_NUMBER],
                CONF_LINE_KEY: self._line_key,
            }
        )
        data = {
            **values,
            **{key: hidden[key] for key in _HIDDEN if key in hidden},
        }
        if CONF_NAME not in data:
            data[CONF_NAME] = subentry.title if subentry else self._default_name(values)
        entry = self._account
        if subentry is None and hidden[CONF_NUMBER] in {
            line.number for line in lines(entry)
        }:
            errors[CONF_NUMBER] = "number_is_line"
        if mask(data[CONF_NAME]) != data[CONF_NAME]:
            errors[CONF_NAME] = "name_is_number"
        await self._async_check_reach(values, subentry, errors)
        placeholders |= await self._async_check_menu(values, errors)
        placeholders |= await self._async_check_actions(values, errors)
        placeholders |= self._check_speech(values, subentry, errors)
        await self._async_check_door(values, data, errors)
        return data

    def _default_name(self, values: Mapping[str, Any]) -> str:
        """Return what the number is called at 46elks, unless that is a number as well."""
        name = trim(self._numbers[values[CONF_NUMBER]].name or "")
        if name and mask(name) == name:
            return name
        return async_home_words(self.hass)["line_name"]

    async def _async_check_reach(
        self,
        values: Mapping[str, Any],
        subentry: ConfigSubentry | None,
        errors: dict[str, str],
    ) -> None:
        """Write into errors why 46elks could not reach the home, or play nothing."""
        address = self._account.runtime_data.address
        await address.async_look()
        if address.reach is Reach.NONE and subentry is None:
            errors["base"] = "not_reachable"
        speaks = values[CONF_ANSWER_WITH] != AnswerWith.NOTHING or CONF_PIN in values
        if address.reach is Reach.CLOUDHOOK and speaks:
            errors[CONF_ANSWER_WITH] = "no_sound"

    async def _async_check_menu(
        self, values: Mapping[str, Any], errors: dict[str, str]
    ) -> dict[str, str]:
        """Write into errors what is wrong with the menu; return what the error says."""
        menu = values.get(CONF_MENU, [])
        if not menu and values[CONF_ANSWER_WITH] == AnswerWith.MENU:
            errors[CONF_MENU] = "no_menu"
        return await async_check_menu(self.hass, menu, errors)

    async def _async_check_actions(
        self, values: Mapping[str, Any], errors: dict[str, str]
    ) -> dict[str, str]:
        if reason := await async_why_no_actions(self.hass, values.get(ATTR_ACTIONS)):
            errors[_RINGING] = "invalid_actions"
            return {"reason": reason}
        return {}

    def _check_speech(
        self,
        values: dict[str, Any],
        subentry: ConfigSubentry | None,
        errors: dict[str, str],
    ) -> dict[str, str]:
        """Write into errors what could not be said like that; return what the error says."""
        if reason := async_why_no_template(self.hass, values.get(CONF_GREETING, "")):
            errors[CONF_SPEECH] = "invalid_greeting"
            return {"reason": reason}
        stored = subentry.data if subentry else {}
        return async_check_language(
            self.hass, self._voice(values), values, stored, errors, CONF_SPEECH
        )

    async def _async_check_door(
        self, values: Mapping[str, Any], data: dict[str, Any], errors: dict[str, str]
    ) -> None:
        """Write into errors what is wrong with who is let in, and what others get."""
        minutes = values[CONF_MINUTES_PER_DAY]
        if minutes not in range(1, _MINUTES_OF_DAY + 1):
            errors[_DOOR] = "invalid_minutes"
        else:
            data[CONF_MINUTES_PER_DAY] = int(minutes)
        if CONF_PIN in values and not is_possible_pin(values[CONF_PIN]):
            errors[_DOOR] = "invalid_pin"
        if values[CONF_OTHERS] != Others.FORWARD:
            data.pop(CONF_FORWARD_TO, None)
        elif CONF_FORWARD_TO not in values:
            errors[_DOOR] = "no_forward"
        else:
            await self._async_check_forward(values[CONF_FORWARD_TO], data, errors)

    async def _async_check_forward(
        self, written: str, data: dict[str, Any], errors: dict[str, str]
    ) -> None:
        """Read whom calls are forwarded to: a contact by its id, or a number."""
        entry = self._account
        known = contacts(entry)
        found = [one for one in known if one.id == written] or called(known, written)
        if found:
            data[CONF_FORWARD_TO], number = found[0].id, found[0].number
        else:
            why: dict[str, str] = {}
            read = await async_read_number(
                self.hass, written, why, CONF_FORWARD_TO, own=self._own
            )
            if read is None:
                errors[_DOOR] = "forward_invalid"
                if why[CONF_FORWARD_TO] == "emergency_number":
                    errors[_DOOR] = "forward_emergency"
                return
            data[CONF_FORWARD_TO] = number = read
        if number in {data[CONF_NUMBER], *(line.number for line in lines(entry))}:
            errors[_DOOR] = "forward_to_line"

    def _voice(self, values: Mapping[str, Any]) -> Voice:
        options = self._get_entry().options
        return Voice(
            engine=options.get(CONF_TTS_ENTITY_ID),
            language=values.get(CONF_LANGUAGE) or options.get(CONF_LANGUAGE),
        )

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


def _choice(field: str, values: type[Callers | AnswerWith | Others]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(one) for one in values],
            translation_key=field,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _read(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the form as they are stored, without those left empty."""
    data = dict(user_input)
    for folded in _SECTIONS:
        data = unfold(data, folded)
    for field in (CONF_NAME, CONF_FORWARD_TO, CONF_GREETING, CONF_PIN):
        if field in data:
            data[field] = read_text(data[field])
    if CONF_MENU in data:
        data[CONF_MENU] = read_menu(data[CONF_MENU])
    kept = (CONF_ANSWER_WITH, CONF_CALLERS, CONF_OTHERS, CONF_MINUTES_PER_DAY)
    return {key: one for key, one in data.items() if one or key in kept}
