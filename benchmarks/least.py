"""The least that shows a call in Home Assistant, as its own code offers it: what a goal leaves room for."""

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

SENSOR = "sensor.least"
EVENT = "event.least"
WEBHOOK = "2" * 64
ACTION = "least.place_call"

_DETAILS = ("call_id", "direction", "from", "to", "created", "start", "duration")


class Least:
    """Sends a request and writes the states of a call, and reads a form and writes one."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Show calls in a home."""
        self._hass = hass
        self._number = count()

    def register_action(
        self, session: ClientSession, url: str, headers: Mapping[str, str]
    ) -> None:
        """Have an action that makes the request it is given, and shows that in two states."""

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
        """Have a webhook that reads the form it is given, and shows that in a state."""

        async def handle(_: HomeAssistant, __: str, request: Request) -> None:
            await request.post()
            self._show(SENSOR, "success")

        webhook.async_register(self._hass, "elks", "Least", WEBHOOK, handle)

    def _show(self, entity_id: str, state: str) -> None:
        """Write a state with as many attributes as a call has, which are others each time."""
        number = next(self._number)
        self._hass.states.async_set(entity_id, state, dict.fromkeys(_DETAILS, number))
