"""The actions: what they take, and what their errors tell the person who called them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_TIMEOUT
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.selector import ConfigEntrySelector
from homeassistant.util.json import json_loads_object

from .api import (
    CallRequest,
    ElksError,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from .calls import CallPlan, CallRecord, CallsStoppedError, new_token
from .const import (
    CONF_CALLBACK_KEY,
    CONF_CURRENCY,
    CONF_FROM_NUMBER,
    DEFAULT_RING_TIMEOUT,
    DOMAIN,
    MAX_RING_TIMEOUT,
)
from .data import ElksConfigEntry
from .phone_numbers import InvalidNumberError, read_number, region_of
from .webhook import async_hangup_url

SERVICE_PLACE_CALL = "place_call"

ATTR_CONNECT = "connect"
ATTR_FROM = "from"
ATTR_TIMEOUT = "timeout"
ATTR_TO = "to"
ATTR_VOICE_START = "voice_start"
ATTR_WAIT = "wait"
ATTR_WHENHANGUP = "whenhangup"

_CONTENTS = (ATTR_VOICE_START, ATTR_CONNECT)
_NUMBER = vol.Any(str, vol.All(int, vol.Range(min=1)))

_ERRORS = {
    InvalidAuthError: "invalid_auth",
    RefusedError: "refused",
    UnreachableError: "unreachable",
    OutcomeUnknownError: "outcome_unknown",
}

PLACE_CALL_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_TO): _NUMBER,
        vol.Optional(ATTR_FROM): _NUMBER,
        vol.Optional(ATTR_VOICE_START): vol.Any(str, dict),
        vol.Optional(ATTR_CONNECT): _NUMBER,
        vol.Optional(ATTR_TIMEOUT): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=MAX_RING_TIMEOUT)
        ),
        vol.Optional(ATTR_WHENHANGUP): cv.url,
        vol.Optional(ATTR_WAIT, default=False): cv.boolean,
        vol.Optional(ATTR_CONFIG_ENTRY_ID): ConfigEntrySelector(
            {"integration": DOMAIN}
        ),
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_PLACE_CALL,
        _async_place_call,
        schema=PLACE_CALL_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_place_call(call: ServiceCall) -> ServiceResponse:
    """Place a call and return how it stands."""
    entry = _account(call)
    plan = await _async_plan(call, entry)
    tracker = entry.runtime_data.tracker
    wait = call.data[ATTR_WAIT]
    try:
        record = await tracker.async_place(plan)
        if wait:
            record = await tracker.async_end(record)
    except ElksError as err:
        if isinstance(err, InvalidAuthError):
            entry.async_start_reauth(call.hass)
        raise _home_assistant_error(err) from err
    except CallsStoppedError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="stopped_waiting"
        ) from err
    if not call.return_response:
        return None
    return _response(record) | (_end(record, entry) if wait else {})


def _account(call: ServiceCall) -> ElksConfigEntry:
    """Return the account that an action is for: the one named, else the only one."""
    if (entry_id := call.data.get(ATTR_CONFIG_ENTRY_ID)) is None:
        loaded = call.hass.config_entries.async_loaded_entries(DOMAIN)
        if len(loaded) != 1:
            raise _invalid("choose_account" if loaded else "no_account")
        entry_id = loaded[0].entry_id
    entry: ElksConfigEntry = service.async_get_config_entry(call.hass, DOMAIN, entry_id)
    return entry


async def _async_plan(call: ServiceCall, entry: ElksConfigEntry) -> CallPlan:
    """Return the call that the fields of an action ask for."""
    contents = [field for field in _CONTENTS if field in call.data]
    if len(contents) != 1:
        raise _invalid("one_content", fields=", ".join(_CONTENTS))
    numbers = await call.hass.async_add_executor_job(
        _read_numbers,
        {ATTR_FROM: entry.options[CONF_FROM_NUMBER], **call.data},
        call.hass.config.country,
    )
    if ATTR_VOICE_START in call.data:
        voice_start = _voice_start(call.data[ATTR_VOICE_START])
    else:
        voice_start = json_dumps({"connect": numbers[ATTR_CONNECT]})
    token = new_token(entry.data[CONF_CALLBACK_KEY])
    hangup_url = async_hangup_url(entry, token)
    own_url = call.data.get(ATTR_WHENHANGUP)
    # One inside the first action replaces ours as well
    reported_elsewhere = own_url or f'"{ATTR_WHENHANGUP}"' in voice_start
    return CallPlan(
        token=token,
        request=CallRequest(
            from_number=numbers[ATTR_FROM],
            to_number=numbers[ATTR_TO],
            voice_start=voice_start,
            whenhangup=own_url or hangup_url,
            timeout=call.data.get(ATTR_TIMEOUT)
            or entry.options.get(CONF_TIMEOUT, DEFAULT_RING_TIMEOUT),
        ),
        reported=hangup_url is not None and not reported_elsewhere,
    )


def _read_numbers(data: Mapping[str, Any], country: str | None) -> dict[str, str]:
    """Return the numbers among an action's fields in E.164.

    A home without a country reads them as the from number's country does.
    """
    numbers: dict[str, str] = {}
    for field in (ATTR_FROM, ATTR_TO, ATTR_CONNECT):
        if field not in data:
            continue
        try:
            numbers[field] = read_number(data[field], country)
        except InvalidNumberError as err:
            raise _invalid("invalid_number", field=field) from err
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
        raise _invalid("invalid_voice_start", field=ATTR_VOICE_START) from err


def _home_assistant_error(err: ElksError) -> HomeAssistantError:
    """Return an API error as the person who placed the call shall read it."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=_ERRORS[type(err)],
        translation_placeholders={"reason": str(err)},
    )


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error for input that a schema cannot refuse."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def _response(record: CallRecord) -> dict[str, Any]:
    """Return what an action tells of a call; its keys are always there."""
    call = record.call
    return {
        "call_id": call and call.id,
        "state": record.state,
        "direction": call and call.direction,
        "from": record.from_number,
        "to": record.to_number,
        "created": call and call.created and call.created.isoformat(),
    }


def _end(record: CallRecord, entry: ElksConfigEntry) -> dict[str, Any]:
    """Return what an action that waited tells besides; the keys are always there."""
    call = record.call
    return {
        "start": call and call.start and call.start.isoformat(),
        "duration": call and call.duration,
        "cost": call and call.cost,
        "currency": entry.data.get(CONF_CURRENCY),
        "answered": record.answered,
    }
