"""Whether 46elks takes the credentials again that it refused before."""

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant, callback

from ..calls import CallChange, CallEvent
from ..const import DOMAIN
from ..helpers.listeners import Stage
from ..runtime import ElksConfigEntry


@callback
def async_watch_credentials(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Ask for new credentials no more as soon as those in use work, until the entry is unloaded.

    They do when a call was placed, or the account was read: 46elks had refused them by mistake.
    """
    data = entry.runtime_data
    known = data.account.data

    @callback
    def ask_no_more() -> None:
        flows = hass.config_entries.flow
        asking = {"entry_id": entry.entry_id, "source": SOURCE_REAUTH}
        for flow in flows.async_progress_by_handler(DOMAIN, match_context=asking):
            flows.async_abort(flow["flow_id"])

    @callback
    def account_changed() -> None:
        nonlocal known
        # Calls change its figures as well; each answer is an account of its own
        if data.account.data is not known:
            known = data.account.data
            ask_no_more()

    @callback
    def call_changed(change: CallChange) -> None:
        if CallEvent.PLACED in change.moments:
            ask_no_more()

    listen = data.listeners.async_listen
    entry.async_on_unload(data.account.async_add_listener(account_changed))
    entry.async_on_unload(listen(CallChange, Stage.FIGURES, call_changed))
