"""What the user has to put right, told in Home Assistant's repairs."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .calls import ChainEnd
from .const import DOMAIN

_NOT_REACHABLE = "not_reachable"
_NOT_REPORTED = "not_reported"
_CHAIN_EXPIRED = "chain_expired"
_CHAIN_STOPPED = "chain_stopped"
_STOPS = (ChainEnd.INVALID_AUTH, ChainEnd.NO_CREDIT, ChainEnd.REFUSED)
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
def async_remove_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw what was told of an account that is removed."""
    stops = [f"{_CHAIN_STOPPED}_{stop}" for stop in _STOPS]
    for issue in (_NOT_REACHABLE, _NOT_REPORTED, _CHAIN_EXPIRED, *stops):
        ir.async_delete_issue(hass, DOMAIN, f"{issue}_{entry.entry_id}")


def _report(
    hass: HomeAssistant, entry: ConfigEntry, issue: str, *, wrong: bool
) -> None:
    issue_id = f"{issue}_{entry.entry_id}"
    if not wrong:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=issue,
        translation_placeholders={"account": entry.title},
    )
