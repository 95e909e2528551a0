"""How calls and chains ended, as people read it in the logbook."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.components.logbook.models import LazyEventPartialState
from homeassistant.core import HomeAssistant, callback

from .api import CallState
from .const import DOMAIN
from .responses.bus import EVENT_CALL_ENDED, EVENT_CHAIN_ENDED
from .words import async_home_words

type _Entry = dict[str, Any]

_ICON_ANSWERED = "mdi:phone-check"
_ICON_CHAIN = "mdi:phone-sync"
_ICONS_UNANSWERED = {
    CallState.SUCCESS: "mdi:phone",
    CallState.BUSY: "mdi:phone-cancel",
    CallState.FAILED: "mdi:phone-missed",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[
        [str, str, Callable[[LazyEventPartialState], _Entry]], None
    ],
) -> None:
    """Describe our events in the language of the home."""

    @callback
    def call_ended(event: LazyEventPartialState) -> _Entry:
        data = event.data
        return {
            LOGBOOK_ENTRY_NAME: data["contact"] or data["to"],
            LOGBOOK_ENTRY_MESSAGE: _call(async_home_words(hass), data),
            LOGBOOK_ENTRY_ICON: _call_icon(data),
        }

    @callback
    def chain_ended(event: LazyEventPartialState) -> _Entry:
        data, words = event.data, async_home_words(hass)
        text = words[f"logbook_chain_{data['reason']}"]
        return {
            LOGBOOK_ENTRY_NAME: words["logbook_chain"],
            LOGBOOK_ENTRY_MESSAGE: text.format(by=data["by"], calls=len(data["calls"])),
            LOGBOOK_ENTRY_ICON: _ICON_CHAIN,
        }

    async_describe_event(DOMAIN, EVENT_CALL_ENDED, call_ended)
    async_describe_event(DOMAIN, EVENT_CHAIN_ENDED, chain_ended)


def _call(words: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """Return how a call went."""
    if not data["answered"]:
        return words[f"logbook_{data['state']}"]
    if data["start"] and data["created"]:
        rang = datetime.fromisoformat(data["start"]) - datetime.fromisoformat(
            data["created"]
        )
        text = words["logbook_answered_after"].format(
            seconds=round(rang.total_seconds())
        )
    else:
        text = words["logbook_answered"]
    if data["digits"]:
        return words["logbook_pressed"].format(call=text, keys=data["digits"])
    return text


def _call_icon(data: Mapping[str, Any]) -> str:
    """Return the icon for how a call went."""
    if data["answered"]:
        return _ICON_ANSWERED
    return _ICONS_UNANSWERED[CallState(data["state"])]
