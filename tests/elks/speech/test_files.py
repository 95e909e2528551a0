"""Recordings on disk: private, limited in size, deleted soon after their calls."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.speech import Recordings, async_remove_recordings
from homeassistant.exceptions import HomeAssistantError

from .conftest import Studio, record, tone


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

    studio.recordings.async_release([first, "unknown.wav"])
    await later(studio, freezer, 6)
    studio.recordings.async_release([first, second])
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

    studio.recordings.async_release([third])
    studio.recordings.async_release([first])
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
    studio.recordings.async_release([first])

    with pytest.raises(HomeAssistantError) as raised:
        await studio.recordings.async_add_media(await studio.media("a.wav", tone(10)))

    assert raised.value.translation_key == "audio_full"
    assert studio.names == {first}


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_restart(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """After a restart the recordings of open calls are there, and no others."""
    first, second, third = [await record(studio) for _ in range(3)]
    studio.recordings.async_release([third])
    studio.recordings.async_unload()
    (studio.folder / "left.source").write_bytes(b"over")

    recordings = Recordings(studio.hass, studio.entry)
    await recordings.async_clean({first, second, "never.wav"})

    assert studio.names == {first, second}
    assert await studio.fetch(first)
    await recordings.async_add_speech("Hello")
    with pytest.raises(HomeAssistantError):
        await recordings.async_add_speech("Hello")
    recordings.async_release([first])
    await later(studio, freezer, 10)
    assert first not in studio.names
    recordings.async_unload()


@pytest.mark.usefixtures("engine")
async def test_unload(studio: Studio) -> None:
    """An unloaded account has no timer, not even for what is let go of afterwards."""
    first, second = [await record(studio) for _ in range(2)]
    studio.recordings.async_release([first])

    studio.recordings.async_unload()
    studio.recordings.async_release([second])

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
