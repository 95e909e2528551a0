"""Phone people from Home Assistant through 46elks."""

from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.typing import ConfigType

from . import webhook
from .account import AccountWatch
from .api import ElksClient
from .calls import CallStore, CallTracker
from .const import CONF_FROM_NUMBER, DOMAIN
from .data import ElksConfigEntry, ElksData
from .phone_numbers import load_regions
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.SENSOR]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, which are there whether an account is loaded or not."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Set up an account from what is stored; 46elks need not answer for it."""
    client = ElksClient(
        async_get_clientsession(hass),
        entry.data[CONF_USERNAME],
        entry.data[CONF_PASSWORD],
        entry.data[CONF_URL],
    )
    tracker = CallTracker(client, CallStore(hass, entry.entry_id))
    await tracker.async_load()
    account = AccountWatch(hass, entry, client)
    entry.runtime_data = ElksData(account=account, tracker=tracker)
    webhook.async_register(hass, entry)
    await hass.async_add_executor_job(
        load_regions, hass.config.country, entry.options[CONF_FROM_NUMBER]
    )
    account.async_start()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Unload an account; its calls in progress are kept on disk."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.tracker.async_unload()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Forget the calls of an account that is removed."""
    await CallStore(hass, entry.entry_id).async_remove()


async def _async_reload(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Load an account anew after a change of its settings."""
    await hass.config_entries.async_reload(entry.entry_id)
