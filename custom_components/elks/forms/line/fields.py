"""The fields of a line: as its form shows them, and as they are stored."""

from collections.abc import Mapping
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.const import CONF_LANGUAGE, CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    ActionSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TemplateSelector,
    TextSelector,
)

from ...calls.incoming.line import DEFAULT_MINUTES_PER_DAY, AnswerWith, Callers, Others
from ...const import (
    ATTR_ACTIONS,
    CONF_ANSWER_WITH,
    CONF_CALLERS,
    CONF_FORWARD_TO,
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
from ...helpers.text import read_text
from ...people.contacts import contacts
from ...runtime import ElksConfigEntry
from ...speech import Voice
from ..form import AnyNumberSelector, fold, unfold
from ..pin import PIN_SELECTOR
from ..voice import async_language_selector
from .menu import MENU_SELECTOR, read_menu

DOOR: Final = "door"
"""The section of who is let in, and what others get."""
RINGING: Final = "ringing"
"""The section of what is done when somebody rings."""
HIDDEN: Final = (CONF_NUMBER, CONF_LINE_KEY, CONF_VOICE_START_BEFORE)
"""What is stored of a line, and no form changes."""
MOST_MINUTES: Final = 24 * 60
_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    DOOR: (
        *(CONF_CALLERS, CONF_PIN, CONF_OTHERS, CONF_FORWARD_TO),
        CONF_MINUTES_PER_DAY,
    ),
    CONF_SPEECH: (CONF_GREETING, CONF_LANGUAGE),
    RINGING: (ATTR_ACTIONS,),
}


class _AnyTemplate(TemplateSelector):
    """Takes any text: the form itself says, in words, what is wrong with it."""

    @override
    def __call__(self, data: Any) -> str:
        return str(data)


def line_schema(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    values: Mapping[str, Any],
    numbers: list[SelectOptionDict] | None,
) -> vol.Schema:
    """Return the fields of a line; `numbers` are offered to a new one, and None to one there is."""
    fields: dict[vol.Marker, Any] = {}
    if numbers is not None:
        config = SelectSelectorConfig(options=numbers, mode=SelectSelectorMode.DROPDOWN)
        fields[vol.Required(CONF_NUMBER)] = SelectSelector(config)
    fields |= {
        vol.Optional(CONF_NAME): TextSelector(),
        vol.Required(CONF_ANSWER_WITH, default=AnswerWith.MENU): _choice(
            CONF_ANSWER_WITH, AnswerWith
        ),
        vol.Optional(CONF_MENU): MENU_SELECTOR,
        vol.Required(DOOR): section(_door_schema(entry)),
        vol.Required(CONF_SPEECH): section(_speech_schema(hass, entry, values)),
        vol.Required(RINGING): section(
            vol.Schema({vol.Optional(ATTR_ACTIONS): ActionSelector()})
        ),
    }
    return vol.Schema(fields)


def show_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was filled in, or is stored, as the fields of the form: some in sections."""
    folded = dict(values)
    for key, fields in _SECTIONS.items():
        folded = fold(folded, key, fields)
    return folded


def read_fields(user_input: Mapping[str, Any]) -> dict[str, Any]:
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


def line_voice(entry: ElksConfigEntry, values: Mapping[str, Any]) -> Voice:
    """Return the voice of a line with these fields."""
    return Voice(
        engine=entry.options.get(CONF_TTS_ENTITY_ID),
        language=values.get(CONF_LANGUAGE) or entry.options.get(CONF_LANGUAGE),
    )


def _door_schema(entry: ElksConfigEntry) -> vol.Schema:
    forward = SelectSelectorConfig(
        options=[
            SelectOptionDict(value=one.id, label=one.name) for one in contacts(entry)
        ],
        custom_value=True,
        mode=SelectSelectorMode.DROPDOWN,
    )
    return vol.Schema(
        {
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
            ): AnyNumberSelector(MOST_MINUTES, "min"),
        }
    )


def _speech_schema(
    hass: HomeAssistant, entry: ElksConfigEntry, values: Mapping[str, Any]
) -> vol.Schema:
    """Return what is said; the languages are those of the account's voice."""
    languages = async_language_selector(hass, line_voice(entry, values))
    return vol.Schema(
        {
            vol.Optional(CONF_GREETING): _AnyTemplate(),
            vol.Optional(CONF_LANGUAGE): languages,
        }
    )


def _choice(field: str, values: type[Callers | AnswerWith | Others]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(one) for one in values],
            translation_key=field,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )
