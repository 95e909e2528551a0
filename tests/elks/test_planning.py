"""From the fields of an action to the plan of a call, or to what is wrong with them."""

from typing import Any

import pytest

from homeassistant.exceptions import ServiceValidationError

from .audio.conftest import Engine
from .conftest import Home


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"message": "Hello", "media": "https://example.com/a.mp3"}, "message"),
        ({"connect": "08-12 34 56 78", "digits": 4}, "digits"),
        ({"voice_start": "https://example.com", "repeat": 2}, "repeat"),
        ({"message": "Hello", "tts_entity_id": "tts.nobody"}, "tts_entity_id"),
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
    with pytest.raises(ServiceValidationError, match=field):
        await home.speak(**data)

    assert home.provider.calls == []


async def test_numbers_are_read_anew_in_another_country(home: Home) -> None:
    """What a number meant before is not taken for what it means after the home has moved."""
    calls = [await home.place_call(to="070-123 45 67") for _ in range(2)]
    home.hass.config.country = "FR"
    calls.append(await home.place_call(to="01 23 45 67 89"))
    home.hass.config.country = "GB"
    calls.append(await home.place_call(to="0121 234 5678"))
    home.hass.config.country = "SE"
    calls.append(await home.place_call(to="070-123 45 67"))

    assert [call["to"] for call in calls] == [
        *("+46701234567", "+46701234567", "+33123456789", "+441212345678"),
        "+46701234567",
    ]


async def test_many_numbers(home: Home) -> None:
    """However many numbers were called, each is read rightly."""
    for number in range(250):
        call = await home.place_call(to=f"070-123 4{number:03}")
        assert call["to"] == f"+46701234{number:03}"
    assert len(home.entry.runtime_data.numbers) <= 100
