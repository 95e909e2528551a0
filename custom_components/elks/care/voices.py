"""Whether the home's voices speak."""

from homeassistant.core import HomeAssistant, callback

from ..const import LOGGER
from ..helpers.listeners import Stage
from ..runtime import ElksConfigEntry
from ..speech import VoiceChange
from . import issues


@callback
def async_watch_voices(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Show a repair while a voice fails, until the entry is unloaded; log each failure once."""
    logged: dict[str, str] = {}

    @callback
    def report(change: VoiceChange) -> None:
        if change.reason is None:
            logged.pop(change.engine, None)
            issues.async_recall_voice(hass, entry, change.engine)
            return
        # A chain asks again for each of its turns, and a dialogue for each of its sentences
        if logged.get(change.engine) != change.reason:
            logged[change.engine] = change.reason
            LOGGER.warning("%s did not speak: %s", change.engine, change.reason)
        issues.async_report_voice(hass, entry, change.engine, change.reason)

    listen = entry.runtime_data.listeners.async_listen
    entry.async_on_unload(listen(VoiceChange, Stage.FIGURES, report))
