"""Our own words, in the language of a voice or of the home."""

from collections.abc import Mapping
from pathlib import Path

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import (
    async_get_cached_translations,
    async_get_translations,
)
from homeassistant.util import language as language_util

from .const import DOMAIN

_CATEGORY = "common"
_ENGLISH = "en"


async def async_words(hass: HomeAssistant, language: str) -> dict[str, str]:
    """Return the words in the closest language there is ("sv" for "sv-SE"), else in English."""
    supported = await hass.async_add_executor_job(_languages)
    best = next(iter(language_util.matches(language, supported)), _ENGLISH)
    return _by_key(await async_get_translations(hass, best, _CATEGORY, [DOMAIN]))


@callback
def async_home_words(hass: HomeAssistant) -> dict[str, str]:
    """Return the words in the language of the home."""
    language = hass.config.language
    return _by_key(async_get_cached_translations(hass, language, _CATEGORY, DOMAIN))


def _languages() -> list[str]:
    """Return the languages in which we have words."""
    folder = Path(__file__).parent / "translations"
    return [path.stem for path in folder.glob("*.json")]


def _by_key(texts: Mapping[str, str]) -> dict[str, str]:
    prefix = f"component.{DOMAIN}.{_CATEGORY}."
    return {key.removeprefix(prefix): text for key, text in texts.items()}
