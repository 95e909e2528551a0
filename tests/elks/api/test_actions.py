"""The call actions, as 46elks documents them."""

import json

import pytest

from custom_components.elks.api import (
    BEEP,
    CallAction,
    Connect,
    CustomAction,
    HangUp,
    HangUpSignal,
    Ivr,
    Play,
)

SOUND = "https://home.example/m.wav"
NEXT = "https://home.example/api/webhook/id?token=secret&asked=1"
END = "https://home.example/api/webhook/id?token=secret"


@pytest.mark.parametrize(
    ("action", "read"),
    [
        (Play(sound=SOUND), {"play": SOUND}),
        (
            Play(sound=BEEP, next=Play(sound=SOUND)),
            {"play": "sound/beep", "next": {"play": SOUND}},
        ),
        (Play(sound=SOUND, next=NEXT), {"play": SOUND, "next": NEXT}),
        (
            Ivr(sound=SOUND, digits=4, timeout=10, repeat=2, next=NEXT),
            {"ivr": SOUND, "digits": 4, "timeout": 10, "repeat": 2, "next": NEXT},
        ),
        (Connect(number="+46701234567"), {"connect": "+46701234567"}),
        (
            Connect(number="+46701234567", next=NEXT, report_url=END),
            {"connect": "+46701234567", "next": NEXT, "whenhangup": END},
        ),
        (Play(sound=SOUND, report_url=END), {"play": SOUND, "whenhangup": END}),
        (
            Ivr(sound=SOUND, digits=1, timeout=9, repeat=1, next=NEXT, report_url=END),
            {
                "ivr": SOUND,
                "digits": 1,
                "timeout": 9,
                "repeat": 1,
                "next": NEXT,
                "whenhangup": END,
            },
        ),
        (HangUp(), {"hangup": "reject"}),
        (
            HangUp(signal=HangUpSignal.BUSY, report_url=END),
            {"hangup": "busy", "whenhangup": END},
        ),
        (HangUp(signal=HangUpSignal.NOT_FOUND), {"hangup": "404"}),
        (CustomAction({"play": "å.wav"}), {"play": "å.wav"}),
    ],
)
def test_as_46elks_reads_it(action: CallAction, read: dict[str, object]) -> None:
    """Each action has the fields of the documentation, as an object and as text."""
    assert action.as_json() == read
    assert json.loads(action.as_text()) == read


@pytest.mark.parametrize(
    ("action", "elsewhere"),
    [
        ({"play": SOUND}, False),
        ({"play": "whenhangup"}, False),
        ({"play": SOUND, "whenhangup": NEXT}, True),
        ({"play": SOUND, "next": {"play": SOUND, "whenhangup": NEXT}}, True),
        ({"ivr": SOUND, "1": {"connect": "+46701234567", "whenhangup": NEXT}}, True),
        ({"ivr": SOUND, "branches": [{"whenhangup": NEXT}]}, True),
    ],
)
def test_reports_elsewhere(action: dict[str, object], elsewhere: bool) -> None:
    """An address for the end, at any depth, is found; the same word as a value is none."""
    assert CustomAction(action).reports_elsewhere is elsewhere


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_what_json_cannot_hold(value: object) -> None:
    """What 46elks could not read is not sent."""
    with pytest.raises((TypeError, ValueError)):
        CustomAction({"play": value}).as_text()
