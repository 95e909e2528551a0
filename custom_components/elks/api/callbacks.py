"""What 46elks reports and asks while a call goes on: the forms it posts to our addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .models import (
    INCOMING,
    Call,
    CallState,
    read_keys,
    read_number,
    read_text,
    read_time,
)

_NEW_INCOMING = "newincoming"
_NEW_OUTGOING = "newoutgoing"


@dataclass(frozen=True, kw_only=True, slots=True)
class PickedUp:
    """Somebody answered a call that we placed; the answer is to be the first action."""

    call_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionEnded:
    """An action is over; the answer is to be the next one."""

    call_id: str
    keys: str | None
    """The keys that were pressed; None for none, or when none were asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """Somebody calls one of the account's numbers; the answer is to be the first action."""

    call_id: str
    from_number: str | None
    """As 46elks writes it, and easily forged; None when there is nothing."""
    to_number: str | None
    """E.164."""
    created: datetime | None
    """When the call began; one that is hours old may be reported too. None when not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A recording is ready to be fetched."""

    call_id: str
    url: str
    """Needs the account's credentials; anybody could have put it there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A call is over; its state can still be ongoing, where the report does not say how."""

    call: Call


type Callback = PickedUp | ActionEnded | Incoming | Recorded | Ended


def read_callback(
    form: Mapping[str, str], *, is_to_number: bool = False
) -> Callback | None:
    """Return what a form means; None for one without the id of a call.

    `is_to_number` is whether it was posted to where the calls to a number are reported.
    46elks documents few fields for each. What has a `state`, or a `duration` without a recording,
    reports an end: `whenhangup`, which names the call `id` where all others say `callid`.
    """
    call_id = read_text(form, "callid") or read_text(form, "id")
    if call_id is None:
        return None
    if form.get("state", CallState.ONGOING) != CallState.ONGOING:
        return Ended(call=Call.from_api(form))
    if url := read_text(form, "wav"):
        return Recorded(call_id=call_id, url=url)
    if "duration" in form:
        return Ended(call=Call.from_api(form))
    result = read_text(form, "result")
    is_incoming = is_to_number or form.get("direction") == INCOMING
    if result == _NEW_INCOMING or (result is None and is_incoming):
        return Incoming(
            call_id=call_id,
            from_number=read_text(form, "from"),
            to_number=read_number(form, "to"),
            created=read_time(form, "created"),
        )
    if result in (None, _NEW_OUTGOING):
        return PickedUp(call_id=call_id)
    return ActionEnded(call_id=call_id, keys=read_keys(result))
