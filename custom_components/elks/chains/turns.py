"""The turns of a chain: each is one call, placed once, and waited for until it has ended."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..api import (
    InvalidAuthError,
    NoCreditError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from ..calls import CallPlan, CallRecord, CallsStoppedError, CallTracker
from ..helpers.unexpected import log_unexpected
from ..helpers.waiting import async_at_most, async_sleep
from .chain import ChainEnd, Fate, Turn

_FIRST_DELAY = 5
_LONGEST_DELAY = 60
"""Seconds until the provider is tried again, doubled from one to the other."""
_LONGEST_TALK = 300
"""Seconds after the ringing until the turn is over, though no end of the call is known.

Enough to hear the message and press a key; whoever talks longer can still take it.
"""
_SETTLING = 7
"""Seconds in which a request that a restart cut off may still become a call."""


class ChainTurns:
    """Has the turns of one chain, beside each other or one after the other."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        tracker: CallTracker,
        *,
        plan: Callable[[Turn], CallPlan],
        renew: Callable[[Turn], Awaitable[None]],
        taken: Callable[[], Awaitable[None]],
    ) -> None:
        """Place calls as `plan` plans them.

        `renew` returns when it is on disk that a call is requested now, though it was written
        before; `taken` is called when the provider has taken a call.
        """
        self._hass = hass
        self._entry = entry
        self._tracker = tracker
        self._plan_call = plan
        self._renew = renew
        self._taken = taken
        self._delay = _FIRST_DELAY
        self.useless: ChainEnd | None = None
        """What makes all further calls useless: no more are placed."""

    async def async_have(self, turn: Turn, *, is_written: bool) -> Fate:
        """Call somebody; return what became of it when the call has ended.

        `is_written` says that the turn is on disk and its call never was requested. A turn stays
        open when its call is useless. Whatever goes wrong, the others are called. Raises
        CallsStoppedError.
        """
        try:
            return await self._async_call(turn, is_written=is_written)
        except CallsStoppedError:
            raise
        except Exception as err:  # noqa: BLE001
            log_unexpected("calling somebody of a chain", err)
            return Fate.UNKNOWN

    async def async_wait(self) -> None:
        """Wait a little before the provider is tried again, and longer the next time."""
        delay = self._delay
        await async_sleep(self._hass, delay)
        # Those who wait beside each other do so for the same time
        self._delay = min(delay * 2, _LONGEST_DELAY)

    async def _async_call(self, turn: Turn, *, is_written: bool) -> Fate:
        """Call somebody, as async_have does.

        The end may never be learnt: the others are called all the same.
        """
        try:
            record = await self._async_place(turn, is_written=is_written)
        except InvalidAuthError:
            self._entry.async_start_reauth(self._hass)
            return self._stop(ChainEnd.INVALID_AUTH)
        except NoCreditError:
            return self._stop(ChainEnd.NO_CREDIT)
        except RefusedError:
            return Fate.REFUSED
        except OutcomeUnknownError:
            return Fate.UNKNOWN
        if record is None:
            return Fate.OPEN
        self._delay = _FIRST_DELAY
        await self._taken()
        async with async_at_most(self._hass, record.timeout + _LONGEST_TALK):
            await self._tracker.ends.async_wait(record)
        return Fate.CALLED

    def _stop(self, end: ChainEnd) -> Fate:
        self.useless = self.useless or end
        return Fate.OPEN

    async def _async_place(self, turn: Turn, *, is_written: bool) -> CallRecord | None:
        """Return the call of a turn once the provider has taken it; None if that is useless.

        Raises the ElksErrors but UnreachableError, with which it keeps trying.
        """
        known = self._tracker.book.find(turn.token)
        if known and known.call is None:
            await async_sleep(self._hass, _SETTLING)
        while True:
            with suppress(UnreachableError):
                if placed := await self._async_recall(turn):
                    return placed
                if self.useless:
                    return None
                # A power cut must not make two calls of one turn
                if not is_written:
                    await self._renew(turn)
                is_written = False
                return await self._tracker.placing.async_place(self._plan(turn))
            await self.async_wait()

    async def _async_recall(self, turn: Turn) -> CallRecord | None:
        """Return the call of a turn if it was placed before; raises as async_recall does."""
        if known := self._tracker.book.find(turn.token):
            return await self._tracker.lookout.async_recall(known)
        return None

    def _plan(self, turn: Turn) -> CallPlan:
        """Return the call of a turn; raises RefusedError for somebody who cannot be called."""
        try:
            return self._plan_call(turn)
        except Exception as err:
            log_unexpected("planning a call of a chain", err)
            raise RefusedError("the call cannot be planned") from err
