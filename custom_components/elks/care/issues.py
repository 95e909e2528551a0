"""What the user has to put right, as Home Assistant's repairs show it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..api import mask_number
from ..api.masking import mask
from ..calls.incoming.line import Line, lines
from ..chains import Chain, ChainEnd
from ..const import (
    ATTR_CHAIN_ID,
    CONF_CURRENCY,
    CONF_FROM_NUMBER,
    DOMAIN,
    SUBENTRY_LINE,
    TOP_UP_URL,
)
from ..speech import async_engine_name, async_is_engine

_NOT_REACHABLE = "not_reachable"
_NOT_REPORTED = "not_reported"
_LOW_BALANCE = "low_balance"
_FROM_NUMBER = "from_number"
_VOICE_FAILED = "voice_failed"
_CHAIN_LEFT_OUT = "chain_left_out"
_LINE_TAKEN = "line_taken"
_LINE_GONE = "line_gone"
_LINE_NOT_RETURNED = "line_not_returned"
_ENGINE = "engine"
_PEOPLE = "people"
_CHAIN_ISSUES = {
    ChainEnd.UNANSWERED: "chain_unanswered",
    ChainEnd.NOT_REACHABLE: "chain_unanswered",
    ChainEnd.EXPIRED: "chain_expired",
    ChainEnd.INVALID_AUTH: "chain_stopped_invalid_auth",
    ChainEnd.NO_CREDIT: "chain_stopped_no_credit",
    ChainEnd.REFUSED: "chain_stopped_refused",
}
_ISSUES = (
    _NOT_REACHABLE,
    _NOT_REPORTED,
    _LOW_BALANCE,
    _FROM_NUMBER,
    _VOICE_FAILED,
    _CHAIN_LEFT_OUT,
    *_CHAIN_ISSUES.values(),
)


@callback
def async_report_reach(
    hass: HomeAssistant, entry: ConfigEntry, *, reachable: bool
) -> None:
    """Show or withdraw that no address lets 46elks reach this home."""
    _report(hass, entry, _NOT_REACHABLE, wrong=not reachable)


@callback
def async_report_callbacks(
    hass: HomeAssistant, entry: ConfigEntry, *, arrive: bool
) -> None:
    """Show or withdraw that callbacks do not arrive."""
    _report(hass, entry, _NOT_REPORTED, wrong=not arrive)


@callback
def async_report_chain(
    hass: HomeAssistant, entry: ConfigEntry, chain: Chain, *, when: str, people: str
) -> None:
    """Show that a chain ended and nobody took care of it, until the user has seen it.

    `people` says what became of them.
    """
    if chain.end not in _CHAIN_ISSUES:
        return
    # Whoever ignored an earlier chain has not seen this one
    _recall(hass, entry, _CHAIN_ISSUES[chain.end], lambda _: True)
    _show(
        hass,
        entry,
        _CHAIN_ISSUES[chain.end],
        data={ATTR_CHAIN_ID: chain.id},
        fixable=True,
        persistent=True,
        placeholders={"when": when, "people": people},
    )


@callback
def async_report_left_out(
    hass: HomeAssistant, entry: ConfigEntry, people: Iterable[str | int]
) -> None:
    """Show who was left out of a chain, as it was written, until the user has seen it."""
    named = ", ".join(mask(str(one)) for one in people)
    # Whoever ignored others has not seen these; the same ones may stay ignored
    _recall(hass, entry, _CHAIN_LEFT_OUT, lambda data: data.get(_PEOPLE) != named)
    _show(
        hass,
        entry,
        _CHAIN_LEFT_OUT,
        data={_PEOPLE: named},
        fixable=True,
        persistent=True,
        placeholders={"people": named},
    )


@callback
def async_report_balance(
    hass: HomeAssistant, entry: ConfigEntry, balance: float, *, low: bool
) -> None:
    """Show or withdraw that the balance, in the account's currency, is too low for more calls."""
    currency = entry.data.get(CONF_CURRENCY) or ""
    placeholders = {"balance": f"{balance:.2f} {currency}".strip()}
    _report(
        hass,
        entry,
        _LOW_BALANCE,
        wrong=low,
        learn_more_url=TOP_UP_URL,
        placeholders=placeholders,
    )


@callback
def async_report_from_number(
    hass: HomeAssistant, entry: ConfigEntry, number: str, *, ours: bool
) -> None:
    """Show or withdraw that the number that calls come from is no longer the account's."""
    data = {CONF_FROM_NUMBER: number}
    _report(hass, entry, _FROM_NUMBER, wrong=not ours, fixable=True, data=data)


@callback
def async_recall_from_number(
    hass: HomeAssistant, entry: ConfigEntry, *, now: str
) -> None:
    """Withdraw what was shown of another number than the one that calls come from now."""
    _recall(hass, entry, _FROM_NUMBER, lambda data: data.get(CONF_FROM_NUMBER) != now)


@callback
def async_report_voice(
    hass: HomeAssistant, entry: ConfigEntry, engine: str, reason: str
) -> None:
    """Show that a text-to-speech engine did not speak, until it does."""
    _show(
        hass,
        entry,
        _VOICE_FAILED,
        data={_ENGINE: engine},
        persistent=True,
        placeholders={"engine": async_engine_name(hass, engine), "reason": reason},
    )


@callback
def async_recall_voice(hass: HomeAssistant, entry: ConfigEntry, engine: str) -> None:
    """Withdraw that an engine did not speak, or that one did not which is gone."""

    def is_meant(data: Mapping[str, Any]) -> bool:
        failed = str(data.get(_ENGINE))
        return failed == engine or not async_is_engine(hass, failed)

    _recall(hass, entry, _VOICE_FAILED, is_meant)


@callback
def async_report_line_taken(
    hass: HomeAssistant, entry: ConfigEntry, line: Line, what: str
) -> None:
    """Show that something else answers the calls to a line, and what."""
    _delete(hass, _LINE_GONE, line.id)
    _show(
        hass,
        entry,
        _LINE_TAKEN,
        about=line.id,
        data={SUBENTRY_LINE: line.id},
        fixable=True,
        placeholders={"line": line.name, "what": what},
    )


@callback
def async_report_line_gone(hass: HomeAssistant, entry: ConfigEntry, line: Line) -> None:
    """Show that the number of a line is not the account's any more, or takes no calls."""
    _delete(hass, _LINE_TAKEN, line.id)
    _show(hass, entry, _LINE_GONE, about=line.id, placeholders=_named(line))


@callback
def async_recall_line(hass: HomeAssistant, line_id: str) -> None:
    """Withdraw what was shown of a line: all is well, or it was removed."""
    _delete(hass, _LINE_TAKEN, line_id)
    _delete(hass, _LINE_GONE, line_id)


@callback
def async_report_not_returned(
    hass: HomeAssistant, entry: ConfigEntry, line: Line, what: str
) -> None:
    """Show that a removed line's number was not given back, until the user has seen it.

    `what` is what answered its calls before. The account may be removed as well.
    """
    _show(
        hass,
        entry,
        _LINE_NOT_RETURNED,
        about=line.id,
        fixable=True,
        learn_more_url=TOP_UP_URL,
        persistent=True,
        placeholders={**_named(line), "what": what},
    )


@callback
def async_remove_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw all repairs of an account that is removed or disabled.

    What is to be done at 46elks remains.
    """
    for issue in _ISSUES:
        _delete(hass, issue, entry.entry_id)
    for line in lines(entry):
        async_recall_line(hass, line.id)


def _named(line: Line) -> dict[str, str]:
    return {"line": line.name, "number": mask_number(line.number)}


def _delete(hass: HomeAssistant, issue: str, about: str) -> None:
    ir.async_delete_issue(hass, DOMAIN, f"{issue}_{about}")


def _report(
    hass: HomeAssistant, entry: ConfigEntry, issue: str, *, wrong: bool, **more: Any
) -> None:
    """Show a repair, or withdraw it."""
    if wrong:
        _show(hass, entry, issue, **more)
    else:
        _delete(hass, issue, entry.entry_id)


def _recall(
    hass: HomeAssistant,
    entry: ConfigEntry,
    issue: str,
    is_meant: Callable[[Mapping[str, Any]], bool],
) -> None:
    """Withdraw a repair, if it was shown with such data."""
    issue_id = f"{issue}_{entry.entry_id}"
    shown = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    if shown and is_meant(shown.data or {}):
        ir.async_delete_issue(hass, DOMAIN, issue_id)


def _show(
    hass: HomeAssistant,
    entry: ConfigEntry,
    issue: str,
    *,
    about: str | None = None,
    data: Mapping[str, str] | None = None,
    fixable: bool = False,
    learn_more_url: str | None = None,
    persistent: bool = False,
    placeholders: Mapping[str, str] | None = None,
) -> None:
    """Show a repair of an account, or `about` what belongs to it."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{issue}_{about or entry.entry_id}",
        data={"entry_id": entry.entry_id, **(data or {})},
        is_fixable=fixable,
        is_persistent=persistent,
        learn_more_url=learn_more_url,
        severity=ir.IssueSeverity.WARNING,
        translation_key=issue,
        translation_placeholders={"account": entry.title, **(placeholders or {})},
    )
