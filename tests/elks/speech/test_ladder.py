"""What is played when the voice that was asked for fails: rung by rung."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks.speech import Prompt, Sound, Voice, VoiceChange
from homeassistant.components.tts import TtsAudioType
from homeassistant.exceptions import HomeAssistantError

from .conftest import Engine, Studio, later, said, speech, tone, until

SILENT = HomeAssistantError("quota exceeded")
SHORT: TtsAudioType = ("wav", tone(0.5))
LONG: TtsAudioType = ("wav", tone(1.5))


async def broken(studio: Studio, answer: TtsAudioType | Exception = SILENT) -> Engine:
    """Add the home's default engine, which fails."""
    return await studio.add(Engine("broken", answer))


async def other(
    studio: Studio, name: str = "other", languages: Sequence[str] = ("en", "sv")
) -> Engine:
    """Add another engine, which speaks for a second and a half."""
    return await studio.add(Engine(name, LONG, languages=languages))


class BadDefaults(Engine):
    """An engine that does not know its own options."""

    @property
    @override
    def default_options(self) -> Any:
        """Fail."""
        raise RuntimeError("no defaults")


class OddDefaults(Engine):
    """An engine whose options nothing can write."""

    @property
    @override
    def default_options(self) -> Any:
        """Return what JSON cannot hold."""
        return {"rate": b"fast"}


class OddLanguages(Engine):
    """An engine whose languages are none."""

    @property
    @override
    def supported_languages(self) -> Any:
        """Return what is no language."""
        return [None, "en"]


@pytest.mark.parametrize("kind", [BadDefaults, OddDefaults, OddLanguages])
@pytest.mark.parametrize("first", ["tts.odd", None])
async def test_odd_engine(
    studio: Studio, kind: type[Engine], first: str | None
) -> None:
    """An engine that fails before it is asked, or while others are looked for, silences nobody."""
    await broken(studio)
    await studio.add(kind("odd", LONG))
    await other(studio)

    name = await studio.say("Fire", engine=first)

    assert studio.duration(name) == pytest.approx(2)


async def test_reason_of_half_a_character(studio: Studio) -> None:
    """A reason that nothing can write is repaired: repairs are stored together."""
    await broken(studio, FileNotFoundError("no \udce9.wav"))

    assert await studio.play(speech()) is None

    assert [change.reason for change in studio.changes] == ["no \ufffd.wav"]


@pytest.mark.parametrize(
    "answer",
    [
        SILENT,
        KeyError(),
        TimeoutError(),
        FileNotFoundError(),
        (None, None),
        ("wav", b""),
        ("wav", b"<html>no</html>"),
        ("wav", tone(0)),
    ],
)
async def test_engine_fails(
    studio: Studio,
    caplog: pytest.LogCaptureFixture,
    answer: TtsAudioType | Exception,
) -> None:
    """Another text-to-speech of the home says it, whatever the failure was."""
    await broken(studio, answer)
    second = await other(studio)

    name = await studio.say("Fire")

    assert second.asked == [("Fire", "en", {})]
    assert studio.duration(name) == pytest.approx(2)
    assert studio.names == {name}
    assert [change.engine for change in studio.changes] == ["tts.broken"]
    assert "Unexpected" not in caplog.text


@pytest.mark.parametrize(
    ("voice", "failed"),
    [
        (Voice(engine="tts.gone"), "tts.gone"),
        (Voice(engine="tts.finnish", language="sv"), "tts.finnish"),
        (Voice(engine="tts.finnish", language="sv-SE"), "tts.finnish"),
        (Voice(engine="tts.finnish", language="sv", options={"voice": "a"}), None),
        (Voice(engine="tts.finnish", options={"pitch": 1}, language="sv"), None),
    ],
)
async def test_not_refused(studio: Studio, voice: Voice, failed: str | None) -> None:
    """So it does for an engine that is not there, or does not know the language or an option."""
    studio.hass.config.language = "sv"
    finnish = await studio.add(Engine("finnish", SHORT, languages=["fi"]))
    second = await other(studio)

    assert await studio.play(Prompt(text="Eld", voice=voice))

    # Another engine need not know the options
    assert second.asked == [("Eld", "sv", {})]
    assert finnish.asked == []
    assert [change.engine for change in studio.changes] == [failed or "tts.finnish"]


@pytest.mark.parametrize(
    ("asked_for", "languages", "spoken"),
    [
        ("sv", ["sv"], "sv"),
        ("sv", ["en", "sv-SE"], "sv-SE"),
        ("sv-SE", ["en", "sv"], "sv"),
        ("sv-FI", ["en", "sv-SE"], "sv-SE"),
        ("sv-SE", ["sv-FI", "sv-SE"], "sv-SE"),
        ("sv", ["en", "fi"], None),
        ("sv", [""], None),
    ],
)
async def test_languages(
    studio: Studio, asked_for: str, languages: list[str], spoken: str | None
) -> None:
    """Only an engine that speaks the language takes over, in the variant that it knows."""
    await broken(studio)
    second = await other(studio, languages=languages)

    name = await studio.play(speech("Eld", language=asked_for))

    assert [language for _, language, _ in second.asked] == ([spoken] if spoken else [])
    assert bool(name) is bool(spoken)


async def test_default_language(studio: Studio) -> None:
    """Without a language given, another engine speaks that of the engine that failed."""
    await studio.add(Engine("broken", SILENT, languages=["fi", "en"]))
    english = await other(studio, "english", ["en"])
    finnish = await other(studio, "finnish", ["en", "fi"])

    await studio.say("Tulipalo")

    assert english.asked == []
    assert finnish.asked == [("Tulipalo", "fi", {})]


async def test_several_fail(studio: Studio) -> None:
    """One after the other is asked, and only the one that was asked for is reported."""
    first = await broken(studio)
    second = await studio.add(Engine("second", ("wav", b"")))
    third = await other(studio)
    fourth = await other(studio, "fourth")

    assert await studio.play(speech())

    asked = [len(engine.asked) for engine in (first, second, third, fourth)]
    assert asked == [1, 1, 1, 0]
    assert studio.changes == [VoiceChange(engine="tts.broken", reason="quota exceeded")]


async def test_nothing_works(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """When all fail there is the built-in sound; the log has engine and reason, but no words."""
    await broken(studio, RuntimeError("cannot say 'Call +46701234567'"))
    await studio.add(Engine("second", SILENT))
    prompt = speech("Call +46701234567")

    assert await studio.play(prompt) is None

    assert await studio.recordings.async_find_words(prompt) is None
    assert await studio.fetch(studio.recordings.built_in("sv", Sound.SUBSTITUTE))
    assert studio.names == set()
    ours = " ".join(said(caplog, ""))
    assert "Call" not in ours
    assert "+4670" not in ours


async def test_same_words_kept(studio: Studio, engine: Engine) -> None:
    """The same words in the voice of before come first; no engine is asked for them."""
    name = await studio.say("Fire")
    failed = await broken(studio)
    second = await other(studio)

    assert await studio.say("Fire", engine="tts.broken") == name
    assert await studio.say("Fire", engine="tts.gone") == name
    assert await studio.say("Fire", language="xx") == name
    assert [len(one.asked) for one in (engine, failed, second)] == [1, 1, 0]
    # Other words are not the same
    assert await studio.say("fire", engine="tts.broken") != name


async def test_kept_in_several_voices(studio: Studio, engine: Engine) -> None:
    """Of several, the one made last is said again; without it, the one before."""
    first = await studio.say("Fire")
    second = await studio.say("Fire", language="sv")
    assert await studio.say("Fire", engine="tts.gone") == second

    (studio.folder / second).unlink()
    assert await studio.say("Fire", engine="tts.gone") == first


async def test_kept_after_restart(studio: Studio, engine: Engine) -> None:
    """So are they after a restart in which the engine was lost."""
    name = await studio.say("Fire")
    engine.answer = SILENT
    await studio.restart()

    assert await studio.say("Fire", options={"voice": "b"}) == name


async def test_kept_but_deleted(studio: Studio, engine: Engine) -> None:
    """Words that are kept no longer, as somebody deleted the file, are not played in silence."""
    prompt = speech("Fire")
    name = await studio.say("Fire")
    studio.end(prompt)
    engine.answer = SILENT
    (studio.folder / name).unlink()

    assert await studio.play(prompt) is None
    assert await studio.recordings.async_find_words(prompt) is None

    second = await other(studio)
    replaced = await studio.say("Fire")
    assert second.asked == [("Fire", "en", {})]
    assert await studio.fetch(replaced)


async def test_one_call_only(studio: Studio, engine: Engine) -> None:
    """What is said in one call only is not said again in another, but in the same."""
    name = await studio.play(speech("Fire", nonce="a"))
    engine.answer = SILENT

    assert await studio.play(speech("Fire", nonce="b")) is None
    assert await studio.play(speech("Fire")) is None
    assert await studio.play(speech("Fire", nonce="a", options={"voice": "x"})) == name


async def test_works_again(studio: Studio) -> None:
    """What was said in another voice is said in the one asked for as soon as that speaks."""
    engine = await broken(studio)
    await other(studio)
    replaced = await studio.say("Fire")

    engine.answer = SHORT
    name = await studio.say("Fire")

    assert name != replaced
    assert studio.duration(name) == pytest.approx(1)
    assert studio.changes == [
        VoiceChange(engine="tts.broken", reason="quota exceeded"),
        VoiceChange(engine="tts.broken", reason=None),
    ]


async def test_engine_hangs(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """An engine that does not answer in ten seconds is replaced."""
    engine = await broken(studio, SHORT)
    engine.waits_at = 1
    second = await other(studio)
    prompt = speech()
    studio.begin(prompt)
    await until(lambda: engine.asked)
    assert studio.recordings.find(prompt) is None

    await later(studio, freezer, 9)
    assert second.asked == []
    await later(studio, freezer, 1.5)

    assert await studio.known(prompt)
    assert len(second.asked) == 1
    engine.go_on.set()


async def test_all_hang(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """All others together have ten seconds as well: somebody is on the line."""
    engines = [
        await studio.add(Engine(name, SHORT)) for name in ("one", "two", "three")
    ]
    for engine in engines:
        engine.waits_at = 1
    prompt = speech()
    studio.begin(prompt)
    await until(lambda: engines[0].asked)
    await later(studio, freezer, 10.5)
    await until(lambda: engines[1].asked)
    await later(studio, freezer, 10.5)
    assert await studio.known(prompt) is None
    assert [len(engine.asked) for engine in engines] <= [1, 1, 1]
    for engine in engines:
        engine.go_on.set()


async def test_waiting(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """Whoever waits is told in time that nothing is known yet, and what is kept meanwhile."""
    engine = await studio.add(Engine("tone", SHORT))
    kept = await studio.say("Fire")
    engine.waits_at = 2
    prompt = speech("Fire", language="sv")
    studio.begin(prompt)
    await until(lambda: len(engine.asked) == 2)
    waiting = asyncio.create_task(studio.recordings.async_wait(prompt, 2))

    await later(studio, freezer, 2.5)

    assert await waiting is False
    assert studio.recordings.find(prompt) is None
    assert await studio.recordings.async_find_words(prompt) == kept
    engine.go_on.set()
    assert await studio.known(prompt) not in {None, kept}


async def test_media_fails(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """Media that is missing is played from its copy, also after a restart."""
    media_id = await studio.media("a.wav", tone(1))
    name = await studio.copy(media_id)
    file = Path(studio.hass.config.media_dirs["local"]) / "a.wav"
    file.unlink()

    assert await studio.copy(media_id) == name
    assert said(caplog, "Media cannot be played in a call: ")
    await studio.restart()
    assert await studio.copy(media_id) == name

    file.write_bytes(b"no sound")
    assert await studio.copy(media_id) == name
    file.write_bytes(tone(1) + bytes(27_000_000))
    assert await studio.copy(media_id) == name
    file.unlink()
    file.mkdir()
    assert await studio.copy(media_id) == name
    assert said(caplog, "Media cannot be played in a call: ")[2:] == [
        "not audio",
        "larger than 25 MB",
        "Is a directory",
    ]


async def test_media_without_copy(studio: Studio, engine: Engine) -> None:
    """Without a copy there is the built-in sound; no voice says the name of a file."""
    assert await studio.play(Prompt(media="media-source://dlna/1")) is None

    assert engine.asked == []
    assert studio.changes == []
