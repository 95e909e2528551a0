"""How calls and chains ended, each as one line of Activity: Home Assistant's logbook."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.components.logbook.models import (
    TIME_FIRED_TS_POS,
    LazyEventPartialState,
)
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback

from .api import INCOMING, CallState
from .chains import ChainEnd, ChainState
from .const import DOMAIN
from .responses.bus import EVENT_CALL_ENDED, EVENT_CHAIN_ENDED
from .words import async_home_words

type _Entry = dict[str, Any]

_NO_BREAK: Final = "\u00a0"

# The icons of the sensors, in a file that is not read here
CALL_ICONS: Final = {
    CallState.SUCCESS: "mdi:phone-check",
    CallState.BUSY: "mdi:phone-cancel",
    CallState.FAILED: "mdi:phone-missed",
}
INCOMING_ICON: Final = "mdi:phone-incoming"
CHAIN_ICONS: Final = {
    ChainState.ACKNOWLEDGED: "mdi:phone-check",
    ChainState.UNANSWERED: "mdi:phone-missed",
    ChainState.CANCELLED: "mdi:phone-off",
    ChainState.EXPIRED: "mdi:phone-alert",
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
        data, words = event.data, async_home_words(hass)
        is_incoming = data["direction"] == INCOMING
        return {
            LOGBOOK_ENTRY_NAME: _line(data) if is_incoming else _other(words, data),
            LOGBOOK_ENTRY_MESSAGE: _call(words, data),
            LOGBOOK_ENTRY_ICON: _icon(data),
            LOGBOOK_ENTRY_ENTITY_ID: data.get(ATTR_ENTITY_ID),
        }

    @callback
    def chain_ended(event: LazyEventPartialState) -> _Entry:
        data, words = event.data, async_home_words(hass)
        details = ", ".join(_chain_details(words, data, event.row[TIME_FIRED_TS_POS]))
        text = words[f"logbook_chain_{data['reason']}"]
        return {
            LOGBOOK_ENTRY_NAME: words["logbook_chain"],
            LOGBOOK_ENTRY_MESSAGE: text.format(by=data["by"], details=details),
            LOGBOOK_ENTRY_ICON: CHAIN_ICONS[ChainEnd(data["reason"]).state],
        }

    async_describe_event(DOMAIN, EVENT_CALL_ENDED, call_ended)
    async_describe_event(DOMAIN, EVENT_CHAIN_ENDED, chain_ended)


def _call(words: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """Return how a call went."""
    is_incoming, caller = data["direction"] == INCOMING, _other(words, data)
    if not data["answered"]:
        name = "logbook_missed" if is_incoming else f"logbook_{data['state']}"
        return words[name].format(caller=caller)
    text = (
        words["logbook_incoming"].format(caller=caller)
        if is_incoming
        else _answered(words, data)
    )
    if data["digits"]:
        text = words["logbook_pressed"].format(call=text, keys=data["digits"])
    if details := ", ".join(_details(words, data)):
        return f"{text} ({details})"
    return text


def _line(data: Mapping[str, Any]) -> str:
    """Return what was called."""
    return str(data.get("line") or data["to"])


def _other(words: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """Return who was called, or who called."""
    number = data["from"] if data["direction"] == INCOMING else data["to"]
    return str(data["contact"] or number or words["logbook_withheld"])


def _icon(data: Mapping[str, Any]) -> str:
    if data["direction"] == INCOMING:
        return INCOMING_ICON if data["answered"] else CALL_ICONS[CallState.FAILED]
    return CALL_ICONS[
        CallState.SUCCESS if data["answered"] else CallState(data["state"])
    ]


def _answered(words: Mapping[str, str], data: Mapping[str, Any]) -> str:
    if not (data["start"] and data["created"]):
        return words["logbook_answered"]
    start, created = (datetime.fromisoformat(data[key]) for key in ("start", "created"))
    seconds = round((start - created).total_seconds())
    return words["logbook_answered_after"].format(seconds=seconds)


def _details(words: Mapping[str, str], data: Mapping[str, Any]) -> list[str]:
    """Return how long a call lasted and what it cost, as far as that is known."""
    details = []
    if data["duration"] is not None:
        details.append(_time(data["duration"]))
    if data["cost"] is not None and data["currency"]:
        details.append(_money(words, data["cost"], data["currency"]))
    return details


def _chain_details(
    words: Mapping[str, str], data: Mapping[str, Any], ended: float | None
) -> list[str]:
    """Return how many calls a chain placed, how long it took, and what they cost.

    `ended` is a timestamp. Whoever acknowledges is still on the phone then, so that what their
    call costs is not known.
    """
    calls = data["calls"]
    details = [words["logbook_calls"].format(calls=len(calls))]
    created = [call["created"] for call in calls if call["created"]]
    if created and ended is not None:
        began = min(map(datetime.fromisoformat, created)).timestamp()
        # The clock of the home may be behind
        details.append(_time(max(0, round(ended - began))))
    costs = [call["cost"] for call in calls if call["cost"] is not None]
    if costs and (currency := calls[0]["currency"]):
        cost = _money(words, sum(costs), currency)
        so_far = any(call["state"] == CallState.ONGOING for call in calls)
        details.append(words["logbook_so_far"].format(cost=cost) if so_far else cost)
    return details


def _time(seconds: int) -> str:
    """Return a duration in units that all languages share."""
    minutes, rest = divmod(seconds, 60)
    parts = [(minutes, "min")] if minutes else []
    parts += [(rest, "s")] if rest or not minutes else []
    return " ".join(f"{number}{_NO_BREAK}{unit}" for number, unit in parts)


def _money(words: Mapping[str, str], amount: float, currency: str) -> str:
    written = f"{amount:.2f}".replace(".", words["logbook_decimal_mark"])
    return f"{written}{_NO_BREAK}{currency}"
