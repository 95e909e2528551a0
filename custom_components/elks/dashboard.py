"""The dashboard of dashboard.js, which the frontend loads and lists under "Add dashboard"."""

from pathlib import Path
from typing import Final

from homeassistant.components import frontend

# Where else it is depends on the version of Home Assistant
from homeassistant.components.http import StaticPathConfig  # type: ignore[attr-defined]
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_loaded_integration

from .const import DOMAIN

_MODULE: Final = Path(__file__).with_suffix(".js")


async def async_register_dashboard(hass: HomeAssistant) -> None:
    """Have the frontend load the dashboard, in a home that has a frontend.

    It stays until Home Assistant stops, like the actions: without an account it is empty.
    """
    if frontend.DATA_EXTRA_MODULE_URL not in hass.data:
        return
    # Browsers keep it for a month, so each version has its own address
    version = async_get_loaded_integration(hass, DOMAIN).version
    url = f"/{DOMAIN}/{version}/{_MODULE.name}"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(url, str(_MODULE), cache_headers=True)]
    )
    frontend.add_extra_js_url(hass, url)
