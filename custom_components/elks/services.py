"""The actions: their fields, what they do, and their errors."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_CONFIG_ENTRY_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_ID,
    ATTR_LABEL_ID,
    CONF_EXCLUDE,
)
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.helpers.selector import ConfigEntrySelector
from homeassistant.setup import async_setup_component

from .api import HangUpSignal
from .api.masking import mask
from .calls import CallRecord, CallsStoppedError
from .chains import UnknownChainError
from .const import (
    ATTR_ACKNOWLEDGE_KEY,
    ATTR_ANSWERS,
    ATTR_AT_ONCE,
    ATTR_CALL_ID,
    ATTR_CHAIN_ID,
    ATTR_CONNECT,
    ATTR_DIGITS,
    ATTR_FROM,
    ATTR_HANG_UP,
    ATTR_KEY,
    ATTR_LANGUAGE,
    ATTR_MEDIA,
    ATTR_MESSAGE,
    ATTR_OPTIONS,
    ATTR_PAUSE,
    ATTR_REPEAT,
    ATTR_REPLY,
    ATTR_ROUNDS,
    ATTR_SIGNAL,
    ATTR_TIMEOUT,
    ATTR_TO,
    ATTR_TTS_ENTITY_ID,
    ATTR_VOICE_START,
    ATTR_WAIT,
    ATTR_WHENHANGUP,
    DOMAIN,
    MAX_RING_TIMEOUT,
)
from .errors import async_naming_fields, failed, invalid
from .helpers.text import shorten
from .planning import fields
from .planning.answer import async_answer, async_reject
from .planning.call import async_place_call
from .planning.chain import async_plan_chain
from .planning.reloads import async_plan_over_reloads
from .planning.targets import (
    async_accounts,
    async_everybody,
    async_one,
    async_one_account,
    async_refuse_others,
    async_targets,
)
from .responses.calls import call_ended, call_placed, chain_ended, step_over
from .runtime import LONGEST_LOAD, ElksConfigEntry, async_follow, async_wait_settled

SERVICE_PLACE_CALL = "place_call"
SERVICE_CALL_CHAIN = "call_chain"
SERVICE_CANCEL_CHAIN = "cancel_chain"
SERVICE_ANSWER = "answer"
SERVICE_REJECT = "reject"

_DEFAULT_KEY = "1"
_DEFAULT_ROUNDS = 2
_DEFAULT_PAUSE = 30
_DEFAULT_AT_ONCE = 1
_SIGNALS = {
    "busy": HangUpSignal.BUSY,
    "reject": HangUpSignal.REJECT,
    "not_found": HangUpSignal.NOT_FOUND,
}
_DEFAULT_SIGNAL = "busy"
_MAX_PEOPLE = 50
_MAX_ROUNDS = 100
_MAX_PAUSE = 3600
_MAX_AT_ONCE = 10


_TIMEOUT = fields.whole_number(1, MAX_RING_TIMEOUT)
_ACCOUNT = vol.All(fields.text, ConfigEntrySelector({"integration": DOMAIN}))

_ANSWER = vol.All(
    fields.reader(dict, "not_mapping", example=f"{ATTR_KEY}: 1"),
    {
        vol.Required(ATTR_KEY): fields.keys,
        vol.Required(ATTR_ID): fields.filled_text,
        vol.Optional(ATTR_REPLY): fields.text,
    },
)

_TARGETED = {
    vol.Optional(kind): fields.ids
    for kind in (
        ATTR_ENTITY_ID,
        ATTR_DEVICE_ID,
        ATTR_AREA_ID,
        ATTR_FLOOR_ID,
        ATTR_LABEL_ID,
    )
}
TARGET = {**_TARGETED, vol.Optional(CONF_EXCLUDE): vol.Schema(_TARGETED)}
"""What Home Assistant hands over of an action's target, beside its fields."""

_SPOKEN = {
    vol.Optional(ATTR_MESSAGE): fields.text,
    vol.Optional(ATTR_MEDIA): fields.media,
    vol.Optional(ATTR_CONNECT): fields.number,
    vol.Optional(ATTR_REPEAT): fields.whole_number(1, 10),
    vol.Optional(ATTR_DIGITS): fields.whole_number(1, 16),
    vol.Optional(ATTR_ANSWERS): vol.All(cv.ensure_list, [_ANSWER]),
    vol.Optional(ATTR_TTS_ENTITY_ID): fields.entity_id,
    vol.Optional(ATTR_LANGUAGE): fields.language,
    vol.Optional(ATTR_OPTIONS): fields.options,
}
"""What somebody in a call hears, and is asked."""

PLACE_CALL_SCHEMA = vol.Schema(
    {
        **TARGET,
        **_SPOKEN,
        vol.Optional(ATTR_TO): fields.person,
        vol.Optional(ATTR_FROM): fields.number,
        vol.Optional(ATTR_VOICE_START): fields.voice_start,
        vol.Optional(ATTR_TIMEOUT): _TIMEOUT,
        vol.Optional(ATTR_WHENHANGUP): fields.url,
        vol.Optional(ATTR_WAIT): fields.boolean,
        vol.Optional(ATTR_CONFIG_ENTRY_ID): _ACCOUNT,
    }
)


CALL_CHAIN_SCHEMA = vol.Schema(
    {
        **TARGET,
        vol.Optional(ATTR_TO, default=[]): fields.people(_MAX_PEOPLE),
        vol.Required(ATTR_MESSAGE): fields.text,
        vol.Optional(ATTR_ACKNOWLEDGE_KEY, default=_DEFAULT_KEY): fields.digit,
        vol.Optional(ATTR_ROUNDS, default=_DEFAULT_ROUNDS): fields.whole_number(
            1, _MAX_ROUNDS
        ),
        vol.Optional(ATTR_PAUSE, default=_DEFAULT_PAUSE): fields.whole_number(
            0, _MAX_PAUSE
        ),
        vol.Optional(ATTR_AT_ONCE, default=_DEFAULT_AT_ONCE): fields.whole_number(
            1, _MAX_AT_ONCE
        ),
        vol.Optional(ATTR_TIMEOUT): _TIMEOUT,
        vol.Optional(ATTR_FROM): fields.number,
        vol.Optional(ATTR_TTS_ENTITY_ID): fields.entity_id,
        vol.Optional(ATTR_LANGUAGE): fields.language,
        vol.Optional(ATTR_CONFIG_ENTRY_ID): _ACCOUNT,
    }
)

CANCEL_CHAIN_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CHAIN_ID): fields.text,
        vol.Optional(ATTR_CONFIG_ENTRY_ID): _ACCOUNT,
    }
)

ANSWER_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_CALL_ID): fields.filled_text,
        **_SPOKEN,
        vol.Optional(ATTR_HANG_UP): fields.boolean,
    }
)

REJECT_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_CALL_ID): fields.filled_text,
        vol.Optional(ATTR_SIGNAL, default=_DEFAULT_SIGNAL): fields.one_of(*_SIGNALS),
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    optional = SupportsResponse.OPTIONAL
    for action, schema, perform, response in (
        (SERVICE_PLACE_CALL, PLACE_CALL_SCHEMA, _async_place_call, optional),
        (SERVICE_CALL_CHAIN, CALL_CHAIN_SCHEMA, _async_call_chain, optional),
        (SERVICE_CANCEL_CHAIN, CANCEL_CHAIN_SCHEMA, _async_cancel_chain, None),
        (SERVICE_ANSWER, ANSWER_SCHEMA, _async_answer, optional),
        (SERVICE_REJECT, REJECT_SCHEMA, _async_reject, None),
    ):
        hass.services.async_register(
            DOMAIN,
            action,
            partial(_async_perform, action, perform),
            schema=_in_words(hass, action, schema),
            supports_response=response or SupportsResponse.NONE,
        )


async def _async_perform(
    action: str,
    perform: Callable[[ServiceCall], Awaitable[ServiceResponse]],
    call: ServiceCall,
) -> ServiceResponse:
    """Perform an action; its errors name fields as its form does."""
    with async_naming_fields(call.hass, action):
        return await perform(call)


def _in_words(hass: HomeAssistant, action: str, schema: vol.Schema) -> vol.Schema:
    """Return a schema that refuses fields in words, and names them as the action's form does."""
    read = fields.in_words(schema)

    def read_in_words(data: object) -> Any:
        with async_naming_fields(hass, action):
            return read(data)

    return vol.Schema(read_in_words)


async def _async_place_call(call: ServiceCall) -> ServiceResponse:
    """Place a call and return its state."""
    hass, targets = call.hass, async_targets(call.hass, call.data)
    async_refuse_others(hass, targets)
    entry = await _async_account(hass, async_one_account(hass, call.data, targets))
    to = async_one(hass, entry, call.data, targets)
    placed, runtime = await async_place_call(hass, entry, {**call.data, ATTR_TO: to})
    # Whoever asks wants the answer
    asks = call.return_response and bool(call.data.get(ATTR_ANSWERS))
    if not call.data.get(ATTR_WAIT, asks):
        return call_placed(placed) if call.return_response else None
    try:
        ended = await async_follow(
            entry, runtime, lambda data: data.tracker.ends.async_wait(placed)
        )
    except CallsStoppedError as err:
        raise failed("stopped_waiting") from err
    return call_ended(ended, entry) if call.return_response else None


async def _async_call_chain(call: ServiceCall) -> ServiceResponse:
    """Call people until somebody acknowledges; if a response is wanted, wait for the end."""
    hass = call.hass
    entry = await _async_account_of_chain(hass, call.data)
    # Accounts and contacts can be removed while one is loaded
    targets = async_targets(hass, call.data)
    cancelled = entry.runtime_data.chains.all_cancelled
    called = async_everybody(hass, entry, call.data, targets)
    planned, runtime = await async_plan_over_reloads(
        hass,
        entry,
        partial(async_plan_chain, hass, entry, call.data, called, cancelled),
    )
    try:
        run = await runtime.chains.async_begin(planned)
    except CallsStoppedError as err:
        raise failed("chain_not_begun") from err
    if not call.return_response:
        return None
    try:
        chain, calls = await async_follow(
            entry, runtime, lambda data: data.chains.async_outcome(run)
        )
    except CallsStoppedError as err:
        raise failed("chain_stopped_waiting") from err
    return chain_ended(chain, calls, entry)


async def _async_cancel_chain(call: ServiceCall) -> None:
    """End a chain, or all of an account."""
    entry = await _async_account(call.hass, call.data.get(ATTR_CONFIG_ENTRY_ID))
    chain_id = call.data.get(ATTR_CHAIN_ID)
    try:
        entry.runtime_data.chains.async_cancel(chain_id)
    except UnknownChainError as err:
        written = shorten(mask(str(chain_id)))
        raise invalid("unknown_chain", field=ATTR_CHAIN_ID, chain=written) from err


async def _async_answer(call: ServiceCall) -> ServiceResponse:
    """Do something in a call to a line, and return what came of it when that is over."""
    entry, record = await _async_call(call)
    over = await async_answer(call.hass, entry, record, call.data)
    return step_over(over) if call.return_response else None


async def _async_reject(call: ServiceCall) -> None:
    """Do not pick up a call to a line."""
    entry, record = await _async_call(call)
    await async_reject(entry, record, _SIGNALS[call.data[ATTR_SIGNAL]])


async def _async_call(call: ServiceCall) -> tuple[ElksConfigEntry, CallRecord]:
    """Return the call to a line that an action is for, and its account.

    Waits for accounts that are being loaded. Raises ServiceValidationError.
    """
    hass, call_id = call.hass, call.data[ATTR_CALL_ID]
    if found := _call_to_line(hass, call_id):
        return found
    await _async_started(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        await async_wait_settled(entry)
    if found := _call_to_line(hass, call_id):
        return found
    written = shorten(mask(call_id))
    raise invalid("unknown_call", field=ATTR_CALL_ID, call=written)


def _call_to_line(
    hass: HomeAssistant, call_id: str
) -> tuple[ElksConfigEntry, CallRecord] | None:
    """Return a call in progress to a line of a loaded account, and the account."""
    entries: list[ElksConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    for entry in entries:
        record = entry.runtime_data.book.find_open(call_id)
        if record and record.line:
            return entry, record
    return None


async def _async_account_of_chain(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> ElksConfigEntry:
    """Return the account that calls a chain: the first one that can, of those that it may be.

    When none of those whose people are targeted can, any other calls who is in `to`. Raises
    ServiceValidationError.
    """
    accounts = async_accounts(hass, data, async_targets(hass, data))
    if not accounts:
        return await _async_account(hass, None)
    if data[ATTR_TO] and not data.get(ATTR_CONFIG_ENTRY_ID):
        accounts += [
            entry.entry_id for entry in hass.config_entries.async_entries(DOMAIN)
        ]
    errors: list[ServiceValidationError] = []
    for one in dict.fromkeys(accounts):
        try:
            return await _async_account(hass, one)
        except ServiceValidationError as err:
            errors.append(err)
    raise errors[0]


async def _async_account(hass: HomeAssistant, entry_id: str | None) -> ElksConfigEntry:
    """Return the account that an action is for: the one with this id, else the only one.

    Waits for accounts that are being loaded. Raises ServiceValidationError.
    """
    await _async_started(hass)
    for known in hass.config_entries.async_entries(DOMAIN):
        if entry_id in (None, known.entry_id):
            await async_wait_settled(known)
    if entry_id is None:
        entries = hass.config_entries
        if not (loaded := entries.async_loaded_entries(DOMAIN)):
            raise invalid("no_account")
        if len(entries.async_entries(DOMAIN, include_disabled=False)) > 1:
            raise invalid("choose_account")
        entry_id = loaded[0].entry_id
    entry: ElksConfigEntry = service.async_get_config_entry(hass, DOMAIN, entry_id)
    return entry


async def _async_started(hass: HomeAssistant) -> None:
    """Wait until accounts are loaded at the start of Home Assistant: actions are there before."""
    if DOMAIN in hass.config.components:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_LOAD):
            # It is being set up, so this only waits for it; others wait for the same
            await asyncio.shield(async_setup_component(hass, DOMAIN, {}))
