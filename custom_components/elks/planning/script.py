"""The script of a call: what it says and asks, with every recording made before the phone rings."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from homeassistant.const import ATTR_ID, CONF_LANGUAGE
from homeassistant.core import HomeAssistant

from ..address import Reach
from ..calls import Answer, CallScript
from ..chains import ACKNOWLEDGED
from ..const import (
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
from ..errors import failed, invalid
from ..helpers.text import trim
from ..people.contacts import Contact
from ..runtime import ElksConfigEntry, ElksData
from ..speech import HOME_VOICE, Voice, async_language, recording_url, web_url
from ..words import async_words

_DEFAULT_REPEAT = 2
_ENDS = (".", "!", "?", "…", ":", ";")
"""What a sentence ends with."""


def voice_for(
    entry: ElksConfigEntry, data: Mapping[str, Any], contact: Contact | None
) -> Voice:
    """Return who speaks in a call: the action's choice, else the contact's, else the account's."""
    theirs = contact.voice if contact else HOME_VOICE
    engine, language = data.get(ATTR_TTS_ENTITY_ID), data.get(ATTR_LANGUAGE)
    return Voice(
        engine=engine or theirs.engine or entry.options.get(CONF_TTS_ENTITY_ID),
        language=language or theirs.language or entry.options.get(CONF_LANGUAGE),
        # Another engine need not know the options of theirs
        options=data.get(ATTR_OPTIONS) or ({} if engine else theirs.options),
    )


def sentences(*texts: str) -> str:
    """Return texts as one, each a sentence of its own; blank ones are left out."""
    *before, last = [written for text in texts if (written := trim(text))] or [""]
    ended = [one if one.endswith(_ENDS) else f"{one}." for one in before]
    return " ".join((*ended, last))


class RecordingSession:
    """Makes the recordings of a call or chain; as a context, releases them if anything fails."""

    def __init__(self, hass: HomeAssistant, runtime: ElksData) -> None:
        """Make recordings for a loaded account."""
        self.hass = hass
        self._recordings = runtime.recordings
        self._address = runtime.address
        self._made: list[str] = []

    def __enter__(self) -> Self:
        """Begin to record."""
        return self

    def __exit__(
        self,
        failed: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release what was recorded in vain."""
        if failed:
            self._recordings.async_release(self._made)

    async def async_speak(self, text: str, voice: Voice) -> str:
        """Record a text, spoken by a voice, and return the URL.

        Raises ServiceValidationError and HomeAssistantError, translated.
        """
        base = self._base()
        return self._url(base, await self._recordings.async_add_speech(text, voice))

    async def async_play(self, media: str | Mapping[str, Any]) -> str:
        """Return the URL of a media item: its own on the internet, else that of a recording.

        Raises ServiceValidationError and HomeAssistantError, translated.
        """
        if (url := web_url(media)) is not None:
            return url
        base = self._base()
        return self._url(base, await self._recordings.async_add_media(media))

    async def async_check_keys(self) -> None:
        """Raise HomeAssistantError if no keys can be asked for."""
        if await self._address.async_look() is Reach.NONE:
            raise failed("not_reachable")

    def _base(self) -> str:
        """Return the URL of this home from which 46elks fetches recordings."""
        if (base := self._address.base_url) is None:
            raise failed("not_reachable")
        return base

    def _url(self, base: str, name: str) -> str:
        self._made.append(name)
        return recording_url(base, name)


async def async_script(
    session: RecordingSession, data: Mapping[str, Any], voice: Voice
) -> CallScript:
    """Return what a call says and asks, from the fields of an action.

    Raises ServiceValidationError and HomeAssistantError.
    """
    if ATTR_MESSAGE in data:
        _check_message(data[ATTR_MESSAGE])
    with session:
        answers = [
            Answer(
                key=answer[ATTR_KEY],
                id=answer[ATTR_ID],
                reply=await session.async_speak(reply, voice)
                if (reply := answer.get(ATTR_REPLY))
                else None,
            )
            for answer in data.get(ATTR_ANSWERS, ())
        ]
        if ATTR_MESSAGE in data:
            message = await session.async_speak(data[ATTR_MESSAGE], voice)
        else:
            message = await session.async_play(data[ATTR_MEDIA])
        longest = max((len(answer.key) for answer in answers), default=0)
        digits = data.get(ATTR_DIGITS, longest)
        if digits:
            await session.async_check_keys()
        return CallScript(
            message=message,
            repeat=data.get(ATTR_REPEAT, _DEFAULT_REPEAT),
            digits=digits,
            answers=tuple(answers),
        )


async def async_chain_script(
    session: RecordingSession, message: str, key: str, voice: Voice
) -> CallScript:
    """Return what a call of a chain says: the message, and the key that acknowledges it.

    Raises ServiceValidationError and HomeAssistantError.
    """
    _check_message(message)
    await session.async_check_keys()
    language = async_language(session.hass, voice)
    words = await async_words(session.hass, language)
    prompt = words["chain_prompt"].format(key=key)
    return CallScript(
        message=await session.async_speak(sentences(message, prompt), voice),
        repeat=_DEFAULT_REPEAT,
        digits=1,
        answers=(
            Answer(
                key=key,
                id=ACKNOWLEDGED,
                reply=await session.async_speak(words["chain_reply"], voice),
            ),
        ),
    )


def _check_message(message: str) -> None:
    """Raise ServiceValidationError if nothing would be said."""
    if not trim(message):
        raise invalid("nothing_to_say", field=ATTR_MESSAGE)
