"""Where recordings that calls can play lie, and are served.

Their names are secret, and never used twice: the provider keeps what it once fetched from a URL.
"""

from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN

RECORDING_PATH: Final = "/api/elks/audio/"


def recording_url(base: str, name: str) -> str:
    """Return where the provider fetches a recording of a home with this external URL."""
    return f"{base.rstrip('/')}{RECORDING_PATH}{name}"


def recordings_folder(hass: HomeAssistant, entry_id: str) -> Path:
    """Return the folder of an account's recordings."""
    return Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}_audio", entry_id))
