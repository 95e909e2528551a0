"""Voices: which engine of the home's text-to-speech speaks, and in which language."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..const import ATTR_TTS_ENTITY_ID
from ..errors import invalid


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """Who speaks, and how."""

    engine: str | None = None
    """The entity ID or name of a text-to-speech engine; None for the home's default."""
    language: str | None = None
    """A language code; None for the engine's default."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The engine's own options."""


HOME_VOICE: Final = Voice()
"""The home's default voice."""


@callback
def async_language(hass: HomeAssistant, voice: Voice) -> str:
    """Return the language in which a voice speaks.

    Raises ServiceValidationError like async_resolve.
    """
    voice = async_resolve(hass, voice)
    from homeassistant.components.tts.helper import get_engine_instance

    if voice.language or voice.engine is None:
        return voice.language or hass.config.language
    engine = get_engine_instance(hass, voice.engine)
    default = engine.default_language if engine else None
    return default or hass.config.language


@callback
def async_resolve(hass: HomeAssistant, voice: Voice) -> Voice:
    """Return the voice with an engine that exists; without one named, the home's default.

    Raises ServiceValidationError if there is none, or not the one named.
    """
    async_check_tts(hass)
    from homeassistant.components import tts

    if voice.engine is None:
        voice = _with_assistant(hass, voice)
    if engine := tts.async_resolve_engine(hass, voice.engine):
        return replace(voice, engine=engine)
    if voice.engine is None:
        raise invalid("no_tts")
    raise invalid("unknown_tts", field=ATTR_TTS_ENTITY_ID, engine=voice.engine)


@callback
def async_check_tts(hass: HomeAssistant) -> None:
    """Raise ServiceValidationError in a home without text-to-speech."""
    if "tts" not in hass.config.components:
        raise invalid("no_tts")


@callback
def _with_assistant(hass: HomeAssistant, voice: Voice) -> Voice:
    """Return the voice with the engine of the preferred voice assistant, if that can speak."""
    from homeassistant.components import tts

    if "assist_pipeline" not in hass.config.components:
        return voice
    from homeassistant.components.assist_pipeline.pipeline import async_get_pipeline

    assistant = async_get_pipeline(hass)
    engine = assistant.tts_engine
    if not engine or not tts.async_resolve_engine(hass, engine):
        return voice
    voice = replace(voice, engine=engine)
    if voice.language:
        return voice
    own = {tts.ATTR_VOICE: assistant.tts_voice} if assistant.tts_voice else {}
    return replace(
        voice, language=assistant.tts_language, options=own | dict(voice.options)
    )
