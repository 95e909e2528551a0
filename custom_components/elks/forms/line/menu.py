"""The menu of a line in its form: what can be chosen by a key."""

from typing import Any, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import ObjectSelector, ObjectSelectorConfig

from ...const import ATTR_ACTIONS, ATTR_KEY, ATTR_REPLY, CONF_MENU, CONF_SAY
from ...helpers.text import read_text
from ..written import async_why_no_actions, async_why_no_template

_KEYS = tuple("1234567890")

type Menu = list[dict[str, Any]]
"""Entries as they are stored, by the names of their fields."""


class _AnyMenu(ObjectSelector):
    """Takes any menu: the form itself says, in words, what is wrong with it."""

    @override
    def __call__(self, data: Any) -> Any:
        return data


MENU_SELECTOR: Final = _AnyMenu(
    ObjectSelectorConfig(
        multiple=True,
        label_field=CONF_SAY,
        description_field=ATTR_KEY,
        translation_key=CONF_MENU,
        fields={
            ATTR_KEY: {
                "required": True,
                "selector": {"select": {"options": list(_KEYS), "mode": "dropdown"}},
            },
            CONF_SAY: {"required": True, "selector": {"text": {}}},
            ATTR_ACTIONS: {"selector": {"action": {}}},
            ATTR_REPLY: {"selector": {"template": {}}},
        },
    )
)


def read_menu(written: Any) -> Menu:
    """Return the entries of a menu as they are stored, without what was left empty."""
    return list(map(_read_entry, cv.ensure_list(written)))


async def async_check_menu(
    hass: HomeAssistant, menu: Menu, errors: dict[str, str]
) -> dict[str, str]:
    """Write into errors what is wrong with the entries of a menu; return what the error says."""
    seen: set[str] = set()
    for entry in menu:
        key, said = entry.get(ATTR_KEY), entry.get(CONF_SAY)
        if key not in _KEYS:
            errors[CONF_MENU] = "not_a_key"
            return {}
        if key in seen:
            errors[CONF_MENU] = "same_key"
            return {"key": key}
        if not said:
            errors[CONF_MENU] = "nothing_said"
            return {"key": key}
        if reason := async_why_no_template(hass, entry.get(ATTR_REPLY, "")):
            errors[CONF_MENU] = "invalid_reply"
            return {"key": key, "reason": reason}
        if reason := await async_why_no_actions(hass, entry.get(ATTR_ACTIONS)):
            errors[CONF_MENU] = "invalid_menu_actions"
            return {"key": key, "reason": reason}
        seen.add(key)
    return {}


def _read_entry(entry: Any) -> dict[str, Any]:
    """Return an entry as it is stored."""
    fields = entry if isinstance(entry, dict) else {}
    read: dict[str, Any] = {
        field: read_text(fields[field])
        for field in (ATTR_KEY, CONF_SAY, ATTR_REPLY)
        if isinstance(fields.get(field), str | int)
    }
    if actions := fields.get(ATTR_ACTIONS):
        read[ATTR_ACTIONS] = actions
    return read
