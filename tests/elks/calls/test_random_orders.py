"""Calls under random orders of events: what must always hold, holds after each."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from operator import methodcaller
from typing import Any, override

from hypothesis import HealthCheck, given, settings, strategies as st
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
from simulator import CallState as SimulatedState, Dialect, Payloads, SimulatedCall

from .conftest import OTHER_PHONE, PHONE, CallsHome, Carrier, Clock, make_plan, turns

# Hypothesis warns of its own random numbers in Python 3.14
pytestmark = pytest.mark.filterwarnings("ignore:It looks like `register_random`")

DOWN = UnreachableError("no connection")
UNKNOWN = OutcomeUnknownError("the connection broke")
FATES = [
    None,
    None,
    UNKNOWN,
    UNKNOWN,
    DOWN,
    UnreachableError("2", 2),
    RefusedError("No"),
]
ENDS = [CallState.SUCCESS, CallState.BUSY, CallState.FAILED]
TROUBLES = ["reload", "kill", "stop scripts", "slow disk", "line down", "none"]


def events(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return the events of a kind: each calls a method of World with its name."""
    return st.builds(methodcaller, st.just(name), *arguments)


PLACE = events(
    "place",
    st.sampled_from([PHONE, PHONE, OTHER_PHONE]),
    st.booleans(),
)
ANSWER = events(
    "answer", st.lists(st.sampled_from(FATES), min_size=1, max_size=3), st.booleans()
)
HANG_UP = events(
    "hang_up",
    st.integers(0, 9),
    st.sampled_from(ENDS),
    st.lists(st.booleans(), max_size=3),
)
LIE = events(
    "lie", st.integers(0, 9), st.integers(0, 9), st.booleans(), st.sampled_from(ENDS)
)
WAIT = events("wait", st.sampled_from([1, 3, 10, 30, 150, 700]))
TROUBLE = events("trouble", st.sampled_from(TROUBLES))
A_SECOND = timedelta(seconds=1)
"""More than any two times lie apart of which the same is told."""
STORIES = st.lists(
    PLACE | ANSWER | HANG_UP | LIE | WAIT | TROUBLE, min_size=10, max_size=30
)


def simulated(call: Call) -> SimulatedCall:
    """Return a call as the simulator knows it, so that it can be told in a dialect."""
    assert call.created
    return SimulatedCall(
        id=call.id,
        owner="",
        from_=str(call.from_number),
        to=str(call.to_number),
        voice_start="",
        whenhangup=None,
        timeout=10,
        created=call.created,
        state=SimulatedState(call.state),
        start=call.start,
        duration=call.duration,
    )


class World(Carrier):
    """A provider, its network and a home; all that happens there is decided by events."""

    def __init__(
        self, home: CallsHome, clock: Clock, timers: Callable[[], int], dialect: Dialect
    ) -> None:
        """Begin without calls."""
        super().__init__()
        self.payloads = Payloads(dialect)
        self.home, self.time, self.timers = home, clock, timers
        self.plans: list[CallPlan] = []
        self.scripts: list[asyncio.Task[None]] = []
        self.waiting: list[tuple[CallRequest, asyncio.Future[Call]]] = []
        self.placed: dict[str, list[Call]] = {}
        """The calls of each action, by its token."""
        self.promised: set[str] = set()
        """The ids of the calls whose end must become known."""
        self.ended: dict[str, CallState | None] = {}
        """How calls ended, by their ids."""
        self.lost = False
        """Whether a record was lost, so that its call may be taken for another."""
        self.prompt = False
        """Whether requests are carried out without further events."""

    @override
    async def place_call(self, request: CallRequest) -> Call:
        """Leave a request unanswered until an event decides."""
        if self.prompt:
            return self.answered(self.carry_out(request))
        answer: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        self.waiting.append((request, answer))
        return await answer

    def carry_out(self, request: CallRequest) -> Call:
        """Place a call as it was asked for."""
        call = self.takes(request.to_number)
        # Every request of a plan carries its token there, reported or not
        self.placed.setdefault(str(request.voice_start), []).append(call)
        return call

    @override
    async def call(self, call_id: str) -> Call:
        """Return a call as it stands, as the history tells it."""
        return self.listed(await super().call(call_id))

    @override
    async def calls(self, since: datetime) -> list[Call]:
        """Return the calls placed since a time, as the history tells them."""
        return [self.listed(call) for call in await super().calls(since)]

    def answered(self, call: Call) -> Call:
        """Return a call as the answer to its request tells it."""
        return Call.from_api(self.payloads.placed(simulated(call)))

    def listed(self, call: Call) -> Call:
        """Return a call as the history tells it."""
        return Call.from_api(self.payloads.history(simulated(call)))

    def calls_of(self, plan: CallPlan) -> list[Call]:
        """Return the calls of an action as they stand."""
        return [self.history[call.id] for call in self.placed.get(plan.token, [])]

    def plan(self, index: int) -> list[CallPlan]:
        """Return one of the actions there were, or none if there were none."""
        return [self.plans[index % len(self.plans)]] if self.plans else []

    # What the home does

    async def place(self, to: str, reported: bool) -> None:
        """Ask for a call."""
        plan = make_plan(to, reported=reported, timeout=10)
        plan = replace(plan, request=replace(plan.request, voice_start=plan.token))
        self.plans.append(plan)

        async def script() -> None:
            with suppress(ElksError):
                record = await self.home.tracker.placing.async_place(plan)
                assert record.call
                self.promised.add(record.call.id)

        self.scripts.append(asyncio.get_running_loop().create_task(script()))

    async def wait(self, seconds: int) -> None:
        """Let time pass."""
        await self.time.passes(seconds, step=max(1, seconds / 4))
        if seconds >= 30:
            # No action tries again or looks for its call any more
            assert self.timers() <= bool(self.home.tracker.book.open())

    async def trouble(self, kind: str) -> None:
        """Have some trouble; that with the disk or the line lasts until the next."""
        if kind == "reload":
            self.home.disk.free.set()
            await self.restart(self.home.stop())
        elif kind == "kill":
            open_ = {record.token for record in self.home.tracker.book.open()}
            if not open_ <= set(self.home.disk.tokens()):
                self.lost = True
                # Unless a callback tells of them
                self.promised.clear()
            await self.restart(self.home.kill())
        elif kind == "stop scripts":
            for script in self.scripts:
                script.cancel()
        (
            self.home.disk.free.clear
            if kind == "slow disk"
            else self.home.disk.free.set
        )()
        self.error = DOWN if kind == "line down" else None

    async def restart(self, stop: Coroutine[Any, Any, None]) -> None:
        """Stop, and start again; the scripts are gone."""
        await stop
        await turns()
        self.scripts.clear()
        await self.home.start()

    # What the provider does

    async def answer(self, fates: list[ElksError | None], taken: bool) -> None:
        """Answer some requests; those whose answer is lost may be carried out."""
        for fate in fates[: len(self.waiting)]:
            request, answer = self.waiting.pop(0)
            call = None
            if fate is None or (fate is UNKNOWN and taken):
                call = self.carry_out(request)
            if answer.done():
                # The home was stopped meanwhile
                continue
            if fate is not None:
                answer.set_exception(fate)
            elif call is not None:
                answer.set_result(self.answered(call))

    async def hang_up(self, index: int, state: CallState, lates: list[bool]) -> None:
        """End a call, and tell how it stands, or how it stood before."""
        for plan in self.plan(index):
            for call in self.calls_of(plan):
                if call.state is CallState.ONGOING:
                    self.ends(call, state=state)
                for late in lates:
                    self.call_back(plan, call if late else self.history[call.id])

    def call_back(self, plan: CallPlan, call: Call) -> None:
        """Tell how the call of an action stands, if anybody wants to know."""
        if plan.reported:
            record = self.home.tracker.book.find(plan.token)
            # Where a record was lost, another call may have been taken for this one
            if not (record and record.call) or record.call.id == call.id:
                self.promised.add(call.id)
            form: Mapping[str, object] = self.payloads.hangup(simulated(call))
            self.home.tracker.reports.async_end(plan.token, Call.from_api(form))

    async def lie(self, index: int, of: int, forged: bool, state: CallState) -> None:
        """Tell what is not true, without the secret or with that of another call."""
        known = {record.token for record in self.records() if record.call}
        for plan, other in zip(self.plan(index), self.plan(of), strict=True):
            token = new_token("a wrong key") if forged else other.token
            for call in self.calls_of(plan):
                if forged or (other.token in known and other is not plan):
                    self.home.tracker.reports.async_end(
                        token, replace(call, state=state)
                    )

    # What must hold

    def records(self) -> list[CallRecord]:
        """Return all that is known."""
        return [*self.home.tracker.book.open(), *self.home.tracker.book.ended()]

    def check(self) -> None:
        """Compare what is known with what is true."""
        assert all(len(calls) == 1 for calls in self.placed.values())
        self.check_calls()
        self.check_ends()
        self.check_last()

    def check_calls(self) -> None:
        """Check that no call is taken for another, as long as each had a record."""
        for record in self.records():
            if record.call and not self.lost:
                assert record.token in self.placed
                assert self.placed[record.token][0].id == record.call.id

    def check_ends(self) -> None:
        """Check that an end is what the provider says, and stays."""
        open_ids = {
            record.call.id for record in self.home.tracker.book.open() if record.call
        }
        assert self.lost or not open_ids & self.ended.keys()
        for record in self.home.tracker.book.ended():
            assert record.call
            assert record.state is self.history[record.call.id].state
            assert self.ended.setdefault(record.call.id, record.state) is record.state

    def check_last(self) -> None:
        """Check that the last call is the newest by the provider's clock."""
        if placed := [record.placed for record in self.records() if record.call]:
            assert self.home.tracker.book.last
            assert self.home.tracker.book.last.placed > max(placed) - A_SECOND

    async def end(self) -> None:
        """Let everything get through: then every call has ended, and nothing is open."""
        await self.trouble("none")
        self.prompt = True
        await self.answer([None] * len(self.waiting), taken=True)
        await self.time.passes(15)
        for call in list(self.history.values()):
            if call.state is CallState.ONGOING:
                self.ends(call, state=CallState.BUSY)
        for plan in self.plans:
            for call in self.calls_of(plan):
                self.call_back(plan, call)
        await self.time.passes(900, step=60)
        self.check()
        assert self.promised <= self.ended.keys()
        assert self.home.tracker.book.open() == []
        assert self.timers() == 0


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=STORIES, seed=st.integers(0, 10_000))
async def test_random_orders(
    home: CallsHome,
    clock: Clock,
    timers: Callable[[], int],
    story: list[Callable[[World], Coroutine[Any, Any, None]]],
    seed: int,
) -> None:
    """Whatever happens in whatever order, and however it is told, the promises hold."""
    await home.stop()
    home.disk.data.clear()
    world = home.carrier = World(home, clock, timers, Dialect.chosen(seed))
    await home.start()

    for event in story:
        await event(world)
        await clock.passes(0.5, step=0.5)
        world.check()
    await world.end()
