"""What actions and bus events tell of calls and chains; the keys are always there."""

from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..calls import CallRecord
from ..chains import Chain, ChainEnd
from ..const import CONF_CURRENCY
from ..people.contacts import contact_name


def call_placed(record: CallRecord) -> dict[str, Any]:
    """Return what is told of a call that was placed."""
    call = record.call
    return {
        "call_id": call and call.id,
        "state": record.state,
        "direction": call and call.direction,
        "from": record.from_number,
        "to": record.to_number,
        "created": call and call.created and call.created.isoformat(),
    }


def call_ended(record: CallRecord, entry: ConfigEntry) -> dict[str, Any]:
    """Return what is told of a call that has ended, or of what is known of it until then."""
    call = record.call
    return call_placed(record) | {
        "start": call and call.start and call.start.isoformat(),
        "duration": call and call.duration,
        "cost": call and call.cost,
        "currency": entry.data.get(CONF_CURRENCY),
        "answered": record.answered,
        "digits": record.digits,
        "answer": record.answer,
    }


def call_to_contact(record: CallRecord, entry: ConfigEntry) -> dict[str, Any]:
    """Return what is told of a call where it is not known to whom: who that was besides."""
    return call_ended(record, entry) | {"contact": contact_name(entry, record.contact)}


def chain_ended(
    chain: Chain, calls: list[CallRecord], entry: ConfigEntry
) -> dict[str, Any]:
    """Return what is told of a chain that has ended, with its calls in their order."""
    return {
        "chain_id": chain.id,
        "acknowledged": chain.end is ChainEnd.ACKNOWLEDGED,
        "by": None if chain.by is None else chain.people[chain.by].title,
        "reason": chain.end,
        "calls": [call_to_contact(record, entry) for record in calls],
    }
