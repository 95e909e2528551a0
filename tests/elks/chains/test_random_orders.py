"""Chains under random orders of events: what must always hold, holds after each."""

import asyncio
from collections.abc import Callable, Coroutine
from operator import methodcaller
from typing import Any, override

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from yarl import URL

from custom_components.elks.api import (
    Call,
    CallRequest,
    CallState,
    ElksError,
    NoCreditError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.calls import Spoken
from custom_components.elks.chains import ACKNOWLEDGED, Chain

from ..calls.conftest import Carrier, Clock, turns
from .house import ANNA, BO, CILLA, ChainsHome

# Hypothesis warns of its own random numbers in Python 3.14
pytestmark = pytest.mark.filterwarnings("ignore:It looks like `register_random`")

PEOPLE = (ANNA, BO, CILLA, "+46704444444", "+46705555555")
DOWN = UnreachableError("no connection")
UNKNOWN = OutcomeUnknownError("the connection broke")
FATES = [None, None, None, UNKNOWN, DOWN, RefusedError("No"), NoCreditError("No money")]
ENDS = [CallState.SUCCESS, CallState.BUSY, CallState.FAILED]
TROUBLES = ["reload", "kill", "slow disk", "line down", "none"]


def events(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return the events of a kind: each calls a method of World with its name."""
    return st.builds(methodcaller, st.just(name), *arguments)


BEGIN = events("begin", st.integers(1, 5), st.integers(1, 5), st.integers(1, 2))
ANSWER = events(
    "answer", st.lists(st.sampled_from(FATES), min_size=1, max_size=5), st.booleans()
)
HANG_UP = events("hang_up", st.integers(0, 9), st.sampled_from(ENDS))
PRESS = events(
    "press",
    st.integers(0, 9),
    st.sampled_from(["1", "1", "2", None]),
    st.sampled_from([Spoken.MESSAGE, Spoken.MESSAGE, Spoken.SUBSTITUTE]),
)
CANCEL = events("cancel")
WAIT = events("wait", st.sampled_from([1, 3, 10, 30, 150]))
TROUBLE = events("trouble", st.sampled_from(TROUBLES), st.booleans())
STORIES = st.lists(
    BEGIN | ANSWER | ANSWER | HANG_UP | HANG_UP | PRESS | CANCEL | WAIT | TROUBLE,
    min_size=10,
    max_size=30,
)


def token_of(request: CallRequest) -> str:
    """Return the secret that a request of a chain carries."""
    return URL(str(request.voice_start)).query["token"]


class World(Carrier):
    """A provider, its network and a home with chains; all that happens is decided by events."""

    def __init__(self, home: ChainsHome, clock: Clock) -> None:
        """Begin without calls."""
        super().__init__()
        self.home, self.time = home, clock
        self.waiting: list[tuple[CallRequest, asyncio.Future[Call]]] = []
        self.placed: dict[str, Call] = {}
        """The calls of turns, by their secrets."""
        self.chains: dict[str, Chain] = {}
        """How each chain was seen last."""
        self.spoken: dict[str, Spoken] = {}
        """What was heard in each call."""
        self.thanked: dict[str, set[str]] = {}
        """In which calls somebody was thanked, by the ids of the chains."""
        self.twice = False
        """Whether two calls of one turn were placed."""
        self.prompt = False
        """Whether requests are carried out at once, and everybody is busy."""

    @override
    async def place_call(self, request: CallRequest) -> Call:
        """Leave a request unanswered until an event decides."""
        self.requests.append(request)
        if self.prompt:
            return self.ends(self.carry_out(request), state=CallState.BUSY)
        answer: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        self.waiting.append((request, answer))
        return await answer

    def carry_out(self, request: CallRequest) -> Call:
        """Place a call: there should be only one of each turn."""
        token = token_of(request)
        # The home would take an error here for the provider's
        self.twice |= token in self.placed
        self.placed[token] = self.takes(request.to_number)
        return self.placed[token]

    def ringing(self, index: int) -> list[tuple[str, Call]]:
        """Return one of the calls in progress with its secret, or none if there are none."""
        calls = {token: self.history[call.id] for token, call in self.placed.items()}
        found = [
            (token, call)
            for token, call in calls.items()
            if call.state is CallState.ONGOING
        ]
        return [found[index % len(found)]] if found else []

    # What the home does

    async def begin(self, people: int, at_once: int, rounds: int) -> None:
        """Begin a chain."""
        # A slow disk keeps it waiting
        beginning = asyncio.create_task(
            self.home.begin(*PEOPLE[:people], at_once=at_once, rounds=rounds, pause=5)
        )
        await self.time.passes(6)
        await beginning

    async def cancel(self) -> None:
        """Cancel all chains."""
        self.home.chains.async_cancel(None)
        assert self.home.chains.running == []

    async def wait(self, seconds: int) -> None:
        """Let time pass."""
        await self.time.passes(seconds, step=max(1, seconds / 4))

    async def trouble(self, kind: str, taken: bool) -> None:
        """Have some trouble; that with the disk or the line lasts until the next."""
        if kind in ("reload", "kill"):
            self.home.disk.free.set()
            await (self.home.stop() if kind == "reload" else self.home.kill())
            await turns()
            # Requests that were cut off had an effect, or never will
            for request, _ in self.waiting:
                if taken:
                    self.carry_out(request)
            self.waiting.clear()
            self.chains.clear()
            self.thanked.clear()
            await self.home.start()
        disk = self.home.disk.free
        (disk.clear if kind == "slow disk" else disk.set)()
        self.error = DOWN if kind == "line down" else None

    # What the provider does

    async def answer(self, fates: list[ElksError | None], taken: bool) -> None:
        """Answer some requests; those whose answer is lost may be carried out."""
        for fate in fates[: len(self.waiting)]:
            request, answer = self.waiting.pop(0)
            call = None
            if fate is None or (fate is UNKNOWN and taken):
                call = self.carry_out(request)
            if fate is not None:
                answer.set_exception(fate)
            elif call is not None:
                answer.set_result(call)

    async def hang_up(self, index: int, state: CallState) -> None:
        """End a call, and report it."""
        for token, call in self.ringing(index):
            ended = self.ends(call, state=state)
            self.home.tracker.reports.async_end(token, ended)

    async def press(self, index: int, key: str | None, spoken: Spoken) -> None:
        """Let somebody pick up, hear something and press a key: the first to acknowledge is thanked."""
        for token, call in self.ringing(index):
            reports = self.home.tracker.reports
            if (record := reports.async_question(token, call.id, 0, None)) is None:
                return
            if not record.hang_up:
                reports.async_spoken(token, self.spoken.setdefault(token, spoken))
                await turns()
            if key is None:
                return
            running = {
                turn.token for one in self.home.chains.running for turn in one.turns
            }
            record = reports.async_question(token, call.id, 1, key)
            assert record
            if record.answer == ACKNOWLEDGED and token in running:
                assert key == "1" or self.spoken[token] is Spoken.SUBSTITUTE
                self.thanked.setdefault(str(record.chain), set()).add(token)
            await turns()

    # What must hold

    def look(self) -> None:
        """See how the chains stand, and compare that with before: an end is an end."""
        last = self.home.chains.last
        for chain in (*self.home.chains.running, *([last] if last else [])):
            before = self.chains.get(chain.id)
            assert before is None or before.end in (None, chain.end)
            assert before is None or before.by in (None, chain.by)
            self.chains[chain.id] = chain

    def check(self) -> None:
        """Check that people are called in their order, and no more at once than is allowed."""
        self.look()
        assert not self.twice
        for chain in self.chains.values():
            people = len(chain.people)
            assert [turn.person for turn in chain.turns] == [
                number % people for number in range(len(chain.turns))
            ]
            rounds = [turn.round for turn in chain.turns]
            assert rounds == sorted(rounds)
            assert len(chain.open_turns) <= chain.at_once
            by = None if chain.by is None else chain.people[chain.by].number
            thanked = self.thanked.get(chain.id, set())
            assert {self.placed[token].to_number for token in thanked} <= {by}

    async def end(self) -> None:
        """Let everything get through: then every chain ends, and calls nobody any more."""
        await self.trouble("none", taken=False)
        self.prompt = True
        await self.answer([None] * len(self.waiting), taken=True)
        await self.time.passes(15)
        while ringing := self.ringing(0):
            [(token, call)] = ringing
            ended = self.ends(call, state=CallState.BUSY)
            self.home.tracker.reports.async_end(token, ended)
        await self.time.passes(900, step=10)
        self.check()
        assert self.home.chains.running == []
        assert self.home.tracker.book.open() == []
        requests = len(self.requests)
        await self.time.passes(600, step=60)
        assert len(self.requests) == requests


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=STORIES)
async def test_random_orders(
    house: ChainsHome,
    clock: Clock,
    story: list[Callable[[World], Coroutine[Any, Any, None]]],
) -> None:
    """Whatever happens in whatever order, the promises hold."""
    await house.stop()
    house.disk.data.clear()
    world = house.carrier = World(house, clock)
    await house.start()

    for event in story:
        before = {chain.id for chain in world.chains.values() if chain.end}
        requests = len(world.requests)
        await event(world)
        await clock.passes(0.5, step=0.5)
        world.check()
        # Nobody is called by a chain that has ended
        tokens = {
            turn.token
            for chain_id in before
            if (chain := world.chains.get(chain_id))
            for turn in chain.turns
        }
        assert tokens.isdisjoint(map(token_of, world.requests[requests:]))
    await world.end()
