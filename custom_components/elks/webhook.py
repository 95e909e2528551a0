"""The door in: our address for 46elks' callbacks, and what each callback means."""

import asyncio
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
from homeassistant.helpers.json import json_bytes

from .address import Address
from .api import Call
from .calls.script import HANG_UP, Action
from .const import DOMAIN
from .data import ElksConfigEntry, ElksData, is_loaded

_METHODS = (HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.POST, HTTPMethod.PUT)
_MAX_BODY = 64 * 1024
_MAX_WAIT = 10
"""Seconds that a callback waits for the calls of before a restart to be known."""
_TOKEN = "token"
_ASKED = "asked"
"""How many times the keys have been asked for."""
_PICKED_UP = "newoutgoing"
_TIMES = re.compile(r"[0-9]{1,2}")
_KEYS = re.compile(r"[0-9*#]{1,64}")


@callback
def async_register(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Take the callbacks of an account's calls until the entry is unloaded."""
    webhook_id = entry.data[CONF_WEBHOOK_ID]
    webhook.async_register(
        hass,
        DOMAIN,
        entry.title,
        webhook_id,
        partial(_handle, entry),
        # A method that is not allowed is answered 405, and the secret id is logged
        allowed_methods=_METHODS,
    )
    entry.async_on_unload(partial(webhook.async_unregister, hass, webhook_id))


@callback
def async_callback_url(address: Address, token: str) -> str | None:
    """Return the address for the callbacks of one call; None if nothing reaches this home."""
    url = address.webhook_url
    return f"{url}?{_TOKEN}={token}" if url else None


async def _handle(
    entry: ElksConfigEntry, hass: HomeAssistant, webhook_id: str, request: Request
) -> Response:
    """Take in a callback. To all but 46elks the answer is the same: a stranger learns nothing."""
    data = entry.runtime_data
    if request.method != HTTPMethod.POST or not (form := await _form(request)):
        return Response()
    if not await _calls_known(data) or not is_loaded(entry, data):
        # 46elks then tries again
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    token = request.query.get(_TOKEN, "")
    if form.get("callid"):
        action = _next_action(data, token, request.query.get(_ASKED, ""), form)
        if action is None:
            return Response()
        return Response(body=json_bytes(action), content_type=CONTENT_TYPE_JSON)
    try:
        call = Call.from_api(form)
    except ValueError:
        return Response()
    data.tracker.async_told(token, call)
    return Response()


@callback
def _next_action(
    data: ElksData, token: str, asked: str, form: Mapping[str, str]
) -> Action | None:
    """Return what 46elks is to do next in a call, if it is ours and its secret came along."""
    call_id, result = form["callid"], form.get("result", "")
    keys = result if _KEYS.fullmatch(result) else None
    record = data.tracker.async_heard(token, call_id, keys)
    url = async_callback_url(data.address, token)
    if record is not None and record.hang_up:
        return HANG_UP
    if record is None or record.script is None or url is None:
        return None
    script = record.script
    if result == _PICKED_UP:
        return script.first(f"{url}&{_ASKED}=1")
    times = int(asked) if _TIMES.fullmatch(asked) else script.repeat
    again = f"{url}&{_ASKED}={times + 1}" if times < script.repeat else None
    return script.then(keys, again)


async def _calls_known(data: ElksData) -> bool:
    """Wait until the calls of before a restart are known; return whether they are."""
    if data.loaded.is_set():
        return True
    try:
        async with asyncio.timeout(_MAX_WAIT):
            return await data.loaded.wait()
    except TimeoutError:
        return False


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
