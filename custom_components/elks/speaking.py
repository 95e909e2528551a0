"""From words to what a call says: every sound of it is made ready before the phone rings."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from homeassistant.const import ATTR_ID, CONF_LANGUAGE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from . import issues
from .address import Reach
from .audio import HOME_VOICE, Voice, async_language, clip_url, web_url
from .calls import ACKNOWLEDGED, Answer, CallScript
from .const import (
    ATTR_ANSWERS,
    ATTR_DIGITS,
    ATTR_KEY,
    ATTR_LANGUAGE,
    ATTR_MEDIA,
    ATTR_MESSAGE,
    ATTR_OPTIONS,
    ATTR_REPEAT,
    ATTR_REPLY,
    ATTR_TTS_ENTITY_ID,
    CONF_TTS_ENTITY_ID,
)
from .contacts import Contact
from .data import ElksConfigEntry
from .errors import failed
from .words import async_words

_DEFAULT_REPEAT = 2
_ENDS = (".", "!", "?", "…", ":", ";")
"""What a sentence ends with."""


def voice_for(
    entry: ElksConfigEntry, data: Mapping[str, Any], contact: Contact | None
) -> Voice:
    """Return who speaks in a call: as the action wants it, else the contact, else the account."""
    theirs = contact.voice if contact else HOME_VOICE
    engine, language = data.get(ATTR_TTS_ENTITY_ID), data.get(ATTR_LANGUAGE)
    return Voice(
        engine=engine or theirs.engine or entry.options.get(CONF_TTS_ENTITY_ID),
        language=language or theirs.language or entry.options.get(CONF_LANGUAGE),
        # Another voice need not understand the options of theirs
        options=data.get(ATTR_OPTIONS) or ({} if engine else theirs.options),
    )


class Recorder:
    """Records what a call says."""

    def __init__(self, hass: HomeAssistant, entry: ElksConfigEntry) -> None:
        """Record for the calls of an account."""
        self._hass = hass
        self._entry = entry
        self._audio = entry.runtime_data.audio
        self.made: list[str] = []
        """The names of what was recorded."""

    async def async_speak(self, text: str, voice: Voice) -> str:
        """Return the URL of a text, spoken."""
        base = self._base()
        return self._url(base, (await self._audio.async_speech(text, voice)).name)

    async def async_play(self, media: str | Mapping[str, Any]) -> str:
        """Return the URL of a media item, which has one or is served by us."""
        if (url := web_url(media)) is not None:
            return url
        base = self._base()
        return self._url(base, (await self._audio.async_media(media)).name)

    def check_keys(self) -> None:
        """Raise HomeAssistantError when no keys can be asked for."""
        if self._entry.runtime_data.address.reach is Reach.NONE:
            raise self._not_reachable()

    def _base(self) -> str:
        """Return the URL of this home at which 46elks fetches sounds."""
        if (base := self._entry.runtime_data.address.base_url) is None:
            raise self._not_reachable()
        return base

    def _url(self, base: str, name: str) -> str:
        self.made.append(name)
        return clip_url(base, name)

    def _not_reachable(self) -> HomeAssistantError:
        issues.async_report_reach(self._hass, self._entry, reachable=False)
        return failed("not_reachable")


@asynccontextmanager
async def async_recording(
    hass: HomeAssistant, entry: ElksConfigEntry
) -> AsyncIterator[Recorder]:
    """Give a recorder; when anything fails, what it made is let go of."""
    recorder = Recorder(hass, entry)
    try:
        yield recorder
    except BaseException:
        entry.runtime_data.audio.async_release(recorder.made)
        raise


async def async_script(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any], voice: Voice
) -> CallScript:
    """Return what a call says and asks, by the fields of an action.

    Raises ServiceValidationError and HomeAssistantError.
    """
    async with async_recording(hass, entry) as recorder:
        answers = [
            Answer(
                key=answer[ATTR_KEY],
                id=answer[ATTR_ID],
                reply=await recorder.async_speak(reply, voice)
                if (reply := answer.get(ATTR_REPLY))
                else None,
            )
            for answer in data.get(ATTR_ANSWERS, ())
        ]
        if ATTR_MESSAGE in data:
            message = await recorder.async_speak(data[ATTR_MESSAGE], voice)
        else:
            message = await recorder.async_play(data[ATTR_MEDIA])
        longest = max((len(answer.key) for answer in answers), default=0)
        digits = data.get(ATTR_DIGITS, longest)
        if digits:
            recorder.check_keys()
        return CallScript(
            message=message,
            repeat=data.get(ATTR_REPEAT, _DEFAULT_REPEAT),
            digits=digits,
            answers=tuple(answers),
        )


async def async_chain_script(
    hass: HomeAssistant, recorder: Recorder, message: str, key: str, voice: Voice
) -> CallScript:
    """Return what a call of a chain says: the message, and which key takes it on.

    Raises ServiceValidationError and HomeAssistantError.
    """
    recorder.check_keys()
    words = await async_words(hass, async_language(hass, voice))
    end = "" if message.rstrip().endswith(_ENDS) else "."
    prompt = words["chain_prompt"].format(key=key)
    return CallScript(
        message=await recorder.async_speak(f"{message.rstrip()}{end} {prompt}", voice),
        repeat=_DEFAULT_REPEAT,
        digits=1,
        answers=(
            Answer(
                key=key,
                id=ACKNOWLEDGED,
                reply=await recorder.async_speak(words["chain_reply"], voice),
            ),
        ),
    )
