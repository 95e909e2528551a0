"""Calls under random orders of events: what must always hold, holds after each."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, override

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
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
FAILURES = [UNKNOWN, UNKNOWN, DOWN, UnreachableError("slow", 2), RefusedError("No")]
ENDS = [CallState.SUCCESS, CallState.BUSY, CallState.FAILED]


class World(Carrier):
    """A provider that leaves every request unanswered, until the machine decides."""

    def __init__(self) -> None:
        """Begin without calls."""
        super().__init__()
        self.waiting: list[tuple[CallRequest, asyncio.Future[Call]]] = []
        self.prompt = False
        self.placed: dict[str, list[Call]] = {}
        """The calls of each action, by its token."""

    @override
    async def place_call(self, request: CallRequest) -> Call:
        """Leave a request unanswered, but for those at the end."""
        if self.prompt:
            return self.carry_out(request)
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
        self.to_place = 4
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

    @precondition(lambda self: self.to_place > 0)
    @rule(
        target=plans,
        to=st.sampled_from([PHONE, PHONE, OTHER_PHONE]),
        reported=st.booleans(),
    )
    def place(self, to: str, reported: bool) -> CallPlan:
        """Ask for a call."""
        self.to_place -= 1
        plan = make_plan(to, reported=reported, timeout=10)
        plan = replace(plan, request=replace(plan.request, voice_start=plan.token))

        async def script() -> None:
            with suppress(ElksError):
                await self.home.tracker.async_place(plan)
                self.promised.add(plan.token)

        self.scripts.append(self.loop.create_task(script()))
        self.run(turns())
        return plan

    @rule(seconds=st.sampled_from([1, 3, 10, 30, 150]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.run(self.clock.passes(seconds, step=max(1, seconds / 4)))

    @rule(trouble=st.sampled_from(["reload", "kill", "stop scripts", "disk", "line"]))
    def trouble(self, trouble: str) -> None:
        """Have some trouble at home; that with the disk and the line ends with the next one."""
        if trouble == "reload":
            self.home.disk.free.set()
            self.run(self.restart(self.home.stop()))
        elif trouble == "kill":
            open_ = {record.token for record in self.home.tracker.open}
            self.lost = self.lost or not open_ <= set(self.home.disk.tokens())
            self.run(self.restart(self.home.kill()))
        elif trouble == "stop scripts":
            for script in self.scripts:
                script.cancel()
        (self.home.disk.free.clear if trouble == "disk" else self.home.disk.free.set)()
        self.world.error = DOWN if trouble == "line" else None
        self.run(turns())

    async def restart(self, stop: Coroutine[Any, Any, None]) -> None:
        """Stop, and start again; the scripts are gone."""
        await stop
        await turns()
        self.scripts.clear()
        await self.home.start()

    # What the provider does

    @precondition(lambda self: self.world.waiting)
    @rule(
        fates=st.lists(st.sampled_from([None, *FAILURES]), min_size=1, max_size=3),
        taken=st.booleans(),
    )
    def answer(self, fates: list[ElksError | None], taken: bool) -> None:
        """Answer some requests; of those whose answer is lost, carry some out."""
        waiting = self.world.waiting
        for fate in fates[: len(waiting)]:
            request, answer = waiting.pop(0)
            call = None
            if fate is None or (fate is UNKNOWN and taken):
                call = self.world.carry_out(request)
            if answer.done():
                # The home was stopped meanwhile
                continue
            if fate is None and call:
                answer.set_result(call)
            elif fate:
                answer.set_exception(fate)
        self.run(turns())

    @rule(
        plan=plans,
        state=st.sampled_from(ENDS),
        tells=st.lists(st.booleans(), max_size=3),
    )
    def hang_up(self, plan: CallPlan, state: CallState, tells: list[bool]) -> None:
        """End a call, and tell it: how it stands, or how it stood before."""
        for call in self.calls_of(plan):
            if call.state is CallState.ONGOING:
                self.world.ends(call, state=state)
        for late in tells if plan.reported else []:
            self.call_back(plan, late)
        self.run(turns())

    def call_back(self, plan: CallPlan, late: bool) -> None:
        """Tell how the call of an action stands, or how it stood before."""
        for call in self.calls_of(plan):
            self.promised.add(plan.token)
            told = replace(call, state=CallState.ONGOING) if late else call
            self.home.tracker.async_told(plan.token, told)

    def calls_of(self, plan: CallPlan) -> list[Call]:
        """Return the calls of an action as they stand."""
        placed = self.world.placed.get(plan.token, [])
        return [self.world.history[call.id] for call in placed]

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
        """Check that an end is what the provider says, and never another one."""
        assert not any(record.token in self.ends for record in self.home.tracker.open)
        for record in self.home.tracker.ended:
            assert record.call
            assert record.state is self.world.history[record.call.id].state
            assert self.ends.setdefault(record.token, record.state) is record.state

    @invariant()
    def last_is_newest(self) -> None:
        """Check that the last call is the newest by the provider's clock."""
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

    @override
    def teardown(self) -> None:
        """Let everything get through in the end: then every call's end is known."""
        try:
            self.run(self.finish())
            self.check_promises()
            self.one_call_for_each_action()
            self.every_call_is_its_own()
            assert self.home.tracker.open == []
            assert self.timers() == 0
        finally:
            self.run(self.home.stop())

    async def finish(self) -> None:
        """Carry out and answer all requests, end all calls, and wait."""
        self.world.error = None
        self.world.prompt = True
        self.home.disk.free.set()
        for request, answer in self.world.waiting:
            call = self.world.carry_out(request)
            if not answer.done():
                answer.set_result(call)
        await turns()
        await self.clock.passes(15)
        for call in list(self.world.history.values()):
            if call.state is CallState.ONGOING:
                self.world.ends(call, state=CallState.BUSY)
        await self.clock.passes(900, step=60)

    def check_promises(self) -> None:
        """Compare the calls that must be known with those that have ended here."""
        self.ends_are_true_and_stay()
        assert self.lost or self.promised <= self.ends.keys()


def test_random_orders(home: Home, clock: Clock, timers: Any) -> None:
    """Whatever happens in whatever order, the promises hold."""
    loop = home.hass.loop
    loop.run_until_complete(home.stop())

    run_state_machine_as_test(
        lambda: Calls(home, clock, timers),  # type: ignore[arg-type]
        settings=settings(
            max_examples=60,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    loop.run_until_complete(home.start())
