"""Who speaks: the languages that a form offers, and whether the voice speaks the one chosen."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, override

from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    LanguageSelector,
    LanguageSelectorConfig,
)
from homeassistant.util import language as language_util

from ..const import CONF_TTS_ENTITY_ID
from ..helpers.unexpected import going_on
from ..speech import (
    Voice,
    VoiceError,
    async_engine_name,
    async_languages,
    async_resolve,
)

ENGINE_SELECTOR = EntitySelector(EntitySelectorConfig(domain="tts"))


class _LanguageSelector(LanguageSelector):
    """Offers languages and takes any: the form itself says, in words, which is not spoken."""

    @override
    def __call__(self, data: Any) -> str:
        return str(data)


@callback
def async_language_selector(hass: HomeAssistant, voice: Voice) -> LanguageSelector:
    """Return the field that offers what a voice speaks: every language if it does not say."""
    config = LanguageSelectorConfig(native_name=True)
    if spoken := _async_spoken(hass, voice):
        if voice.language and _speaks(spoken, voice.language):
            # Such as "sv", chosen before, of a voice that has "sv-SE"
            spoken = sorted({voice.language, *spoken})
        config["languages"] = spoken
    return _LanguageSelector(config)


@callback
def async_check_language(
    hass: HomeAssistant,
    voice: Voice,
    chosen: dict[str, Any],
    stored: Mapping[str, Any],
    errors: dict[str, str],
    field: str,
) -> dict[str, str]:
    """Write into errors of a field that a voice does not speak its language; return what the error says.

    `chosen` and `stored` are the fields that led to the voice, now and before. A voice that was
    not changed is not looked at: its engine may only be down, and another stand in for it. A
    language that is not spoken is taken out of what was chosen: no field could clear it.
    """
    fields = (CONF_TTS_ENTITY_ID, CONF_LANGUAGE)
    now, before = ([form.get(one) for one in fields] for form in (chosen, stored))
    if now == before or not any(now):
        return {}
    spoken = _async_spoken(hass, voice)
    language = voice.language
    if not spoken or language is None or _speaks(spoken, language):
        return {}
    errors[field] = "language_not_spoken"
    chosen.pop(CONF_LANGUAGE, None)
    return {"voice": _async_name(hass, voice)}


def _speaks(spoken: list[str], language: str) -> bool:
    return bool(language_util.matches(language, spoken))


@callback
def _async_spoken(hass: HomeAssistant, voice: Voice) -> list[str]:
    """Return the languages of a voice; none if it does not say, or is not there."""
    engine = _async_engine(hass, voice)
    return sorted(async_languages(hass, engine)) if engine else []


@callback
def _async_name(hass: HomeAssistant, voice: Voice) -> str:
    return async_engine_name(hass, _async_engine(hass, voice) or "")


@callback
def _async_engine(hass: HomeAssistant, voice: Voice) -> str | None:
    with going_on("looking for a voice"), suppress(VoiceError):
        return async_resolve(hass, voice).engine
    return None
