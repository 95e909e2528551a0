"""Calls and chains that speak, under random orders of events: whoever answers hears something."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import groupby
import logging
from operator import methodcaller
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.elks.const import CONF_KEEP_SPEECH
from simulator import (
    CallbackKind,
    CallState,
    Dialect,
    Direction,
    Fault,
    FaultKind,
    KeyPress,
    Outcome,
    SimulatedCall,
)
from tests.elks.conftest import LAST_CALL, LINE

from .row import PLACE as REQUEST, LineRow, Row
from .scene import BRIDGES, OPEN, Scene

# Hypothesis warns of its own random numbers in Python 3.14
pytestmark = pytest.mark.filterwarnings("ignore:It looks like `register_random`")

A_KEY = KeyPress(1, "1")
HANGS = 3600
PHONES: list[dict[str, Any]] = [
    {"answer_after": after, "talk_for": None, "keys": keys}
    for after in (0, 2, 12, 25)
    for keys in ([A_KEY], [KeyPress(4, "1")], [KeyPress(3, "7")], [])
] + [{"outcome": Outcome.NO_ANSWER}, {"outcome": Outcome.DECLINE}]
SPEECH = [0, 0, 3, 5.5, 9, HANGS, None]
"""Seconds until a text is spoken; None if it never is."""
TROUBLES = ["reload", "kill", "away"]
MOMENT = "en/one_moment"
LONGEST = 7
"""How many moments somebody waits in a row: each lasts 3.5 s, unless a key skips it."""
TAKEN = "en/taken"
QUEUE = 24
"""Seconds of speech, of which four are made beside each other: less is ready 15 s after a pick-up."""
REPLIES = ("recording", "en/thanks", TAKEN)
ANY_KEY = "en/substitute_acknowledge"
MONEY = 10_000_000
"""Enough for all calls of a story, in 1/10000 of the currency."""


def events(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return the events of a kind: each calls a method of World with its name."""
    return st.builds(methodcaller, st.just(name), *arguments)


SPOKEN = st.sampled_from(SPEECH)
PHONE = st.sampled_from(PHONES)
PLACE = events("place", PHONE, st.booleans(), SPOKEN, SPOKEN)
BEGIN = events(
    "begin", st.lists(PHONE, min_size=1, max_size=4), st.integers(1, 4), SPOKEN, SPOKEN
)
WAIT = events("wait", st.sampled_from([0.5, 1, 3, 10, 30]))
TROUBLE = events("trouble", st.sampled_from(TROUBLES))
STORIES = st.lists(
    PLACE | PLACE | BEGIN | BEGIN | WAIT | WAIT | TROUBLE, min_size=2, max_size=10
)
CALLERS: list[dict[str, Any]] = [
    {"keys": keys, "talk_for": talk_for, "waits": waits}
    for keys in (
        [KeyPress(1, "1", sound=2)],
        [KeyPress(6, "1"), KeyPress(14, "7")],
        [KeyPress(2, "7", sound=2)],
        [],
    )
    for talk_for, waits in ((None, None), (5, None), (17, None), (None, 0.5))
]
REPORTED = [
    None,
    None,
    *(
        Fault(kind, number=LINE, delay=3)
        for kind in (
            FaultKind.CALLBACK_DOUBLED,
            FaultKind.CALLBACK_SIMULTANEOUS,
            FaultKind.CALLBACK_REPEATED,
            FaultKind.CALLBACK_LATE,
        )
    ),
]
RING = events(
    "ring", st.sampled_from(CALLERS), st.booleans(), st.sampled_from(REPORTED)
)
LOSE = events("lose")
BOTH_WAYS = st.lists(
    PLACE | RING | RING | LOSE | WAIT | TROUBLE, min_size=3, max_size=12
)


class World:
    """A home that speaks, its provider and many people with phones."""

    def __init__(self, scene: Scene) -> None:
        """Begin without calls."""
        self.scene = scene
        self.people = 0
        """How many have phones."""
        self.before = 0
        """How many calls were placed before this story."""
        self.begun = 0
        """How many chains it has begun."""
        self.unspoken: set[str] = set()
        """Whose message no voice speaks."""
        self.queue = 0.0
        """Seconds in which all texts are spoken one after the other."""
        self.hangs = False
        """Whether the voice ever hangs."""

    def begins(self, *, keep: bool, hangs: bool, dialect: Dialect) -> None:
        """Begin another story, in which recordings are kept or not, and the voice hangs or fails."""
        self.hangs = hangs
        hass, entry = self.scene.home.hass, self.scene.home.entry
        hass.config_entries.async_update_entry(
            entry, options={**entry.options, CONF_KEEP_SPEECH: keep}
        )
        self.scene.provider.dialect = dialect
        self.scene.provider.account.balance = MONEY
        self.before = len(self.scene.provider.calls)
        self.begun = self.scene.wanted = 0
        self.queue = 0
        self.scene.chains.clear()
        self.scene.provider.clear_faults()

    def person(self, phone: dict[str, Any]) -> str:
        """Return the number of somebody whom nobody has called before."""
        self.people += 1
        number = f"+4670{self.people:07}"
        self.scene.provider.phone(number, **phone)
        return number

    def text(self, seconds: float | None) -> str:
        """Return a text that nobody has spoken before, and that takes so long."""
        if seconds == HANGS and not self.hangs:
            seconds = None
        text = f"Text {len(self.scene.voice.takes)}."
        self.scene.voice.takes[text] = seconds
        self.queue += 10 if seconds == HANGS else seconds or 0
        return text

    def expect(self, message: float | None, *numbers: str) -> None:
        """Note who is called with a message that takes so long."""
        if message in (None, HANGS):
            self.unspoken.update(numbers)

    # What happens

    async def place(
        self,
        phone: dict[str, Any],
        asks: bool,
        message: float | None,
        reply: float | None,
    ) -> None:
        """Place a call."""
        number = self.person(phone)
        self.expect(message, number)
        answer = {"key": "1", "id": "close", "reply": self.text(reply)}
        data = {"answers": [answer]} if asks else {}
        await self.scene.act(to=number, message=self.text(message), **data)

    async def begin(
        self,
        phones: list[dict[str, Any]],
        at_once: int,
        message: float | None,
        reply: float | None,
    ) -> None:
        """Begin a chain."""
        self.scene.voice.takes["Thank you."] = reply
        self.begun += 1
        self.queue += 10 if reply == HANGS else reply or 0
        numbers = [self.person(phone) for phone in phones]
        self.expect(message, *numbers)
        await self.scene.begin_chain(
            *numbers,
            message=self.text(message),
            at_once=at_once,
            rounds=1,
        )

    async def ring(
        self, caller: dict[str, Any], is_known: bool, reported: Fault | None
    ) -> None:
        """Let somebody call the number that the home calls from: whom it called last, or another."""
        if reported:
            self.scene.faults(reported)
        called = [call.to for call in self.calls if call not in self.scene.callers]
        number = called[-1] if called and is_known else self.person({})
        self.scene.provider.dial(number, **caller)

    async def lose(self) -> None:
        """Lose the answer to the next request for a call."""
        self.scene.faults(Fault(FaultKind.RESET_AFTER, on=REQUEST))

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    async def trouble(self, kind: str) -> None:
        """Restart the account, between the moments in which anything else happens."""
        # What was being spoken begins anew
        self.queue += QUEUE
        await asyncio.sleep(0.25)
        if kind == "reload":
            await self.scene.reload()
        elif kind == "kill":
            await self.scene.kill()
        else:
            await self.scene.unload()
            await asyncio.sleep(4)
            await self.scene.load()
        await asyncio.sleep(0.25)

    # What must hold

    @property
    def calls(self) -> list[SimulatedCall]:
        """The calls of this story."""
        return self.scene.provider.calls[self.before :]

    async def end(self) -> None:
        """Let everything come to its end, and look at what came of it."""
        async with asyncio.timeout(7200):
            while len(self.scene.chains) < self.begun or any(
                call.state is CallState.ONGOING for call in self.calls
            ):
                await asyncio.sleep(10)
        await asyncio.sleep(300)
        assert len(self.calls) == self.scene.wanted
        assert len({call.to for call in self.calls}) == len(self.calls)
        for call in self.calls:
            assert self.scene.spoken.keys() >= {call.id}
            if call.start is not None:
                await self.check_heard(call)
        for chain in self.scene.chains:
            await self.check_chain(chain)
        ids = {call.id for call in self.calls}
        assert {
            sent.status
            for sent in self.scene.provider.callbacks
            if sent.call_id in ids and sent.kind is not CallbackKind.WHENHANGUP
        } <= {200}

    async def end_both_ways(self) -> None:
        """Let everything come to its end, and look at what came of calls in both directions."""
        async with asyncio.timeout(7200):
            while any(call.state is CallState.ONGOING for call in self.calls):
                await asyncio.sleep(10)
        await asyncio.sleep(300)
        callers = [one for one in self.calls if one.direction is Direction.INCOMING]
        assert len(self.calls) - len(callers) == self.scene.wanted
        for call in self.calls:
            self.check_end(call, is_refused=call in callers and not call.start)
        for call in callers:
            await self.check_gate(call)
        last = {
            state.attributes.get("call_id")
            for _, state in self.scene.shown
            if state.entity_id == LAST_CALL
        }
        assert last.isdisjoint(call.id for call in callers)
        assert not self.scene.home.entry.runtime_data.tracker.book.open()

    def check_end(self, call: SimulatedCall, *, is_refused: bool) -> None:
        """Check that a call ended as it did; whoever is refused may be refused without a word."""
        if is_refused and call.id not in self.scene.ends:
            return
        end = self.scene.ends[call.id]
        known = (end["state"], end["direction"], end["from"], end["to"])
        assert known == (call.state, call.direction, call.from_, call.to)

    async def check_gate(self, call: SimulatedCall) -> None:
        """Check that a gate opens once when it was chosen, and that its caller hears of it."""
        heard = (await self.scene.heard_at_line(call)).split(", ")
        assert "silence" not in heard
        chosen = [one.get("result") for one in call.actions[:-1] if "ivr" in one]
        assert self.scene.opened.count(call.id) == chosen.count("1")

    async def check_heard(self, call: SimulatedCall) -> None:
        """Check that nobody's call ends while there is something to be said."""
        heard = await self.heard(call)
        assert heard
        assert heard[-1] not in BRIDGES
        waited = (len([*same]) for sound, same in groupby(heard) if sound == MOMENT)
        assert max(waited, default=0) <= LONGEST
        assert "silence" not in heard
        assert "ivr" not in call.actions[-1]
        if self.has_acknowledged(call, heard):
            assert heard[-1] in REPLIES
        spoken = self.scene.spoken[call.id]
        if TAKEN in heard and spoken is None:
            return
        if call.to in self.unspoken:
            assert spoken == "substitute"
        elif self.queue < QUEUE:
            assert spoken == "message"
        else:
            assert spoken in ("message", "substitute")

    def has_acknowledged(self, call: SimulatedCall, heard: list[str]) -> bool:
        """Return whether somebody pressed a key that was asked for."""
        return any(
            action["result"] == "1" or (sound == ANY_KEY and action["result"] == "7")
            for action, sound in zip(call.actions, heard, strict=True)
            if "ivr" in action
        )

    async def check_chain(self, chain: dict[str, Any]) -> None:
        """Check that exactly one person acknowledges, or that nobody does."""
        ids = [one["call_id"] for one in chain["calls"]]
        calls = [
            (call, await self.heard(call)) for call in self.calls if call.id in ids
        ]
        assert chain["acknowledged"] is any(
            self.has_acknowledged(*call) for call in calls
        )
        thanked = [
            call.to
            for call, heard in calls
            if self.has_acknowledged(call, heard) and heard[-1] != TAKEN
        ]
        assert thanked == ([chain["by"]] if chain["acknowledged"] else [])

    async def heard(self, call: SimulatedCall) -> list[str]:
        """Return what somebody heard."""
        return await self.scene.heard(self.scene.provider.calls.index(call))


@pytest.fixture
def row() -> Row:
    """Return how the provider expresses itself before a story says that."""
    return LineRow(
        name="random-orders",
        goes_wrong="",
        dialect=Dialect(),
        line={
            "callers": "everyone",
            "minutes_per_day": 1_000_000,
            "menu": [{"key": "1", "say": "open", "actions": [OPEN]}],
        },
        heard="",
    )


@pytest.fixture
def world(voice: None, scene: Scene) -> World:
    """Return a home with a voice."""
    return World(scene)


def check_log(caplog: pytest.LogCaptureFixture) -> None:
    """Check that nobody logged an error; text-to-speech does that a voice fails."""
    assert not [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR
        and record.name != "homeassistant.components.tts"
    ]


@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    story=STORIES,
    keep=st.booleans(),
    hangs=st.booleans(),
    seed=st.integers(0, 10_000),
)
async def test_random_orders(
    world: World,
    caplog: pytest.LogCaptureFixture,
    story: list[Callable[[World], Coroutine[Any, Any, None]]],
    keep: bool,
    hangs: bool,
    seed: int,
) -> None:
    """Whenever speech is ready, and whatever restarts meanwhile, everybody hears what they should."""
    world.begins(keep=keep, hangs=hangs, dialect=Dialect.chosen(seed))
    for event in story:
        await event(world)
    await world.end()

    check_log(caplog)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=BOTH_WAYS, seed=st.integers(0, 10_000))
async def test_both_ways(
    world: World,
    caplog: pytest.LogCaptureFixture,
    story: list[Callable[[World], Coroutine[Any, Any, None]]],
    seed: int,
) -> None:
    """Whoever calls whom on one number: each gate opens once, and each call ends truly."""
    # How long callers hear ringing, and whether they still do, is a matter of the rows
    plain = Dialect()
    dialect = replace(
        Dialect.chosen(seed),
        rings_for=plain.rings_for,
        callback_times=plain.callback_times,
        incoming_created=True,
        retries_next=False,
        hung_up="hangup",
    )
    world.begins(keep=True, hangs=False, dialect=dialect)
    for event in story:
        await event(world)
    await world.end_both_ways()

    check_log(caplog)
