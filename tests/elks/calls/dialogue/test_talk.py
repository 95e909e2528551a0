"""Where a talk stands, over a restart."""

import json

import pytest

from custom_components.elks.calls.dialogue.talk import BEGIN, Place, Talk

_TALK = Talk(
    place=Place.STEP,
    question=4,
    first=2,
    steps=3,
    steps_over=2,
    wrong_pins=1,
    misses=2,
)


def test_kept() -> None:
    """All of it is kept."""
    data = json.loads(json.dumps(_TALK.as_dict()))

    assert Talk.from_dict(data) == _TALK


@pytest.mark.parametrize("name", _TALK.as_dict())
def test_older(name: str) -> None:
    """What an older version did not keep is as at the beginning; without a place, nothing goes on."""
    data = _TALK.as_dict()
    del data[name]

    read = Talk.from_dict(data).as_dict()

    missing = Place.EXIT if name == "place" else BEGIN.as_dict()[name]
    assert read == {**_TALK.as_dict(), name: missing}


def test_newer() -> None:
    """What only a newer version knows is left out; a place among it ends the call."""
    data = {**_TALK.as_dict(), "place": "assist", "mood": "good"}

    assert Talk.from_dict(data).place is Place.EXIT


@pytest.mark.parametrize(("name", "value"), [("place", 1), ("question", "2")])
def test_unreadable(name: str, value: object) -> None:
    """What is no talk is not guessed at."""
    with pytest.raises(TypeError):
        Talk.from_dict({**_TALK.as_dict(), name: value})
