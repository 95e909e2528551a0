"""Calls the people of one chain, until somebody takes it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..api import (
    InvalidAuthError,
    NoCreditError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from ..calls.events import CallEvent
from ..calls.outgoing.plan import CallPlan
from ..calls.record import CallRecord
from ..calls.token import new_token
from ..calls.tracker import CallsStoppedError, CallTracker
from ..const import CONF_CALLBACK_KEY
from ..helpers.unexpected import going_on, log_unexpected
from ..helpers.waiting import async_at_most, async_sleep
from .chain import ACKNOWLEDGED, Chain, ChainEnd, Fate, Turn

LIMIT = timedelta(minutes=60)
"""How long a chain goes on."""
_CLOCK_TOLERANCE = timedelta(seconds=10)
_FIRST_DELAY = 5
_LONGEST_DELAY = 60
"""Seconds until the provider is tried again, doubled from one to the other."""
_LONGEST_TALK = 300
"""Seconds after the ringing until the next one is called, though no end of the call is known.

Enough to hear the message and press a key; whoever talks longer can still take it.
"""
_SETTLING = 7
"""Seconds in which a request that a restart cut off may still become a call."""

type Planner = Callable[[Chain, Turn], CallPlan]


def calls_of(chain: Chain, tracker: CallTracker) -> list[CallRecord]:
    """Return the calls of a chain that were placed, the first one first."""
    records = [tracker.find(turn.token) for turn in chain.turns]
    return [record for record in records if record and record.call]


class ChainRun:
    """One chain on its way; how it stands is in `chain`."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        tracker: CallTracker,
        planner: Planner,
        chain: Chain,
        *,
        changed: Callable[[Chain], None],
        written: Callable[[], Awaitable[None]],
    ) -> None:
        """Run a chain; `changed` is told of each change, `written` returns when it is on disk."""
        self.chain = chain
        self.calls: list[CallRecord] = []
        """Those that were placed, once it has ended."""
        self._hass = hass
        self._entry = entry
        self._tracker = tracker
        self._planner = planner
        self._changed = changed
        self._written = written
        self._ended: asyncio.Future[bool] = hass.loop.create_future()
        self._began: float | None = None
        """When it began, by a clock that nobody sets; None until it is started."""
        self._delay = _FIRST_DELAY
        self._task: asyncio.Task[None] | None = None
        self._stop_listening: CALLBACK_TYPE | None = None
        self._stop_timer: CALLBACK_TYPE | None = None

    @property
    def stopped(self) -> bool:
        """Whether it has ended, or the account is unloaded."""
        return self._ended.done()

    @callback
    def async_expect(self) -> None:
        """Take up a call that a restart cut off before it was written down."""
        if turn := self.chain.turn:
            with going_on("taking up a call of a chain"):
                plan = self._planner(self.chain, turn)
                self._tracker.async_expect(plan, turn.requested)

    @callback
    def async_start(self) -> None:
        """Begin, or go on after a restart; not when it was cancelled or stopped before."""
        if self.stopped:
            return
        self._stop_listening = self._tracker.async_listen(self._async_told)
        for turn in self.chain.turns:
            if record := self._tracker.find(turn.token):
                self._async_told(record, [])
        if not self.stopped:
            self._async_go()

    @callback
    def async_end(self, end: ChainEnd, by: Turn | None = None) -> None:
        """End the chain: whoever is still called hears nothing more, but who took it."""
        if self.chain.end is not None:
            return
        self._async_stop_calling()
        if not self.stopped:
            self._ended.set_result(True)
        person = by.person if by else None
        # Once the end is told, they are remembered no longer than others
        self.calls = calls_of(self.chain, self._tracker)
        self._change(replace(self.chain, end=end, by=person))
        for turn in self.chain.turns:
            if by is None or turn.token != by.token:
                with going_on("ending a call of a chain"):
                    self._tracker.async_hang_up(turn.token)

    @callback
    def async_stop(self) -> None:
        """Stop where it is; after a restart it goes on from there."""
        self._async_stop_calling()
        if not self.stopped:
            self.chain = self._timed(self.chain)
            self._ended.set_result(False)

    async def async_outcome(self) -> Chain:
        """Wait for the end and return the chain; raises CallsStoppedError."""
        if await asyncio.shield(self._ended):
            return self.chain
        raise CallsStoppedError

    @callback
    def _async_stop_calling(self) -> None:
        if self._stop_listening:
            self._stop_listening()
        if self._stop_timer:
            self._stop_timer()
        if self._task and self._task is not asyncio.current_task():
            self._task.cancel()

    @callback
    def _async_go(self) -> None:
        # The home's clock may have been ahead when it began
        age = max(timedelta(), self._tracker.now() - self.chain.started)
        self._began = monotonic() - age.total_seconds()
        if age >= LIMIT:
            self.async_end(ChainEnd.EXPIRED)
            return

        @callback
        def expire(*_: object) -> None:
            self._stop_timer = None
            self.async_end(ChainEnd.EXPIRED)

        self._stop_timer = async_call_later(
            self._hass, LIMIT - age, HassJob(expire, cancel_on_shutdown=True)
        )
        # Started eagerly, it could not be cancelled by who is told of its first turn
        self._task = self._entry.async_create_background_task(
            self._hass, self._async_run(), "elks chain", eager_start=False
        )

    async def _async_run(self) -> None:
        try:
            end = await self._async_call_people()
        except CallsStoppedError:
            return
        except Exception as err:  # noqa: BLE001
            log_unexpected("calling the people of a chain", err)
            end = ChainEnd.UNANSWERED
        self.async_end(end)

    async def _async_call_people(self) -> ChainEnd:
        """Let one turn follow the other; return why there are no more."""
        while True:
            if (turn := self.chain.turn) is None:
                following = self.chain.following()
                if isinstance(following, ChainEnd):
                    return following
                turn = await self._async_next(*following)
            outcome = await self._async_take(turn)
            if isinstance(outcome, ChainEnd):
                return outcome
            turn = replace(self.chain.turn or turn, fate=outcome)
            self._go_on_with(turn)
            if outcome is Fate.UNKNOWN:
                await self._async_wait()

    async def _async_next(self, number: int, person: int) -> Turn:
        """Wait between two rounds, then return the next turn."""
        if person == 0 and self.chain.turns:
            await async_sleep(self._hass, self.chain.pause)
        return Turn(
            token=new_token(self._entry.data[CONF_CALLBACK_KEY]),
            person=person,
            round=number,
            requested=self._tracker.now(),
        )

    async def _async_take(self, turn: Turn) -> Fate | ChainEnd:
        """Call somebody; whatever goes wrong, the others are called."""
        try:
            return await self._async_call(turn)
        except CallsStoppedError:
            raise
        except Exception as err:  # noqa: BLE001
            log_unexpected("calling somebody of a chain", err)
            return Fate.UNKNOWN

    async def _async_call(self, turn: Turn) -> Fate | ChainEnd:
        """Call somebody; return what became of it when the call has ended, or of the chain.

        The end may never be learnt: the others are called all the same.
        """
        try:
            record = await self._async_placed(turn)
        except InvalidAuthError:
            self._entry.async_start_reauth(self._hass)
            return ChainEnd.INVALID_AUTH
        except NoCreditError:
            return ChainEnd.NO_CREDIT
        except RefusedError:
            return Fate.REFUSED
        except OutcomeUnknownError:
            return Fate.UNKNOWN
        self._delay = _FIRST_DELAY
        await self._async_time()
        async with async_at_most(self._hass, self.chain.timeout + _LONGEST_TALK):
            await self._tracker.async_end(record)
        return Fate.CALLED

    async def _async_placed(self, turn: Turn) -> CallRecord:
        """Return the call of a turn, once the provider has taken it.

        Raises the ElksErrors but UnreachableError, with which it keeps trying.
        """
        known = self._tracker.find(turn.token)
        if known and known.call is None:
            await async_sleep(self._hass, _SETTLING)
        while True:
            with suppress(UnreachableError):
                known = self._tracker.find(turn.token)
                if known and (placed := await self._tracker.async_recall(known)):
                    return placed
                turn = replace(turn, requested=self._tracker.now())
                self._go_on_with(turn)
                # A power cut must not make two calls of one turn
                await self._written()
                plan = self._planned(turn)
                # Where the keys that are pressed do not arrive, nobody can take it
                if plan.reported:
                    return await self._tracker.async_place(plan)
            await self._async_wait()

    def _planned(self, turn: Turn) -> CallPlan:
        """Return the call of a turn; raises RefusedError for somebody who cannot be called."""
        try:
            return self._planner(self.chain, turn)
        except Exception as err:
            log_unexpected("planning a call of a chain", err)
            raise RefusedError("the call cannot be planned") from err

    async def _async_wait(self) -> None:
        """Wait a little, and longer the next time."""
        await async_sleep(self._hass, self._delay)
        self._delay = min(self._delay * 2, _LONGEST_DELAY)

    @callback
    def _async_told(self, record: CallRecord, _: list[CallEvent]) -> None:
        """Notice that somebody takes it, or that a lost call has turned up."""
        turn = next((t for t in self.chain.turns if t.token == record.token), None)
        if turn is None or self.stopped:
            return
        if turn.fate is Fate.UNKNOWN and record.call is not None:
            self._change(self.chain.with_turn(replace(turn, fate=Fate.CALLED)))
        if record.answer == ACKNOWLEDGED:
            self.async_end(ChainEnd.ACKNOWLEDGED, turn)

    async def _async_time(self) -> None:
        """Write when it began, if that was wrong: the provider's answer has told the time."""
        if self._timed(self.chain) != self.chain:
            self._go_on_as(self.chain)
            await self._written()

    def _timed(self, chain: Chain) -> Chain:
        """Correct when a chain began: our own clock may have been wrong, or set since."""
        if self._began is None:
            return chain
        started = self._tracker.now() - timedelta(seconds=monotonic() - self._began)
        if abs(started - chain.started) < _CLOCK_TOLERANCE:
            return chain
        return replace(chain, started=started)

    def _go_on_with(self, turn: Turn) -> None:
        """Note how a turn stands; raises CallsStoppedError when that made somebody end the chain."""
        self._go_on_as(self.chain.with_turn(turn))

    def _go_on_as(self, chain: Chain) -> None:
        """Note how the chain stands; raises CallsStoppedError when that made somebody end it."""
        self._change(chain)
        if self.stopped:
            raise CallsStoppedError

    def _change(self, chain: Chain) -> None:
        self.chain = self._timed(chain)
        self._changed(self.chain)
