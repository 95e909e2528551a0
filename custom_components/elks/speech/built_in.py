"""The sounds shipped with the integration, played when nothing else can be; scripts/sounds makes them."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import language as language_util

from ..const import DOMAIN

FOLDER: Final = Path(__file__).parents[1] / "sounds"
"""Holds a folder for each language."""

_ENGLISH = "en"
_BOKMAL = "nb"
_NYNORSK = "nn"


class Sound(StrEnum):
    """A sentence that is shipped as a sound; its text is under the same name in translations/."""

    DONE = "done"
    """What a caller chose was done."""
    GOES_ON = "goes_on"
    """It takes longer than a caller waits."""
    GOODBYE = "goodbye"
    HOME = "home"
    """Stands for the greeting of a line."""
    MENU = "menu"
    """Stands for what can be chosen, which cannot be read out."""
    NOT_DONE = "not_done"
    """What a caller chose failed."""
    ONE_MOMENT = "one_moment"
    PIN = "pin"
    """Asks for the PIN."""
    SUBSTITUTE = "substitute"
    """Something needs attention, and its message could not be played."""
    SUBSTITUTE_ACKNOWLEDGE = "substitute_acknowledge"
    """The same, and any digit acknowledges."""
    TAKEN = "taken"
    """Somebody else takes care of it."""
    THANKS = "thanks"
    """Nobody else will be called."""
    WRONG_KEY = "wrong_key"
    """The key chooses nothing."""
    WRONG_PIN = "wrong_pin"


def sound_path(language: str, sound: Sound) -> Path:
    """Return the file of a sound in the closest language there is ("sv" for "sv-SE"), else in English.

    Blocks like `languages`.
    """
    return sound_file(_closest(language), sound)


def sound_file(language: str, sound: Sound) -> Path:
    """Return where the file of a sound is, if there is one in exactly this language."""
    return FOLDER / language / f"{sound}.mp3"


def integration_version(hass: HomeAssistant) -> str:
    """Return the version of the integration: another one may have other sounds."""
    return str(async_get_loaded_integration(hass, DOMAIN).version)


@cache
def languages() -> tuple[str, ...]:
    """Return the languages of the sounds. Blocks the first time, while the folder is read."""
    files = FOLDER.glob(f"*/{Sound.SUBSTITUTE}.mp3")
    return tuple(sorted(path.parent.name for path in files))


def _closest(language: str) -> str:
    if language_util.Dialect.parse(language).language == _NYNORSK:
        return _BOKMAL
    return next(iter(language_util.matches(language, languages())), _ENGLISH)
