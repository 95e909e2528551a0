"""From the fields of an action to the plan of a call, or to what is wrong with them."""

import asyncio
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryData
from homeassistant.exceptions import ServiceValidationError
from simulator import KeyPress

from ..conftest import PHONE, Home, make_contact
from ..speech.conftest import Engine


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


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


ACTIONS = [
    (
        "elks.place_call",
        {
            "to": "Anna",
            "message": "Leak",
            "answers": [{"key": "1", "id": "ok", "reply": "Fine"}],
        },
    ),
    ("elks.call_chain", {"to": ["Anna"], "message": "Leak"}),
    ("notify.send_message", {"entity_id": "notify.anna", "message": "Leak"}),
]


async def test_space_around(engine: Engine, home: Home) -> None:
    """What a template leaves around a message is not said, nor in the way."""
    await home.speak(message="\n  Hello\n")

    assert [text.strip() for text, *_ in engine.asked] == ["Hello"]


async def until_placed(home: Home) -> None:
    """Wait until somebody is phoned."""
    while not home.provider.calls:
        await asyncio.sleep(0)


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_loaded_anew_meanwhile(
    engine: Engine, home: Home, action: str, data: dict[str, Any]
) -> None:
    """Who is phoned hears all of it, also when the account was loaded anew while it was spoken."""
    engine.waits_at = 1 if action.startswith("notify") else 2
    home.provider.phone(PHONE, talk_for=None, keys=(KeyPress(2, "1"),))
    domain, name = action.split(".")
    acting = home.hass.async_create_task(
        home.hass.services.async_call(domain, name, data, blocking=True)
    )
    while len(engine.asked) < engine.waits_at:
        await asyncio.sleep(0)

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    engine.go_on.set()
    await acting
    await until_placed(home)
    await home.settle()

    assert len(home.provider.calls) == 1
    assert "play success" in home.heard()
    assert set(home.heard()) <= {"play success", "ivr success", "ivr 1"}
    assert home.last_call.attributes["answered"]


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_unloaded_meanwhile(
    engine: Engine, home: Home, action: str, data: dict[str, Any]
) -> None:
    """Whose account is gone when all is spoken reads so, and nobody is phoned."""
    engine.waits_at = 1
    domain, name = action.split(".")
    acting = home.hass.async_create_task(
        home.hass.services.async_call(domain, name, data, blocking=True)
    )
    while not engine.asked:
        await asyncio.sleep(0)

    await home.hass.config_entries.async_set_disabled_by(
        home.entry.entry_id, ConfigEntryDisabler.USER
    )
    engine.go_on.set()
    with pytest.raises(ServiceValidationError) as raised:
        await acting

    assert raised.value.translation_key == "service_config_entry_not_loaded"
    assert home.provider.calls == []
