"""Where recordings that calls can play lie, and are served.

Their names are secret, and never used twice: the provider keeps what it once fetched from a URL.
"""

from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN

CLIP_PATH: Final = "/api/elks/audio/"


def clip_url(base: str, name: str) -> str:
    """Return where the provider fetches a recording of a home with this external URL."""
    return f"{base.rstrip('/')}{CLIP_PATH}{name}"


def clips_folder(hass: HomeAssistant, entry_id: str) -> Path:
    """Return the folder of an account's recordings."""
    return Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}_audio", entry_id))
