"""The actions: what they take, and what their errors tell the person who called them."""

from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.helpers.selector import ConfigEntrySelector

from .api import (
    ElksError,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from .calls import CallRecord, CallsStoppedError
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
    ATTR_WAIT,
    ATTR_WHENHANGUP,
    CONF_CURRENCY,
    DOMAIN,
    MAX_RING_TIMEOUT,
)
from .data import ElksConfigEntry
from .planning import async_plan, invalid

SERVICE_PLACE_CALL = "place_call"

_NUMBER = vol.Any(str, vol.All(int, vol.Range(min=1)))
_TEXT = vol.All(cv.string, cv.matches_regex(r"\S"))
_KEYS = cv.matches_regex(r"^[0-9*]{1,16}$")

_ERRORS = {
    InvalidAuthError: "invalid_auth",
    RefusedError: "refused",
    UnreachableError: "unreachable",
    OutcomeUnknownError: "outcome_unknown",
}

_ANSWER = vol.Schema(
    {
        vol.Required(ATTR_KEY): vol.All(cv.string, _KEYS),
        vol.Required(ATTR_ID): cv.string,
        vol.Optional(ATTR_REPLY): _TEXT,
    }
)

PLACE_CALL_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_TO): _NUMBER,
        vol.Optional(ATTR_FROM): _NUMBER,
        vol.Optional(ATTR_MESSAGE): _TEXT,
        vol.Optional(ATTR_MEDIA): vol.Any(str, dict),
        vol.Optional(ATTR_CONNECT): _NUMBER,
        vol.Optional(ATTR_VOICE_START): vol.Any(str, dict),
        vol.Optional(ATTR_REPEAT): vol.All(vol.Coerce(int), vol.Range(min=1, max=10)),
        vol.Optional(ATTR_DIGITS): vol.All(vol.Coerce(int), vol.Range(min=1, max=16)),
        vol.Optional(ATTR_ANSWERS): vol.All(cv.ensure_list, [_ANSWER]),
        vol.Optional(ATTR_TTS_ENTITY_ID): cv.entity_id,
        vol.Optional(ATTR_LANGUAGE): cv.string,
        vol.Optional(ATTR_OPTIONS): dict,
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
    plan = await async_plan(call.hass, entry, call.data)
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
            raise invalid("choose_account" if loaded else "no_account")
        entry_id = loaded[0].entry_id
    entry: ElksConfigEntry = service.async_get_config_entry(call.hass, DOMAIN, entry_id)
    return entry


def _home_assistant_error(err: ElksError) -> HomeAssistantError:
    """Return an API error as the person who placed the call shall read it."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=_ERRORS[type(err)],
        translation_placeholders={"reason": str(err)},
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
        "digits": record.digits,
        "answer": record.answer,
    }
