"""What the tests of chains use of those of calls, and a home whose chains run."""

from ..calls.conftest import account, carrier, clock, disk
from .house import house

__all__ = ["account", "carrier", "clock", "disk", "house"]
