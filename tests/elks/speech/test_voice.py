"""Voices: who speaks, and in which language."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.elks.speech import Voice
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .conftest import TEXT, Engine, Studio, tone


async def test_engine_chosen(studio: Studio) -> None:
    """The engine given speaks, in the language given and with its options."""
    await studio.add(Engine("first", ("wav", tone(1))))
    second = await studio.add(Engine("second", ("wav", tone(1))))

    await studio.recordings.async_add_speech(
        TEXT,
        Voice(engine="tts.second", language="sv", options={"voice": "Astrid"}),
    )

    assert second.asked == [(TEXT, "sv", {"voice": "Astrid"})]


async def test_default_engine(studio: Studio) -> None:
    """Without one given, the home's own speaks."""
    first = await studio.add(Engine("first", ("wav", tone(1))))
    await studio.add(Engine("second", ("wav", tone(1))))

    await studio.recordings.async_add_speech(TEXT)

    assert first.asked == [(TEXT, "en", {})]


@pytest.mark.parametrize(
    ("given", "language", "options"),
    [
        ({}, "sv", {"voice": "Astrid"}),
        ({"options": {"voice": "Erik"}}, "sv", {"voice": "Erik"}),
        ({"language": "en"}, "en", {}),
    ],
)
async def test_preferred_assistant(
    studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    language: str,
    options: dict[str, Any],
) -> None:
    """Without one given, the preferred voice assistant's speaks, as it speaks there."""
    await studio.add(Engine("first", ("wav", tone(1))))
    second = await studio.add(Engine("second", ("wav", tone(1))))
    prefer(studio.hass, monkeypatch, engine="tts.second", language="sv", voice="Astrid")

    await studio.recordings.async_add_speech(TEXT, Voice(**given))

    assert second.asked == [(TEXT, language, options)]


@pytest.mark.parametrize("engine", [None, "tts.gone"])
async def test_assistant_without_voice(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, engine: str | None
) -> None:
    """A preferred voice assistant that cannot speak leaves it to the home's own engine."""
    first = await studio.add(Engine("first", ("wav", tone(1))))
    prefer(studio.hass, monkeypatch, engine=engine, language="sv", voice=None)

    await studio.recordings.async_add_speech(TEXT)

    assert first.asked == [(TEXT, "en", {})]


def prefer(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    *,
    engine: str | None,
    language: str,
    voice: str | None,
) -> None:
    """Have a voice assistant, whose component needs packages that are not installed here."""
    pipeline = SimpleNamespace(
        tts_engine=engine, tts_language=language, tts_voice=voice
    )
    name = "homeassistant.components.assist_pipeline"
    module = SimpleNamespace(async_get_pipeline=lambda hass: pipeline)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, f"{name}.pipeline", module)
    hass.config.components.add("assist_pipeline")


async def test_no_engine(studio: Studio) -> None:
    """A home without an engine is told so."""
    with pytest.raises(ServiceValidationError) as raised:
        await studio.recordings.async_add_speech(TEXT)

    assert raised.value.translation_key == "no_tts"


async def test_no_tts(studio: Studio) -> None:
    """So is a home without text-to-speech altogether."""
    studio.hass.config.components.remove("tts")

    with pytest.raises(ServiceValidationError) as raised:
        await studio.recordings.async_add_speech(TEXT)
    assert raised.value.translation_key == "no_tts"

    with pytest.raises(ServiceValidationError) as raised:
        await studio.recordings.async_add_media(
            "media-source://tts/tts.tone?message=Hello"
        )
    assert raised.value.translation_key == "no_tts"


async def test_unknown_engine(studio: Studio) -> None:
    """An engine that is not there is refused, with the field named."""
    await studio.add(Engine("tone", ("wav", tone(1))))

    with pytest.raises(ServiceValidationError) as raised:
        await studio.recordings.async_add_speech(TEXT, Voice(engine="tts.gone"))

    assert raised.value.translation_key == "unknown_tts"
    assert raised.value.translation_placeholders == {
        "field": "tts_entity_id",
        "engine": "tts.gone",
    }
