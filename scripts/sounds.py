"""Makes the built-in sounds: the texts of translations/, spoken by espeak-ng, fit for a telephone line."""

import asyncio
from html import escape
import json
from pathlib import Path
import re
import subprocess
from tempfile import TemporaryDirectory

from custom_components.elks.speech.built_in import FOLDER, Sound, sound_file
from custom_components.elks.speech.telephone import async_fit
from homeassistant.core import HomeAssistant

_TRANSLATIONS = FOLDER.parent / "translations"
_WORDS_PER_MINUTE = "150"
_FFPROBE = ("ffprobe", "-v", "error", "-of", "json", "-show_format")
_FFMPEG = ("ffmpeg", "-v", "error", "-y")
_MP3 = ("-c:a", "libmp3lame", "-b:a", "24k", "-fflags", "+bitexact")
# The full stop belongs to it: after a change of voice there is no pause
_ENGLISH_NAME = re.compile(r"Home Assistant\b[.,]?")


def _main() -> None:
    """Make the sounds whose text has changed, and delete those without a text."""
    texts = _texts()
    for path in set(FOLDER.glob("*/*")) - texts.keys():
        path.unlink()
    for path, text in texts.items():
        if not path.exists() or _title(path) != text:
            _make(path, text)
            print(path.relative_to(FOLDER))


def _texts() -> dict[Path, str]:
    """Return the text of each sound, by its file."""
    texts: dict[Path, str] = {}
    for path in sorted(_TRANSLATIONS.glob("*.json")):
        words = json.loads(path.read_text())["common"]
        texts |= {sound_file(path.stem, one): words[f"sound_{one}"] for one in Sound}
    return texts


def _title(path: Path) -> str | None:
    """Return the text of which a sound was made."""
    told = _run(*_FFPROBE, path)
    title: str | None = json.loads(told)["format"].get("tags", {}).get("title")
    return title


def _make(path: Path, text: str) -> None:
    """Make a sound whose title is its text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        speech = Path(folder) / "speech.wav"
        _speak(speech, text, language=path.parent.name)
        fit = asyncio.run(_fit(speech))
        title = f"title={text}"
        _run(*_FFMPEG, "-i", fit, *_MP3, "-metadata", title, path)


def _speak(path: Path, text: str, *, language: str) -> None:
    """Speak a text into a WAV file, with the name of Home Assistant as in English."""
    markup = _ENGLISH_NAME.sub(
        r'<voice xml:lang="en">\g<0></voice>', escape(text, quote=False)
    )
    _run("espeak-ng", "-m", "-v", language, "-s", _WORDS_PER_MINUTE, "-w", path, markup)


async def _fit(speech: Path) -> Path:
    """Make speech as loud as what a home's voice says, with the same silence in front."""
    hass = HomeAssistant(str(speech.parent))
    return await async_fit(hass, speech, speech.with_stem("fit"))


def _run(*command: str | Path) -> bytes:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    _main()
