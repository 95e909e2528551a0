"""Whether 46elks reaches this home, and whether its callbacks arrive."""

from homeassistant.core import HomeAssistant, callback

from ..address import Reach
from ..calls import ArrivalChange
from ..helpers.listeners import Stage
from ..runtime import ElksConfigEntry
from . import issues

_MISSING_CALLBACKS = 3
"""A single callback can be lost; as many in a row cannot."""


@callback
def async_watch_callbacks(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Show repairs while nothing reaches the home, until the entry is unloaded."""

    @callback
    def report_reach(reach: Reach) -> None:
        issues.async_report_reach(hass, entry, reachable=reach is not Reach.NONE)

    @callback
    def report(change: ArrivalChange) -> None:
        # Below that, a callback may have been lost on the way
        if not 0 < change.missing < _MISSING_CALLBACKS:
            issues.async_report_callbacks(hass, entry, arrive=change.missing == 0)

    data = entry.runtime_data
    entry.async_on_unload(data.address.async_listen(report_reach))
    entry.async_on_unload(
        data.listeners.async_listen(ArrivalChange, Stage.FIGURES, report)
    )
