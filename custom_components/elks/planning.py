"""From the fields of an action to the plan of a call: what a schema cannot check is checked here."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_ID, CONF_LANGUAGE, CONF_TIMEOUT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.json import json_dumps
from homeassistant.util.json import json_loads_object

from . import repairs
from .address import Reach
from .api import CallRequest
from .audio import Clip, clip_url, web_url
from .calls import Answer, CallPlan, CallScript, new_token
from .const import (
    ATTR_ANSWERS,
    ATTR_CONNECT,
    ATTR_DIGITS,
    ATTR_FROM,
    ATTR_KEY,
    ATTR_LANGUAGE,
    ATTR_MEDIA,
    ATTR_MESSAGE,
    ATTR_OPTIONS,
    ATTR_REPEAT,
    ATTR_REPLY,
    ATTR_TIMEOUT,
    ATTR_TO,
    ATTR_TTS_ENTITY_ID,
    ATTR_VOICE_START,
    ATTR_WHENHANGUP,
    CONF_CALLBACK_KEY,
    CONF_FROM_NUMBER,
    CONF_TTS_ENTITY_ID,
    DEFAULT_RING_TIMEOUT,
    DOMAIN,
)
from .data import ElksConfigEntry
from .phone_numbers import InvalidNumberError, read_number, region_of
from .webhook import async_callback_url

_CONTENTS = (ATTR_MESSAGE, ATTR_MEDIA, ATTR_CONNECT, ATTR_VOICE_START)
_ONLY_SPOKEN = (ATTR_REPEAT, ATTR_DIGITS, ATTR_ANSWERS)
_DEFAULT_REPEAT = 2
_NUMBERS = (ATTR_FROM, ATTR_TO, ATTR_CONNECT)
_MOST_KNOWN_NUMBERS = 100


async def async_plan(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
) -> CallPlan:
    """Return the call that the fields of an action ask for, with all its sounds made ready.

    Raises ServiceValidationError for what is wrong in a field, HomeAssistantError for the rest.
    """
    content = _content(data)
    numbers = await _async_numbers(hass, entry, data)
    token = new_token(entry.data[CONF_CALLBACK_KEY])
    url = async_callback_url(entry, token)
    script = None
    if content in (ATTR_MESSAGE, ATTR_MEDIA):
        script = await _async_script(hass, entry, data)
        voice_start = url or json_dumps(script.first(""))
    elif content == ATTR_CONNECT:
        voice_start = json_dumps({"connect": numbers[ATTR_CONNECT]})
    else:
        voice_start = _voice_start(data[ATTR_VOICE_START])
    own_url = data.get(ATTR_WHENHANGUP)
    # One inside the first action replaces ours as well
    reported_elsewhere = own_url or f'"{ATTR_WHENHANGUP}"' in voice_start
    return CallPlan(
        token=token,
        request=CallRequest(
            from_number=numbers[ATTR_FROM],
            to_number=numbers[ATTR_TO],
            voice_start=voice_start,
            whenhangup=own_url or url,
            timeout=data.get(ATTR_TIMEOUT)
            or entry.options.get(CONF_TIMEOUT, DEFAULT_RING_TIMEOUT),
        ),
        script=script,
        reported=url is not None and not reported_elsewhere,
    )


def _content(data: Mapping[str, Any]) -> str:
    """Return which field tells what the call is about; raise what does not go together."""
    contents = [field for field in _CONTENTS if field in data]
    if len(contents) != 1:
        raise invalid("one_content", fields=", ".join(_CONTENTS))
    if contents[0] not in (ATTR_MESSAGE, ATTR_MEDIA):
        for field in _ONLY_SPOKEN:
            if field in data:
                raise invalid("only_spoken", field=field)
    keys = [answer[ATTR_KEY] for answer in data.get(ATTR_ANSWERS, ())]
    if len(set(keys)) < len(keys):
        raise invalid("same_key", field=ATTR_ANSWERS)
    if any(len(key) > data.get(ATTR_DIGITS, len(key)) for key in keys):
        raise invalid("too_few_digits", field=ATTR_DIGITS)
    return contents[0]


async def _async_script(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
) -> CallScript:
    """Return what is said and asked, with every sound of it made ready."""
    sounds = _Sounds(hass, entry, data)
    try:
        return await sounds.async_script()
    except BaseException:
        entry.runtime_data.audio.async_release(sounds.made)
        raise


class _Sounds:
    """Makes the sounds ready that an action wants to be heard."""

    def __init__(
        self, hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
    ) -> None:
        """Speak as the action or the account wants it."""
        self._hass = hass
        self._entry = entry
        self._data = data
        self._audio = entry.runtime_data.audio
        self.made: list[str] = []
        """The names of what was recorded."""

    async def async_script(self) -> CallScript:
        """Return what is said and asked."""
        answers = [
            Answer(
                key=answer[ATTR_KEY],
                id=answer[ATTR_ID],
                reply=await self._async_speak(reply)
                if (reply := answer.get(ATTR_REPLY))
                else None,
            )
            for answer in self._data.get(ATTR_ANSWERS, ())
        ]
        if ATTR_MESSAGE in self._data:
            message = await self._async_speak(self._data[ATTR_MESSAGE])
        else:
            message = await self._async_play(self._data[ATTR_MEDIA])
        longest = max((len(answer.key) for answer in answers), default=0)
        digits = self._data.get(ATTR_DIGITS, longest)
        if digits and self._entry.runtime_data.address.reach is Reach.NONE:
            raise _not_reachable(self._hass, self._entry)
        return CallScript(
            message=message,
            repeat=self._data.get(ATTR_REPEAT, _DEFAULT_REPEAT),
            digits=digits,
            answers=tuple(answers),
        )

    async def _async_speak(self, text: str) -> str:
        """Return the URL of a text, spoken."""
        base, data, options = self._base(), self._data, self._entry.options
        clip = await self._audio.async_speech(
            text,
            engine=data.get(ATTR_TTS_ENTITY_ID) or options.get(CONF_TTS_ENTITY_ID),
            language=data.get(ATTR_LANGUAGE) or options.get(CONF_LANGUAGE),
            options=data.get(ATTR_OPTIONS),
        )
        return self._url(base, clip)

    async def _async_play(self, media: str | Mapping[str, Any]) -> str:
        """Return the URL of a media item, which has one or is served by us."""
        if (url := web_url(media)) is not None:
            return url
        base = self._base()
        return self._url(base, await self._audio.async_media(media))

    def _base(self) -> str:
        """Return the URL of this home at which 46elks fetches sounds."""
        if (base := self._entry.runtime_data.address.base_url) is None:
            raise _not_reachable(self._hass, self._entry)
        return base

    def _url(self, base: str, clip: Clip) -> str:
        self.made.append(clip.name)
        return clip_url(base, clip.name)


def _not_reachable(hass: HomeAssistant, entry: ElksConfigEntry) -> HomeAssistantError:
    repairs.async_report_reach(hass, entry, reachable=False)
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key="not_reachable"
    )


async def _async_numbers(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
) -> dict[str, str]:
    """Return the numbers among an action's fields in E.164; what was read before is known."""
    country, known = hass.config.country, entry.runtime_data.numbers
    data = {ATTR_FROM: entry.options[CONF_FROM_NUMBER], **data}
    written = (country, *(data.get(field) for field in _NUMBERS))
    if (numbers := known.get(written)) is None:
        numbers = await hass.async_add_executor_job(_read_numbers, data, country)
        if len(known) == _MOST_KNOWN_NUMBERS:
            known.clear()
        known[written] = numbers
    return numbers


def _read_numbers(data: Mapping[str, Any], country: str | None) -> dict[str, str]:
    """Return the numbers among an action's fields in E.164.

    A home without a country reads them as the from number's country does.
    """
    numbers: dict[str, str] = {}
    for field in _NUMBERS:
        if field not in data:
            continue
        try:
            numbers[field] = read_number(data[field], country)
        except InvalidNumberError as err:
            raise invalid("invalid_number", field=field) from err
        country = country or region_of(numbers[ATTR_FROM])
    return numbers


def _voice_start(value: str | dict[str, Any]) -> str:
    """Return the first action as 46elks takes it: a URL, or a JSON object as text."""
    if isinstance(value, str):
        with suppress(vol.Invalid):
            return cv.url(value)
    try:
        action = json_loads_object(value) if isinstance(value, str) else value
        return json_dumps(action)
    except (HomeAssistantError, TypeError, ValueError) as err:
        raise invalid("invalid_voice_start", field=ATTR_VOICE_START) from err


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error for input that a schema cannot refuse."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )
