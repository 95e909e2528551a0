"""Home Assistant Cloud, as far as this integration can see."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from homeassistant import components
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_send

HOOK = "https://hooks.nabu.casa/a-cloudhook"


class CloudNotAvailableError(HomeAssistantError):
    """What the cloud raises when it is not there."""


@dataclass
class Cloud:
    """Home Assistant Cloud, as far as this integration can see."""

    subscribed: bool = True
    connected: bool = True
    remote: str | None = None
    error: Exception | None = None
    delay: asyncio.Event | None = None
    hooks: set[str] = field(default_factory=set)
    listeners: list[Callable[[object], Awaitable[None]]] = field(default_factory=list)

    async def async_get_or_create_cloudhook(
        self, hass: HomeAssistant, webhook_id: str
    ) -> str:
        """Give a cloudhook."""
        if self.delay:
            await self.delay.wait()
        if self.error:
            raise self.error
        self.hooks.add(webhook_id)
        return HOOK

    async def async_delete_cloudhook(
        self, hass: HomeAssistant, webhook_id: str
    ) -> None:
        """Take a cloudhook back."""
        if self.error:
            raise self.error
        self.hooks.remove(webhook_id)

    def async_remote_ui_url(self, hass: HomeAssistant) -> str:
        """Return the address of the remote access."""
        if self.remote is None:
            raise CloudNotAvailableError
        return self.remote

    def async_listen_connection_change(
        self, hass: HomeAssistant, target: Callable[[object], Awaitable[None]]
    ) -> Callable[[], None]:
        """Tell of changes of the connection."""
        self.listeners.append(target)
        return lambda: self.listeners.remove(target)

    async def change(self) -> None:
        """Tell that the connection has changed."""
        for listener in list(self.listeners):
            await listener(None)

    async def turn_remote_access(self, hass: HomeAssistant, url: str | None) -> None:
        """Turn the remote access on or off, and tell."""
        # Its package is a stand-in until it is set up
        from homeassistant.components.cloud.const import DISPATCHER_REMOTE_UPDATE

        self.remote = url
        async_dispatcher_send(hass, DISPATCHER_REMOTE_UPDATE, None)
        await hass.async_block_till_done()

    def module(self) -> ModuleType:
        """Return what stands for homeassistant.components.cloud."""
        module: Any = ModuleType("homeassistant.components.cloud")
        # Its constants are the true ones
        module.__path__ = [str(Path(components.__path__[0], "cloud"))]
        module.CloudNotAvailable = CloudNotAvailableError
        module.async_active_subscription = lambda _: self.subscribed
        module.async_is_connected = lambda _: self.connected
        module.async_get_or_create_cloudhook = self.async_get_or_create_cloudhook
        module.async_delete_cloudhook = self.async_delete_cloudhook
        module.async_remote_ui_url = self.async_remote_ui_url
        module.async_listen_connection_change = self.async_listen_connection_change
        fake: ModuleType = module
        return fake
