"""Chains of calls, whatever happens to the provider, the home and the calls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.api import (
    Call,
    CallRequest,
    CallState,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.calls import (
    ACKNOWLEDGED,
    Answer,
    CallPlan,
    CallScript,
    CallsStoppedError,
    CallTracker,
    Chain,
    ChainEnd,
    ChainRun,
    Chains,
    Person,
    Turn,
)
from homeassistant.core import HomeAssistant

from .conftest import OUR_NUMBER, START, Carrier, Clock, Disk, turns

ANNA, BO, CILLA = "+46701111111", "+46702222222", "+46703333333"
SCRIPT = CallScript(
    message="http://home.example/m.wav",
    repeat=2,
    digits=1,
    answers=(Answer(key="1", id=ACKNOWLEDGED, reply=None),),
)


def plan_turn(chain: Chain, turn: Turn) -> CallPlan:
    """Return the call of somebody's turn, as a home with an address plans it."""
    person = chain.people[turn.person]
    url = f"http://home.example/?token={turn.token}"
    return CallPlan(
        token=turn.token,
        request=CallRequest(
            from_number=chain.from_number,
            to_number=person.number,
            voice_start=url,
            whenhangup=url,
            timeout=chain.timeout,
        ),
        script=person.script,
        chain=chain.id,
        reported=True,
    )


@dataclass
class House:
    """A home whose chains run, and that can be stopped, killed and started again."""

    hass: HomeAssistant
    account: MockConfigEntry
    carrier: Carrier
    disk: Disk
    reachable: bool = True
    tracker: CallTracker = field(init=False)
    chains: Chains = field(init=False)

    async def start(self) -> None:
        """Begin, or go on with what is written."""
        self.tracker = CallTracker(self.hass, self.account, self.carrier)
        self.chains = Chains(self.hass, self.account, self.tracker, self._plan)
        await self.chains.async_load()
        await self.tracker.async_load()
        self.chains.async_resume()
        await turns()

    async def stop(self) -> None:
        """Unload the account."""
        await self.chains.async_unload()
        await self.tracker.async_unload()
        await self.account._async_process_on_unload(self.hass)  # noqa: SLF001

    async def kill(self) -> None:
        """Stop at once: what is not written yet is lost."""
        written = dict(self.disk.data)
        self.disk.free.set()
        await self.stop()
        await turns()
        self.disk.data.clear()
        self.disk.data.update(written)

    async def begin(self, *numbers: str, rounds: int = 1, pause: int = 30) -> ChainRun:
        """Begin a chain."""
        people = tuple(
            Person(contact=None, name=None, number=number, script=SCRIPT)
            for number in numbers
        )
        chain = Chain(
            id=f"chain{len(self.chains.running)}",
            started=START,
            people=people,
            from_number=OUR_NUMBER,
            timeout=60,
            rounds=rounds,
            pause=pause,
        )
        chain = replace(chain, started=self.carrier.true_time())
        run = await self.chains.async_begin(chain)
        await turns()
        return run

    @property
    def called(self) -> list[str]:
        """Whom the provider was asked to call, in this order."""
        return [request.to_number for request in self.carrier.requests]

    @property
    def placed(self) -> list[str]:
        """Whom the provider called, in this order."""
        return [str(call.to_number) for call in self.carrier.history.values()]

    @property
    def last(self) -> Chain:
        """The chain begun last."""
        assert self.chains.last is not None
        return self.chains.last

    def call_to(self, number: str) -> Call:
        """Return the newest call to somebody."""
        calls = self.carrier.history.values()
        return [call for call in calls if call.to_number == number][-1]

    def token_of(self, number: str) -> str:
        """Return the secret of somebody's newest turn."""
        chain = self.last
        return [
            turn.token
            for turn in chain.turns
            if chain.people[turn.person].number == number
        ][-1]

    async def ends(self, number: str, state: CallState = CallState.BUSY) -> None:
        """Let somebody's call end, and the provider tell of it."""
        call = self.carrier.ends(self.call_to(number), state=state)
        self.tracker.async_told(self.token_of(number), call)
        await turns()

    async def presses(self, number: str, key: str | None = "1") -> None:
        """Let somebody pick up, and press a key."""
        token, call = self.token_of(number), self.call_to(number)
        self.tracker.async_heard(token, call.id, None)
        if key:
            self.tracker.async_heard(token, call.id, key)
        await turns()

    def _plan(self, chain: Chain, turn: Turn) -> CallPlan:
        plan = plan_turn(chain, turn)
        return plan if self.reachable else replace(plan, reported=False)


@pytest.fixture
async def house(
    hass: HomeAssistant,
    account: MockConfigEntry,
    carrier: Carrier,
    disk: Disk,
    clock: Clock,
) -> AsyncIterator[House]:
    """Return a home that has just started."""
    house = House(hass, account, carrier, disk)
    await house.start()
    yield house
    disk.free.set()
    await house.stop()


async def test_one_after_the_other(house: House) -> None:
    """Within a round the next one is called as soon as a call has ended, until one takes it."""
    run = await house.begin(ANNA, BO, CILLA)
    assert house.called == [ANNA]
    await house.ends(ANNA)
    assert house.called == [ANNA, BO]

    await house.presses(BO)

    chain = await run.async_outcome()
    assert (chain.end, chain.by) == (ChainEnd.ACKNOWLEDGED, 1)
    await house.ends(BO, CallState.SUCCESS)
    assert house.called == [ANNA, BO]
    assert house.chains.running == []


@pytest.mark.parametrize("key", [None, "2"])
async def test_not_taken(house: House, key: str | None) -> None:
    """Who answers without the right key has not taken it."""
    await house.begin(ANNA)
    await house.presses(ANNA, key)
    assert house.last.end is None

    await house.ends(ANNA, CallState.SUCCESS)

    assert house.last.end is ChainEnd.UNANSWERED


async def test_pause(house: House, clock: Clock) -> None:
    """Between two rounds there is a pause, and after the last one none."""
    await house.begin(ANNA, rounds=2, pause=30)
    await house.ends(ANNA)
    await clock.passes(29)
    assert house.called == [ANNA]
    await clock.passes(2)
    assert house.called == [ANNA, ANNA]

    await house.ends(ANNA)
    assert house.last.end is ChainEnd.UNANSWERED


async def test_unreachable(house: House, clock: Clock) -> None:
    """Nobody's turn is lost while the provider cannot be reached, and nobody is called twice."""
    house.carrier.answers.extend([UnreachableError("no connection", 99)] * 6)
    await house.begin(ANNA, BO)
    asked_at: list[int] = []
    for second in range(250):
        if len(house.called) > len(asked_at):
            asked_at.append(second)
        await clock.passes(1)

    waits = [later - earlier for earlier, later in pairwise(asked_at)]
    assert [round(wait) for wait in waits] == pytest.approx(
        [5, 10, 20, 40, 60, 60], abs=1
    )
    assert set(house.called) == {ANNA}
    assert house.placed == [ANNA]
    await house.ends(ANNA)
    assert house.placed == [ANNA, BO]


async def test_without_an_address(house: House, clock: Clock) -> None:
    """While no key could be heard, nobody is called; it goes on when it can."""
    house.reachable = False
    await house.begin(ANNA)
    await clock.passes(20)
    assert house.called == []

    house.reachable = True
    await clock.passes(60)
    assert house.called == [ANNA]


async def test_refused(house: House) -> None:
    """Who cannot be called is left out; where that is everybody, the chain ends."""
    house.carrier.answers.append(RefusedError("no such number"))
    run = await house.begin(ANNA, BO)
    assert house.placed == [BO]
    await house.ends(BO)
    assert (await run.async_outcome()).end is ChainEnd.UNANSWERED

    house.carrier.answers.extend([RefusedError("no")] * 2)
    run = await house.begin(ANNA, BO, rounds=3)
    assert (await run.async_outcome()).end is ChainEnd.REFUSED


async def test_wrong_credentials(house: House) -> None:
    """What makes all further calls useless ends the chain."""
    house.carrier.answers.append(InvalidAuthError("who?"))
    await house.begin(ANNA, BO)

    assert house.last.end is ChainEnd.INVALID_AUTH
    assert house.called == [ANNA]


async def lose(house: House, clock: Clock) -> None:
    """Let a request be lost, and nothing be found in the history."""
    house.carrier.answers.append(OutcomeUnknownError("no answer"))
    house.carrier.error = OutcomeUnknownError("no answer")


async def test_fate_unknown(house: House, clock: Clock) -> None:
    """After a lost request the next one is called; the lost call can still be taken."""
    await lose(house, clock)
    run = await house.begin(ANNA, BO)
    await clock.passes(8)
    assert house.called == [ANNA]
    house.carrier.error = None
    await clock.passes(6)
    assert house.called == [ANNA, BO]

    token = house.last.turns[0].token
    house.tracker.async_heard(token, "lost", None)
    house.tracker.async_heard(token, "lost", "1")
    await turns()

    assert (await run.async_outcome()).by == 0
    await house.presses(BO, None)
    record = house.tracker.find(house.last.turns[1].token)
    assert record is not None
    assert record.hang_up


async def test_round_that_does_not_count(house: House, clock: Clock) -> None:
    """A round in which nobody was called for certain is repeated."""
    await lose(house, clock)
    await house.begin(ANNA, rounds=1, pause=1)
    await clock.passes(10)
    house.carrier.error = None
    await clock.passes(10)

    assert house.called == [ANNA, ANNA]
    assert [turn.round for turn in house.last.turns] == [1, 1]
    await house.ends(ANNA)
    assert house.last.end is ChainEnd.UNANSWERED


@pytest.mark.parametrize("restart", [True, False])
async def test_expired(house: House, clock: Clock, restart: bool) -> None:
    """After an hour a chain is given up, also when Home Assistant did not run meanwhile."""
    house.carrier.answers.extend([UnreachableError("no connection", 99)] * 99)
    await house.begin(ANNA)
    if restart:
        await house.stop()
        clock.freezer.tick(timedelta(hours=1))
        await house.start()
    else:
        await clock.passes(3590, step=10)
        assert house.last.end is None
        await clock.passes(20, step=10)

    assert house.last.end is ChainEnd.EXPIRED
    assert house.placed == []


async def test_several(house: House) -> None:
    """Chains at the same time know nothing of each other, also with the same people."""
    first = await house.begin(ANNA, BO)
    one = first.chain
    second = await house.begin(ANNA)

    await house.presses(ANNA)

    assert (await second.async_outcome()).end is ChainEnd.ACKNOWLEDGED
    assert [chain.id for chain in house.chains.running] == [one.id]


async def test_cancel_while_the_request_is_unanswered(house: House) -> None:
    """A call that is placed after its chain was cancelled ends when it is picked up."""
    answer = house.carrier.holds()
    run = await house.begin(ANNA, BO)
    house.chains.async_cancel(None)
    answer.set_result(house.carrier.takes(ANNA))
    await turns()

    assert (await run.async_outcome()).end is ChainEnd.CANCELLED
    token, call = house.last.turns[0].token, house.call_to(ANNA)
    record = house.tracker.async_heard(token, call.id, None)
    assert record is not None
    assert record.hang_up
    assert house.called == [ANNA]


async def test_waiting_in_vain(house: House) -> None:
    """Whoever waits for a chain is told when the account is unloaded."""
    run = await house.begin(ANNA)
    waiting = asyncio.create_task(run.async_outcome())
    await turns()

    await house.stop()

    with pytest.raises(CallsStoppedError):
        await waiting


async def before_the_request(house: House) -> None:
    """Be stopped when the turn is written, and nothing is asked for yet."""
    asked = house.carrier.place_call
    house.carrier.place_call = hold  # type: ignore[method-assign]
    await house.begin(ANNA, BO)
    await house.kill()
    house.carrier.place_call = asked  # type: ignore[method-assign]


async def hold(request: CallRequest) -> Call:
    """Never answer."""
    never: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
    return await never


async def during_the_request(house: House) -> None:
    """Be stopped when the call was placed, but neither answered nor written down."""
    house.carrier.holds()
    await house.begin(ANNA, BO)
    house.carrier.takes(ANNA)
    for key in [key for key in house.disk.data if not key.endswith(".chains")]:
        del house.disk.data[key]
    await house.kill()


async def while_ringing(house: House) -> None:
    """Be stopped while the phone rings."""
    await house.begin(ANNA, BO)
    await house.kill()


async def while_talking(house: House) -> None:
    """Be stopped after somebody picked up."""
    await house.begin(ANNA, BO)
    await house.presses(ANNA, None)
    await house.kill()


@pytest.mark.parametrize(
    "kill", [before_the_request, during_the_request, while_ringing, while_talking]
)
@pytest.mark.parametrize("takes_it", [True, False])
async def test_killed(
    house: House,
    clock: Clock,
    kill: Callable[[House], object],
    takes_it: bool,
) -> None:
    """After a power cut the chain goes on where it was, and calls nobody twice."""
    await kill(house)  # type: ignore[misc]
    await house.start()
    await clock.passes(2)
    assert house.placed == [ANNA]

    if takes_it:
        await house.presses(ANNA)
        assert house.last.end is ChainEnd.ACKNOWLEDGED
        return
    await house.ends(ANNA)
    assert house.placed == [ANNA, BO]


async def test_picked_up_right_after_the_restart(house: House) -> None:
    """A phone that is picked up right after a power cut hears the message."""
    await during_the_request(house)
    await house.start()

    record = house.tracker.async_heard(
        house.last.turns[0].token, house.call_to(ANNA).id, None
    )

    assert record is not None
    assert record.script == SCRIPT


async def test_ended_during_the_restart(house: House, clock: Clock) -> None:
    """A call that ended meanwhile is asked for, and then the next one is called."""
    await house.begin(ANNA, BO)
    await house.stop()
    house.carrier.ends(house.call_to(ANNA), state=CallState.BUSY)
    await house.start()
    await clock.passes(2)

    assert house.placed == [ANNA, BO]


async def test_killed_in_the_pause(house: House, clock: Clock) -> None:
    """The pause begins anew, and the next round comes."""
    await house.begin(ANNA, rounds=2, pause=30)
    await house.ends(ANNA)
    await clock.passes(5)
    await house.kill()
    await house.start()
    await clock.passes(35)

    assert house.placed == [ANNA, ANNA]
    assert [turn.round for turn in house.last.turns] == [1, 2]


async def test_killed_after_the_key(house: House, clock: Clock) -> None:
    """A key whose call is written down counts, though the chain's end was not."""
    await house.begin(ANNA, BO)
    kept = dict(house.disk.data)
    await house.presses(ANNA)
    await clock.passes(1)
    calls = {
        key: value
        for key, value in house.disk.data.items()
        if not key.endswith(".chains")
    }
    house.disk.data.update(kept | calls)
    written = dict(house.disk.data)
    await house.stop()
    house.disk.data.update(written)
    await house.start()

    assert house.last.end is ChainEnd.ACKNOWLEDGED
    assert house.placed == [ANNA]


async def test_ends_are_remembered(house: House) -> None:
    """Of the chains that ended the last one is there after a restart."""
    for _ in range(2):
        await house.begin(ANNA)
        await house.ends(ANNA)
    last = house.last
    await house.stop()
    await house.start()

    assert house.last == last
    assert house.chains.running == []
    [stored] = [
        data for key, data in house.disk.data.items() if key.endswith(".chains")
    ]
    assert len(stored["data"]["chains"]) == 1
