"""The bare minimum that shows a call in Home Assistant: what a goal can be compared with."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from aiohttp import ClientSession
from aiohttp.web import Request

from homeassistant.components import webhook
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)

SENSOR = "sensor.minimum"
EVENT = "event.minimum"
WEBHOOK = "2" * 64
ACTION = "minimum.place_call"

_DETAILS = ("call_id", "direction", "from", "to", "created", "start", "duration")


class BareMinimum:
    """Sends a request or reads a form, and sets states without entities."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Show calls in a Home Assistant."""
        self._hass = hass
        self._number = count()

    def register_action(
        self, session: ClientSession, url: str, headers: Mapping[str, str]
    ) -> None:
        """Register an action that sends its data as a request, and sets two states."""

        async def place_call(call: ServiceCall) -> ServiceResponse:
            form = dict(call.data)
            async with session.post(url, data=form, headers=headers) as response:
                answer: dict[str, Any] = await response.json()
            self._show(SENSOR, "ongoing")
            self._show(EVENT, "placed")
            return answer

        domain, action = ACTION.split(".")
        self._hass.services.async_register(
            domain, action, place_call, supports_response=SupportsResponse.ONLY
        )

    def register_webhook(self) -> None:
        """Register a webhook that reads its form, and sets a state."""

        async def handle(_: HomeAssistant, __: str, request: Request) -> None:
            await request.post()
            self._show(SENSOR, "success")

        webhook.async_register(self._hass, "elks", "Minimum", WEBHOOK, handle)

    def _show(self, entity_id: str, state: str) -> None:
        """Set a state with as many attributes as a call has, different ones each time."""
        number = next(self._number)
        self._hass.states.async_set(entity_id, state, dict.fromkeys(_DETAILS, number))
