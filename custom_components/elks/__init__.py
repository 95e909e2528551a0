"""Phone people from Home Assistant through 46elks."""

from homeassistant.const import (
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    EVENT_HOMEASSISTANT_STOP,
    Platform,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.typing import ConfigType

from . import repairs, webhook
from .account import AccountWatch
from .address import Address, async_remove_cloudhook
from .api import ElksClient
from .audio import AudioStore, AudioView, async_remove_audio
from .calls import CallEvent, CallRecord, CallStore, CallTracker
from .const import CONF_FROM_NUMBER, DOMAIN
from .data import ElksConfigEntry, ElksData
from .phone_numbers import load_regions
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
# Whoever acts on an event finds the sensors as they are by then
PLATFORMS = [Platform.SENSOR, Platform.EVENT]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, which are there whether an account is loaded or not."""
    async_setup_services(hass)
    hass.http.register_view(AudioView(hass))
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Set up an account from what is stored; 46elks need not answer for it."""
    client = ElksClient(
        async_get_clientsession(hass),
        entry.data[CONF_USERNAME],
        entry.data[CONF_PASSWORD],
        entry.data[CONF_URL],
    )
    entry.runtime_data = ElksData(
        account=AccountWatch(hass, entry, client),
        address=Address(hass, entry),
        audio=AudioStore(hass, entry),
        tracker=CallTracker(hass, entry, client),
    )
    webhook.async_register(hass, entry)
    await entry.runtime_data.tracker.async_load()
    await _async_keep_sounds(entry)
    entry.runtime_data.account.async_start()
    entry.runtime_data.address.async_start()
    for platform in PLATFORMS:
        # In turn, as they are told in the order in which they listen
        await hass.config_entries.async_forward_entry_setups(entry, [platform])
    _async_watch_callbacks(hass, entry)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    entry.async_create_background_task(
        hass, _async_load_regions(hass, entry), "elks regions"
    )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Unload an account; its calls in progress are kept on disk."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.tracker.async_unload()
    entry.runtime_data.audio.async_unload()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Forget the calls of an account that is removed, and what was told of it."""
    await CallStore(hass, entry.entry_id).async_remove()
    await async_remove_audio(hass, entry.entry_id)
    await async_remove_cloudhook(hass, entry)
    repairs.async_remove_issues(hass, entry)


async def _async_load_regions(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Load ahead what reading numbers needs, which takes as long as all the rest."""
    await hass.async_add_executor_job(
        load_regions, hass.config.country, entry.options[CONF_FROM_NUMBER]
    )


async def _async_keep_sounds(entry: ElksConfigEntry) -> None:
    """Keep the sounds of calls as long as they have not ended."""
    audio, tracker = entry.runtime_data.audio, entry.runtime_data.tracker

    @callback
    def release(record: CallRecord, _: list[CallEvent]) -> None:
        if record.script and (record.ended or record.given_up):
            audio.async_release(record.script.sounds)

    entry.async_on_unload(tracker.async_listen(release))
    scripts = [record.script for record in tracker.open if record.script]
    await audio.async_clean({name for script in scripts for name in script.sounds})


@callback
def _async_watch_callbacks(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Tell the user when callbacks do not arrive, and when they do again."""
    tracker = entry.runtime_data.tracker

    @callback
    def report(*_: object) -> None:
        repairs.async_report_callbacks(hass, entry, unreported=tracker.unreported)

    entry.async_on_unload(tracker.async_listen(report))

    @callback
    def stop_waiting(_: Event) -> None:
        tracker.async_stop_waiting()

    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, stop_waiting))


async def _async_reload(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Load an account anew after a change of its settings."""
    await hass.config_entries.async_reload(entry.entry_id)
