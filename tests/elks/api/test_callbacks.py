"""What the forms mean that 46elks posts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from custom_components.elks.api import (
    ActionEnded,
    Callback,
    CallState,
    Ended,
    Incoming,
    PickedUp,
    Recorded,
    read_callback,
)

OUTGOING = {"direction": "outgoing", "from": "+46766860001", "to": "+46701234567"}
INCOMING = {"direction": "incoming", "from": "+46701234567", "to": "+46766860001"}
CALLED = Incoming(
    call_id="c1",
    from_number="+46701234567",
    to_number="+46766860001",
    created=None,
)
HIDDEN = replace(CALLED, from_number=None)


@pytest.mark.parametrize(
    ("form", "meaning"),
    [
        ({"callid": "c1", **OUTGOING, "result": "newoutgoing"}, PickedUp(call_id="c1")),
        ({"id": "c1"}, PickedUp(call_id="c1")),
        ({"callid": "c1", **INCOMING}, CALLED),
        ({"callid": "c1", **INCOMING, "result": "newincoming"}, CALLED),
        (
            {"callid": "c1", "direction": "incoming", "from": ""},
            Incoming(call_id="c1", from_number=None, to_number=None, created=None),
        ),
        ({"id": "c1", "to": "+46766860001", "result": "newincoming"}, HIDDEN),
        (
            {"callid": "c1", **INCOMING, "created": "2026-11-03T15:08:14.609873"},
            replace(CALLED, created=datetime(2026, 11, 3, 15, 8, 14, 609873, UTC)),
        ),
        ({"callid": "c1", **INCOMING, "created": "soon"}, CALLED),
        (
            {"callid": "c1", **INCOMING, "result": "0042"},
            ActionEnded(call_id="c1", keys="0042"),
        ),
        ({"callid": "c1", "result": "ok"}, ActionEnded(call_id="c1", keys=None)),
        (
            {"callid": "c1", "result": "failed", "why": "noinput"},
            ActionEnded(call_id="c1", keys=None),
        ),
        (
            {"callid": "c1", "duration": "7", "wav": "https://a.example/r0.wav"},
            Recorded(call_id="c1", url="https://a.example/r0.wav"),
        ),
        ({}, None),
        ({"result": "1"}, None),
        ({"callid": "", "state": "success"}, None),
    ],
)
def test_meaning(form: dict[str, str], meaning: Callback | None) -> None:
    """A form is read by the few fields that every source shows."""
    assert read_callback(form) == meaning


@pytest.mark.parametrize("written", ["+46701234567", " 46701234567", "anonymous"])
def test_caller(written: str) -> None:
    """Who calls is passed on as 46elks writes it."""
    form = {"callid": "c1", **INCOMING, "from": written}

    assert read_callback(form) == replace(CALLED, from_number=written)


@pytest.mark.parametrize(
    ("form", "state"),
    [
        ({"id": "c1", "state": "success", "duration": "7"}, CallState.SUCCESS),
        ({"callid": "c1", "state": "busy"}, CallState.BUSY),
        ({"id": "c1", "duration": "7", "result": "success"}, CallState.SUCCESS),
        ({"id": "c1", "duration": "7"}, CallState.ONGOING),
        ({"id": "c1", "state": "parked"}, CallState.ONGOING),
    ],
)
def test_end(form: dict[str, str], state: CallState) -> None:
    """A state or a duration reports the end, also one that does not say which."""
    callback = read_callback(form)

    assert isinstance(callback, Ended)
    assert callback.call.id == "c1"
    assert callback.call.state is state
