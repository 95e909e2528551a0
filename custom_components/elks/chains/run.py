"""One chain on its way: its people are called until somebody acknowledges."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

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
from ..helpers.waiting import async_sleep
from .chain import ACKNOWLEDGED, Chain, ChainEnd, Fate, Turn
from .turns import ChainTurns

LIMIT = timedelta(minutes=60)
"""How long a chain goes on."""
_CLOCK_TOLERANCE = timedelta(seconds=10)

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
        self._turns = ChainTurns(
            hass,
            entry,
            tracker,
            plan=self._plan,
            renew=self._async_renew,
            taken=self._async_correct_start,
        )
        self._task: asyncio.Task[None] | None = None
        self._calling: set[asyncio.Task[bool]] = set()
        """The turns on their way."""
        self._new = False
        """Whether it just began: its first turns are written with it, and never were requested."""
        self._stop_listening: CALLBACK_TYPE | None = None
        self._stop_timer: CALLBACK_TYPE | None = None

    @property
    def stopped(self) -> bool:
        """Whether it has ended, or the account is unloaded."""
        return self._ended.done()

    @callback
    def async_expect(self) -> None:
        """Take up calls that a restart cut off before they were written down."""
        for turn in self.chain.open_turns:
            with going_on("taking up a call of a chain"):
                self._tracker.lookout.async_expect(self._plan(turn), turn.requested)

    @callback
    def async_note_first(self) -> None:
        """Note the first turns before the chain is written, so that one write keeps both."""
        self._new = True
        self._change(
            self.chain.with_turns(*self._new_turns(1, self.chain.first_people))
        )

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
        """End the chain: whoever is still called hears who has acknowledged, or nothing more."""
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
                    closing = self.chain.closing(turn, by) if by else None
                    self._book.hang_up(turn.token, closing)

    @callback
    def async_stop(self) -> None:
        """Stop where it is; after a restart it goes on from there."""
        self._async_stop_calling()
        if not self.stopped:
            self.chain = self._correct_start(self.chain)
            if self._new and self._began is None:
                # Nobody's call was requested: nothing to look for when it begins again
                self.chain = replace(self.chain, turns=())
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
        for task in (self._task, *self._calling):
            if task and task is not asyncio.current_task():
                task.cancel()

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
        """Let turns begin as others end; return why there are no more.

        When all further calls are useless, those on their way go on. Raises CallsStoppedError.
        """
        self._begin(self.chain.open_turns, are_written=self._new)
        try:
            while True:
                following = self._turns.useless or self.chain.following(
                    len(self._calling)
                )
                if not isinstance(following, ChainEnd):
                    await self._async_begin_turns(*following)
                elif not self._calling:
                    return self._end_of_all(following)
                ended, self._calling = await asyncio.wait(
                    self._calling, return_when=asyncio.FIRST_COMPLETED
                )
                if not all(turn.result() for turn in ended):
                    raise CallsStoppedError
        finally:
            for turn in self._calling:
                turn.cancel()

    async def _async_begin_turns(self, number: int, people: range) -> None:
        """Begin the turns of people in a round, after the pause between two rounds."""
        if not people:
            return
        if people.start == 0 and self.chain.turns:
            await async_sleep(self._hass, self.chain.pause)
        turns = self._new_turns(number, people)
        self._note(self.chain.with_turns(*turns))
        await self._write()
        self._begin(turns, are_written=True)

    def _new_turns(self, number: int, people: range) -> list[Turn]:
        return [
            Turn(
                token=new_token(self._entry.data[CONF_CALLBACK_KEY]),
                person=person,
                round=number,
                requested=self._tracker.now(),
            )
            for person in people
        ]

    def _begin(self, turns: Iterable[Turn], *, are_written: bool) -> None:
        for turn in turns:
            self._calling.add(
                self._entry.async_create_background_task(
                    self._hass,
                    self._async_have(turn, is_written=are_written),
                    "elks turn",
                    eager_start=False,
                )
            )

    async def _async_have(self, turn: Turn, *, is_written: bool) -> bool:
        """Have a turn, and note what became of it; return whether the chain goes on."""
        try:
            fate = await self._turns.async_have(turn, is_written=is_written)
            if fate is not Fate.OPEN:
                self._note(self.chain.with_fate(turn.token, fate))
        except CallsStoppedError:
            return False
        if fate is Fate.UNKNOWN:
            await self._turns.async_wait()
        return True

    async def _async_renew(self, turn: Turn) -> None:
        """Write that the call of a turn is requested now."""
        self._note(self.chain.with_turns(replace(turn, requested=self._tracker.now())))
        await self._write()

    def _plan(self, turn: Turn) -> CallPlan:
        return self._planner(self.chain, turn)

    def _end_of_all(self, end: ChainEnd) -> ChainEnd:
        """Return how the chain ends when no more turns follow: somebody may have pressed in vain."""
        calls = calls_of(self.chain, self._book)
        if end is not ChainEnd.UNANSWERED or not calls:
            return end
        heard = any(call.script for call in calls)
        return end if heard else ChainEnd.NOT_REACHABLE

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
            self._change(self.chain.with_fate(turn.token, Fate.CALLED))
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

    def _note(self, chain: Chain) -> None:
        """Note how the chain stands. Raises CallsStoppedError when that made somebody end it."""
        self._change(chain)
        if self.stopped:
            raise CallsStoppedError

    def _change(self, chain: Chain) -> None:
        self.chain = self._correct_start(chain)
        self._changed(self.chain)
