"""A recording that a call can play, and where it lies."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN

CLIP_PATH: Final = "/api/elks/audio/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """A recording, ready to be played in calls."""

    name: str
    """Secret, and never used twice: the provider keeps what it once fetched from a URL."""
    duration: float | None
    """Seconds; None when that is not known."""


def clip_url(base: str, name: str) -> str:
    """Return where the provider fetches a recording of a home with this external URL."""
    return f"{base.rstrip('/')}{CLIP_PATH}{name}"


def clips_folder(hass: HomeAssistant, entry_id: str) -> Path:
    """Return the folder of an account's recordings."""
    return Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}_audio", entry_id))
