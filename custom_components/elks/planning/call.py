"""From the fields of an action to the plan of a call. Checks what a schema cannot."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_TIMEOUT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.json import json_dumps
from homeassistant.util.json import json_loads_object

from ..api import CallAction, CallRequest, Connect, CustomAction, ElksError
from ..calls import CallPlan, CallRecord, CallScript, new_token
from ..const import (
    ATTR_ANSWERS,
    ATTR_CONNECT,
    ATTR_DIGITS,
    ATTR_FROM,
    ATTR_KEY,
    ATTR_MEDIA,
    ATTR_MESSAGE,
    ATTR_TIMEOUT,
    ATTR_TO,
    ATTR_VOICE_START,
    ATTR_WHENHANGUP,
    CONF_CALLBACK_KEY,
    DEFAULT_RING_TIMEOUT,
)
from ..errors import async_not_placed, failed, invalid
from ..runtime import ElksConfigEntry, ElksData
from .callees import async_find_callees, async_read_numbers
from .reloads import async_plan_over_reloads
from .script import async_script, voice_for

_CONTENTS = (ATTR_MESSAGE, ATTR_MEDIA, ATTR_CONNECT, ATTR_VOICE_START)
_ONLY_SPOKEN = (ATTR_DIGITS, ATTR_ANSWERS)


async def async_plan(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    data: Mapping[str, Any],
    runtime: ElksData,
) -> CallPlan:
    """Return the call that the fields of an action ask for; its recordings begin to be made.

    Raises ServiceValidationError, which names the field, and HomeAssistantError for all else.
    """
    content = content_of(data, _CONTENTS)
    from_number, [callee] = await async_find_callees(
        hass, entry, data, runtime, {ATTR_TO: data[ATTR_TO]}
    )
    if content == ATTR_CONNECT:
        numbers = {ATTR_FROM: from_number, ATTR_CONNECT: data[ATTR_CONNECT]}
        connect = (await async_read_numbers(runtime, numbers))[ATTR_CONNECT]
    token = new_token(entry.data[CONF_CALLBACK_KEY])
    await runtime.address.async_look()
    url = runtime.address.callback_url(token)
    script = None
    if content in (ATTR_MESSAGE, ATTR_MEDIA):
        voice = voice_for(entry, data, callee.contact)
        script = async_script(hass, data, voice, runtime.recordings.new_nonce())
        voice_start: CallAction | str = url or _play_without_us(script)
        if runtime.address.base_url is None and not script.message.url:
            raise failed("not_reachable")
        runtime.recordings.async_prepare(script.prompts)
    elif content == ATTR_CONNECT:
        voice_start = Connect(number=connect)
    else:
        voice_start = _voice_start(data[ATTR_VOICE_START])
    own_url = data.get(ATTR_WHENHANGUP)
    reported_elsewhere = own_url or (
        isinstance(voice_start, CustomAction) and voice_start.reports_elsewhere
    )
    return CallPlan(
        token=token,
        request=CallRequest(
            from_number=from_number,
            to_number=callee.number,
            voice_start=voice_start,
            report_url=own_url or url,
            timeout=ring_timeout(entry, data),
        ),
        script=script,
        contact=callee.contact.id if callee.contact else None,
        reported=url is not None and not reported_elsewhere,
    )


async def async_place_call(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
) -> tuple[CallRecord, ElksData]:
    """Place the call that the fields of an action ask for.

    Returns what is known of it, and the data of the account that placed it. Raises what async_plan
    raises, and HomeAssistantError when the call was not placed.
    """
    plan, runtime = await async_plan_over_reloads(
        hass, entry, partial(async_plan, hass, entry, data)
    )
    try:
        return await runtime.tracker.placing.async_place(plan), runtime
    except ElksError as err:
        raise async_not_placed(hass, entry, err) from err


def _play_without_us(script: CallScript) -> CallAction:
    """Return the action of a call that never asks us: 46elks has all that it plays.

    Raises HomeAssistantError if it must ask us.
    """
    message = script.step(0, None, None)
    if message is None or message.digits or not message.prompt.url:
        raise failed("not_reachable")
    return message.action(message.prompt.url, None)


def ring_timeout(entry: ElksConfigEntry, data: Mapping[str, Any]) -> int:
    """Return how long a phone rings, in seconds: the action's time, else the account's."""
    timeout: int = data.get(ATTR_TIMEOUT) or entry.options.get(
        CONF_TIMEOUT, DEFAULT_RING_TIMEOUT
    )
    return timeout


def content_of(data: Mapping[str, Any], possible: Sequence[str]) -> str:
    """Return the field that is the content of a call or of a step of it.

    Raises ServiceValidationError for fields that do not go together.
    """
    contents = [field for field in possible if data.get(field, False) is not False]
    # The form has an empty message until one is written
    if len(contents) > 1 and not data.get(ATTR_MESSAGE):
        contents = [field for field in contents if field != ATTR_MESSAGE]
    if len(contents) != 1:
        raise invalid("one_content", fields=", ".join(possible))
    if contents[0] not in (ATTR_MESSAGE, ATTR_MEDIA):
        for field in _ONLY_SPOKEN:
            if data.get(field):
                raise invalid("only_spoken", field=field)
    keys = [answer[ATTR_KEY] for answer in data.get(ATTR_ANSWERS, ())]
    if len(set(keys)) < len(keys):
        raise invalid("same_key", field=ATTR_ANSWERS)
    if any(len(key) > data.get(ATTR_DIGITS, len(key)) for key in keys):
        raise invalid("too_few_digits", field=ATTR_DIGITS)
    return contents[0]


def _voice_start(value: str | dict[str, Any]) -> CallAction | str:
    """Return the first action as it was written: a URL, or a mapping or JSON text.

    Raises ServiceValidationError.
    """
    if isinstance(value, str):
        # Half an IPv6 address raises ValueError
        with suppress(vol.Invalid, ValueError):
            return cv.url(value)
    try:
        written = json_loads_object(value) if isinstance(value, str) else value
        # Written once, it is plain JSON, and not nested more deeply than can be read
        return CustomAction(json_loads_object(json_dumps(written)))
    except (HomeAssistantError, TypeError, ValueError) as err:
        raise invalid("invalid_voice_start", field=ATTR_VOICE_START) from err
