"""Waiting by Home Assistant's clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later


async def async_sleep(hass: HomeAssistant, seconds: float) -> None:
    """Wait so many seconds."""
    waited = hass.loop.create_future()

    @callback
    def done(*_: object) -> None:
        # Whoever waits may have been stopped in this very moment
        if not waited.done():
            waited.set_result(None)

    cancel = async_call_later(hass, seconds, HassJob(done, cancel_on_shutdown=True))
    try:
        await waited
    finally:
        cancel()


@asynccontextmanager
async def async_at_most(hass: HomeAssistant, seconds: float) -> AsyncIterator[None]:
    """Wait for what is within no longer than so many seconds, then go on."""

    @callback
    def over(*_: object) -> None:
        limit.reschedule(hass.loop.time())

    with suppress(TimeoutError):
        async with asyncio.timeout(None) as limit:
            cancel = async_call_later(
                hass, seconds, HassJob(over, cancel_on_shutdown=True)
            )
            try:
                yield
            finally:
                cancel()
