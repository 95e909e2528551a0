"""How the way to 46elks and back stands, for Home Assistant's system information."""

from collections.abc import Iterable

from yarl import URL

from homeassistant.components import system_health
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback

from .api import DEFAULT_URL
from .const import DOMAIN
from .runtime import ElksConfigEntry

_NONE = "none"


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Register what is shown."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, object]:
    """Return what is shown: of all accounts together, without their names and secrets."""
    entries: list[ElksConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        return {"api_reachable": _async_reachable(hass, [DEFAULT_URL])}
    addresses = [entry.runtime_data.address for entry in entries]
    callbacks = [entry.runtime_data.tracker.arrivals.last for entry in entries]
    return {
        "api_reachable": _async_reachable(
            hass, {entry.data[CONF_URL] for entry in entries}
        ),
        "reach": _together(address.reach for address in addresses),
        "callback_host": _together(_host(address.webhook_url) for address in addresses),
        "last_callback": max((time for time in callbacks if time), default=_NONE),
    }


async def _async_reachable(
    hass: HomeAssistant, urls: Iterable[str]
) -> str | dict[str, str]:
    """Return whether all APIs answer, whatever they answer without credentials."""
    for url in urls:
        reachable = await system_health.async_check_can_reach_url(hass, url)
        if reachable != "ok":
            return reachable
    return "ok"


def _host(url: str | None) -> str:
    """Return where a URL leads; its path is a secret."""
    return (url and URL(url).host_port_subcomponent) or _NONE


def _together(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))
