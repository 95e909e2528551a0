"""Media: what a call can play, and what it cannot."""

import io
from typing import Any
from unittest.mock import patch
import wave

from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response, StreamResponse, get
import pytest

from custom_components.elks.speech import web_url
from homeassistant.components import media_source
from homeassistant.components.media_source import PlayMedia

from .conftest import SOUNDS, Studio, refused, tone

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


@pytest.mark.parametrize("sound", SOUNDS)
async def test_local_media(studio: Studio, sound: str) -> None:
    """A local file is made fit for a telephone line, whatever its name says."""
    media_id = await studio.media("a.mp3", SOUNDS[sound])

    recording = await studio.recordings.async_add_media(
        {"media_content_id": media_id, "media_content_type": "audio/x"}
    )

    with wave.open(io.BytesIO(await studio.fetch(recording))) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, 16000)
        assert file.getnframes() > 0
    assert studio.names == {recording}


async def test_too_large(studio: Studio) -> None:
    """A file of more than 25 MB is refused, unread."""
    media_id = await studio.media("a.wav", tone(1) + bytes(TOO_LARGE))

    assert await refused(studio, media_id) == ("media_too_large", "")


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        ("media-source://media_source/local/none.mp3", "No such file"),
        ("media-source://media_source/elsewhere/a.mp3", "Unknown source directory"),
        ("media-source://media_source/local/../secrets.yaml", "Invalid path"),
        ("media-source://nothing/a.mp3", ""),
        ("ftp://example.com/a.mp3", ""),
        ("some words", "neither"),
        ("", "neither"),
        ({}, "neither"),
        ("media-source://", ""),
    ],
)
async def test_unreadable(
    studio: Studio, media: str | dict[str, Any], reason: str
) -> None:
    """What cannot be read is refused with a reason."""
    key, told = await refused(studio, media)

    assert key == "media_unreadable"
    assert told
    assert reason in told


async def test_no_media_source(studio: Studio) -> None:
    """So is everything but http(s) URLs in a home without media sources."""
    studio.hass.config.components.remove("media_source")

    assert (await refused(studio, "/local/a.mp3"))[0] == "media_unreadable"


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


async def test_media_elsewhere(studio: Studio) -> None:
    """What a media source has on another server is fetched from there."""
    app = Application()
    app.add_routes([get("/{name}", answer)])

    async with TestServer(app, host="127.0.0.1") as server:

        def found(path: str) -> Any:
            media = PlayMedia(str(server.make_url(path)), "audio/wav")
            return patch.object(media_source, "async_resolve_media", return_value=media)

        with found("/tone.wav"):
            recording = await studio.recordings.async_add_media("media-source://dlna/1")
            studio.recordings.async_release([recording])
        (studio.folder / recording).unlink()

        for path, key, reason in (
            ("/gone.wav", "media_unreadable", "404"),
            ("/endless.wav", "media_too_large", ""),
            ("/cut.wav", "media_unreadable", ""),
        ):
            with found(path):
                told = await refused(studio, "media-source://dlna/1")
            assert told[0] == key
            assert reason in told[1]
            assert "127.0.0.1" not in told[1]


async def test_media_of_this_home(studio: Studio) -> None:
    """A path of the home's own is fetched as the home does, signed where that is asked for."""
    studio.hass.config.internal_url = str(studio.client.make_url("")).rstrip("/")
    await studio.media("a.wav", tone(1))

    recording = await studio.recordings.async_add_media("/media/local/a.wav")

    assert studio.duration(recording) == pytest.approx(1.5)
