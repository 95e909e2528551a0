"""Voices: which engine of the home's text-to-speech speaks, and in which language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import language as language_util

from ..helpers.stored_values import text_or_none
from ..helpers.unexpected import going_on


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """Who speaks, and how."""

    engine: str | None = None
    """The entity ID or name of a text-to-speech engine; None for the home's default."""
    language: str | None = None
    """A language code; None for the engine's default."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The engine's own options."""

    def as_dict(self) -> dict[str, Any]:
        """Return the voice as JSON data."""
        data = {
            "engine": self.engine,
            "language": self.language,
            "options": dict(self.options),
        }
        return {key: value for key, value in data.items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what as_dict returned. Raises AttributeError or TypeError for what cannot be read."""
        return cls(
            engine=text_or_none(data.get("engine")),
            language=text_or_none(data.get("language")),
            options=dict(data.get("options", {})),
        )


HOME_VOICE: Final = Voice()
"""The home's default voice."""
_NO_ENGINE: Final = "tts"
"""What stands for the engine of a home that has none."""


class VoiceError(Exception):
    """A text was not spoken; the message is the reason, without the text and without full numbers."""

    def __init__(self, engine: str, reason: str) -> None:
        """Say which engine did not speak, and why."""
        super().__init__(reason)
        self.engine = engine


@callback
def async_language(hass: HomeAssistant, voice: Voice) -> str:
    """Return the language that a voice is to speak; the home's if the voice cannot say."""
    if voice.language:
        return voice.language
    try:
        resolved = async_resolve(hass, voice)
    except VoiceError:
        resolved = voice
    return resolved.language or hass.config.language


@callback
def async_resolve(hass: HomeAssistant, voice: Voice) -> Voice:
    """Return the voice with an engine that exists, and with a language.

    Without an engine named, that is the home's default. The language is the variant that the
    engine knows ("sv-SE" for "sv"), if it knows any. Raises VoiceError if there is no engine, or
    not the one named.
    """
    if "tts" not in hass.config.components:
        raise VoiceError(_NO_ENGINE, "no text-to-speech is set up")
    from homeassistant.components import tts
    from homeassistant.components.tts.helper import get_engine_instance

    if voice.engine is None:
        voice = _with_assistant(hass, voice)
    engine = tts.async_resolve_engine(hass, voice.engine)
    instance = get_engine_instance(hass, engine) if engine else None
    if engine is None or instance is None:
        raise VoiceError(voice.engine or _NO_ENGINE, "no such text-to-speech")
    language = voice.language or instance.default_language
    known = async_languages(hass, engine)
    if language and language not in known:
        language = next(iter(language_util.matches(language, known)), language)
    return replace(voice, engine=engine, language=language)


@callback
def async_languages(hass: HomeAssistant, engine: str) -> list[str]:
    """Return the languages of an engine; none if it does not say, or is not there."""
    from homeassistant.components.tts.helper import get_engine_instance

    # An engine is others' code, and one that fails must not silence the others
    with going_on("asking a voice for its languages"):
        instance = get_engine_instance(hass, engine)
        known = (instance and instance.supported_languages) or ()
        return [one for one in known if isinstance(one, str)]
    return []


@callback
def async_engine_name(hass: HomeAssistant, engine: str) -> str:
    """Return what people call an engine: the name of its entity, else its id."""
    state = hass.states.get(engine)
    return state.name if state else engine


@callback
def async_is_engine(hass: HomeAssistant, engine: str) -> bool:
    """Return whether the home has a text-to-speech engine."""
    if "tts" not in hass.config.components:
        return False
    from homeassistant.components import tts

    return tts.async_resolve_engine(hass, engine) is not None


@callback
def async_sound_of(hass: HomeAssistant, voice: Voice) -> dict[str, Any]:
    """Return all that decides how a voice sounds, which is one that async_resolve returned."""
    from homeassistant.components.tts.helper import get_engine_instance

    instance = get_engine_instance(hass, voice.engine or "")
    defaults = instance.default_options if instance else None
    return {**voice.as_dict(), "defaults": dict(defaults or {})}


@callback
def async_other_voices(
    hass: HomeAssistant, engine: str | None, language: str
) -> Iterator[Voice]:
    """Find the home's other voices that speak a language."""
    if "tts" not in hass.config.components:
        return
    from homeassistant.components.tts.const import DATA_COMPONENT, DATA_TTS_MANAGER

    entities = [one.entity_id for one in hass.data[DATA_COMPONENT].entities]
    for other in (*entities, *hass.data[DATA_TTS_MANAGER].providers):
        known = async_languages(hass, other)
        spoken = next(iter(language_util.matches(language, known)), None)
        if other != engine and spoken is not None:
            yield Voice(engine=other, language=spoken)


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
