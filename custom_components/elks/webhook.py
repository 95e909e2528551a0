"""The door in: where 46elks' callbacks arrive."""

from collections.abc import Mapping
from functools import partial
from http import HTTPMethod, HTTPStatus

from aiohttp import ClientError
from aiohttp.web import Request, RequestPayloadError, Response
from yarl import URL

from homeassistant.components import webhook
from homeassistant.const import CONF_WEBHOOK_ID, CONTENT_TYPE_JSON
from homeassistant.core import HomeAssistant, callback

from .address import QUERY_LINE, QUERY_TOKEN
from .answering import NextAction, async_loaded
from .api import ActionEnded, Call, Ended, Incoming, PickedUp, read_callback
from .const import DOMAIN
from .runtime import ElksConfigEntry

_METHODS = (HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.POST, HTTPMethod.PUT)
_MAX_BODY = 64 * 1024
_PATIENCE = 10
"""Seconds that a report waits for the account to be loaded; later it comes again."""

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
    is_of_line = QUERY_LINE in request.query
    match read_callback(await _form(request), is_to_number=is_of_line):
        case Ended(call=call):
            return await _take_report(entry, request.query, call)
        case Incoming() as incoming if is_of_line:
            action = await NextAction(hass, entry, request.query).async_first(incoming)
        case PickedUp(call_id=call_id) | Incoming(call_id=call_id):
            # The secret says that it is a call of ours, whatever else is said of it
            action = await NextAction(hass, entry, request.query).async_find(
                call_id, None
            )
        case ActionEnded(call_id=call_id, keys=keys):
            action = await NextAction(hass, entry, request.query).async_find(
                call_id, keys
            )
        case _:
            action = None
    if action is None:
        return Response()
    body = action.as_text().encode()
    return Response(body=body, content_type=CONTENT_TYPE_JSON)


async def _take_report(entry: ElksConfigEntry, query: _Query, call: Call) -> Response:
    """Take in how a call ended."""
    if (data := await async_loaded(entry, _PATIENCE)) is None:
        # 46elks then tries again
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    data.tracker.reports.async_end(query.get(QUERY_TOKEN, ""), call)
    return Response()


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
