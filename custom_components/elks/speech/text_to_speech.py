"""The home's text-to-speech: from a text to audio."""

from collections.abc import AsyncGenerator
import json
import re

from homeassistant.core import HomeAssistant

from ..api.masking import mask
from ..helpers.text import compose
from ..helpers.waiting import async_at_most
from .voice import Voice, VoiceError

_PATIENCE = 10
"""Seconds until the first audio, and from each piece of it to the next."""
_MAX_REASON = 200
"""Characters."""


async def async_say(hass: HomeAssistant, text: str, voice: Voice) -> bytes:
    """Return a text as speech: WAV if the engine or ffmpeg can make it, else what there is.

    The voice must be one that async_resolve returned. Raises VoiceError if the engine fails, or
    gives nothing for 10 s.
    """
    assert voice.engine is not None
    try:
        try:
            return await _async_stream(hass, text, voice, "wav")
        except FileNotFoundError:
            # Without ffmpeg an engine has one format, and most have this one
            return await _async_stream(hass, text, voice, "mp3")
    except Exception as err:
        # An engine is others' code, and fails in its own ways
        reason = _without(text, str(err)) or type(err).__name__
        raise VoiceError(voice.engine, presentable(reason)) from err


async def async_say_media(hass: HomeAssistant, media_id: str) -> bytes:
    """Return the speech of a media item of text-to-speech; raises whatever its engine raises."""
    from homeassistant.components import tts

    return (await tts.async_get_media_source_audio(hass, media_id))[1]


def presentable(reason: str) -> str:
    """Return a reason given by others' code, masked, of whole characters and at most 200 of them."""
    return mask(compose(reason))[:_MAX_REASON]


def _without(text: str, message: str) -> str:
    """Return a message without the text, also where it is quoted as in Python or JSON."""
    quoted = {repr(text), json.dumps(text), json.dumps(text, ensure_ascii=False)}
    for form in (text, *(one[1:-1] for one in quoted)):
        message = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "…", message)
    return message


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
    pieces = stream.async_stream_result()
    speech = bytearray()
    while True:
        piece: bytes | None = None
        in_time = False
        async with async_at_most(hass, _PATIENCE):
            piece = await anext(pieces, None)
            in_time = True
        if not in_time:
            raise TimeoutError(f"no answer in {_PATIENCE} s")
        if piece is None:
            return bytes(speech)
        speech += piece


async def _pieces(text: str) -> AsyncGenerator[str]:
    yield text
