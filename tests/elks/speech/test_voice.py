"""Voices: who speaks, and in which language."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.elks.speech import HOME_VOICE, Voice, VoiceChange, async_language
from homeassistant.core import HomeAssistant

from .conftest import TEXT, Engine, Studio, speech, tone


async def test_engine_chosen(studio: Studio, engine: Engine) -> None:
    """The engine given speaks, in the language given and with its options."""
    second = await studio.add(Engine("second", ("wav", tone(1))))

    await studio.say(
        TEXT, engine="tts.second", language="sv", options={"voice": "Astrid"}
    )

    assert second.asked == [(TEXT, "sv", {"voice": "Astrid"})]
    assert engine.asked == []


@pytest.mark.parametrize(
    ("asked_for", "known", "spoken"),
    [
        ("sv", ["en-US", "sv-SE"], "sv-SE"),
        ("sv-SE", ["en", "sv"], "sv"),
        ("sv", ["sv-SE", "sv"], "sv"),
        ("sv-SE", ["sv-FI", "sv-SE"], "sv-SE"),
    ],
)
async def test_variant(
    studio: Studio, asked_for: str, known: list[str], spoken: str
) -> None:
    """A language is spoken in the variant that the engine knows."""
    second = await studio.add(Engine("second", ("wav", tone(1)), languages=known))

    await studio.say(TEXT, engine="tts.second", language=asked_for)

    assert second.asked == [(TEXT, spoken, {})]


async def test_default_engine(studio: Studio, engine: Engine) -> None:
    """Without one given, the home's own speaks."""
    await studio.add(Engine("second", ("wav", tone(1))))

    await studio.say(TEXT)

    assert engine.asked == [(TEXT, "en", {})]


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
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    language: str,
    options: dict[str, Any],
) -> None:
    """Without one given, the preferred voice assistant's speaks, as it speaks there."""
    second = await studio.add(Engine("second", ("wav", tone(1))))
    prefer(studio.hass, monkeypatch, engine="tts.second", language="sv", voice="Astrid")

    await studio.say(TEXT, **given)

    assert second.asked == [(TEXT, language, options)]
    assert engine.asked == []


@pytest.mark.parametrize("given", [None, "tts.gone"])
async def test_assistant_without_voice(
    studio: Studio, engine: Engine, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    """A preferred voice assistant that cannot speak leaves it to the home's own engine."""
    prefer(studio.hass, monkeypatch, engine=given, language="sv", voice=None)

    await studio.say(TEXT)

    assert engine.asked == [(TEXT, "en", {})]


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
    """A home without an engine has no voice, which is reported."""
    assert await studio.play(speech()) is None

    assert studio.changes == [
        VoiceChange(engine="tts", reason="no such text-to-speech")
    ]


async def test_no_tts(studio: Studio) -> None:
    """Nor has a home without text-to-speech altogether."""
    studio.hass.config.components.remove("tts")

    assert await studio.play(speech()) is None
    assert await studio.play(speech(engine="tts.tone")) is None

    reason = "no text-to-speech is set up"
    assert [change.reason for change in studio.changes] == [reason, reason]


async def test_unknown_engine(studio: Studio) -> None:
    """An engine that is not there is named."""
    assert await studio.play(speech(engine="tts.gone")) is None

    assert studio.changes == [
        VoiceChange(engine="tts.gone", reason="no such text-to-speech")
    ]


@pytest.mark.parametrize(
    ("voice", "language"),
    [
        (HOME_VOICE, "fi"),
        (Voice(engine="tts.tone"), "fi"),
        (Voice(language="sv-SE"), "sv-SE"),
        (Voice(engine="tts.gone"), "nb"),
        (Voice(engine="tts.gone", language="de"), "de"),
    ],
)
async def test_language(studio: Studio, voice: Voice, language: str) -> None:
    """A voice speaks the language given, else its engine's; the home's if that is not known."""
    await studio.add(Engine("tone", ("wav", tone(1)), languages=["fi"]))
    studio.hass.config.language = "nb"

    assert async_language(studio.hass, voice) == language


async def test_language_without_tts(studio: Studio) -> None:
    """A home without text-to-speech has its own language."""
    studio.hass.config.components.remove("tts")
    studio.hass.config.language = "nb"

    assert async_language(studio.hass, HOME_VOICE) == "nb"
