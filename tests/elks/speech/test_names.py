"""Names: the same for the same sound, another for every other, and telling nothing."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import CONF_CALLBACK_KEY, DOMAIN
from custom_components.elks.speech import Prompt, Recordings, Sound, words_of

from .conftest import Engine, Studio, said, speech, tone


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Fire!"},
        {"text": "fire"},
        {"text": "Fire "},
        {"text": "Fire", "language": "sv"},
        {"text": "Fire", "engine": "tts.second"},
        {"text": "Fire", "options": {"voice": "Astrid"}},
        {"text": "Fire", "nonce": "a"},
    ],
)
async def test_other_sound(
    studio: Studio, engine: Engine, other: dict[str, Any]
) -> None:
    """Another text, voice, language or option is another recording."""
    await studio.add(Engine("second", ("wav", tone(1))))
    name = await studio.say("Fire")

    assert await studio.play(speech(**other)) != name

    assert len(studio.names) == 2


async def test_other_defaults(studio: Studio) -> None:
    """So it is when what the engine does by itself was changed."""
    names = set()
    for voice in ("Astrid", "Erik", "Astrid"):
        engine = await studio.add(
            Engine("tone", ("wav", tone(1)), defaults={"voice": voice})
        )
        names.add(await studio.say("Fire"))
        await engine.async_remove()

    assert len(names) == 2


async def test_order_of_options(studio: Studio) -> None:
    """Options are the same in whatever order they are written."""
    engine = Engine("tone", ("wav", tone(1)), options=["voice", "speed"])
    await studio.add(engine)
    name = await studio.say("Fire", options={"voice": "a", "speed": 1})

    assert await studio.say("Fire", options={"speed": 1, "voice": "a"}) == name
    assert len(engine.asked) == 1


async def test_text_or_media(studio: Studio, engine: Engine) -> None:
    """A text that reads like a media item is not that item."""
    media = await studio.media("a.wav", tone(0.5))

    assert words_of(await studio.say(media)) != words_of(await studio.copy(media))


async def test_nothing_shows(studio: Studio, engine: Engine) -> None:
    """Who knows a text does not know its name: another account has another."""
    second = MockConfigEntry(domain=DOMAIN, data={CONF_CALLBACK_KEY: "another key"})
    second.add_to_hass(studio.hass)
    others = Recordings(studio.hass, second, studio.listeners, lambda: [speech()])
    await others.async_load()

    name = await studio.say()
    assert await others.async_wait(speech(), 60)
    other = others.find(speech())

    assert other
    assert words_of(other) != words_of(name)
    assert await studio.fetch(other)
    assert await studio.recordings.async_find_words(speech()) == name
    assert others.built_in("sv", Sound.TAKEN) != studio.recordings.built_in(
        "sv", Sound.TAKEN
    )
    others.async_unload()


async def test_built_in(studio: Studio) -> None:
    """Each built-in sound has a name for each of its languages."""
    named = studio.recordings.built_in
    sounds = {named(language, sound) for language in ("sv", "en") for sound in Sound}

    assert len(sounds) == 2 * len(Sound)
    assert named("sv-SE", Sound.TAKEN) == named("sv", Sound.TAKEN)
    assert named("xx", Sound.TAKEN) == named("en", Sound.TAKEN)
    # So that they cannot be told from recordings
    assert {len(name) for name in sounds} == {44 + len(".mp3")}


def test_words_of() -> None:
    """A recording's name is found in its address, also one of an older version."""
    name = "A" * 22 + "B" * 21
    assert words_of(f"https://home.example/api/elks/audio/{name}.wav") == "A" * 22
    assert words_of(f"{name}.mp3") == words_of(name) == "A" * 22
    assert words_of("") == ""


@pytest.mark.parametrize("prompt", [Prompt(url="https://example.com/a.mp3"), Prompt()])
async def test_nothing_to_make(
    studio: Studio, prompt: Prompt, caplog: pytest.LogCaptureFixture
) -> None:
    """For a sound that is ready elsewhere or shipped, there is nothing to make."""
    assert await studio.play(prompt) is None

    assert studio.names == set()
    assert said(caplog, "") == []
