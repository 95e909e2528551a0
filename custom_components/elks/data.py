"""What a loaded account holds."""

from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry

from .account import AccountWatch
from .address import Address
from .audio import AudioStore
from .calls import CallTracker

type ElksConfigEntry = ConfigEntry[ElksData]


@dataclass(frozen=True, kw_only=True, slots=True)
class ElksData:
    """Runtime data of a config entry."""

    account: AccountWatch
    address: Address
    audio: AudioStore
    tracker: CallTracker
    numbers: dict[tuple[str | int | None, ...], dict[str, str]] = field(
        default_factory=dict
    )
    """In E.164, the numbers that actions gave of late, by how they were written."""
