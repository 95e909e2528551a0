"""What happened to a call, by what is known of it before and after."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from custom_components.elks.api import Call
from custom_components.elks.calls import CallRecord
from custom_components.elks.calls.events import events

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ASKED = CallRecord(
    token="secret",
    from_number="+46766860001",
    to_number="+46701234567",
    timeout=60,
    requested=NOW,
    reported=True,
)
ONGOING = replace(ASKED, call=Call.from_api({"id": "c1", "state": "ongoing"}))
PICKED_UP = replace(ONGOING, picked_up=True)
PRESSED = replace(PICKED_UP, digits="1")
BUSY = replace(ASKED, call=Call.from_api({"id": "c1", "state": "busy"}))
TALKED = {"id": "c1", "state": "success", "start": "2026-11-23T00:00:05"}
SUCCESS = replace(ASKED, call=Call.from_api(TALKED))


@pytest.mark.parametrize(
    ("before", "now", "happened"),
    [
        (None, ASKED, []),
        (ASKED, ONGOING, ["placed"]),
        (ASKED, BUSY, ["placed", "busy"]),
        (ASKED, SUCCESS, ["placed", "answered", "success"]),
        (ONGOING, SUCCESS, ["answered", "success"]),
        (ONGOING, PICKED_UP, ["answered"]),
        (PICKED_UP, PRESSED, ["key_pressed"]),
        (PRESSED, PRESSED, []),
        (PRESSED, replace(SUCCESS, picked_up=True, digits="1"), ["success"]),
        (ONGOING, replace(ONGOING, given_up=True), []),
        (BUSY, replace(BUSY, digits=None), []),
        (BUSY, replace(BUSY, picked_up=True, digits="1"), []),
        (SUCCESS, replace(SUCCESS, picked_up=True, digits="1"), []),
    ],
)
def test_events(
    before: CallRecord | None, now: CallRecord, happened: list[str]
) -> None:
    """Every event is told once, and in the order in which it happened."""
    assert events(before, now) == happened
