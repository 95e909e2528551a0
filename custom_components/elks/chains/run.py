"""One chain on its way: its people are called until somebody acknowledges."""

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
from ..calls import (
    CallBook,
    CallChange,
    CallPlan,
    CallRecord,
    CallsStoppedError,
    CallTracker,
    new_token,
)
from ..const import CONF_CALLBACK_KEY
from ..helpers.listeners import Listeners, Stage
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


def calls_of(chain: Chain, book: CallBook) -> list[CallRecord]:
    """Return the calls of a chain that were placed, the first one first."""
    records = [book.find(turn.token) for turn in chain.turns]
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
        listeners: Listeners,
        changed: Callable[[Chain], None],
        write: Callable[[], Awaitable[None]],
    ) -> None:
        """Run a chain; `changed` is called with each change, `write` returns when it is on disk."""
        self.chain = chain
        self.calls: list[CallRecord] = []
        """Those that were placed, once it has ended."""
        self._hass = hass
        self._entry = entry
        self._tracker = tracker
        self._book = tracker.book
        self._planner = planner
        self._listeners = listeners
        self._changed = changed
        self._write = write
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
                self._tracker.lookout.async_expect(plan, turn.requested)

    @callback
    def async_start(self) -> None:
        """Begin, or go on after a restart; not when it was cancelled or stopped before."""
        if self.stopped:
            return
        self._stop_listening = self._listeners.async_listen(
            CallChange, Stage.DECISIONS, self._async_call_changed
        )
        for turn in self.chain.turns:
            if record := self._book.find(turn.token):
                self._async_look_at(record)
        if not self.stopped:
            self._async_go()

    @callback
    def async_end(self, end: ChainEnd, by: Turn | None = None) -> None:
        """End the chain: whoever is still called hears nothing more, but who acknowledged."""
        if self.chain.end is not None:
            return
        self._async_stop_calling()
        if not self.stopped:
            self._ended.set_result(True)
        person = by.person if by else None
        # After the end they are remembered no longer than others
        self.calls = calls_of(self.chain, self._book)
        self._change(replace(self.chain, end=end, by=person))
        for turn in self.chain.turns:
            if by is None or turn.token != by.token:
                with going_on("ending a call of a chain"):
                    self._book.hang_up(turn.token)

    @callback
    def async_stop(self) -> None:
        """Stop where it is; after a restart it goes on from there."""
        self._async_stop_calling()
        if not self.stopped:
            self.chain = self._correct_start(self.chain)
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
        # Started eagerly, it could not be cancelled by a listener to its first turn
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
            outcome = await self._async_have_turn(turn)
            if isinstance(outcome, ChainEnd):
                return outcome
            turn = replace(self.chain.turn or turn, fate=outcome)
            self._note_turn(turn)
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

    async def _async_have_turn(self, turn: Turn) -> Fate | ChainEnd:
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
            record = await self._async_place(turn)
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
        await self._async_correct_start()
        async with async_at_most(self._hass, self.chain.timeout + _LONGEST_TALK):
            await self._tracker.ends.async_wait(record)
        return Fate.CALLED

    async def _async_place(self, turn: Turn) -> CallRecord:
        """Return the call of a turn, once the provider has taken it.

        Raises the ElksErrors but UnreachableError, with which it keeps trying.
        """
        known = self._book.find(turn.token)
        if known and known.call is None:
            await async_sleep(self._hass, _SETTLING)
        while True:
            with suppress(UnreachableError):
                known = self._book.find(turn.token)
                if known and (
                    placed := await self._tracker.lookout.async_recall(known)
                ):
                    return placed
                turn = replace(turn, requested=self._tracker.now())
                self._note_turn(turn)
                # A power cut must not make two calls of one turn
                await self._write()
                plan = self._plan(turn)
                # Where the keys that are pressed do not arrive, nobody can acknowledge
                if plan.reported:
                    return await self._tracker.placing.async_place(plan)
            await self._async_wait()

    def _plan(self, turn: Turn) -> CallPlan:
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
    def _async_call_changed(self, change: CallChange) -> None:
        self._async_look_at(change.record)

    @callback
    def _async_look_at(self, record: CallRecord) -> None:
        """Notice that somebody acknowledges, or that a lost call has turned up."""
        turn = next((t for t in self.chain.turns if t.token == record.token), None)
        if turn is None or self.stopped:
            return
        if turn.fate is Fate.UNKNOWN and record.call is not None:
            self._change(self.chain.with_turn(replace(turn, fate=Fate.CALLED)))
        if record.answer == ACKNOWLEDGED:
            self.async_end(ChainEnd.ACKNOWLEDGED, turn)

    async def _async_correct_start(self) -> None:
        """Write when it began, if that was wrong: the provider's answer brings the true time."""
        if self._correct_start(self.chain) != self.chain:
            self._note(self.chain)
            await self._write()

    def _correct_start(self, chain: Chain) -> Chain:
        """Correct when a chain began: our own clock may have been wrong, or set since."""
        if self._began is None:
            return chain
        started = self._tracker.now() - timedelta(seconds=monotonic() - self._began)
        if abs(started - chain.started) < _CLOCK_TOLERANCE:
            return chain
        return replace(chain, started=started)

    def _note_turn(self, turn: Turn) -> None:
        """Note how a turn stands. Raises CallsStoppedError when that made somebody end the chain."""
        self._note(self.chain.with_turn(turn))

    def _note(self, chain: Chain) -> None:
        """Note how the chain stands. Raises CallsStoppedError when that made somebody end it."""
        self._change(chain)
        if self.stopped:
            raise CallsStoppedError

    def _change(self, chain: Chain) -> None:
        self.chain = self._correct_start(chain)
        self._changed(self.chain)
