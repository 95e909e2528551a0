"""What the home's text-to-speech says."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
import re

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..api.masking import mask
from ..const import ATTR_TTS_ENTITY_ID
from ..errors import failed, invalid
from .voice import Voice

_TIMEOUT = 60
_MAX_REASON = 200


async def async_say(hass: HomeAssistant, text: str, voice: Voice) -> bytes:
    """Return a text as speech, in a format of the engine's or one that ffmpeg made of it.

    Raises ServiceValidationError without an engine, and HomeAssistantError with its failure.
    """
    if "tts" not in hass.config.components:
        raise invalid("no_tts")
    voice = _chosen(hass, voice)
    try:
        async with asyncio.timeout(_TIMEOUT):
            try:
                return await _async_stream(hass, text, voice, "wav")
            except FileNotFoundError:
                # Without ffmpeg an engine has one format, and most have this one
                return await _async_stream(hass, text, voice, "mp3")
    except Exception as err:
        # An engine is others' code, and fails in its own ways
        reason = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", str(err))
        raise speech_failed(reason or type(err).__name__) from err


@callback
def async_language(hass: HomeAssistant, voice: Voice) -> str:
    """Return the language in which a voice speaks; raises ServiceValidationError without engine."""
    if "tts" not in hass.config.components:
        raise invalid("no_tts")
    from homeassistant.components.tts.helper import get_engine_instance

    voice = _chosen(hass, voice)
    if voice.language or voice.engine is None:
        return voice.language or hass.config.language
    engine = get_engine_instance(hass, voice.engine)
    default = engine.default_language if engine else None
    return default or hass.config.language


async def async_spoken(hass: HomeAssistant, media_id: str) -> bytes:
    """Return what is said by a media item of text-to-speech; raises HomeAssistantError."""
    if "tts" not in hass.config.components:
        raise invalid("no_tts")
    from homeassistant.components import tts

    try:
        async with asyncio.timeout(_TIMEOUT):
            return (await tts.async_get_media_source_audio(hass, media_id))[1]
    except Exception as err:
        # An engine is others' code, and fails in its own ways
        raise speech_failed(str(err) or type(err).__name__) from err


def speech_failed(reason: str) -> HomeAssistantError:
    """Return the error for a text that could not be spoken."""
    return failed("speech_failed", reason=mask(reason)[:_MAX_REASON])


@callback
def _chosen(hass: HomeAssistant, voice: Voice) -> Voice:
    """Return the voice with an engine that is there."""
    from homeassistant.components import tts

    if voice.engine is None:
        voice = _preferred(hass, voice)
    if engine := tts.async_resolve_engine(hass, voice.engine):
        return replace(voice, engine=engine)
    if voice.engine is None:
        raise invalid("no_tts")
    raise invalid("unknown_tts", field=ATTR_TTS_ENTITY_ID, engine=voice.engine)


@callback
def _preferred(hass: HomeAssistant, voice: Voice) -> Voice:
    """Return the voice of the preferred voice assistant; without one, the voice as it is."""
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


async def _async_stream(
    hass: HomeAssistant, text: str, voice: Voice, extension: str
) -> bytes:
    """Return a text as speech in one format.

    Spoken as a stream, it goes neither into the cache on disk nor into the log.
    """
    from homeassistant.components import tts

    assert voice.engine is not None
    stream = tts.async_create_stream(
        hass,
        voice.engine,
        voice.language,
        {**voice.options, tts.ATTR_PREFERRED_FORMAT: extension},
    )
    stream.async_set_message_stream(_pieces(text))
    return b"".join([chunk async for chunk in stream.async_stream_result()])


async def _pieces(text: str) -> AsyncGenerator[str]:
    yield text
