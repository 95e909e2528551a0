"""Recordings on disk: private, limited in size, kept for the next time or deleted after the call."""

import os
from pathlib import Path
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks.speech import Prompt, Sound, async_remove_recordings

from .conftest import Engine, Studio, later, said, speech, tone

MINUTE = 60.5
"""Seconds."""
FIRST, SECOND, THIRD, FOURTH, FIFTH = map(
    speech, ("First", "Second", "Third", "Fourth", "Fifth")
)


async def play(studio: Studio, *prompts: Prompt) -> list[str]:
    """Return the names of recordings, made one after the other."""
    names = [await studio.play(prompt) for prompt in prompts]
    return [name for name in names if name]


@pytest.mark.usefixtures("engine")
async def test_private(studio: Studio) -> None:
    """Nobody else on the machine can look into the folder, and names cannot be guessed."""
    name = await studio.say()

    assert studio.folder.stat().st_mode & 0o777 == 0o700
    assert studio.folder.parent.stat().st_mode & 0o777 == 0o700
    assert len(name) == 44 + len(".wav")


@pytest.mark.usefixtures("engine")
async def test_kept(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """A recording stays after its call, for the next time, and over a restart."""
    [name] = await play(studio, FIRST)

    studio.end(FIRST)
    await later(studio, freezer, 600 * MINUTE)
    await studio.restart()

    assert studio.names == {name}
    assert await studio.fetch(name)


@pytest.mark.usefixtures("engine")
async def test_gone_after_the_call(
    studio: Studio, freezer: FrozenDateTimeFactory
) -> None:
    """What is not kept stays for ten minutes after its call, and as long as a call plays it."""
    prompts = [speech(nonce=nonce) for nonce in ("a", "b", "c")]
    first, second, third = await play(studio, *prompts)
    assert len({first, second, third}) == 3

    studio.end(prompts[0])
    await later(studio, freezer, 6 * MINUTE)
    studio.end(prompts[1])
    assert studio.names == {first, second, third}

    await later(studio, freezer, 4 * MINUTE)
    assert studio.names == {second, third}
    assert await studio.status(first) == 404

    await later(studio, freezer, 6 * MINUTE)
    assert studio.names == {third}

    await later(studio, freezer, 600 * MINUTE)
    assert studio.names == {third}


@pytest.mark.usefixtures("engine")
async def test_several_calls(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """What several calls play is deleted after the last of them."""
    prompt = speech(nonce="a")
    [name, same] = await play(studio, prompt, prompt)
    assert name == same

    studio.end(prompt)
    await later(studio, freezer, 20 * MINUTE)
    assert studio.names == {name}

    studio.end(prompt)
    await later(studio, freezer, 10 * MINUTE)
    assert studio.names == set()


@pytest.mark.usefixtures("engine")
async def test_needed_again(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """What another call plays by the time it would be deleted stays until that one is over."""
    prompt = speech(nonce="a")
    [name] = await play(studio, prompt)
    studio.end(prompt)
    await later(studio, freezer, 5 * MINUTE)

    await studio.play(prompt)
    await later(studio, freezer, 10 * MINUTE)
    assert studio.names == {name}

    studio.end(prompt)
    await later(studio, freezer, 5 * MINUTE)
    assert studio.names == {name}
    await later(studio, freezer, 5 * MINUTE)
    assert studio.names == set()


async def test_late_recording(
    studio: Studio, engine: Engine, freezer: FrozenDateTimeFactory
) -> None:
    """What is ready only when its call is over is deleted as well, unless it is kept."""
    engine.waits_at = 1
    alone, kept = speech(nonce="a"), speech()
    studio.begin(alone, kept)
    studio.end(alone, kept)
    engine.go_on.set()
    await studio.hass.async_block_till_done(wait_background_tasks=True)
    assert len(studio.names) == 2

    await later(studio, freezer, 10 * MINUTE)

    assert studio.names == {await studio.play(kept)}
    assert len(engine.asked) == 2


@pytest.mark.usefixtures("engine")
async def test_switched_off(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """When speech is no longer kept, all of it goes, what a call plays ten minutes after that."""
    first, second = await play(studio, FIRST, SECOND)
    studio.end(FIRST)

    studio.keep_speech(False)
    await studio.recordings.async_apply_options()
    assert studio.names == {second}
    assert first != second

    studio.end(SECOND)
    await later(studio, freezer, 9 * MINUTE)
    assert studio.names == {second}
    await later(studio, freezer, 1 * MINUTE)
    assert studio.names == set()


@pytest.mark.usefixtures("engine")
async def test_not_switched_off(studio: Studio) -> None:
    """A change of other options deletes nothing."""
    [name] = await play(studio, FIRST)
    studio.end(FIRST)

    await studio.recordings.async_apply_options()

    assert studio.names == {name}


@pytest.mark.usefixtures("engine")
async def test_restart_switched_off(studio: Studio) -> None:
    """After a restart without kept speech, only what calls going on play is there."""
    _, second = await play(studio, FIRST, SECOND)
    studio.end(FIRST)

    studio.keep_speech(False)
    await studio.restart()

    assert studio.names == {second}
    assert await studio.fetch(second)


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_room(studio: Studio) -> None:
    """What was not used for longest makes room for others, and never what a call plays."""
    first, second, third = await play(studio, FIRST, SECOND, THIRD)
    assert await studio.play(FOURTH) is None
    assert studio.names == {first, second, third}

    studio.end(THIRD)
    studio.end(FIRST)
    [fourth] = await play(studio, FOURTH)
    assert studio.names == {first, second, fourth}
    [fifth] = await play(studio, FIFTH)
    assert studio.names == {second, fourth, fifth}
    assert await studio.play(THIRD) is None

    for name in (second, fourth, fifth):
        assert await studio.fetch(name)


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_used_again(studio: Studio) -> None:
    """What is said again goes later."""
    first, second, third = await play(studio, FIRST, SECOND, THIRD)
    studio.end(FIRST, SECOND, THIRD)

    await studio.play(FIRST)
    studio.end(FIRST)
    [fourth] = await play(studio, FOURTH)

    assert studio.names == {first, third, fourth}
    assert second not in studio.names


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_used_again_after_restart(studio: Studio) -> None:
    """A restart does not change the order."""
    names = await play(studio, FIRST, SECOND, THIRD)
    for age, name in enumerate(names):
        os.utime(studio.folder / name, (0, age))
    studio.end(FIRST)
    await studio.hass.async_block_till_done(wait_background_tasks=True)
    studio.needed.clear()

    await studio.restart()
    [fourth] = await play(studio, FOURTH)

    assert studio.names == {names[0], names[2], fourth}


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_longer_than_allowed(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    """A sound that alone takes more room than there is displaces nothing that a call plays."""
    first, second = await play(studio, FIRST, SECOND)
    media = Prompt(media=await studio.media("a.wav", tone(10)))

    assert await studio.play(media) is None

    assert studio.names == {first, second}
    assert said(caplog, "The recordings of calls going on leave no room for another")


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_longer_than_allowed_when_kept(studio: Studio) -> None:
    """Nor does it displace what is kept, for nothing."""
    names = await play(studio, FIRST, SECOND)
    studio.end(FIRST, SECOND)
    media = Prompt(media=await studio.media("a.wav", tone(10)))

    assert await studio.play(media) is None

    assert studio.names == set(names)


async def test_deleted_by_somebody(studio: Studio, engine: Engine) -> None:
    """A recording that somebody deleted is made anew, under the same name."""
    [name] = await play(studio, FIRST)
    studio.end(FIRST)
    (studio.folder / name).unlink()

    assert await studio.play(FIRST) == name

    assert await studio.fetch(name)
    assert len(engine.asked) == 2


@pytest.mark.usefixtures("engine", "three_seconds")
async def test_deleted_by_somebody_when_full(studio: Studio) -> None:
    """It is counted and found as before, also when it was the one not used for longest."""
    first, second, third = await play(studio, FIRST, SECOND, THIRD)
    studio.end(FIRST, SECOND, THIRD)
    (studio.folder / first).unlink()

    assert await studio.play(FIRST) == first
    studio.end(FIRST)
    assert studio.names == {first, second, third}

    fourth, fifth = await play(studio, FOURTH, FIFTH)
    assert studio.names == {first, fourth, fifth}


@pytest.mark.usefixtures("engine")
async def test_folder_deleted(studio: Studio) -> None:
    """A folder that somebody deleted is made anew."""
    [name] = await play(studio, FIRST)
    await async_remove_recordings(studio.hass, studio.entry.entry_id)
    studio.folder.parent.rmdir()

    assert await studio.play(FIRST) == name

    assert studio.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("engine")
async def test_what_is_no_recording(studio: Studio) -> None:
    """What else is in the folder after a restart, such as halves of recordings, is deleted."""
    [name] = await play(studio, FIRST)
    for other in ("left.source", "left.wav", name.removesuffix(".wav"), f"{name}.mp3"):
        (studio.folder / other).write_bytes(b"over")

    await studio.restart()

    assert studio.names == {name}


@pytest.mark.usefixtures("engine")
async def test_older_version(studio: Studio) -> None:
    """A recording that an older version made for a call going on stays, and can be fetched."""
    name = "B" * 43 + ".wav"
    (studio.folder / name).write_bytes(tone(1))
    studio.needed.append(Prompt(url=f"https://home.example/api/elks/audio/{name}"))
    studio.keep_speech(False)

    await studio.restart()

    assert studio.names == {name}
    assert await studio.fetch(name) == tone(1)


@pytest.mark.usefixtures("engine")
async def test_unload(studio: Studio, freezer: FrozenDateTimeFactory) -> None:
    """An unloaded account deletes nothing, not even what is let go of afterwards."""
    prompts = [speech(nonce="a"), speech(nonce="b")]
    names = await play(studio, *prompts)
    studio.end(prompts[0])

    studio.recordings.async_unload()
    studio.end(prompts[1])
    await later(studio, freezer, 10 * MINUTE)

    assert studio.names == set(names)


@pytest.mark.usefixtures("engine")
async def test_remove(studio: Studio) -> None:
    """A removed account leaves no recordings behind, not even what was just being made."""
    await studio.say()
    studio.recordings.async_unload()

    await async_remove_recordings(studio.hass, studio.entry.entry_id)
    await async_remove_recordings(studio.hass, studio.entry.entry_id)
    assert await studio.play(speech("Goodbye")) is None

    assert not studio.folder.exists()


@pytest.mark.usefixtures("engine")
async def test_disk_fails(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """A folder that takes nothing leaves the built-in sound; once it does, all is as before."""
    await async_remove_recordings(studio.hass, studio.entry.entry_id)
    studio.folder.touch()

    assert await studio.play(FIRST) is None
    assert said(caplog, "A recording cannot be written: ") == ["File exists"]
    assert await studio.fetch(studio.recordings.built_in("sv", Sound.SUBSTITUTE))

    studio.folder.unlink()
    [name] = await play(studio, FIRST)
    assert await studio.fetch(name)


@pytest.mark.usefixtures("engine")
async def test_disk_full(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that is full in the middle of it leaves nothing behind, and is logged once."""
    full = OSError(28, "No space left on device")

    with patch.object(Path, "write_bytes", side_effect=full):
        assert await studio.play(FIRST) is None

    assert said(caplog, "A recording cannot be written: ") == [full.strerror]
    assert studio.names == set()
    assert await studio.fetch(studio.recordings.built_in("sv", Sound.SUBSTITUTE))
    assert await studio.play(FIRST) in studio.names


@pytest.mark.usefixtures("engine")
async def test_disk_full_for_ffmpeg(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    """So is one that takes the speech, but not what ffmpeg makes of it; no voice is blamed."""
    await play(studio, FIRST)
    before = studio.names
    (studio.folder / "draft.wav").symlink_to("/dev/full")

    with patch("secrets.token_urlsafe", return_value="draft"):
        assert await studio.play(speech("Goodbye")) is None

    assert said(caplog, "A recording cannot be written: ") == [
        "No space left on device"
    ]
    assert "no audio" not in caplog.text
    assert studio.names == before


@pytest.mark.usefixtures("engine")
async def test_disk_fails_at_the_start(studio: Studio) -> None:
    """An account whose folder cannot be read at the start makes recordings once it can."""
    await async_remove_recordings(studio.hass, studio.entry.entry_id)
    studio.folder.touch()
    with pytest.raises(OSError, match="File exists"):
        await studio.restart()
    studio.folder.unlink()

    [name] = await play(studio, FIRST)

    assert await studio.fetch(name)
