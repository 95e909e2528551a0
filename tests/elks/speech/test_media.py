"""Media: what a call can play, and what it cannot."""

import asyncio
import io
from pathlib import Path
from typing import Any
from unittest.mock import patch
import wave

from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response, StreamResponse, get
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks.speech import Prompt, content_id, web_url
from homeassistant.components import media_source
from homeassistant.components.media_source import PlayMedia

from .conftest import SOUNDS, Studio, later, refused, said, tone

TOO_LARGE = 25 * 1024 * 1024 + 1


@pytest.mark.parametrize(
    ("media", "url"),
    [
        ("http://example.com/a.mp3", "http://example.com/a.mp3"),
        ("HTTPS://example.com/?a=b", "HTTPS://example.com/?a=b"),
        ("media-source://media_source/local/a.mp3", None),
        ("/local/http://", None),
        ("", None),
    ],
)
def test_web_url(media: str, url: str | None) -> None:
    """The provider fetches an http(s) URL by itself."""
    assert web_url(media) == url
    assert web_url({"media_content_id": media, "media_content_type": "music"}) == url


@pytest.mark.parametrize(
    ("media", "media_id"),
    [
        ("media-source://dlna/1", "media-source://dlna/1"),
        (
            {"media_content_id": " /local/a.mp3\n", "media_content_type": "x"},
            "/local/a.mp3",
        ),
        ({}, ""),
    ],
)
def test_content_id(media: str | dict[str, Any], media_id: str) -> None:
    """An item is a media selector's value, or its ID."""
    assert content_id(media) == media_id


@pytest.mark.parametrize("sound", SOUNDS)
async def test_local_media(studio: Studio, sound: str) -> None:
    """A local file is made fit for a telephone line, whatever its name says."""
    name = await studio.copy(await studio.media("a.mp3", SOUNDS[sound]))

    with wave.open(io.BytesIO(await studio.fetch(name))) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, 16000)
        assert file.getnframes() > 0
    assert studio.names == {name}


async def test_too_large(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """A file of more than 25 MB is not read."""
    media_id = await studio.media("a.wav", tone(1) + bytes(TOO_LARGE))

    assert await refused(studio, media_id, caplog) == "larger than 25 MB"


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        ("media-source://media_source/local/none.mp3", "No such file"),
        ("media-source://media_source/local/folder.mp3", "Is a directory"),
        ("media-source://media_source/elsewhere/a.mp3", "Unknown source directory"),
        ("media-source://media_source/local/../secrets.yaml", "Invalid path"),
        ("media-source://nothing/a.mp3", ""),
        ("ftp://example.com/a.mp3", ""),
        ("some words", "neither"),
        ("media-source://", ""),
    ],
)
async def test_unreadable(
    studio: Studio, caplog: pytest.LogCaptureFixture, media: str, reason: str
) -> None:
    """What cannot be read has a reason."""
    await studio.media("a.mp3", tone(1))
    (Path(studio.hass.config.media_dirs["local"]) / "folder.mp3").mkdir()

    given = await refused(studio, media, caplog)

    assert given
    assert reason in given


async def test_no_media_source(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    """A home without media sources has nothing to play."""
    studio.hass.config.components.remove("media_source")

    given = await refused(studio, "/local/a.mp3", caplog)

    assert given == "no media sources are set up"


async def answer(request: Request) -> StreamResponse:
    """Answer as media servers do."""
    if request.path == "/tone.wav":
        return Response(body=tone(1))
    if request.path == "/gone.wav":
        return Response(status=404)
    response = StreamResponse()
    await response.prepare(request)
    if request.path == "/endless.wav":
        for _ in range(TOO_LARGE // 65_536 + 1):
            await response.write(bytes(65_536))
    else:
        assert request.transport
        request.transport.abort()
    return response


async def test_media_elsewhere(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    """What a media source has on another server is fetched from there."""
    app = Application()
    app.add_routes([get("/{name}", answer)])

    async with TestServer(app, host="127.0.0.1") as server:

        def found(path: str) -> Any:
            media = PlayMedia(str(server.make_url(path)), "audio/wav")
            return patch.object(media_source, "async_resolve_media", return_value=media)

        for path, reason in (
            ("/gone.wav", "404"),
            ("/endless.wav", "larger than 25 MB"),
            ("/cut.wav", ""),
        ):
            with found(path):
                given = await refused(studio, "media-source://dlna/1", caplog)
            assert given
            assert reason in given
            assert "127.0.0.1" not in given

        with found("/tone.wav"):
            name = await studio.copy("media-source://dlna/1")
    assert studio.duration(name) == pytest.approx(1.5)


async def test_source_fails(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """A media source's own reason is masked, and at most 200 characters long."""
    for error, reason in (
        (ValueError("no rights for +46701234567"), "no rights for +46•••••567"),
        (KeyError(), "KeyError"),
        (RuntimeError("x" * 1000), "x" * 200),
    ):
        with patch.object(media_source, "async_resolve_media", side_effect=error):
            given = await refused(studio, "media-source://dlna/1", caplog)
        assert given == reason


async def test_source_hangs(
    studio: Studio, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """A media source has ten seconds."""
    asked, never = asyncio.Event(), asyncio.Event()

    async def hang(*_: object) -> None:
        asked.set()
        await never.wait()

    prompt = Prompt(media="media-source://dlna/1")
    with patch.object(media_source, "async_resolve_media", hang):
        studio.begin(prompt)
        await asked.wait()
        await later(studio, freezer, 9)
        assert said(caplog, "Media cannot be played in a call: ") == []
        await later(studio, freezer, 1.5)
        assert await studio.known(prompt) is None

    assert said(caplog, "Media cannot be played in a call: ") == ["no answer in 10 s"]


async def test_media_of_this_home(studio: Studio) -> None:
    """A path of the home's own is fetched as the home does, signed where that is asked for."""
    studio.hass.config.internal_url = str(studio.client.make_url("")).rstrip("/")
    await studio.media("a.wav", tone(1))

    name = await studio.copy("/media/local/a.wav")

    assert studio.duration(name) == pytest.approx(1.5)
