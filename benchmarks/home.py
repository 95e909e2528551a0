"""A home with an account at the provider, in this process."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custom_components.elks.calls import CallRecord
from custom_components.elks.runtime import ElksConfigEntry
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from scripts.connection import Connection, connected

from .provider import BenchedProvider
from .running import config_entry, running_hass

LAST_CALL = "sensor.demo_home_last_call"
PHONE = "+46701234567"
SPEAKS: dict[str, Any] = {"tts": [{"platform": "slow_voice"}]}
"""The configuration of a home with a voice."""
_LONGEST_SPEECH = 60
"""Seconds."""
_WRITTEN_AFTER = 0.12
"""Seconds until a change has been stored, even when others were stored just before."""
_BEEP = {"voice_start": {"play": "sound/beep"}}
_RING_SECONDS = 300


@dataclass(frozen=True)
class OpenCall:
    """A call in progress, and what its callbacks need."""

    call_id: str
    path: str
    """Where they go, with the call's secret."""
    end: dict[str, str]
    """The form of the callback at its end."""


@dataclass(frozen=True)
class BenchedHome:
    """A home with an account at the provider."""

    hass: HomeAssistant
    entry: ElksConfigEntry
    provider: BenchedProvider

    @property
    def port(self) -> int:
        """The port of the web server."""
        assert self.hass.config.api is not None
        return self.hass.config.api.port

    async def place_call(self, to: str = PHONE, **content: Any) -> dict[str, Any]:
        """Place a call with the action; it rings until it is ended."""
        response = await self.hass.services.async_call(
            *("elks", "place_call", call_data(to, **content)),
            blocking=True,
            return_response=True,
        )
        assert response is not None
        return response

    async def written(self) -> None:
        """Wait until everything is stored, so that it does not disturb what is timed next."""
        await asyncio.sleep(_WRITTEN_AFTER)

    async def settled(self) -> None:
        """Wait until everything is spoken that was to be."""
        async with asyncio.timeout(_LONGEST_SPEECH):
            await self.hass.async_block_till_done(wait_background_tasks=True)

    def open_calls(self) -> list[OpenCall]:
        """Return the calls in progress, oldest first."""
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

    def attribute(self, entity_id: str, name: str) -> object:
        """Return an attribute of an entity."""
        state = self.hass.states.get(entity_id)
        assert state is not None
        return state.attributes[name]

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Connection]:
        """Open a connection to the WebSocket API."""
        user = await self.hass.auth.async_create_system_user(
            "Benchmarks", group_ids=[GROUP_ID_ADMIN]
        )
        refresh_token = await self.hass.auth.async_create_refresh_token(user)
        token = self.hass.auth.async_create_access_token(refresh_token)
        async with connected(f"http://127.0.0.1:{self.port}", token) as connection:
            yield connection


def _end_of(record: CallRecord) -> dict[str, str]:
    """Return the form for the end of a call that was answered."""
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
    """Return the action's fields for a call, which by default beeps."""
    return {"to": to, "timeout": _RING_SECONDS, **(content or _BEEP)}


@asynccontextmanager
async def running_home(
    folder: Path,
    provider: BenchedProvider,
    config: dict[str, Any],
    contacts: Iterable[ConfigSubentryData] = (),
) -> AsyncGenerator[BenchedHome]:
    """Run a home with the provider's account."""
    components = ("websocket_api", "webhook", *config)
    async with running_hass(folder, components, config) as hass:
        entry = config_entry("elks", provider.account, contacts)
        await hass.config_entries.async_add(entry)
        await hass.async_block_till_done()
        yield BenchedHome(hass, entry, provider)
