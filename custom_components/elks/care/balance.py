"""Whether the money lasts for more calls."""

import math

from homeassistant.core import HomeAssistant, callback

from ..api import NoCreditError
from ..calls import CallChange, CallEvent, CallRefusal, price
from ..helpers.listeners import Stage
from ..runtime import ElksConfigEntry
from . import issues


@callback
def async_watch_balance(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Show a repair while less is left than the user's own alert, or than a call costs."""
    data = entry.runtime_data
    dearest = max(map(price, data.book.ended()), default=0.0)
    too_little = -math.inf
    """The balance with which 46elks refused a call for lack of money."""

    def balance() -> float:
        # A trial account need not report it
        known = data.account.balance
        return math.inf if known is None else known

    @callback
    def report() -> None:
        if (account := data.account.data) is None:
            return
        enough = max(account.credit_alert or 0.0, dearest)
        low = balance() <= max(too_little, 0) or balance() < enough
        issues.async_report_balance(hass, entry, data.account.balance or 0.0, low=low)

    @callback
    def note_price(change: CallChange) -> None:
        nonlocal dearest, too_little
        dearest = max(dearest, price(change.record))
        if CallEvent.PLACED in change.moments:
            too_little = -math.inf

    @callback
    def note_refusal(refusal: CallRefusal) -> None:
        nonlocal too_little
        if isinstance(refusal.error, NoCreditError):
            too_little = balance()

    listen = data.listeners.async_listen
    entry.async_on_unload(data.account.async_add_listener(report))
    entry.async_on_unload(listen(CallChange, Stage.FIGURES, note_price))
    entry.async_on_unload(listen(CallRefusal, Stage.FIGURES, note_refusal))
