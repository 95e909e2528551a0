"""The door for recordings, as the provider and strangers find it."""

import logging

import pytest

from custom_components.elks.speech import recording_url

from .conftest import Engine, Studio, tone

UNKNOWN = "A" * 43


@pytest.fixture
async def recording(studio: Studio) -> str:
    """Return a recording."""
    await studio.add(Engine("tone", ("wav", tone(1))))
    return await studio.recordings.async_add_speech("Hello")


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
        UNKNOWN,
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
    answers = []
    for path in (f"/api/elks/audio/{name}", f"/api/nothing/audio/{name}"):
        async with studio.client.request(method, path) as response:
            headers = [item for item in response.headers.items() if item[0] != "Date"]
            answers.append((response.status, headers, await response.read()))

    assert answers[0] == answers[1]
    assert answers[0][0] in {400, 404}


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
