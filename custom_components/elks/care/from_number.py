"""Whether the number that calls come from is still the account's."""

from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..api import ElksError, FromNumberRefusedError
from ..calls import CallChange, CallEvent, CallRefusal
from ..const import CONF_FROM_NUMBER
from ..helpers.listeners import Stage
from ..runtime import ElksConfigEntry
from . import issues

_CHECK_INTERVAL = timedelta(hours=1)


@callback
def async_watch_from_number(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Show a repair when calls are refused because the number is no longer the account's."""
    data = entry.runtime_data
    checked: dict[str, datetime] = {}

    def own() -> str:
        number: str = entry.options[CONF_FROM_NUMBER]
        return number

    async def check(number: str) -> None:
        try:
            numbers = await data.account.async_numbers()
        except ElksError:
            return
        if number == own():
            ours = number in numbers
            issues.async_report_from_number(hass, entry, number, ours=ours)

    @callback
    def withdraw(change: CallChange) -> None:
        if CallEvent.PLACED in change.moments and change.record.from_number == own():
            issues.async_report_from_number(hass, entry, own(), ours=True)

    @callback
    def check_refusal(refusal: CallRefusal) -> None:
        about_us = isinstance(refusal.error, FromNumberRefusedError)
        number, now = own(), dt_util.utcnow()
        is_own = refusal.plan.request.from_number == number
        if not about_us or not is_own or data.account.data is None:
            return
        if number not in checked or now - checked[number] > _CHECK_INTERVAL:
            checked[number] = now
            entry.async_create_background_task(hass, check(number), "elks numbers")

    issues.async_recall_from_number(hass, entry, now=own())
    listen = data.listeners.async_listen
    entry.async_on_unload(listen(CallChange, Stage.FIGURES, withdraw))
    entry.async_on_unload(listen(CallRefusal, Stage.FIGURES, check_refusal))
