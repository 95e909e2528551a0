"""Calls under random orders of events: what must always hold, holds after each."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
import pytest

from custom_components.elks.api import (
    Call,
    CallRequest,
    CallState,
    ElksError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.calls import CallPlan, CallRecord, new_token

from .conftest import OTHER_PHONE, PHONE, Carrier, Clock, Home, make_plan, turns

# Hypothesis warns of its own random numbers in Python 3.14
pytestmark = pytest.mark.filterwarnings("ignore:It looks like `register_random`")

DOWN = UnreachableError("no connection")
UNKNOWN = OutcomeUnknownError("the connection broke")
ENDS = [CallState.SUCCESS, CallState.BUSY, CallState.FAILED]


class World(Carrier):
    """A provider that leaves every request unanswered, until the machine decides."""

    def __init__(self) -> None:
        """Begin without calls."""
        super().__init__()
        self.waiting: list[tuple[CallRequest, asyncio.Future[Call]]] = []
        self.placed: dict[str, list[Call]] = {}
        """The calls of each action, by its token."""

    async def place_call(self, request: CallRequest) -> Call:
        """Leave a request unanswered."""
        answer: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        self.waiting.append((request, answer))
        return await answer

    def carry_out(self, request: CallRequest) -> Call:
        """Place a call as it was asked for."""
        call = self.takes(request.to_number)
        self.placed.setdefault(token_of(request), []).append(call)
        return call


def token_of(request: CallRequest) -> str:
    """Return the token of the action that a request is for."""
    # Also calls that are not reported carry it, so that the machine knows whose they are
    return request.voice_start


class Calls(RuleBasedStateMachine):
    """Phones people while everything goes wrong that can."""

    plans = Bundle[CallPlan]("plans")

    def __init__(self, home: Home, clock: Clock, timers: Any) -> None:
        """Begin with a home that has just started."""
        super().__init__()
        self.home, self.clock, self.timers = home, clock, timers
        self.loop = home.hass.loop
        self.world = home.carrier = World()
        self.scripts: list[asyncio.Task[None]] = []
        self.promised: set[str] = set()
        """The tokens of the calls whose end must become known."""
        self.lost = False
        """Whether records were lost, so that calls without a callback may be too."""
        self.ends: dict[str, CallState | None] = {}
        home.disk.data.clear()
        self.run(home.start())

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in Home Assistant's event loop."""
        return self.loop.run_until_complete(work)

    # What the home does

    @rule(
        target=plans, to=st.sampled_from([PHONE, OTHER_PHONE]), reported=st.booleans()
    )
    def place(self, to: str, reported: bool) -> CallPlan:
        """Ask for a call."""
        plan = make_plan(to, reported=reported, timeout=10)
        plan = replace(plan, request=replace(plan.request, voice_start=plan.token))

        async def script() -> None:
            with suppress(ElksError):
                await self.home.tracker.async_place(plan)
                self.promised.add(plan.token)

        self.scripts.append(self.loop.create_task(script()))
        self.run(turns())
        return plan

    @rule(index=st.integers(0, 5))
    def stop_script(self, index: int) -> None:
        """Stop a script that waits for the answer to its request."""
        if index < len(self.scripts):
            self.scripts[index].cancel()
            self.run(turns())

    @rule(seconds=st.sampled_from([1, 3, 10, 30, 150]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.run(self.clock.passes(seconds, step=max(1, seconds / 5)))

    @rule()
    def reload(self) -> None:
        """Load the account anew."""
        self.home.disk.free.set()
        self.run(self.home.stop())
        self.leave_requests()
        self.run(self.home.start())

    @rule()
    def kill(self) -> None:
        """Cut the power: what is not written is lost."""
        written = set(self.home.disk.tokens())
        open_ = {record.token for record in self.home.tracker.open}
        self.lost = self.lost or not open_ <= written
        self.run(self.home.kill())
        self.leave_requests()
        self.run(self.home.start())

    @rule(free=st.booleans())
    def disk(self, free: bool) -> None:
        """Let nothing be written for a while, or write what waits."""
        (self.home.disk.free.set if free else self.home.disk.free.clear)()
        self.run(turns())

    # What the provider does

    def leave_requests(self) -> None:
        """Leave the requests of a home that was stopped: they may be on their way."""
        self.scripts.clear()
        self.run(turns())

    def next_request(
        self, index: int
    ) -> tuple[CallRequest, asyncio.Future[Call]] | None:
        """Take a request that is unanswered."""
        waiting = self.world.waiting
        return waiting.pop(index % len(waiting)) if waiting else None

    def answer(self, answer: asyncio.Future[Call], what: Call | Exception) -> None:
        """Answer a request, if anybody still waits for that."""
        if answer.done():
            return
        if isinstance(what, Exception):
            answer.set_exception(what)
        else:
            answer.set_result(what)
        self.run(turns())

    @rule(index=st.integers(0, 5), lost=st.booleans())
    def take(self, index: int, lost: bool) -> None:
        """Carry a request out; its answer may be lost."""
        if request := self.next_request(index):
            call = self.world.carry_out(request[0])
            self.answer(request[1], UNKNOWN if lost else call)

    @rule(
        index=st.integers(0, 5),
        error=st.sampled_from(
            [UNKNOWN, DOWN, UnreachableError("slow", 2), RefusedError("No")]
        ),
    )
    def refuse(self, index: int, error: Exception) -> None:
        """Do not carry a request out."""
        if request := self.next_request(index):
            self.answer(request[1], error)

    @rule(plan=plans, state=st.sampled_from(ENDS))
    def hang_up(self, plan: CallPlan, state: CallState) -> None:
        """End a call; its callback is not sent yet."""
        for call in self.calls_of(plan):
            if call.state is CallState.ONGOING:
                self.world.ends(call, state=state)

    def calls_of(self, plan: CallPlan) -> list[Call]:
        """Return the calls of an action as they stand."""
        placed = self.world.placed.get(plan.token, [])
        return [self.world.history[call.id] for call in placed]

    @rule(plan=plans, times=st.integers(1, 2), late=st.booleans())
    def call_back(self, plan: CallPlan, times: int, late: bool) -> None:
        """Tell how a call stands, once or twice, or how it stood before."""
        if not plan.reported:
            return
        for call in self.calls_of(plan) * times:
            self.promised.add(plan.token)
            told = replace(call, state=CallState.ONGOING) if late else call
            self.home.tracker.async_told(plan.token, told)
        self.run(turns())

    @rule(plan=plans, other=plans, forged=st.booleans(), state=st.sampled_from(ENDS))
    def lie(
        self, plan: CallPlan, other: CallPlan, forged: bool, state: CallState
    ) -> None:
        """Tell what is not true, without the secret or with that of another call."""
        token = new_token("wrong") if forged else other.token
        own = [call.id for call in self.calls_of(other)]
        known = {record.token for record in self.records() if record.call}
        for call in self.calls_of(plan):
            if forged or (other.token in known and call.id not in own):
                self.home.tracker.async_told(token, replace(call, state=state))
        self.run(turns())

    @rule(up=st.booleans())
    def line(self, up: bool) -> None:
        """Answer no more questions, or answer them again."""
        self.world.error = None if up else DOWN

    # What must hold

    def records(self) -> list[CallRecord]:
        """Return all that is known."""
        return [*self.home.tracker.open, *self.home.tracker.ended]

    @invariant()
    def one_call_for_each_action(self) -> None:
        """No request that took effect was sent again."""
        assert all(len(calls) == 1 for calls in self.world.placed.values())

    @invariant()
    def every_call_is_its_own(self) -> None:
        """No call is taken for another, as long as there was a record of each."""
        for record in self.records():
            if record.call and not self.lost:
                assert [call.id for call in self.world.placed[record.token]] == [
                    record.call.id
                ]

    @invariant()
    def ends_are_true_and_stay(self) -> None:
        """An end is what the provider says, and never another one."""
        for record in self.home.tracker.ended:
            assert record.call
            assert record.state is self.world.history[record.call.id].state
            assert self.ends.setdefault(record.token, record.state) is record.state

    @invariant()
    def last_is_newest(self) -> None:
        """The last call is the newest by the provider's clock."""
        placed: list[datetime] = [
            record.placed for record in self.records() if record.call
        ]
        if placed:
            assert self.home.tracker.last
            assert self.home.tracker.last.placed >= max(placed)

    @invariant()
    def one_timer(self) -> None:
        """One timer for all calls and one for each action under way; none without calls."""
        open_ = self.home.tracker.open
        assert self.timers() <= bool(open_) + sum(not record.call for record in open_)

    def teardown(self) -> None:
        """Let everything get through in the end: then every call's end is known."""
        try:
            self.run(self.finish())
            self.check_promises()
            assert self.home.tracker.open == []
            assert self.timers() == 0
        finally:
            self.run(self.home.stop())

    async def finish(self) -> None:
        """Carry out and answer all requests, end all calls, and wait."""
        self.world.error = None
        self.home.disk.free.set()
        for request, answer in self.world.waiting:
            call = self.world.carry_out(request)
            if not answer.done():
                answer.set_result(call)
        await turns()
        for call in list(self.world.history.values()):
            if call.state is CallState.ONGOING:
                self.world.ends(call, state=CallState.BUSY)
        await self.clock.passes(900, step=60)

    def check_promises(self) -> None:
        """Compare the calls that must be known with those that have ended here."""
        ended = {record.call.id for record in self.home.tracker.ended if record.call}
        for token in set() if self.lost else self.promised:
            assert {call.id for call in self.world.placed[token]} <= ended


def test_random_orders(home: Home, clock: Clock, timers: Any) -> None:
    """Whatever happens in whatever order, the promises hold."""
    loop = home.hass.loop
    loop.run_until_complete(home.stop())

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: Calls(home, clock, timers),
        settings=settings(
            max_examples=50,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    loop.run_until_complete(home.start())
