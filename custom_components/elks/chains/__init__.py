"""Chains: several calls, one after the other or at once, until somebody acknowledges.

`chain` is where one stands, `run` has it go on, `turns` has somebody called, `chains` are all of an
account, `store` on disk.
"""

from .chain import ACKNOWLEDGED, Chain, ChainEnd, ChainState, Fate, Person, Turn
from .chains import Chains, UnknownChainError
from .changes import ChainChange
from .run import ChainRun
from .store import ChainStore

__all__ = [
    "ACKNOWLEDGED",
    "Chain",
    "ChainChange",
    "ChainEnd",
    "ChainRun",
    "ChainState",
    "ChainStore",
    "Chains",
    "Fate",
    "Person",
    "Turn",
    "UnknownChainError",
]
