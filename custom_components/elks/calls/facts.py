"""What is known of a call, by the names that it has wherever it is shown."""

from typing import Any

from .record import CallRecord

PRIVATE = frozenset({"from", "to", "digits"})
"""What does not belong in a history: people's numbers, and keys that can be a PIN."""


def call_facts(record: CallRecord) -> dict[str, Any]:
    """Return what is known of a call, for people and templates; the keys are always there.

    Numbers are E.164, times datetimes, the duration is in seconds, the cost in the account's
    currency. What is not known (yet) is None.
    """
    call = record.call
    return {
        "call_id": call and call.id,
        "state": record.state,
        "direction": call and call.direction,
        "from": record.from_number or None,
        "to": record.to_number,
        "created": call and call.created,
        "start": call and call.start,
        "duration": call and call.duration,
        "cost": call and call.cost,
        "answered": record.answered,
        "spoken": record.spoken,
        "digits": record.digits,
        "answer": record.answer,
    }
