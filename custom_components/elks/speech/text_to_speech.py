"""The home's text-to-speech: from a text to audio."""

import asyncio
from collections.abc import AsyncGenerator
import re

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..api.masking import mask
from ..errors import failed
from .voice import Voice, async_check_tts, async_resolve

_TIMEOUT = 60
"""Seconds."""
_MAX_REASON = 200
"""Characters."""


async def async_say(hass: HomeAssistant, text: str, voice: Voice) -> bytes:
    """Return a text as speech: WAV if the engine or ffmpeg can make it, else what there is.

    Raises ServiceValidationError without an engine, HomeAssistantError if it fails or takes
    longer than 60 s.
    """
    voice = async_resolve(hass, voice)
    try:
        async with asyncio.timeout(_TIMEOUT):
            try:
                return await _async_stream(hass, text, voice, "wav")
            except FileNotFoundError:
                # Without ffmpeg an engine has one format, and most have this one
                return await _async_stream(hass, text, voice, "mp3")
    except Exception as err:
        # An engine is others' code, and fails in its own ways
        given = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", str(err))
        raise speech_failed(given or type(err).__name__) from err


async def async_say_media(hass: HomeAssistant, media_id: str) -> bytes:
    """Return the speech of a media item of text-to-speech.

    Raises ServiceValidationError without text-to-speech, HomeAssistantError if it fails or takes
    longer than 60 s.
    """
    async_check_tts(hass)
    from homeassistant.components import tts

    try:
        async with asyncio.timeout(_TIMEOUT):
            return (await tts.async_get_media_source_audio(hass, media_id))[1]
    except Exception as err:
        # An engine is others' code, and fails in its own ways
        raise speech_failed(str(err) or type(err).__name__) from err


def speech_failed(reason: str) -> HomeAssistantError:
    """Return the error for a text that could not be spoken."""
    return failed("speech_failed", reason=presentable(reason))


def presentable(reason: str) -> str:
    """Return a reason given by others' code, masked and at most 200 characters long."""
    return mask(reason)[:_MAX_REASON]


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
