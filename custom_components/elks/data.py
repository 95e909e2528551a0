"""What a loaded account holds."""

from dataclasses import dataclass

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
