"""What happens to a call to a line: each event once, and in this order."""

from enum import StrEnum

from ..record import CallRecord


class LineEvent(StrEnum):
    """A moment in the life of a call to a line."""

    RINGING = "ringing"
    ANSWERED = "answered"
    PIN_REFUSED = "pin_refused"
    KEY_PRESSED = "key_pressed"
    ENDED = "ended"
    MISSED = "missed"


LINE_ENDS = frozenset({LineEvent.ENDED, LineEvent.MISSED})


def line_events(before: CallRecord | None, now: CallRecord) -> list[LineEvent]:
    """Return what happened between two states of what is known of a call to a line.

    After the end nothing happens: what is reported late is only noted.
    """
    if before is not None and before.ended and not before.given_up:
        return []
    happened: list[LineEvent] = []
    if before is None:
        happened.append(LineEvent.RINGING)
    if now.answered and not (before and before.answered):
        happened.append(LineEvent.ANSWERED)
    if now.talk.wrong_pins > (before.talk.wrong_pins if before else 0):
        happened.append(LineEvent.PIN_REFUSED)
    if now.digits is not None and now.question != (before.question if before else 0):
        happened.append(LineEvent.KEY_PRESSED)
    if now.ended and not now.given_up:
        happened.append(LineEvent.ENDED if now.answered else LineEvent.MISSED)
    return happened
