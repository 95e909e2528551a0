"""Which calls of the history may be the one that was asked for."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from custom_components.elks.api import Call, TakenAction
from custom_components.elks.calls import CallScript
from custom_components.elks.calls.outgoing.adoption import (
    candidates,
    earliest,
    same_numbers,
)
from custom_components.elks.speech import Prompt, RecordingNames, Sound

from ..conftest import OTHER_PHONE, START, make_call, make_record

NAMES = RecordingNames("a key")
MESSAGE = Prompt(text="Water in the kitchen")


def ids(history: Iterable[Call], *known: str) -> list[str]:
    """Return the ids of the calls that may be the one asked for."""
    found = candidates(make_record(), history, known.__contains__, NAMES)
    return [call.id for call in found]


def test_found() -> None:
    """A call with the same numbers about the same time may be the one."""
    assert ids([make_call("c1")]) == ["c1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"to_number": OTHER_PHONE},
        {"from_number": OTHER_PHONE},
        {"from_number": None},
        {"created": None},
        {"direction": "incoming"},
        {"timeout": 59},
    ],
)
def test_of_others(changes: dict[str, object]) -> None:
    """A call with other numbers, or without a time, is not the one."""
    assert ids([make_call("c1", **changes)]) == []


@pytest.mark.parametrize("changes", [{"direction": None}, {"timeout": 60}])
def test_fields_that_may_be_absent(changes: dict[str, object]) -> None:
    """What the history does not show excludes nobody."""
    assert ids([make_call("c1", **changes)]) == ["c1"]


@pytest.mark.parametrize(
    ("sound", "found"),
    [
        (f"{NAMES.spoken(MESSAGE, {})}.wav", True),
        (f"{NAMES.spoken(MESSAGE, {'engine': 'tts.another'})}.mp3", True),
        (NAMES.built_in("sv", Sound.ONE_MOMENT, "1.0"), True),
        (f"{NAMES.spoken(Prompt(text='Fire'), {})}.wav", False),
        (f"{RecordingNames('another home').spoken(MESSAGE, {})}.wav", False),
    ],
)
def test_another_homes_sounds(sound: str, found: bool) -> None:
    """A call in which another message, or another home's, was played is not the one."""
    script = CallScript(message=MESSAGE, repeat=1, digits=1, language="en")
    beep, played = (
        TakenAction(verb="play", target=target, result="ok")
        for target in ("sound/beep", f"https://home.example/{sound}")
    )
    record = make_record(script=script)
    known = set[str]().__contains__

    [silent] = candidates(record, [make_call(actions=(beep,))], known, NAMES)
    spoken = candidates(record, [make_call(actions=(beep, played))], known, NAMES)

    assert silent.id == "c1"
    assert bool(spoken) is found


@pytest.mark.parametrize(
    ("seconds", "found"),
    [(-121, False), (-120, True), (0, True), (165, True), (166, False)],
)
def test_times(seconds: int, found: bool) -> None:
    """Two minutes are allowed between the clocks, and a request can take its time."""
    call = make_call("c1", created=START + timedelta(seconds=seconds))

    assert bool(ids([call])) is found


def test_known() -> None:
    """A call that is known already is somebody else's."""
    assert ids([make_call("c1"), make_call("c2")], "c1") == ["c2"]


def test_several() -> None:
    """All that may be the one are told, in their order."""
    assert ids([make_call("c2"), make_call("c1")]) == ["c2", "c1"]


def test_where_to_begin() -> None:
    """The history is read from two minutes before the request."""
    assert earliest(make_record()) == START - timedelta(minutes=2)


def test_rivals() -> None:
    """Calls between the same two numbers can be taken for each other, no others."""
    assert same_numbers(make_record("a"), make_record("b", timeout=5))
    assert not same_numbers(make_record("a"), make_record("b", to_number=OTHER_PHONE))
    assert not same_numbers(make_record("a"), make_record("b", from_number=OTHER_PHONE))
