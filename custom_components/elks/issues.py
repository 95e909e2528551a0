"""What the user has to put right, told in Home Assistant's repairs."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .calls import ChainEnd
from .const import CONF_CURRENCY, DOMAIN, TOP_UP_URL

_NOT_REACHABLE = "not_reachable"
_NOT_REPORTED = "not_reported"
_LOW_BALANCE = "low_balance"
_FROM_NUMBER = "from_number"
_CHAIN_EXPIRED = "chain_expired"
_CHAIN_STOPPED = "chain_stopped"
_STOPS = (ChainEnd.INVALID_AUTH, ChainEnd.NO_CREDIT, ChainEnd.REFUSED)
_ISSUES = (
    _NOT_REACHABLE,
    _NOT_REPORTED,
    _LOW_BALANCE,
    _FROM_NUMBER,
    _CHAIN_EXPIRED,
    *(f"{_CHAIN_STOPPED}_{stop}" for stop in _STOPS),
)
_UNREPORTED_CALLS = 3
"""A single callback can be lost; as many in a row cannot."""


@callback
def async_report_reach(
    hass: HomeAssistant, entry: ConfigEntry, *, reachable: bool
) -> None:
    """Tell whether there is any address at which 46elks could reach this home."""
    _report(hass, entry, _NOT_REACHABLE, wrong=not reachable)


@callback
def async_report_callbacks(
    hass: HomeAssistant, entry: ConfigEntry, *, unreported: int
) -> None:
    """Tell whether callbacks arrive, by how many calls in a row ended without one."""
    _report(hass, entry, _NOT_REPORTED, wrong=unreported >= _UNREPORTED_CALLS)


@callback
def async_report_chain(hass: HomeAssistant, entry: ConfigEntry, end: ChainEnd) -> None:
    """Tell whether the last chain ended before everybody was called."""
    _report(hass, entry, _CHAIN_EXPIRED, wrong=end is ChainEnd.EXPIRED)
    for stop in _STOPS:
        _report(hass, entry, f"{_CHAIN_STOPPED}_{stop}", wrong=end is stop)


@callback
def async_report_balance(
    hass: HomeAssistant, entry: ConfigEntry, balance: float, *, low: bool
) -> None:
    """Tell whether the account has too little money, in its currency, for more calls."""
    currency = entry.data.get(CONF_CURRENCY) or ""
    told = {"balance": f"{balance:.2f} {currency}".strip()}
    _report(hass, entry, _LOW_BALANCE, wrong=low, url=TOP_UP_URL, told=told)


@callback
def async_report_from_number(
    hass: HomeAssistant, entry: ConfigEntry, *, ours: bool
) -> None:
    """Tell whether the number that calls come from is no longer the account's."""
    _report(hass, entry, _FROM_NUMBER, wrong=not ours, fixable=True)


@callback
def async_remove_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw what was told of an account that is removed."""
    for issue in _ISSUES:
        ir.async_delete_issue(hass, DOMAIN, f"{issue}_{entry.entry_id}")


def _report(
    hass: HomeAssistant,
    entry: ConfigEntry,
    issue: str,
    *,
    wrong: bool,
    fixable: bool = False,
    url: str | None = None,
    told: Mapping[str, str] | None = None,
) -> None:
    issue_id = f"{issue}_{entry.entry_id}"
    if not wrong:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry.entry_id},
        is_fixable=fixable,
        learn_more_url=url,
        severity=ir.IssueSeverity.WARNING,
        translation_key=issue,
        translation_placeholders={"account": entry.title, **(told or {})},
    )
