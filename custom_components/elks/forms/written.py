"""Templates and actions in forms: what is wrong with those that people write."""

from typing import Any

from jinja2 import TemplateSyntaxError

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import async_validate_actions_config
from homeassistant.helpers.template import Template

from ..api.masking import mask
from ..helpers.text import shorten

_MOST_REASON = 150


@callback
def async_why_no_template(hass: HomeAssistant, text: str) -> str | None:
    """Return why a text is no template; None if it is one."""
    try:
        Template(text, hass).ensure_valid()
    except Exception as err:  # noqa: BLE001  What is nested too deeply fails in other ways
        return _reason(err)
    return None


async def async_why_no_actions(hass: HomeAssistant, actions: Any) -> str | None:
    """Return why actions could not be run; None if they could, or there are none."""
    try:
        await async_validate_actions_config(hass, cv.SCRIPT_SCHEMA(actions or []))
    except Exception as err:  # noqa: BLE001  Others' code fails in its own ways
        return _reason(err)
    return None


def _reason(err: Exception) -> str:
    """Return why something is wrong, in the words of what read it."""
    reason = str(err).replace(f"{TemplateSyntaxError.__name__}: ", "")
    return shorten(mask(reason), _MOST_REASON)
