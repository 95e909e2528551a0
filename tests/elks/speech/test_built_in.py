"""The sounds that are shipped: all there, heard, and of the texts as they are now."""

from array import array
from math import sqrt
from pathlib import Path
import subprocess

import pytest

from custom_components.elks.speech.built_in import FOLDER, Sound, languages, sound_path
from custom_components.elks.speech.telephone import LEAD_IN, SAMPLE_RATE

from ..test_translations import LANGUAGES, texts
from .test_telephone import probe

FULL_SCALE = 32767


def samples(path: Path) -> array[int]:
    """Return the samples of a sound as ffmpeg decodes it."""
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "s16le", "-"],
        capture_output=True,
        check=True,
    )
    return array("h", decoded.stdout)


def test_nothing_else() -> None:
    """Each language has the same sounds, each has a text, and together they are small."""
    files = {path for path in FOLDER.rglob("*") if path.is_file()}
    keys = {key for key in texts("en") if key.startswith("common.sound_")}

    assert languages() == tuple(LANGUAGES)
    assert keys == {f"common.sound_{sound}" for sound in Sound}
    assert files == {sound_path(one, sound) for one in LANGUAGES for sound in Sound}
    assert sum(path.stat().st_size for path in files) < 2_000_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sound", Sound)
def test_heard(language: str, sound: Sound) -> None:
    """A sound is of the text as it is now, fit for a telephone line, loud and long enough."""
    path = sound_path(language, sound)
    text = texts(language)[f"common.sound_{sound}"]
    stream, told = probe(path)
    heard = samples(path)
    # Encoding blurs where speech begins
    begin = int((LEAD_IN - 0.02) * SAMPLE_RATE)
    silence, speech = heard[:begin], heard[begin:]

    assert told["tags"]["title"] == text, "Run scripts/sounds"
    assert (told["format_name"], stream["codec_name"]) == ("mp3", "mp3")
    assert (stream["channels"], stream["sample_rate"]) == (1, str(SAMPLE_RATE))
    assert max(map(abs, silence)) < 0.001 * FULL_SCALE
    assert max(map(abs, speech)) < 0.95 * FULL_SCALE
    # -24 dB, as of what the home's own voice says
    assert sqrt(sum(one * one for one in speech) / len(speech)) > 0.063 * FULL_SCALE
    # A short one has as much silence at its end as a long one
    assert len(speech) / SAMPLE_RATE / len(text) > 0.04
    assert len(speech) / SAMPLE_RATE < 0.12 * len(text) + 0.5


@pytest.mark.parametrize(
    ("language", "folder"),
    [
        ("sv", "sv"),
        ("sv-SE", "sv"),
        ("SV_se", "sv"),
        ("de-AT", "de"),
        ("en-GB", "en"),
        ("no", "nb"),
        ("nn", "nb"),
        ("nn-NO", "nb"),
        ("pt-BR", "en"),
        ("zh-Hans", "en"),
        ("", "en"),
    ],
)
def test_closest(language: str, folder: str) -> None:
    """A language without sounds has those of the closest one, else English ones."""
    path = sound_path(language, Sound.THANKS)

    assert path == FOLDER / folder / "thanks.mp3"
