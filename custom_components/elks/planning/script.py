"""The script of a call: what it says and asks, in which voice and language."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import ATTR_ID, CONF_LANGUAGE
from homeassistant.core import HomeAssistant, callback

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
from ..errors import invalid
from ..helpers.text import trim
from ..people.contacts import Contact
from ..runtime import ElksConfigEntry
from ..speech import HOME_VOICE, Prompt, Voice, async_language, content_id, web_url

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


@callback
def async_script(
    hass: HomeAssistant, data: Mapping[str, Any], voice: Voice, nonce: str
) -> CallScript:
    """Return what a call says and asks, from the fields of an action; `nonce` as in a Prompt.

    Raises ServiceValidationError.
    """
    answers = [
        Answer(
            key=answer[ATTR_KEY],
            id=answer[ATTR_ID],
            reply=Prompt(text=reply, voice=voice, nonce=nonce)
            if (reply := answer.get(ATTR_REPLY))
            else None,
        )
        for answer in data.get(ATTR_ANSWERS, ())
    ]
    longest = max((len(answer.key) for answer in answers), default=0)
    return CallScript(
        message=_message(data, voice, nonce),
        repeat=data.get(ATTR_REPEAT, _DEFAULT_REPEAT),
        digits=data.get(ATTR_DIGITS, longest),
        language=async_language(hass, voice),
        answers=tuple(answers),
    )


@callback
def async_chain_script(
    hass: HomeAssistant,
    message: str,
    key: str,
    voice: Voice,
    nonce: str,
    words: Mapping[str, str],
) -> CallScript:
    """Return what a call of a chain says: the message, and the key that acknowledges it.

    `words` are ours in the language of the voice. Raises ServiceValidationError.
    """
    _check_message(message)
    prompt = words["chain_prompt"].format(key=key)
    reply = Prompt(text=words["chain_reply"], voice=voice, nonce=nonce)
    return CallScript(
        message=Prompt(text=sentences(message, prompt), voice=voice, nonce=nonce),
        repeat=_DEFAULT_REPEAT,
        digits=1,
        language=async_language(hass, voice),
        answers=(Answer(key=key, id=ACKNOWLEDGED, reply=reply),),
        any_digit=True,
    )


def _message(data: Mapping[str, Any], voice: Voice, nonce: str) -> Prompt:
    """Return what a call is to say first. Raises ServiceValidationError if that is nothing."""
    if ATTR_MEDIA in data:
        media = data[ATTR_MEDIA]
        if not content_id(media):
            raise invalid("nothing_to_say", field=ATTR_MEDIA)
        if (url := web_url(media)) is not None:
            return Prompt(url=url)
        return Prompt(media=content_id(media), nonce=nonce)
    _check_message(data[ATTR_MESSAGE])
    return Prompt(text=data[ATTR_MESSAGE], voice=voice, nonce=nonce)


def _check_message(message: str) -> None:
    """Raise ServiceValidationError if nothing would be said."""
    if not trim(message):
        raise invalid("nothing_to_say", field=ATTR_MESSAGE)
