"""The news of chains that listeners are notified of."""

from dataclasses import dataclass

from ..calls import CallRecord
from .chain import Chain


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainChange:
    """A chain stands differently."""

    chain: Chain
    calls: tuple[CallRecord, ...] = ()
    """Once it has ended, its calls that were placed, the first one first."""
