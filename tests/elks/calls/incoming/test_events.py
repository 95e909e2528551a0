"""What happens to a call to a line."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.elks.api import CallState
from custom_components.elks.api.models import TakenAction
from custom_components.elks.calls import CallRecord
from custom_components.elks.calls.dialogue.talk import Talk
from custom_components.elks.calls.incoming.events import LineEvent, line_events

from ..conftest import START, make_call, make_record

RINGS = make_record(line="line", timeout=0, call=make_call(direction="incoming"))
TALKS = replace(RINGS, picked_up=True)
WRONG = replace(TALKS, talk=Talk(question=1, wrong_pins=1))
PRESSED = TALKS.with_keys(1, "1")


def ends(record: CallRecord, **changes: Any) -> CallRecord:
    """Return a call that has ended."""
    call = make_call(**{"state": CallState.SUCCESS, **changes})
    return record.with_report(call)


@pytest.mark.parametrize(
    ("before", "now", "happened"),
    [
        (None, RINGS, ["ringing"]),
        (None, TALKS, ["ringing", "answered"]),
        (RINGS, TALKS, ["answered"]),
        (TALKS, TALKS, []),
        (TALKS, WRONG, ["pin_refused"]),
        (WRONG, replace(WRONG, talk=Talk(question=2, wrong_pins=1)), []),
        (TALKS, PRESSED, ["key_pressed"]),
        # The same key again is pressed again
        (PRESSED, PRESSED.with_keys(2, "1"), ["key_pressed"]),
        (PRESSED, PRESSED.with_keys(1, "1"), []),
        (TALKS, ends(TALKS), ["ended"]),
        (RINGS, ends(RINGS, start=START, duration=5), ["answered", "ended"]),
        (RINGS, ends(RINGS, state=CallState.BUSY), ["missed"]),
        # What is reported late is only noted
        (ends(TALKS), ends(PRESSED, cost=0.1), []),
        (ends(RINGS), ends(TALKS), []),
        (TALKS, replace(TALKS, given_up=True), []),
        (replace(TALKS, given_up=True), ends(TALKS), ["ended"]),
    ],
)
def test_events(
    before: CallRecord | None, now: CallRecord, happened: list[LineEvent]
) -> None:
    """Each event happens once."""
    assert line_events(before, now) == happened


def test_keys_are_not_read_from_the_end() -> None:
    """What the provider lists of a call may be a PIN."""
    entered = TakenAction(verb="ivr", target="", result="1234")
    record = ends(TALKS, actions=(entered,), duration=5, start=START)

    assert record.digits is None
