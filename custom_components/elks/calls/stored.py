"""How the record of a call is written to disk, and read in this version and in older ones."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..api import Call, CallState
from ..helpers.stored_values import moment, text, text_or_none, whole_number
from ..speech import Prompt
from .dialogue.script import CallScript, Spoken
from .dialogue.talk import BEGIN, Talk
from .record import CallRecord

_COST_UNITS = 10_000
"""A cost is written in 1/10000 of the currency: a whole number stays exact."""


def record_as_dict(record: CallRecord) -> dict[str, object]:
    """Return a record as JSON data."""
    script, closing = record.script, record.closing
    return {
        "token": record.token,
        "from": record.from_number,
        "to": record.to_number,
        "timeout": record.timeout,
        "requested": record.requested.isoformat(),
        "reported": record.reported,
        "script": script and script.as_dict(with_prompts=not record.ended),
        "contact": record.contact,
        "line": record.line,
        "talk": record.talk.as_dict() if record.line else None,
        "chain": record.chain,
        "hang_up": record.hang_up,
        "closing": closing.as_dict() if closing and not record.ended else None,
        "picked_up": record.picked_up,
        "spoken": record.spoken,
        "digits": record.digits,
        "asked": record.question,
        "adopted": record.adopted,
        "call": _call_as_dict(record.call) if record.call else None,
        "given_up": record.given_up,
    }


def record_from_dict(data: Mapping[str, Any]) -> CallRecord:
    """Return the record of what record_as_dict returned, in this version or an older one.

    Raises AttributeError, LookupError, TypeError or ValueError for what cannot be read.
    """
    script, call, closing = data.get("script"), data.get("call"), data.get("closing")
    talk = data.get("talk")
    return CallRecord(
        token=text(data["token"]),
        from_number=text(data["from"]),
        to_number=text(data["to"]),
        timeout=whole_number(data["timeout"]),
        requested=moment(data["requested"]),
        reported=bool(data["reported"]),
        script=CallScript.from_dict(script) if script else None,
        contact=text_or_none(data.get("contact")),
        line=text_or_none(data.get("line")),
        talk=Talk.from_dict(talk) if talk else BEGIN,
        chain=text_or_none(data.get("chain")),
        hang_up=bool(data.get("hang_up")),
        closing=None if closing is None else Prompt.from_dict(closing),
        picked_up=bool(data.get("picked_up")),
        spoken=_spoken(data.get("spoken")),
        digits=text_or_none(data.get("digits")),
        question=whole_number(data.get("asked", 0)),
        adopted=bool(data.get("adopted")),
        call=_call_from_dict(call) if call else None,
        given_up=bool(data.get("given_up")),
    )


def _call_as_dict(call: Call) -> dict[str, object]:
    """Return what is kept of a call; its timeout and its actions are only looked at."""
    return {
        "id": call.id,
        "state": call.state,
        "direction": call.direction,
        "from": call.from_number,
        "to": call.to_number,
        "created": _written(call.created),
        "start": _written(call.start),
        "duration": call.duration,
        "cost": None if call.cost is None else round(call.cost * _COST_UNITS),
    }


def _call_from_dict(data: Mapping[str, Any]) -> Call:
    """Return a call; what is damaged of it, but its id, is as if it had not been reported."""
    cost = _readable(whole_number, data.get("cost"))
    return Call(
        id=text(data["id"]),
        state=_state(data.get("state")),
        direction=_readable(text, data.get("direction")),
        from_number=_readable(text, data.get("from")),
        to_number=_readable(text, data.get("to")),
        created=_readable(moment, data.get("created")),
        start=_readable(moment, data.get("start")),
        duration=_readable(whole_number, data.get("duration")),
        cost=None if cost is None else cost / _COST_UNITS,
    )


def _readable[T](read: Callable[[object], T], value: object) -> T | None:
    try:
        return read(value)
    except TypeError, ValueError:
        return None


def _state(value: object) -> CallState:
    """Return a state; one that is not known is not the end, and is asked about."""
    name = _readable(text, value) or ""
    return CallState(name) if name in CallState else CallState.ONGOING


def _spoken(value: object) -> Spoken | None:
    """Return what was heard; what only a newer version knows is as if it were not known."""
    name = _readable(text, value) or ""
    return Spoken(name) if name in Spoken else None


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
