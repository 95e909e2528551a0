"""Waiting by Home Assistant's clock."""

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
