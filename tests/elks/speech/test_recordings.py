"""Recordings while they are made: side by side, and stopped."""

import asyncio
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest

from custom_components.elks.speech import (
    files as files_module,
    recordings as recordings_module,
)

from .conftest import Studio, record, tone


async def test_stopped_while_recording(studio: Studio, tmp_path: Path) -> None:
    """Whoever is stopped leaves nothing behind, no program either."""
    media_id = await studio.media("a.wav", tone(60))
    slow, started = tmp_path / "ffmpeg", tmp_path / "started"
    slow.write_text(f"#!/bin/sh\ntouch {started}\nexec sleep 60\n")
    slow.chmod(0o700)

    with patch(
        "custom_components.elks.speech.telephone._ffmpeg", return_value=str(slow)
    ):
        recording = asyncio.create_task(studio.recordings.async_add_media(media_id))
        while not started.exists():
            await asyncio.sleep(0)
        recording.cancel()
        with pytest.raises(asyncio.CancelledError):
            await recording

    assert studio.names == set()


@pytest.mark.parametrize(
    ("module", "step"), [(recordings_module, "_tidy"), (files_module, "_delete")]
)
@pytest.mark.usefixtures("engine", "three_seconds")
async def test_stopped_in_the_last_moment(
    studio: Studio, module: ModuleType, step: str
) -> None:
    """A recording that nobody takes any more takes no room, however late that is."""
    kept = {await record(studio) for _ in range(2)}
    if step == "_delete":
        studio.recordings.async_release([await record(studio)])
    take_step = getattr(module, step)
    recording = asyncio.create_task(record(studio))

    async def stop() -> None:
        recording.cancel()

    def be_stopped_at(*args: object) -> None:
        take_step(*args)
        asyncio.run_coroutine_threadsafe(stop(), studio.hass.loop).result()

    with (
        patch.object(module, step, be_stopped_at),
        pytest.raises(asyncio.CancelledError),
    ):
        await recording
    assert studio.names == kept

    kept.add(await record(studio))
    assert studio.names == kept


@pytest.mark.usefixtures("engine")
async def test_at_once(studio: Studio) -> None:
    """Recordings can be made side by side."""
    recordings = await asyncio.gather(
        *(studio.recordings.async_add_speech("Hello") for _ in range(8))
    )

    assert studio.names == set(recordings)
    assert len(studio.names) == 8
