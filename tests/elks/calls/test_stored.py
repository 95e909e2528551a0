"""How the record of a call is written, and read again."""

from dataclasses import replace
from datetime import timedelta
import json

import pytest

from custom_components.elks.api import Call, CallState
from custom_components.elks.calls import Answer, CallRecord, CallScript, Spoken
from custom_components.elks.calls.dialogue.talk import Place, Talk
from custom_components.elks.calls.stored import record_as_dict, record_from_dict
from custom_components.elks.speech import Prompt, Voice

from .conftest import START, make_call, make_record

VOICE = Voice(engine="tts.it", language="sv", options={"voice": "Alva"})
SCRIPT = CallScript(
    message=Prompt(text="Close it?", voice=VOICE, nonce="once"),
    repeat=3,
    digits=1,
    language="sv",
    any_digit=True,
    answers=(
        Answer(key="1", id="close", reply=Prompt(media="media-source://m/close.mp3")),
        Answer(key="2", id="leave", reply=None),
    ),
)
ENDED = make_call(state=CallState.SUCCESS, start=START, duration=12, cost=0.5)


@pytest.mark.parametrize(
    "record",
    [
        make_record(),
        make_record(call=make_call()),
        make_record(call=ENDED, reported=False, timeout=1),
        make_record(call=make_call(), given_up=True),
        make_record(digits="12", question=3, picked_up=True, hang_up=True),
        make_record(
            call=make_call(
                state=CallState.FAILED,
                direction=None,
                from_number=None,
                to_number=None,
                created=None,
            )
        ),
        make_record(script=SCRIPT, spoken=Spoken.SUBSTITUTE),
        make_record(script=SCRIPT, hang_up=True, closing=Prompt(text="Bo has it.")),
        make_record(requested=START + timedelta(microseconds=1)),
        make_record(
            line="line",
            timeout=0,
            talk=Talk(
                place=Place.STEP,
                question=5,
                first=3,
                steps=2,
                steps_over=1,
                wrong_pins=1,
            ),
            call=make_call(direction="incoming", from_number=None),
        ),
        *(make_record(line="line", talk=Talk(place=one)) for one in Place),
    ],
)
def test_over_a_restart(record: CallRecord) -> None:
    """A record comes back from JSON as it was."""
    assert record_from_dict(json.loads(json.dumps(record_as_dict(record)))) == record


def test_state_of_a_newer_version() -> None:
    """A state that is not known is not the end: the call is asked for."""
    data = record_as_dict(make_record(call=make_call(state=CallState.SUCCESS)))
    call = data["call"]
    assert isinstance(call, dict)

    record = record_from_dict({**data, "call": {**call, "state": "parked"}})

    assert record.in_progress


def test_damaged_report() -> None:
    """Of what was reported of a call, what is damaged is as if it had not been reported."""
    call = {"id": "c1", "state": 7, "cost": "39", "created": "yesterday", "from": []}

    record = record_from_dict({**record_as_dict(make_record()), "call": call})

    assert record.call == Call(id="c1")


@pytest.mark.parametrize(
    "damage",
    [
        {"token": None},
        {"timeout": "60"},
        {"requested": "2026-11-03T15:00:00"},
        {"script": {"message": 7}},
        {"call": {"state": "ongoing"}},
    ],
    ids=["token", "timeout", "zone", "script", "no-id"],
)
def test_damaged(damage: dict[str, object]) -> None:
    """What cannot be read is not made up."""
    with pytest.raises((AttributeError, LookupError, TypeError, ValueError)):
        record_from_dict({**record_as_dict(make_record()), **damage})


def test_words_of_a_newer_version() -> None:
    """What was heard in a way that is not known is as if it were not known."""
    data = record_as_dict(make_record(spoken=Spoken.MESSAGE))

    assert record_from_dict({**data, "spoken": "sung"}).spoken is None


def test_place_of_a_newer_version() -> None:
    """A talk at a place that is not known is not gone on with; the call is there."""
    data = record_as_dict(make_record(line="line", talk=Talk(question=2)))

    record = record_from_dict({**data, "talk": {"place": "assist", "question": 2}})

    assert record.talk == Talk(place=Place.EXIT, question=2)


def test_nothing_said_is_kept() -> None:
    """Of a call that has ended, nothing of what was said stays on disk."""
    closing = Prompt(text="Bo has it.")
    open_call = make_record(script=SCRIPT, hang_up=True, closing=closing)

    assert "Close it?" in str(record_as_dict(open_call))
    ended = str(record_as_dict(replace(open_call, call=ENDED)))
    assert not any(text in ended for text in ("Close it?", "close.mp3", "Bo has it."))
