"""Which calls of the history may be the one that was asked for."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from custom_components.elks.api import Call
from custom_components.elks.calls.adoption import candidates, earliest, same_numbers

from .conftest import OTHER_PHONE, START, make_call, make_record


def ids(history: Iterable[Call], *known: str) -> list[str]:
    """Return the ids of the calls that may be the one asked for."""
    found = candidates(make_record(), history, known.__contains__)
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
    ],
)
def test_of_others(changes: dict[str, object]) -> None:
    """A call with other numbers, or without a time, is not the one."""
    assert ids([make_call("c1", **changes)]) == []


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
