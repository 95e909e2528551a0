"""A home that has an account at the provider, in this process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from custom_components.elks.calls import CallRecord
from custom_components.elks.runtime import ElksConfigEntry
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from scripts.home import Connection

from .provider import Provider
from .running import config_entry, running_hass

LAST_CALL = "sensor.demo_home_last_call"
EVENTS = "event.demo_home_call"
PHONE = "+46701234567"
_WRITTEN_AFTER = 0.12
"""Seconds until what changes at once is written, however often that may be done."""
_BEEP = {"voice_start": {"play": "sound/beep"}}
_RING_SECONDS = 300


@dataclass(frozen=True)
class OpenCall:
    """A call in progress, and what the provider's callbacks need to know of it."""

    call_id: str
    path: str
    """Where they arrive, with the secret of the call."""
    end: dict[str, str]
    """The form that tells of its end."""


@dataclass(frozen=True)
class Home:
    """A home with an account at the provider."""

    hass: HomeAssistant
    entry: ElksConfigEntry
    provider: Provider

    @property
    def port(self) -> int:
        """The port of the web server."""
        assert self.hass.config.api is not None
        return self.hass.config.api.port

    async def place_call(self, to: str = PHONE, **content: Any) -> dict[str, Any]:
        """Place a call with the action, which rings until told otherwise."""
        response = await self.hass.services.async_call(
            *("elks", "place_call", call_data(to, **content)),
            blocking=True,
            return_response=True,
        )
        assert response is not None
        return response

    async def written(self) -> None:
        """Wait until what has happened is written: it shall not disturb what is timed next."""
        await asyncio.sleep(_WRITTEN_AFTER)

    def open_calls(self) -> list[OpenCall]:
        """Return the calls in progress, the newest last."""
        path = f"/api/webhook/{self.entry.data[CONF_WEBHOOK_ID]}"
        return [
            OpenCall(record.call.id, f"{path}?token={record.token}", _end_of(record))
            for record in self.entry.runtime_data.tracker.book.open()
            if record.call
        ]

    def open_call(self) -> OpenCall:
        """Return the only call in progress."""
        [call] = self.open_calls()
        return call

    def state(self, entity_id: str) -> str:
        """Return the state of an entity."""
        state = self.hass.states.get(entity_id)
        assert state is not None
        return state.state

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Connection]:
        """Open a connection to the WebSocket API."""
        user = await self.hass.auth.async_create_system_user(
            "Benchmarks", group_ids=[GROUP_ID_ADMIN]
        )
        refresh_token = await self.hass.auth.async_create_refresh_token(user)
        token = self.hass.auth.async_create_access_token(refresh_token)
        async with (
            ClientSession(f"http://127.0.0.1:{self.port}") as session,
            session.ws_connect("/api/websocket") as websocket,
        ):
            connection = Connection(websocket)
            await connection.log_in(token)
            reading = self.hass.loop.create_task(connection.read())
            try:
                yield connection
            finally:
                reading.cancel()


def _end_of(record: CallRecord) -> dict[str, str]:
    """Return what the provider tells of a call that was answered and has ended."""
    call = record.call
    assert call is not None
    assert call.created is not None
    created = call.created.replace(tzinfo=None).isoformat()
    return {
        "id": call.id,
        "direction": "outgoing",
        "from": record.from_number,
        "to": record.to_number,
        "created": created,
        "start": created,
        "state": "success",
        "duration": "12",
        "cost": "1200",
        "actions": '[{"play": "sound/beep", "result": "success"}]',
    }


def call_data(to: str = PHONE, **content: object) -> dict[str, Any]:
    """Return the fields of the action for a call, which beeps unless told otherwise."""
    return {"to": to, "timeout": _RING_SECONDS, **(content or _BEEP)}


@asynccontextmanager
async def running_home(
    folder: Path, provider: Provider, config: dict[str, Any]
) -> AsyncGenerator[Home]:
    """Run a home with the provider's account."""
    components = ("websocket_api", "webhook", *config)
    async with running_hass(folder, components, config) as hass:
        entry = config_entry("elks", provider.account)
        await hass.config_entries.async_add(entry)
        await hass.async_block_till_done()
        yield Home(hass, entry, provider)
