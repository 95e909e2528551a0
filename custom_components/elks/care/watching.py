"""What follows from calls, chains and the account: sounds are let go, and the user is told what is wrong."""

from datetime import datetime, timedelta
import math

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..api import ElksError, FromNumberRefusedError, NoCreditError, RefusedError
from ..calls import CallEvent, CallPlan, CallRecord, price
from ..chains import Chain
from ..const import CONF_FROM_NUMBER
from ..helpers.unexpected import going_on
from ..runtime import ElksConfigEntry
from . import issues

_CHECK_INTERVAL = timedelta(hours=1)
_UNREPORTED_CALLS = 3
"""A single callback can be lost; as many in a row cannot."""


@callback
def async_watch(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Watch an account until the entry is unloaded."""
    _async_watch_callbacks(hass, entry)
    _async_watch_chains(hass, entry)
    _async_watch_balance(hass, entry)
    _async_watch_from_number(hass, entry)

    @callback
    def stop_waiting(_: Event) -> None:
        entry.runtime_data.chains.async_stop()
        entry.runtime_data.tracker.async_stop_waiting()

    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, stop_waiting))


async def async_keep_sounds(entry: ElksConfigEntry) -> None:
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
    # Calls without a sound need no disk, and those with one fail by themselves
    with going_on("cleaning the recordings"):
        await data.audio.async_clean(kept | needed())


@callback
def _async_watch_chains(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Tell the user when a chain ended without having called everybody."""

    @callback
    def report(chain: Chain) -> None:
        if chain.end is not None:
            issues.async_report_chain(hass, entry, chain.end)

    entry.async_on_unload(entry.runtime_data.chains.async_listen(report))


@callback
def _async_watch_callbacks(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Tell the user when callbacks do not arrive, and when they do again."""
    tracker = entry.runtime_data.tracker
    reported: bool | None = None

    @callback
    def report(*_: object) -> None:
        nonlocal reported
        # As long as nothing has arrived, nothing is known
        lost = tracker.unreported >= _UNREPORTED_CALLS
        if (lost or tracker.last_callback) and lost is not reported:
            reported = lost
            issues.async_report_callbacks(hass, entry, arrive=not lost)

    entry.async_on_unload(tracker.async_listen(report))


@callback
def _async_watch_balance(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Tell the user when the money runs out: below their own alert, or a call's price."""
    data = entry.runtime_data
    dearest = max(map(price, data.tracker.ended), default=0.0)
    too_little = -math.inf
    """The balance with which 46elks refused a call for lack of money."""

    def balance() -> float:
        # A trial account need not tell it
        known = data.account.balance
        return math.inf if known is None else known

    @callback
    def report() -> None:
        if (account := data.account.account) is None:
            return
        enough = max(account.credit_alert or 0.0, dearest)
        low = balance() <= max(too_little, 0) or balance() < enough
        issues.async_report_balance(hass, entry, data.account.balance or 0.0, low=low)

    @callback
    def call_changed(record: CallRecord, happened: list[CallEvent]) -> None:
        nonlocal dearest, too_little
        dearest = max(dearest, price(record))
        if CallEvent.PLACED in happened:
            too_little = -math.inf

    @callback
    def refused(_: CallPlan, err: RefusedError) -> None:
        nonlocal too_little
        if isinstance(err, NoCreditError):
            too_little = balance()

    entry.async_on_unload(data.account.async_listen(report))
    entry.async_on_unload(data.tracker.async_listen(call_changed))
    entry.async_on_unload(data.tracker.async_listen_refusals(refused))


@callback
def _async_watch_from_number(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Tell the user when calls are refused, because the number is no longer the account's."""
    account = entry.runtime_data.account
    checked: dict[str, datetime] = {}

    def own() -> str:
        number: str = entry.options[CONF_FROM_NUMBER]
        return number

    async def check(number: str) -> None:
        try:
            numbers = await account.async_numbers()
        except ElksError:
            return
        if number == own():
            ours = number in numbers
            issues.async_report_from_number(hass, entry, number, ours=ours)

    @callback
    def call_changed(record: CallRecord, happened: list[CallEvent]) -> None:
        if CallEvent.PLACED in happened and record.from_number == own():
            issues.async_report_from_number(hass, entry, own(), ours=True)

    @callback
    def refused(plan: CallPlan, err: RefusedError) -> None:
        about_us = isinstance(err, FromNumberRefusedError)
        if not about_us or plan.request.from_number != own() or account.account is None:
            return
        number, now = own(), dt_util.utcnow()
        if number not in checked or now - checked[number] > _CHECK_INTERVAL:
            checked[number] = now
            entry.async_create_background_task(hass, check(number), "elks numbers")

    issues.async_recall_from_number(hass, entry, now=own())
    tracker = entry.runtime_data.tracker
    entry.async_on_unload(tracker.async_listen(call_changed))
    entry.async_on_unload(tracker.async_listen_refusals(refused))
