"""The door in: our address for 46elks' callbacks, and what each callback means."""

from contextlib import suppress
from functools import partial
from http import HTTPMethod
from urllib.parse import parse_qsl

from aiohttp import ClientError
from aiohttp.web import Request, RequestPayloadError, Response

from homeassistant.components import webhook
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback

from .api import Call
from .const import DOMAIN
from .data import ElksConfigEntry

_METHODS = (HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.POST, HTTPMethod.PUT)
_MAX_BODY = 64 * 1024
_TOKEN = "token"


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
def async_hangup_url(entry: ElksConfigEntry, token: str) -> str | None:
    """Return the address that is told how a call ended; None if nothing reaches this home."""
    url = entry.runtime_data.address.webhook_url
    return f"{url}?{_TOKEN}={token}" if url else None


async def _handle(
    entry: ElksConfigEntry, hass: HomeAssistant, webhook_id: str, request: Request
) -> Response:
    """Take in a callback. Every answer is the same: a stranger learns nothing."""
    if request.method == HTTPMethod.POST and (form := await _form(request)):
        with suppress(ValueError):
            entry.runtime_data.tracker.async_told(
                request.query.get(_TOKEN, ""), Call.from_api(form)
            )
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
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ClientError, ConnectionError, RequestPayloadError, ValueError:
        return {}
