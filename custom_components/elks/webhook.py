"""The door in: where 46elks' callbacks arrive, and what each is answered with."""

from collections.abc import Mapping
from functools import partial
from http import HTTPMethod, HTTPStatus
import re

from aiohttp import ClientError
from aiohttp.web import Request, RequestPayloadError, Response
from yarl import URL

from homeassistant.components import webhook
from homeassistant.const import CONF_WEBHOOK_ID, CONTENT_TYPE_JSON
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.dt import utcnow

from .address import QUERY_QUESTION, QUERY_TOKEN, Address, async_address
from .api import (
    BEEP,
    ActionEnded,
    Call,
    CallAction,
    Ended,
    HangUp,
    Incoming,
    PickedUp,
    Play,
    read_callback,
    read_keys,
)
from .calls import async_find_sound, is_ours
from .const import CONF_CALLBACK_KEY, DOMAIN
from .runtime import ElksConfigEntry, ElksData, async_wait_settled

_METHODS = (HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.POST, HTTPMethod.PUT)
_MAX_BODY = 64 * 1024
_PATIENCE = 10
"""Seconds that a report waits for the account to be loaded; later it comes again."""
_PATIENCE_IN_CALL = 1.5
"""Seconds that a call in progress waits for it: without an answer, 46elks ends the call."""
_PATIENCE_FOR_SOUND = 1.5
"""Seconds that a call in progress waits for both, the account and what is to be played."""
_MOST_WAITS = 40
"""How many times a call in progress waits; each lasts a beep at least."""
_KEYS = "keys"
"""Those that were pressed when the account was not loaded."""
_WAITED = "waited"
_SINCE = "since"
"""When somebody in the call began to wait for a sound, in seconds since 1970."""
_LONGEST_MOMENT = 15
"""Seconds that they wait for it."""
_NUMBER = re.compile(r"[0-9]{1,11}")

type _Query = Mapping[str, str]


@callback
def async_register_all(hass: HomeAssistant) -> None:
    """Take the callbacks of all accounts from the first moment, before these are loaded."""
    for entry in hass.config_entries.async_entries(DOMAIN, include_disabled=False):
        async_register(hass, entry)


@callback
def async_register(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Take the callbacks of an account's calls, whether it is loaded or not.

    Home Assistant answers 200 for a webhook that nobody takes, so 46elks would not call back
    again, and what it reported would be lost.
    """
    async_unregister(hass, entry)
    webhook.async_register(
        hass,
        DOMAIN,
        entry.title,
        entry.data[CONF_WEBHOOK_ID],
        partial(_handle, entry),
        # A method that is not allowed is answered 405, and the secret id is logged
        allowed_methods=_METHODS,
    )


@callback
def async_unregister(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Take no more callbacks: the account was disabled or removed."""
    webhook.async_unregister(hass, entry.data[CONF_WEBHOOK_ID])


async def _handle(
    entry: ElksConfigEntry, hass: HomeAssistant, webhook_id: str, request: Request
) -> Response:
    """Take in a callback. To all but 46elks the answer is the same: a stranger learns nothing."""
    if request.method != HTTPMethod.POST:
        return Response()
    match read_callback(await _form(request)):
        case Ended(call=call):
            return await _take_report(entry, request.query, call)
        case PickedUp(call_id=call_id) | Incoming(call_id=call_id):
            # The secret says that it is a call of ours, whatever else is said of it
            action = await _next_action(hass, entry, request.query, call_id, None)
        case ActionEnded(call_id=call_id, keys=keys):
            action = await _next_action(hass, entry, request.query, call_id, keys)
        case _:
            action = None
    if action is None:
        return Response()
    body = action.as_text().encode()
    return Response(body=body, content_type=CONTENT_TYPE_JSON)


async def _take_report(entry: ElksConfigEntry, query: _Query, call: Call) -> Response:
    """Take in how a call ended."""
    if (data := await _async_loaded(entry, _PATIENCE)) is None:
        # 46elks then tries again
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    data.tracker.reports.async_end(query.get(QUERY_TOKEN, ""), call)
    return Response()


async def _next_action(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    query: _Query,
    call_id: str,
    pressed: str | None,
) -> CallAction | None:
    """Return what 46elks is to do next in a call, if it is ours and its secret came along."""
    token = query.get(QUERY_TOKEN, "")
    if not is_ours(token, entry.data[CONF_CALLBACK_KEY]):
        return None
    until = hass.loop.time() + _PATIENCE_FOR_SOUND
    question = _number(query, QUERY_QUESTION)
    keys = (read_keys(query.get(_KEYS)) or pressed) if question else None
    data = await _async_loaded(entry, _PATIENCE_IN_CALL)
    if data is None:
        return _ask_again(BEEP, async_address(hass, entry), query, keys)
    record = data.tracker.reports.async_question(token, call_id, question, keys)
    if record is None or (record.script is None and not record.hang_up):
        return None
    if (step := record.step(question, keys)) is None:
        return HangUp()
    next_url = data.address.callback_url(token, question + 1)
    since = _number(query, _SINCE) or int(utcnow().timestamp())
    heard = await async_find_sound(
        data.recordings,
        data.address.base_url,
        step,
        (record.script and record.script.language) or hass.config.language,
        patience=max(0, until - hass.loop.time()),
        is_last=not 0 <= utcnow().timestamp() - since < _LONGEST_MOMENT,
    )
    if _loaded(entry) is not data:
        # Reloaded meanwhile: what is noted now would be lost
        return _ask_again(BEEP, data.address, query, keys)
    if heard.is_bridge:
        again = {**query, _SINCE: str(since)}
        return _ask_again(heard.sound, data.address, again, keys)
    if step.is_message and heard.spoken:
        data.tracker.reports.async_spoken(token, heard.spoken)
    return step.action(heard.sound, next_url, heard.spoken)


def _ask_again(
    sound: str, address: Address, query: _Query, keys: str | None
) -> CallAction:
    """Return what bridges the time until more is known: a sound, then the same again."""
    waited = _number(query, _WAITED) + 1
    url = address.webhook_url
    if url is None or waited > _MOST_WAITS:
        return HangUp()
    again = {**query, _WAITED: str(waited)} | ({_KEYS: keys} if keys else {})
    return Play(sound=sound, next=str(URL(url).with_query(again)))


def _number(query: _Query, name: str) -> int:
    """Read a number of our own from a query; 0 when it is absent."""
    text = query.get(name, "")
    return int(text) if _NUMBER.fullmatch(text) else 0


async def _async_loaded(entry: ElksConfigEntry, seconds: float) -> ElksData | None:
    """Return what the account holds once its calls are known; None if that takes too long."""
    if data := _loaded(entry):
        return data
    await async_wait_settled(entry, seconds)
    return _loaded(entry)


def _loaded(entry: ElksConfigEntry) -> ElksData | None:
    data: ElksData | None = getattr(entry, "runtime_data", None)
    return data if data and data.loaded.is_set() else None


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; none when it cannot be read or is too large."""
    body = bytearray()
    content = request.content
    try:
        while chunk := await content.read(_MAX_BODY):
            body += chunk
            if len(body) > _MAX_BODY:
                return {}
        return dict(URL.build(query_string=body.decode(), encoded=True).query)
    except ClientError, ConnectionError, RequestPayloadError, ValueError:
        return {}
