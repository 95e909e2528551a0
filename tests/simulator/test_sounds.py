"""The sounds that calls fetch."""

import asyncio
from pathlib import Path

import pytest

from simulator import Simulator

from .conftest import PERSON, Client, Customer, results


@pytest.fixture(autouse=True)
def _person_stays(simulator: Simulator) -> None:
    simulator.phone(PERSON, talk_for=None)


async def test_wav(client: Client, customer: Customer) -> None:
    """A call lasts as long as the sound it fetches."""
    call = await client.call({"play": customer.serves_sound("/hello.wav", 7)})
    assert results(call) == ["success"]
    assert call["duration"] == 7


@pytest.mark.parametrize(
    ("codec", "suffix", "result"),
    [
        ("libmp3lame", "mp3", "success"),
        ("libvorbis", "ogg", "success"),
        ("flac", "flac", "failed"),
        ("libopus", "ogg", "failed"),
    ],
)
async def test_formats(
    client: Client,
    customer: Customer,
    tmp_path: Path,
    codec: str,
    suffix: str,
    result: str,
) -> None:
    """MP3 and OGG Vorbis can be played, other formats cannot."""
    file = tmp_path / f"tone.{suffix}"
    ffmpeg = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=2.5"),
        *("-c:a", codec, str(file)),
    )
    assert await ffmpeg.wait() == 0
    customer.files["/tone"] = (file.read_bytes(), "application/octet-stream")
    call = await client.call({"play": f"{customer.url}/tone"})
    assert results(call) == [result]
    assert call["duration"] == (3 if result == "success" else 0)


@pytest.mark.parametrize("content", [b"", b"<html>", b"RIFF\x00\x00\x00\x00WAVE"])
async def test_not_a_sound(client: Client, customer: Customer, content: bytes) -> None:
    """Content that is not a sound cannot be played, whatever its type."""
    customer.files["/hello.wav"] = (content, "audio/wav")
    call = await client.call({"play": f"{customer.url}/hello.wav"})
    assert results(call) == ["failed"]


@pytest.mark.parametrize("url", ["/missing.wav", "no URL at all"])
async def test_no_sound(client: Client, customer: Customer, url: str) -> None:
    """A sound that cannot be fetched cannot be played."""
    url = customer.url + url if url.startswith("/") else url
    call = await client.call({"ivr": url})
    assert results(call) == ["failed"]


async def test_fetched_once(client: Client, customer: Customer) -> None:
    """A sound is kept for good: a new one at the same URL is never played."""
    url = customer.serves_sound("/hello.wav", 7)
    await client.call({"play": url})
    customer.serves_sound("/hello.wav", 3)
    call = await client.call({"play": url, "next": {"play": url}})
    assert call["duration"] == 14
    assert customer.fetched == ["/hello.wav"]


async def test_tried_again(client: Client, customer: Customer) -> None:
    """A sound that could not be played is fetched again."""
    customer.files["/hello.wav"] = (b"", "audio/wav")
    await client.call({"play": f"{customer.url}/hello.wav"})
    call = await client.call({"play": customer.serves_sound("/hello.wav", 2)})
    assert results(call) == ["success"]
