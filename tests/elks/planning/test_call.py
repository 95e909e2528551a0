"""From the fields of an action to the plan of a call, or to what is wrong with them."""

from typing import Any

import pytest

from homeassistant.exceptions import ServiceValidationError
from simulator import Outcome

from ..conftest import PHONE, Home
from ..speech.conftest import Engine


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"message": "Hello", "media": "https://example.com/a.mp3"}, "message"),
        ({"connect": "08-12 34 56 78", "digits": 4}, "digits"),
        ({"media": {}}, "media"),
        ({"message": "Hello", "answers": 2 * [{"key": "2", "id": "leave"}]}, "answers"),
        (
            {"message": "Hi", "digits": 1, "answers": [{"key": "12", "id": "x"}]},
            "digits",
        ),
    ],
)
async def test_bad_input(
    engine: Engine, home: Home, data: dict[str, Any], field: str
) -> None:
    """What does not go together is refused with the field named."""
    with pytest.raises(ServiceValidationError, match=f"(?i){field}"):
        await home.speak(**data)

    assert home.provider.calls == []


async def test_space_around(engine: Engine, home: Home) -> None:
    """What a template leaves around a message is not said, nor in the way."""
    await home.speak(message="\n  Hello\n")

    assert [text.strip() for text, *_ in engine.asked] == ["Hello"]


@pytest.mark.parametrize("depth", [250, 300, 400, 600, 1000, 1023])
async def test_deep_voice_start(home: Home, depth: int) -> None:
    """A first action that is nested too deep is refused with its field, or placed."""
    home.provider.phone(PHONE, outcome=Outcome.BUSY)
    text = '{"next":' * depth + '{"play":"sound/beep"}' + "}" * depth
    try:
        await home.place_call(voice_start=text)
    except ServiceValidationError:
        assert not home.provider.calls
    await home.settle()
