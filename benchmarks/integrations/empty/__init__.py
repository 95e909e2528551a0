"""An integration that does nothing, with the platforms of Elks."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

PLATFORMS = [Platform.EVENT, Platform.NOTIFY, Platform.SENSOR]


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Set up the platforms."""
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True
