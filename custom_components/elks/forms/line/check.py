"""What is wrong with a line that was filled in, in words."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant

from ...address import Reach
from ...api.masking import mask
from ...calls.incoming.line import AnswerWith, Others, lines
from ...const import (
    ATTR_ACTIONS,
    CONF_ANSWER_WITH,
    CONF_FORWARD_TO,
    CONF_FROM_NUMBER,
    CONF_GREETING,
    CONF_MENU,
    CONF_MINUTES_PER_DAY,
    CONF_NUMBER,
    CONF_OTHERS,
    CONF_PIN,
    CONF_SPEECH,
)
from ...people.contacts import called, contacts
from ...runtime import ElksConfigEntry
from ..number import async_read_number
from ..pin import is_possible_pin
from ..voice import async_check_language
from ..written import async_why_no_actions, async_why_no_template
from .fields import DOOR, MOST_MINUTES, RINGING, line_voice
from .menu import async_check_menu


class LineCheck:
    """Checks what was filled in of one line, and finds what of it is to be stored."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ElksConfigEntry,
        subentry: ConfigSubentry | None,
    ) -> None:
        """Check a line of an account: a new one, unless there is a config subentry of it."""
        self._hass = hass
        self._entry = entry
        self._subentry = subentry
        self.errors: dict[str, str] = {}
        """Keys of translations by their fields, "base" for the form."""
        self.placeholders: dict[str, str] = {}
        """What the errors say."""

    async def async_check(self, values: dict[str, Any], stored: dict[str, Any]) -> None:
        """Check what was filled in, and write into `stored` how it is to be stored.

        A language that is not spoken is taken out of what was filled in: no field could clear it.
        """
        self._check_name(stored)
        await self._async_check_reach(values)
        await self._async_check_menu(values)
        await self._async_check_actions(values)
        self._check_speech(values)
        self._check_minutes(values, stored)
        await self._async_check_door(values, stored)

    def _check_name(self, stored: Mapping[str, Any]) -> None:
        taken = {line.number for line in lines(self._entry)}
        if self._subentry is None and stored[CONF_NUMBER] in taken:
            self.errors[CONF_NUMBER] = "number_is_line"
        if mask(stored[CONF_NAME]) != stored[CONF_NAME]:
            self.errors[CONF_NAME] = "name_is_number"

    async def _async_check_reach(self, values: Mapping[str, Any]) -> None:
        """Find out whether 46elks could not reach the home, or play nothing."""
        address = self._entry.runtime_data.address
        await address.async_look()
        if address.reach is Reach.NONE and self._subentry is None:
            self.errors["base"] = "not_reachable"
        speaks = values[CONF_ANSWER_WITH] != AnswerWith.NOTHING or CONF_PIN in values
        if address.reach is Reach.CLOUDHOOK and speaks:
            self.errors[CONF_ANSWER_WITH] = "no_sound"

    async def _async_check_menu(self, values: Mapping[str, Any]) -> None:
        menu = values.get(CONF_MENU, [])
        if not menu and values[CONF_ANSWER_WITH] == AnswerWith.MENU:
            self.errors[CONF_MENU] = "no_menu"
        self.placeholders |= await async_check_menu(self._hass, menu, self.errors)

    async def _async_check_actions(self, values: Mapping[str, Any]) -> None:
        if reason := await async_why_no_actions(self._hass, values.get(ATTR_ACTIONS)):
            self.errors[RINGING] = "invalid_actions"
            self.placeholders["reason"] = reason

    def _check_speech(self, values: dict[str, Any]) -> None:
        """Find out what could not be said like that."""
        if reason := async_why_no_template(self._hass, values.get(CONF_GREETING, "")):
            self.errors[CONF_SPEECH] = "invalid_greeting"
            self.placeholders["reason"] = reason
            return
        before = self._subentry.data if self._subentry else {}
        voice = line_voice(self._entry, values)
        self.placeholders |= async_check_language(
            self._hass, voice, values, before, self.errors, CONF_SPEECH
        )

    def _check_minutes(self, values: Mapping[str, Any], stored: dict[str, Any]) -> None:
        minutes = values[CONF_MINUTES_PER_DAY]
        if minutes not in range(1, MOST_MINUTES + 1):
            self.errors[DOOR] = "invalid_minutes"
        else:
            stored[CONF_MINUTES_PER_DAY] = int(minutes)

    async def _async_check_door(
        self, values: Mapping[str, Any], stored: dict[str, Any]
    ) -> None:
        """Find out what is wrong with who is let in, and with what others get."""
        if CONF_PIN in values and not is_possible_pin(values[CONF_PIN]):
            self.errors[DOOR] = "invalid_pin"
        if values[CONF_OTHERS] != Others.FORWARD:
            stored.pop(CONF_FORWARD_TO, None)
        elif CONF_FORWARD_TO not in values:
            self.errors[DOOR] = "no_forward"
        else:
            await self._async_check_forward(values[CONF_FORWARD_TO], stored)

    async def _async_check_forward(self, written: str, stored: dict[str, Any]) -> None:
        """Read whom calls are forwarded to: a contact by its id, or a number."""
        entry = self._entry
        known = contacts(entry)
        found = [one for one in known if one.id == written] or called(known, written)
        if found:
            stored[CONF_FORWARD_TO], number = found[0].id, found[0].number
        else:
            why: dict[str, str] = {}
            own = entry.options[CONF_FROM_NUMBER]
            read = await async_read_number(
                self._hass, written, why, CONF_FORWARD_TO, own=own
            )
            if read is None:
                self.errors[DOOR] = "forward_invalid"
                if why[CONF_FORWARD_TO] == "emergency_number":
                    self.errors[DOOR] = "forward_emergency"
                return
            stored[CONF_FORWARD_TO] = number = read
        if number in {stored[CONF_NUMBER], *(line.number for line in lines(entry))}:
            self.errors[DOOR] = "forward_to_line"
