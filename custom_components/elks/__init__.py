"""Calls from Home Assistant through 46elks: the life of an account."""

from functools import partial

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from . import webhook
from .address import async_address, async_remove_address, async_remove_cloudhook
from .calls import CallStore, CallTracker
from .care import issues
from .care.balance import async_watch_balance
from .care.callbacks import async_watch_callbacks
from .care.chains import async_watch_chains
from .care.credentials import async_watch_credentials
from .care.from_number import async_watch_from_number
from .care.lines import async_give_back_all, async_watch_lines
from .care.recordings import async_keep_recordings, prompts_needed
from .care.voices import async_watch_voices
from .chains import Chains, ChainStore
from .client import make_client
from .const import CONF_FROM_NUMBER, DOMAIN
from .coordinator import AccountCoordinator
from .dashboard import async_register_dashboard
from .entity import async_name_devices
from .helpers.listeners import Listeners
from .lines import Lines, LineStore
from .people.numbers import NumberReader, load_regions
from .planning.chain import async_plan_turn
from .responses.bus import async_fire_events
from .runtime import ElksConfigEntry, ElksData
from .services import async_setup_services
from .speech import Recordings, RecordingView, async_remove_recordings

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [
    Platform.SENSOR,
    Platform.EVENT,
    Platform.NOTIFY,
    Platform.BUTTON,
    Platform.SWITCH,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions and the dashboard, which are there whether an account is loaded or not."""
    async_setup_services(hass)
    webhook.async_register_all(hass)
    hass.http.register_view(RecordingView(hass))
    await async_register_dashboard(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Set up an account from what is stored; 46elks need not answer for it."""
    client = make_client(hass, entry.data)
    listeners = Listeners(hass)
    tracker = CallTracker(hass, entry, client, listeners)
    planner = partial(async_plan_turn, entry)
    chains = Chains(hass, entry, tracker, planner, listeners)
    needed = partial(prompts_needed, entry)
    recordings = Recordings(hass, entry, listeners, needed)
    entry.runtime_data = ElksData(
        account=AccountCoordinator(hass, entry, client, tracker, listeners),
        address=async_address(hass, entry),
        recordings=recordings,
        chains=chains,
        lines=Lines(hass, entry, client, tracker, recordings, listeners),
        listeners=listeners,
        numbers=NumberReader(hass),
        tracker=tracker,
    )
    webhook.async_register(hass, entry)
    await _async_load(hass, entry)
    _async_go_on(entry.runtime_data)
    entry.async_on_unload(entry.add_update_listener(_async_changed))
    entry.async_create_background_task(
        hass, _async_load_regions(hass, entry), "elks regions"
    )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Unload an account; its calls in progress are kept on disk.

    What takes its time comes first: a notification finds no entity while there is none.
    """
    data = entry.runtime_data
    data.chains.async_stop()
    await data.tracker.placing.async_quiet()
    data.loaded.clear()
    await data.chains.async_unload()
    await data.lines.async_unload()
    await data.tracker.async_unload()
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    data.recordings.async_unload()
    if entry.disabled_by:
        webhook.async_unregister(hass, entry)
        issues.async_remove_issues(hass, entry)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Forget the calls of an account that is removed, its address, and its repairs.

    The numbers of its lines are given back.
    """
    webhook.async_unregister(hass, entry)
    await CallStore(hass, entry.entry_id).async_remove()
    await ChainStore(hass, entry.entry_id).async_remove()
    await LineStore(hass, entry.entry_id).async_remove()
    await async_give_back_all(hass, entry)
    await async_remove_recordings(hass, entry.entry_id)
    await async_remove_cloudhook(hass, entry)
    await async_remove_address(hass, entry)
    issues.async_remove_issues(hass, entry)


async def _async_load(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Take up the address, the calls and the chains of before a restart."""
    data = entry.runtime_data
    await data.address.async_load()
    await data.chains.async_load()
    await data.tracker.async_load()
    await data.lines.async_load()
    async_watch_balance(hass, entry)
    async_watch_callbacks(hass, entry)
    async_watch_chains(hass, entry)
    async_watch_credentials(hass, entry)
    async_watch_from_number(hass, entry)
    async_watch_lines(hass, entry)
    async_watch_voices(hass, entry)
    data.account.async_start()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await async_keep_recordings(hass, entry)
    await data.lines.async_start()
    async_fire_events(hass, entry)
    data.address.async_start()

    @callback
    def stop_waiting(_: Event) -> None:
        data.chains.async_stop()
        data.lines.steps.async_stop()
        data.tracker.ends.async_stop()

    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, stop_waiting))


@callback
def _async_go_on(data: ElksData) -> None:
    """Go on with calls and chains, now that all listen who are to know what becomes of them."""
    data.tracker.lookout.async_start()
    data.chains.async_resume()
    data.loaded.set()


async def _async_load_regions(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Load ahead what reading numbers needs, which takes as long as all the rest."""
    await hass.async_add_executor_job(
        load_regions, hass.config.country, entry.options[CONF_FROM_NUMBER]
    )


async def _async_changed(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Follow a change of the settings: what calls need of them is read for each call."""
    async_name_devices(hass, entry)
    issues.async_recall_from_number(hass, entry, now=entry.options[CONF_FROM_NUMBER])
    await entry.runtime_data.recordings.async_apply_options()
    await entry.runtime_data.lines.prompts.async_refresh()
