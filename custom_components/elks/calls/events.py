"""What happens to a call: each event once, and in this order."""

from enum import StrEnum

from .record import CallRecord


class CallEvent(StrEnum):
    """A moment in the life of a call."""

    PLACED = "placed"
    ANSWERED = "answered"
    KEY_PRESSED = "key_pressed"
    SUCCESS = "success"
    BUSY = "busy"
    FAILED = "failed"


ENDS = frozenset({CallEvent.SUCCESS, CallEvent.BUSY, CallEvent.FAILED})


def events(before: CallRecord | None, now: CallRecord) -> list[CallEvent]:
    """Return what happened between two states of what is known of a call.

    After the end nothing happens: what is reported late is only noted. A call that was
    mistaken for another begins again.
    """
    if before and before.call and now.call and before.call.id != now.call.id:
        before = None
    if before is not None and before.ended and not before.given_up:
        return []
    happened: list[CallEvent] = []
    if now.call is not None and (before is None or before.call is None):
        happened.append(CallEvent.PLACED)
    if now.answered and not (before and before.answered):
        happened.append(CallEvent.ANSWERED)
    if now.digits is not None and (before is None or before.digits != now.digits):
        happened.append(CallEvent.KEY_PRESSED)
    if now.ended and not now.given_up:
        happened.append(CallEvent(str(now.state)))
    return happened
