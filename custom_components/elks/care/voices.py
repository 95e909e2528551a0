"""Whether the home's voices speak."""

from homeassistant.core import HomeAssistant, callback

from ..const import LOGGER
from ..helpers.listeners import Stage
from ..runtime import ElksConfigEntry
from ..speech import VoiceChange
from . import issues


@callback
def async_watch_voices(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Show a repair while a voice fails, until the entry is unloaded."""

    @callback
    def report(change: VoiceChange) -> None:
        if change.reason is None:
            issues.async_recall_voice(hass, entry, change.engine)
            return
        LOGGER.warning("%s did not speak: %s", change.engine, change.reason)
        issues.async_report_voice(hass, entry, change.engine, change.reason)

    listen = entry.runtime_data.listeners.async_listen
    entry.async_on_unload(listen(VoiceChange, Stage.FIGURES, report))
