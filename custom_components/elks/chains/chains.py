"""The chains of an account: begun, continued after a restart, cancelled."""

import asyncio
from collections import Counter, deque
from contextlib import suppress
from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..calls import CallRecord, CallsStoppedError, CallTracker
from ..const import DOMAIN
from ..helpers.listeners import Listeners
from ..helpers.unexpected import going_on
from .chain import Chain, ChainEnd
from .changes import ChainChange
from .run import ChainRun, Planner, calls_of
from .store import ChainStore

_CANCELLED: HassKey[Counter[str]] = HassKey(f"{DOMAIN}_chains_cancelled")
"""How many times all chains of accounts were cancelled, also before they were reloaded."""
_LONGEST_WRITE = 5
"""Seconds after which a slow disk keeps nobody's phone from ringing."""
_ENDED_KNOWN = 100


class UnknownChainError(Exception):
    """There is no such chain, or it ended too long ago."""


class Chains:
    """The chains of one account; they run independently of each other."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        tracker: CallTracker,
        planner: Planner,
        listeners: Listeners,
    ) -> None:
        """Run chains whose calls the tracker places, as the planner plans them."""
        self._hass = hass
        self._entry = entry
        self._tracker = tracker
        self._planner = planner
        self._listeners = listeners
        self._store = ChainStore(hass, entry.entry_id)
        self._cancelled = hass.data.setdefault(_CANCELLED, Counter())
        self._runs: dict[str, ChainRun] = {}
        self._ended: deque[str] = deque(maxlen=_ENDED_KNOWN)
        """The ids of those that ended recently."""
        self._stopped = False
        self.last: Chain | None = None
        """The chain begun last."""
        self.acknowledged: Chain | None = None
        """The chain that was acknowledged last."""

    @property
    def all_cancelled(self) -> int:
        """How many times all chains were cancelled since the start of Home Assistant."""
        return self._cancelled[self._entry.entry_id]

    @property
    def running(self) -> list[Chain]:
        """The chains that have not ended, in the order in which they began."""
        return [run.chain for run in self._runs.values()]

    async def async_load(self) -> None:
        """Read the chains of before a restart; their calls are to be remembered."""
        for chain in await self._store.async_load():
            self.last = chain
            # Where two have been, the one acknowledged last stands before the other
            if chain.end is ChainEnd.ACKNOWLEDGED and self.acknowledged is None:
                self.acknowledged = chain
            if chain.end is None:
                self._tracker.book.hold(chain.id)
                self._make_run(chain)
            else:
                self._ended.append(chain.id)

    @callback
    def async_resume(self) -> None:
        """Go on with the chains that had not ended, once their calls are known."""
        runs = list(self._runs.values())
        for run in runs:
            run.async_expect()
        for run in runs:
            run.async_start()

    async def async_unload(self) -> None:
        """Stop, and write how the chains stand."""
        self.async_stop()
        await asyncio.wait([self._async_begin_write()])

    @callback
    def async_stop(self) -> None:
        """Stop all chains where they are; those who wait for their ends wait in vain."""
        self._stopped = True
        for run in self._runs.values():
            run.async_stop()

    async def async_begin(self, chain: Chain) -> ChainRun:
        """Begin a chain; when this returns, a restart does not forget it.

        One that was cancelled while it was planned is only reported as cancelled.
        Raises CallsStoppedError when the account was unloaded before.
        """
        if self._stopped:
            raise CallsStoppedError
        end, chain = chain.end, replace(chain, end=None)
        self._tracker.book.hold(chain.id)
        self.last = chain
        run = self._make_run(chain)
        if end is not None:
            run.async_end(end)
        else:
            run.async_note_first()
        try:
            await self._async_write()
        finally:
            # Also when whoever asks is stopped
            run.async_start()
        return run

    async def async_outcome(self, run: ChainRun) -> tuple[Chain, list[CallRecord]]:
        """Wait for the end of a chain, begun here or before a reload; return it and its calls.

        Raises CallsStoppedError.
        """
        run = self._runs.get(run.chain.id, run)
        with suppress(CallsStoppedError):
            return await run.async_outcome(), run.calls
        # It may have ended as soon as it was loaded
        if self.last and self.last.id == run.chain.id and self.last.end:
            return self.last, self.calls(self.last)
        raise CallsStoppedError

    @callback
    def async_cancel(self, chain_id: str | None) -> None:
        """End a chain, or all: nobody else is called, and who is called now hears no more.

        Of one that has ended, nothing more. Raises UnknownChainError.
        """
        if chain_id is None:
            self._cancelled[self._entry.entry_id] += 1
            runs = list(self._runs.values())
        elif chain_id in self._ended:
            return
        elif run := self._runs.get(chain_id):
            runs = [run]
        else:
            raise UnknownChainError
        for run in runs:
            run.async_end(ChainEnd.CANCELLED)

    def calls(self, chain: Chain) -> list[CallRecord]:
        """Return the calls of a chain that were placed, the first one first."""
        return calls_of(chain, self._tracker.book)

    def _make_run(self, chain: Chain) -> ChainRun:
        run = self._runs[chain.id] = ChainRun(
            self._hass,
            self._entry,
            self._tracker,
            self._planner,
            chain,
            listeners=self._listeners,
            changed=self._async_changed,
            write=self._async_write,
        )
        return run

    @callback
    def _async_changed(self, chain: Chain) -> None:
        """Keep and report how a chain stands."""
        if self.last and chain.id == self.last.id:
            self.last = chain
        if chain.end is None:
            self._listeners.async_notify(ChainChange(chain=chain))
            return
        run = self._runs.pop(chain.id)
        self._ended.append(chain.id)
        if chain.end is ChainEnd.ACKNOWLEDGED:
            self.acknowledged = chain
        self._async_begin_write()
        self._listeners.async_notify(ChainChange(chain=chain, calls=tuple(run.calls)))
        self._tracker.book.release(chain.id)

    async def _async_write(self) -> None:
        """Write how the chains stand; when this returns, it is written, or cannot be in time."""
        # A write that is cut off goes on in its thread, and could end after a newer one
        await asyncio.wait([self._async_begin_write()], timeout=_LONGEST_WRITE)

    @callback
    def _async_begin_write(self) -> asyncio.Task[None]:
        """Write the chains that run, and the one begun last, in the order in which they began.

        Before them stands the one acknowledged last, unless it is the one begun last.
        """
        last = [self.last] if self.last and self.last.end else []
        acknowledged = [self.acknowledged] if self.acknowledged else []
        first = [one for one in acknowledged if one is not self.last]
        return self._hass.async_create_task(
            self._async_save([*first, *self.running, *last]), "elks chains"
        )

    async def _async_save(self, chains: list[Chain]) -> None:
        """Write chains; a disk that takes nothing keeps nobody's phone from ringing."""
        with going_on("writing chains to disk"):
            await self._store.async_save(chains)
