"""Media of the home, read for a call."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..helpers.text import read_text
from ..helpers.waiting import async_at_most
from .text_to_speech import async_say_media, presentable

_MAX_SIZE = 25 * 1024 * 1024
"""Bytes."""
_PATIENCE = 10
"""Seconds."""
_SPEECH = "media-source://tts/"


class MediaError(Exception):
    """A media item cannot be played; the message is the reason, without full numbers."""


def content_id(media: str | Mapping[str, Any]) -> str:
    """Return the ID or URL of a media item, which is a media selector's value or the ID itself."""
    item = media if isinstance(media, str) else media.get("media_content_id", "")
    return read_text(str(item))


def web_url(media: str | Mapping[str, Any]) -> str | None:
    """Return the URL of an item that the provider can fetch directly; None for all others."""
    item = content_id(media)
    return item if item.lower().startswith(("http://", "https://")) else None


async def async_read(hass: HomeAssistant, media_id: str) -> Path | bytes:
    """Return the file of a media item, or its bytes; at most 25 MB.

    Raises MediaError if it cannot be read, is too large or takes longer than 10 s.
    """
    read: Path | bytes | None = None
    try:
        async with async_at_most(hass, _PATIENCE):
            read = await _async_resolve(hass, media_id)
    except Exception as err:
        # A media source is others' code, and fails in its own ways
        raise MediaError(presentable(str(err) or type(err).__name__)) from err
    if read is None:
        raise MediaError(f"no answer in {_PATIENCE} s")
    return read


async def _async_resolve(hass: HomeAssistant, media_id: str) -> Path | bytes:
    """Return what a media source has, or what a path of this home's web server holds."""
    if media_id.startswith(_SPEECH):
        return await async_say_media(hass, media_id)
    if "media_source" not in hass.config.components:
        raise MediaError("no media sources are set up")
    from homeassistant.components import media_source

    if media_id.startswith("/"):
        return await _async_fetch(hass, media_id)
    if not media_source.is_media_source_id(media_id):
        raise MediaError("neither a media item nor a URL")
    media = await media_source.async_resolve_media(hass, media_id, None)
    if media.path is None:
        return await _async_fetch(hass, media.url)
    stat = await hass.async_add_executor_job(media.path.stat)
    if stat.st_size > _MAX_SIZE:
        raise MediaError("larger than 25 MB")
    return media.path


async def _async_fetch(hass: HomeAssistant, url: str) -> bytes:
    """Return the body at a URL, or at a path of this home's web server."""
    from homeassistant.components.media_player.browse_media import (
        async_process_play_media_url,
    )

    # Our own certificate need not name the address at which we reach ourselves
    session = async_get_clientsession(hass, verify_ssl=not url.startswith("/"))
    async with session.get(async_process_play_media_url(hass, url)) as response:
        response.raise_for_status()
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > _MAX_SIZE:
                raise MediaError("larger than 25 MB")
        return bytes(body)
