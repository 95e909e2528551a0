"""What helps to find a fault, without secrets and without anybody's full number."""

from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import (
    CONF_PASSWORD,
    CONF_USERNAME,
    CONF_WEBHOOK_ID,
    __version__ as HA_VERSION,
)
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util

from .api import mask_number
from .calls import CallRecord, call_facts
from .calls.incoming.line import Line, lines
from .chains import Chain, Chains
from .const import CONF_CALLBACK_KEY, CONF_FROM_NUMBER, DOMAIN
from .people.contacts import contacts
from .runtime import ElksConfigEntry, ElksData, is_loaded

_SECRETS = {CONF_CALLBACK_KEY, CONF_PASSWORD, CONF_USERNAME, CONF_WEBHOOK_ID}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ElksConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of an account."""
    integration = await async_get_integration(hass, DOMAIN)
    return {
        "versions": {"elks": str(integration.version), "home_assistant": HA_VERSION},
        "entry": async_redact_data(dict(entry.data), _SECRETS),
        "options": {
            **entry.options,
            CONF_FROM_NUMBER: mask_number(entry.options[CONF_FROM_NUMBER]),
        },
        "state": entry.state.value,
        "contacts": len(contacts(entry)),
        "lines": [_line(line) for line in lines(entry)],
        **_running(entry),
    }


def _running(entry: ElksConfigEntry) -> dict[str, Any]:
    """Return what is known of an account while it is loaded; nothing of any other."""
    data: ElksData | None = getattr(entry, "runtime_data", None)
    if data is None or not is_loaded(entry, data):
        return {}
    return {
        "account_answered": data.account.data is not None,
        "account_error": data.account.error and type(data.account.error).__name__,
        "reach": data.address.reach,
        "chains": [_chain(chain) for chain in _chains(data.chains)],
        "line_states": [_line_state(data, line) for line in lines(entry)],
        "calls": {
            "open": [_masked(record) for record in data.book.open()],
            "ended": [_masked(record) for record in data.book.ended()],
            "unreported": data.tracker.arrivals.missing,
        },
    }


def _line(line: Line) -> dict[str, Any]:
    """Return how a line is set, without its name, its PIN, and what is said and done."""
    return {
        "number": mask_number(line.number),
        "callers": line.callers,
        "has_pin": line.pin is not None,
        "has_greeting": bool(line.greeting),
        "answer_with": line.answer_with,
        "menu": [
            {"actions": len(entry.actions), "has_reply": bool(entry.reply)}
            for entry in line.menu
        ],
        "actions": len(line.actions),
        "others": line.others,
        "language": line.language,
        "minutes_per_day": line.minutes_per_day,
    }


def _line_state(data: ElksData, line: Line) -> dict[str, Any]:
    """Return how a line stands."""
    state, now = data.lines.store.state(line.id), dt_util.utcnow()
    return {
        "answering": state.answering,
        "seconds_today": state.used(now),
        "wrong_pins": state.wrong_pins,
        "locked": state.locked,
    }


def _chains(chains: Chains) -> list[Chain]:
    """Return the chains that run, and the one begun last."""
    last = [chains.last] if chains.last and chains.last.end else []
    return [*chains.running, *last]


def _chain(chain: Chain) -> dict[str, Any]:
    """Return how a chain stands, without anybody's name, number or secret."""
    return {
        "chain_id": chain.id,
        "started": chain.started,
        "people": len(chain.people),
        "rounds": chain.rounds,
        "pause": chain.pause,
        "at_once": chain.at_once,
        "timeout": chain.timeout,
        "end": chain.end,
        "turns": [
            {"person": turn.person, "round": turn.round, "fate": turn.fate}
            for turn in chain.turns
        ],
    }


def _masked(record: CallRecord) -> dict[str, Any]:
    """Return what is known of a call, without its secret, its keys, and full numbers."""
    facts = call_facts(record)
    return {
        **{key: facts[key] for key in facts if key not in ("digits", "answer")},
        "from": mask_number(record.from_number),
        "to": mask_number(record.to_number),
        "place": record.talk.place if record.line else None,
        "timeout": record.timeout,
        "requested": record.requested,
        "reported": record.reported,
        "given_up": record.given_up,
    }
