"""Phone people from Home Assistant through 46elks."""

from functools import partial

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from . import repairs, webhook
from .account import AccountWatch
from .address import Address, async_remove_cloudhook
from .audio import AudioStore, AudioView, async_remove_audio
from .bus import async_tell_bus
from .calls import (
    CallEvent,
    CallRecord,
    CallStore,
    CallTracker,
    Chain,
    Chains,
    ChainStore,
)
from .chain_planning import async_plan_turn
from .client import make_client
from .const import CONF_FROM_NUMBER, DOMAIN
from .data import ElksConfigEntry, ElksData
from .phone_numbers import load_regions
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.EVENT, Platform.NOTIFY, Platform.SENSOR]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, which are there whether an account is loaded or not."""
    async_setup_services(hass)
    hass.http.register_view(AudioView(hass))
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Set up an account from what is stored; 46elks need not answer for it."""
    client = make_client(hass, entry.data)
    tracker = CallTracker(hass, entry, client)
    entry.runtime_data = ElksData(
        account=AccountWatch(hass, entry, client),
        address=Address(hass, entry),
        audio=AudioStore(hass, entry),
        chains=Chains(hass, entry, tracker, partial(async_plan_turn, entry)),
        tracker=tracker,
    )
    webhook.async_register(hass, entry)
    await _async_load(hass, entry)
    await hass.async_add_executor_job(
        load_regions, hass.config.country, entry.options[CONF_FROM_NUMBER]
    )
    entry.runtime_data.account.async_start()
    entry.runtime_data.address.async_start()
    _async_watch_callbacks(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Unload an account; its calls in progress are kept on disk."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.chains.async_unload()
    await entry.runtime_data.tracker.async_unload()
    entry.runtime_data.audio.async_unload()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Forget the calls of an account that is removed, and what was told of it."""
    await CallStore(hass, entry.entry_id).async_remove()
    await ChainStore(hass, entry.entry_id).async_remove()
    await async_remove_audio(hass, entry.entry_id)
    await async_remove_cloudhook(hass, entry)
    repairs.async_remove_issues(hass, entry)


async def _async_load(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Take up the calls and chains of before a restart."""
    data = entry.runtime_data
    await data.chains.async_load()
    await data.tracker.async_load()
    await _async_keep_sounds(entry)
    async_tell_bus(hass, entry)
    _async_watch_chains(hass, entry)
    data.chains.async_resume()
    data.loaded.set()


async def _async_keep_sounds(entry: ElksConfigEntry) -> None:
    """Keep the sounds of calls and chains as long as they have not ended."""
    data = entry.runtime_data

    def needed() -> set[str]:
        return {name for chain in data.chains.running for name in chain.sounds}

    @callback
    def release(record: CallRecord, _: list[CallEvent]) -> None:
        if record.script and (record.ended or record.given_up):
            data.audio.async_release(set(record.script.sounds) - needed())

    @callback
    def release_chain(chain: Chain) -> None:
        if chain.end is not None:
            data.audio.async_release(chain.sounds - needed())

    entry.async_on_unload(data.tracker.async_listen(release))
    entry.async_on_unload(data.chains.async_listen(release_chain))
    scripts = [record.script for record in data.tracker.open if record.script]
    kept = {name for script in scripts for name in script.sounds}
    await data.audio.async_clean(kept | needed())


@callback
def _async_watch_chains(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Tell the user when a chain ended without reaching everybody."""

    @callback
    def report(chain: Chain) -> None:
        if chain.end is not None:
            repairs.async_report_chain(hass, entry, chain.end)

    entry.async_on_unload(entry.runtime_data.chains.async_listen(report))


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
        entry.runtime_data.chains.async_stop()
        tracker.async_stop_waiting()

    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, stop_waiting))


async def _async_reload(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Load an account anew after a change of its settings."""
    await hass.config_entries.async_reload(entry.entry_id)
