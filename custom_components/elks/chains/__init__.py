"""Chains: several calls, until somebody acknowledges."""

from .chain import ACKNOWLEDGED, Chain, ChainEnd, ChainState, Person, Turn
from .chains import Chains
from .run import ChainRun
from .store import ChainStore

__all__ = [
    "ACKNOWLEDGED",
    "Chain",
    "ChainEnd",
    "ChainRun",
    "ChainState",
    "ChainStore",
    "Chains",
    "Person",
    "Turn",
]
