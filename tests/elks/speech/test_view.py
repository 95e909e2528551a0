"""The door for recordings, as the provider and strangers find it."""

from functools import partial
import logging

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import CONF_CALLBACK_KEY, DOMAIN
from custom_components.elks.speech import (
    RecordingNames,
    Recordings,
    Sound,
    async_remove_recordings,
    recording_url,
)
from custom_components.elks.speech.built_in import FOLDER, integration_version

from ..test_translations import LANGUAGES
from .conftest import Engine, Studio, speech, tone

UNKNOWN = "A" * 43


@pytest.fixture
async def recording(studio: Studio) -> str:
    """Return a recording."""
    await studio.add(Engine("tone", ("wav", tone(1))))
    return await studio.say()


async def test_get(
    studio: Studio, recording: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a login the recording is there, as often as it is fetched."""
    data = (studio.folder / recording).read_bytes()
    url = recording_url("", recording)
    for _ in range(2):
        async with studio.client.get(url) as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "audio/wav"
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["Content-Length"] == str(len(data))
            assert await response.read() == data


async def test_head(studio: Studio, recording: str) -> None:
    """HEAD tells the same, without the recording."""
    url = recording_url("", recording)
    async with studio.client.head(url) as head, studio.client.get(url) as get:
        ours = [
            {name: value for name, value in response.headers.items() if name != "Date"}
            for response in (head, get)
        ]
        assert head.status == 200
        assert await head.read() == b""
        assert ours[0] == ours[1]


@pytest.mark.parametrize(
    ("asked", "answered", "status"),
    [
        ("bytes=0-99", slice(0, 100), 206),
        ("bytes=100-", slice(100, None), 206),
        ("bytes=-100", slice(-100, None), 206),
        ("bytes=9999999-", slice(0, 0), 416),
    ],
)
async def test_range(
    studio: Studio, recording: str, asked: str, answered: slice, status: int
) -> None:
    """A part of the recording can be fetched."""
    data = (studio.folder / recording).read_bytes()

    async with studio.client.get(
        recording_url("", recording), headers={"Range": asked}
    ) as response:
        assert response.status == status
        assert await response.read() == data[answered]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "name",
    [
        f"{UNKNOWN}.wav",
        f"{UNKNOWN}.mp3",
        f"{UNKNOWN}.exe",
        f"{UNKNOWN}A.wav",
        f"{UNKNOWN}A.mp3",
        f"{UNKNOWN}AA.mp3",
        UNKNOWN,
        "substitute.mp3",
        "sv",
        "sv%2fsubstitute.mp3",
        "x",
        "%2e%2e",
        "..%2f..%2fsecrets.yaml",
        f"{UNKNOWN}.wav%0a",
        f"{UNKNOWN}%00.wav",
        "%C3%A5.wav",
        "*.wav",
    ],
)
@pytest.mark.usefixtures("recording")
async def test_wrong_name(studio: Studio, method: str, name: str) -> None:
    """A wrong name is answered as a path that does not exist."""
    answer = await answered(studio, f"/api/elks/audio/{name}", method)

    assert answer == await answered(studio, f"/api/nothing/audio/{name}", method)
    assert answer[0] in {400, 404}


async def answered(
    studio: Studio, path: str, method: str = "GET"
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return all that a stranger learns of a path."""
    async with studio.client.request(method, path) as response:
        headers = [item for item in response.headers.items() if item[0] != "Date"]
        return response.status, headers, await response.read()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_built_in(studio: Studio, language: str) -> None:
    """A built-in sound is there under its secret name, without an engine or a disk."""
    await async_remove_recordings(studio.hass, studio.entry.entry_id)
    for sound in Sound:
        data = (FOLDER / language / f"{sound}.mp3").read_bytes()
        url = recording_url("", studio.recordings.built_in(language, sound))

        async with studio.client.get(url) as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "audio/mpeg"
            assert response.headers["Cache-Control"] == "no-store"
            assert await response.read() == data
        async with studio.client.get(url, headers={"Range": "bytes=0-99"}) as response:
            assert response.status == 206
            assert await response.read() == data[:100]


async def test_built_in_of_nobody(studio: Studio) -> None:
    """It is not there under a name that no account has given it, as nothing else is."""
    name = studio.recordings.built_in("sv", Sound.SUBSTITUTE)
    key = studio.entry.data[CONF_CALLBACK_KEY]
    named = partial(RecordingNames(key).built_in, "sv", Sound.SUBSTITUTE)
    [version] = {integration_version(studio.hass)}
    assert named(version) == name
    other_key = RecordingNames("another").built_in("sv", Sound.SUBSTITUTE, version)
    other_version, other_language = (
        named("0"),
        RecordingNames(key).built_in("xx", Sound.SUBSTITUTE, version),
    )
    wrong = [
        other_key,
        other_version,
        other_language,
        name.replace(".mp3", ".wav"),
        name[:-5] + ("A" if name[-5] != "A" else "B") + ".mp3",
        name.swapcase().replace(".MP3", ".mp3"),
    ]
    nothing = await answered(studio, f"/api/nothing/audio/{name}")

    for one in wrong:
        assert await answered(studio, f"/api/elks/audio/{one}") == nothing


async def test_other_account(studio: Studio, recording: str) -> None:
    """Each account has its own names; those of one that is removed are there no longer."""
    second = MockConfigEntry(domain=DOMAIN, data={CONF_CALLBACK_KEY: "another key"})
    second.add_to_hass(studio.hass)
    others = Recordings(studio.hass, second, studio.listeners, list)
    ours = studio.recordings.built_in("sv", Sound.SUBSTITUTE)
    theirs = others.built_in("sv", Sound.SUBSTITUTE)
    assert ours != theirs
    assert await studio.fetch(ours) == await studio.fetch(theirs)

    await studio.hass.config_entries.async_remove(studio.entry.entry_id)

    assert await studio.status(theirs) == 200
    nothing = await answered(studio, "/api/nothing/audio/a")
    for name in (ours, recording):
        assert await answered(studio, f"/api/elks/audio/{name}") == nothing
    others.async_unload()


async def test_deleted_in_a_call(studio: Studio) -> None:
    """What somebody deletes while a call plays it is made again when it is fetched."""
    engine = await studio.add(Engine("tone", ("wav", tone(0.5))))
    name = await studio.say()
    (studio.folder / name).unlink()

    assert await studio.fetch(name)

    assert studio.names == {name}
    assert len(engine.asked) == 2


async def test_deleted_in_a_call_without_a_voice(studio: Studio) -> None:
    """What cannot be made again is not there; the next sentence is known not to be, either."""
    engine = await studio.add(Engine("tone", ("wav", tone(0.5))))
    name = await studio.say()
    (studio.folder / name).unlink()
    engine.answer = RuntimeError("hoarse")

    assert await studio.status(name) == 404

    assert studio.recordings.find(speech()) is None


async def test_same_words_in_two_voices(studio: Studio) -> None:
    """What two calls say in two voices is made again in the right one."""
    for name, seconds in (("one", 0.5), ("two", 0.9)):
        await studio.add(Engine(name, ("wav", tone(seconds))))
    names = [await studio.say(engine=f"tts.{name}") for name in ("one", "two")]
    before = [await studio.fetch(name) for name in names]
    for name in names:
        (studio.folder / name).unlink()

    assert [await studio.fetch(name) for name in names] == before


async def test_deleted_and_hoarse(studio: Studio) -> None:
    """Another voice is not heard under the name: the provider would keep it for good."""
    hoarse = await studio.add(Engine("one", ("wav", tone(0.5))))
    await studio.add(Engine("two", ("wav", tone(0.9))))
    name = await studio.say(engine="tts.one")
    (studio.folder / name).unlink()
    hoarse.answer = RuntimeError("hoarse")

    assert await studio.status(name) == 404

    other = studio.recordings.find(speech(engine="tts.one"))
    assert other not in {None, name}


async def test_deleted_media_that_has_changed(studio: Studio) -> None:
    """Nor is what a media item holds by now."""
    name = await studio.copy(await studio.media("a.wav", tone(0.5)))
    (studio.folder / name).unlink()
    await studio.media("a.wav", tone(0.9))

    assert await studio.status(name) == 404


async def test_deleted_after_its_call(studio: Studio) -> None:
    """What no call plays any more is not made again."""
    engine = await studio.add(Engine("tone", ("wav", tone(0.5))))
    name = await studio.say()
    studio.end(speech())
    (studio.folder / name).unlink()

    assert await studio.status(name) == 404

    assert len(engine.asked) == 1


async def test_source_is_not_served(studio: Studio, recording: str) -> None:
    """Nothing else in the folder can be fetched."""
    (studio.folder / "left.source").write_bytes(b"over")
    for name in ("left.source", recording.removesuffix(".wav"), f"./{recording[:-1]}"):
        async with studio.client.get(recording_url("", name)) as response:
            assert response.status == 404


async def test_not_logged(
    studio: Studio, recording: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The names of recordings are in no log of ours."""
    caplog.set_level(logging.DEBUG)
    await studio.fetch(recording)

    ours = [line.getMessage() for line in caplog.records if "elks" in line.name]
    assert recording not in " ".join(ours)


def test_recording_url() -> None:
    """The URL stands below the home's address, with or without a slash at its end."""
    url = "https://home.example/api/elks/audio/a.wav"
    assert recording_url("https://home.example", "a.wav") == url
    assert recording_url("https://home.example/", "a.wav") == url
