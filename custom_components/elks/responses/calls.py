"""What actions return, and bus events hold, of calls and chains; the keys are always there."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..calls import CallRecord, call_facts
from ..chains import Chain, ChainEnd
from ..const import CONF_CURRENCY
from ..people.contacts import contact_name

_WHEN_PLACED = ("call_id", "state", "direction", "from", "to", "created")
_OF_STEP = ("call_id", "digits", "answer")


def call_placed(record: CallRecord) -> dict[str, Any]:
    """Return what is known of a call that was just placed."""
    facts = call_facts(record)
    return _as_json({key: facts[key] for key in _WHEN_PLACED})


def call_ended(record: CallRecord, entry: ConfigEntry) -> dict[str, Any]:
    """Return all that is known of a call."""
    currency = entry.data.get(CONF_CURRENCY)
    return _as_json(call_facts(record)) | {"currency": currency}


def call_to_contact(record: CallRecord, entry: ConfigEntry) -> dict[str, Any]:
    """Return all that is known of a call, and the name of the contact who was called, or called."""
    return call_ended(record, entry) | {"contact": contact_name(entry, record.contact)}


def step_over(record: CallRecord) -> dict[str, Any]:
    """Return what came of a step of a call to a line."""
    facts = call_facts(record)
    return {key: facts[key] for key in _OF_STEP} | {"ended": record.over}


def call_received(record: CallRecord, entry: ConfigEntry) -> dict[str, Any]:
    """Return what is known of somebody who calls a line."""
    line = entry.subentries.get(record.line or "")
    return {
        "call_id": record.call and record.call.id,
        "caller": record.from_number or None,
        "contact": contact_name(entry, record.contact),
        "line": line and line.title,
    }


def chain_ended(
    chain: Chain, calls: Iterable[CallRecord], entry: ConfigEntry
) -> dict[str, Any]:
    """Return what is known of a chain that has ended, with its calls in their order."""
    return {
        "chain_id": chain.id,
        "acknowledged": chain.end is ChainEnd.ACKNOWLEDGED,
        "by": None if chain.by is None else chain.people[chain.by].title,
        "reason": chain.end,
        "calls": [call_to_contact(record, entry) for record in calls],
    }


def _as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in facts.items()
    }
