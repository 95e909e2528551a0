"""Recordings on disk: private, few, and gone soon after their calls."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.speech import (
    Recordings,
    async_remove_recordings,
    files as files_module,
    recordings as store_module,
)
from homeassistant.exceptions import HomeAssistantError

from .conftest import Engine, Studio, tone

SECOND = 32_000
"""Bytes."""


@pytest.fixture
async def engine(studio: Studio) -> Engine:
    """Return an engine that speaks for half a second, so that recordings last for one."""
    return await studio.add(Engine("tone", ("wav", tone(0.5))))


@pytest.fixture
def three_seconds() -> Iterator[None]:
    """Leave room for three recordings."""
    with patch("custom_components.elks.speech.files.MAX_SIZE", 3 * SECOND + 3 * 100):
        yield


async def record(studio: Studio) -> str:
    """Make a recording of one second and return its name."""
    name = await studio.store.async_speech("Hello")
    assert studio.duration(name) == pytest.approx(1)
    return name


async def later(studio: Studio, freezer: FrozenDateTimeFactory, minutes: int) -> None:
    """Let time pass."""
    freezer.tick(timedelta(minutes=minutes, seconds=1))
    async_fire_time_changed(studio.hass)
    await studio.hass.async_block_till_done()


@pytest.mark.usefixtures("engine")
async def test_private(studio: Studio) -> None:
    """Nobody else on the machine can look into the folder, and names cannot be guessed."""
    name = await record(studio)

    assert studio.folder.stat().st_mode & 0o777 == 0o700
    assert studio.folder.parent.stat().st_mode & 0o777 == 0o700
    assert len(name) == 43 + len(".wav")


@pytest.mark.usefixtures("engine")
async def test_gone_after_the_call(
    studio: Studio, freezer: FrozenDateTimeFactory
) -> None:
    """A recording stays for ten minutes after its call; one that is not let go of, longer."""
    first, second, third = [await record(studio) for _ in range(3)]

    studio.store.async_release([first, "unknown.wav"])
    await later(studio, freezer, 6)
    studio.store.async_release([first, second])
    assert studio.names == {first, second, third}

    await later(studio, freezer, 4)
    assert studio.names == {second, third}

    await later(studio, freezer, 6)
    assert studio.names == {third}

    await later(studio, freezer, 600)
    assert studio.names == {third}


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_room(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """New recordings displace those whose calls ended first, and never one of an open call."""
    first, second, third = [await record(studio) for _ in range(3)]
    with pytest.raises(HomeAssistantError) as raised:
        await record(studio)
    assert raised.value.translation_key == "audio_full"
    assert studio.names == {first, second, third}

    studio.store.async_release([third])
    studio.store.async_release([first])
    fourth = await record(studio)
    assert studio.names == {first, second, fourth}
    fifth = await record(studio)
    assert studio.names == {second, fourth, fifth}
    with pytest.raises(HomeAssistantError):
        await record(studio)

    await later(studio, freezer, 10)
    assert studio.names == {second, fourth, fifth}


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_longer_than_allowed(studio: Studio) -> None:
    """A sound that alone takes more room than there is displaces nothing."""
    first = await record(studio)
    studio.store.async_release([first])

    with pytest.raises(HomeAssistantError) as raised:
        await studio.store.async_media(await studio.media("a.wav", tone(10)))

    assert raised.value.translation_key == "audio_full"
    assert studio.names == {first}


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_restart(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """After a restart the recordings of open calls are there, and no others."""
    first, second, third = [await record(studio) for _ in range(3)]
    studio.store.async_release([third])
    studio.store.async_unload()
    (studio.folder / "left.source").write_bytes(b"over")

    store = Recordings(studio.hass, studio.entry)
    await store.async_clean({first, second, "never.wav"})

    assert studio.names == {first, second}
    assert await studio.fetch(first)
    await store.async_speech("Hello")
    with pytest.raises(HomeAssistantError):
        await store.async_speech("Hello")
    store.async_release([first])
    await later(studio, freezer, 10)
    assert first not in studio.names
    store.async_unload()


@pytest.mark.usefixtures("engine")
async def test_unload(studio: Studio) -> None:
    """An unloaded account has no timer, not even for what is let go of afterwards."""
    first, second = [await record(studio) for _ in range(2)]
    studio.store.async_release([first])

    studio.store.async_unload()
    studio.store.async_release([second])

    assert studio.names == {first, second}


@pytest.mark.usefixtures("engine")
async def test_remove(studio: Studio) -> None:
    """A removed account leaves no recordings behind."""
    await record(studio)

    await async_remove_recordings(studio.hass, studio.entry.entry_id)
    await async_remove_recordings(studio.hass, studio.entry.entry_id)

    assert not studio.folder.exists()


@pytest.mark.usefixtures("engine")
async def test_disk_fails(studio: Studio) -> None:
    """A disk that takes nothing is reported; once it does, the next recording is made."""
    await async_remove_recordings(studio.hass, studio.entry.entry_id)
    studio.folder.touch()

    with pytest.raises(HomeAssistantError) as raised:
        await record(studio)
    assert raised.value.translation_key == "audio_unwritable"
    assert raised.value.translation_placeholders == {"reason": "File exists"}

    studio.folder.unlink()
    assert await record(studio) in studio.names


async def test_stopped_while_recording(studio: Studio, tmp_path: Path) -> None:
    """Whoever is stopped leaves nothing behind, no program either."""
    media_id = await studio.media("a.wav", tone(60))
    slow, started = tmp_path / "ffmpeg", tmp_path / "started"
    slow.write_text(f"#!/bin/sh\ntouch {started}\nexec sleep 60\n")
    slow.chmod(0o700)

    with patch(
        "custom_components.elks.speech.telephone._ffmpeg", return_value=str(slow)
    ):
        recording = asyncio.create_task(studio.store.async_media(media_id))
        while not started.exists():
            await asyncio.sleep(0)
        recording.cancel()
        with pytest.raises(asyncio.CancelledError):
            await recording

    assert studio.names == set()


@pytest.mark.parametrize(
    ("module", "step"), [(store_module, "_tidy"), (files_module, "_delete")]
)
@pytest.mark.usefixtures("engine", "three_seconds")
async def test_stopped_in_the_last_moment(
    studio: Studio, module: ModuleType, step: str
) -> None:
    """A recording that nobody takes any more takes no room, however late that is."""
    kept = {await record(studio) for _ in range(2)}
    if step == "_delete":
        studio.store.async_release([await record(studio)])
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
    clips = await asyncio.gather(
        *(studio.store.async_speech("Hello") for _ in range(8))
    )

    assert studio.names == set(clips)
    assert len(studio.names) == 8
