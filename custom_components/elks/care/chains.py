"""A chain that ended without having called everybody."""

from homeassistant.core import HomeAssistant, callback

from ..chains import ChainChange
from ..helpers.listeners import Stage
from ..runtime import ElksConfigEntry
from . import issues


@callback
def async_watch_chains(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Show a repair for each such chain, until the entry is unloaded."""

    @callback
    def report(change: ChainChange) -> None:
        if change.chain.end is not None:
            issues.async_report_chain(hass, entry, change.chain.end)

    listeners = entry.runtime_data.listeners
    entry.async_on_unload(listeners.async_listen(ChainChange, Stage.FIGURES, report))
