"""Chains that are cut off, and go on after a restart; several at once, and cancelled."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta

import pytest

from custom_components.elks.api import Call, CallRequest, CallState, UnreachableError
from custom_components.elks.calls import CallsStoppedError, Spoken
from custom_components.elks.chains import ChainChange, ChainEnd
from custom_components.elks.helpers.listeners import Stage

from ..calls.conftest import Clock, make_plan, turns
from .house import ANNA, BO, CILLA, SCRIPT, ChainsHome, without_words


@pytest.mark.parametrize("restart", [True, False])
async def test_expired(house: ChainsHome, clock: Clock, restart: bool) -> None:
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


@pytest.mark.parametrize("hours", [-2, 2])
async def test_expired_by_a_wrong_clock(
    house: ChainsHome, clock: Clock, hours: int
) -> None:
    """A chain goes on for an hour, also where the home's clock is wrong by more."""
    house.carrier.ahead = timedelta(hours=hours)
    await house.begin(ANNA, rounds=99)
    await clock.passes(3590, step=10)
    assert house.last.end is None

    await clock.passes(20, step=10)

    assert house.last.end is ChainEnd.EXPIRED


@pytest.mark.parametrize("halt", [ChainsHome.stop, ChainsHome.kill])
async def test_begun_by_a_wrong_clock(
    house: ChainsHome, clock: Clock, halt: Halt
) -> None:
    """A chain begun with the home's clock behind is not over when the provider has told the time."""
    house.carrier.ahead = timedelta(hours=3)
    house.carrier.clock_known = False
    house.carrier.answers.append(UnreachableError("no connection", 99))
    answer = house.carrier.holds()
    started = (await house.begin(ANNA)).chain.started
    await clock.passes(10)
    assert house.called == [ANNA, ANNA]
    house.carrier.clock_known = True
    answer.set_result(house.carrier.takes(ANNA))
    await turns(20)

    await halt(house)
    await house.start()

    assert house.last.end is None
    assert house.last.started == started + timedelta(hours=3)


async def test_clock_set_before_a_restart(house: ChainsHome) -> None:
    """A chain for which nothing was answered yet goes on when the clock was set meanwhile."""
    house.carrier.answers.append(UnreachableError("no connection", 99))
    started = (await house.begin(ANNA)).chain.started
    house.carrier.ahead = timedelta(hours=3)

    await house.stop()
    await house.start()

    assert house.last.end is None
    assert house.last.started == started + timedelta(hours=3)


async def test_cancelled_as_its_time_is_corrected(
    house: ChainsHome, clock: Clock
) -> None:
    """Whoever is told when a chain really began can cancel it; its end is told once."""
    house.carrier.ahead = timedelta(hours=3)
    house.carrier.clock_known = False
    answer = house.carrier.holds()
    started = (await house.begin(ANNA, BO)).chain.started
    ends: list[ChainEnd] = []

    def listen(change: ChainChange) -> None:
        chain = change.chain
        ends.extend([chain.end] if chain.end else [])
        if chain.end is None and chain.started != started:
            house.chains.async_cancel(None)

    house.listeners.async_listen(ChainChange, Stage.DECISIONS, listen)
    house.carrier.clock_known = True
    answer.set_result(house.carrier.takes(ANNA))
    await turns(20)
    await house.ends(ANNA)

    assert ends == [ChainEnd.CANCELLED]
    assert house.called == [ANNA]


async def test_wrong_clock_over_restarts(house: ChainsHome, clock: Clock) -> None:
    """The hour of a chain is counted also where the clock is set only after a restart."""
    house.carrier.ahead = timedelta(hours=3)
    house.carrier.clock_known = False
    house.carrier.answers.extend([UnreachableError("no connection", 99)] * 99)
    started = (await house.begin(ANNA)).chain.started
    await clock.passes(1200, step=60)
    await house.stop()
    await house.start()
    house.carrier.clock_known = True
    await clock.passes(120, step=60)

    assert house.last.started == started + timedelta(hours=3)
    await clock.passes(2340, step=60)
    assert house.last.end is ChainEnd.EXPIRED


async def test_several(house: ChainsHome) -> None:
    """Chains at the same time know nothing of each other, also with the same people."""
    first = await house.begin(ANNA, BO)
    one = first.chain
    second = await house.begin(ANNA)

    await house.presses(ANNA)

    assert (await second.async_outcome()).end is ChainEnd.ACKNOWLEDGED
    assert [chain.id for chain in house.chains.running] == [one.id]


async def test_cancel_while_the_request_is_unanswered(house: ChainsHome) -> None:
    """A call that is placed after its chain was cancelled ends when it is picked up."""
    answer = house.carrier.holds()
    run = await house.begin(ANNA, BO)
    house.chains.async_cancel(None)
    answer.set_result(house.carrier.takes(ANNA))
    await turns()

    assert (await run.async_outcome()).end is ChainEnd.CANCELLED
    token, call = house.last.turns[0].token, house.call_to(ANNA)
    record = house.tracker.reports.async_question(token, call.id, 0, None)
    assert record is not None
    assert record.hang_up
    assert house.called == [ANNA]


async def test_waiting_in_vain(house: ChainsHome) -> None:
    """Whoever waits for a chain is told when the account is unloaded."""
    run = await house.begin(ANNA)
    waiting = asyncio.create_task(run.async_outcome())
    await turns()

    await house.stop()

    with pytest.raises(CallsStoppedError):
        await waiting


async def before_the_request(house: ChainsHome) -> None:
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


async def during_the_request(house: ChainsHome) -> None:
    """Be stopped when the call was placed, but neither answered nor written down."""
    house.carrier.holds()
    await house.begin(ANNA, BO)
    house.carrier.takes(ANNA)
    for key in [key for key in house.disk.data if not key.endswith(".chains")]:
        del house.disk.data[key]
    await house.kill()


async def while_ringing(house: ChainsHome) -> None:
    """Be stopped while the phone rings."""
    await house.begin(ANNA, BO)
    await house.kill()


async def while_talking(house: ChainsHome) -> None:
    """Be stopped after somebody picked up."""
    await house.begin(ANNA, BO)
    await house.presses(ANNA, None)
    await house.kill()


async def test_stopped_during_the_request(house: ChainsHome, clock: Clock) -> None:
    """Home Assistant stops all at once: nobody else is called, and the turn is settled later."""
    house.carrier.holds()
    await house.begin(ANNA, BO)
    house.carrier.takes(ANNA)

    # Home Assistant cancels them in any order
    tasks = {task.get_name(): task for task in asyncio.all_tasks()}
    tasks["elks call"].cancel()
    tasks["elks chain"].cancel()
    await turns()
    await clock.passes(20)
    assert house.called == [ANNA]

    await house.stop()
    await house.start()
    await clock.passes(20)
    assert house.called == [ANNA]
    await house.ends(ANNA)
    assert house.called == [ANNA, BO]


@pytest.mark.parametrize(
    "kill", [before_the_request, during_the_request, while_ringing, while_talking]
)
@pytest.mark.parametrize("takes_it", [True, False])
async def test_killed(
    house: ChainsHome,
    clock: Clock,
    kill: Callable[[ChainsHome], Awaitable[None]],
    takes_it: bool,
) -> None:
    """After a power cut the chain goes on where it was, and calls nobody twice."""
    await kill(house)
    await house.start()
    await clock.passes(10)
    assert house.placed == [ANNA]

    if takes_it:
        await house.presses(ANNA)
        assert house.last.end is ChainEnd.ACKNOWLEDGED
        return
    await house.ends(ANNA)
    assert house.placed == [ANNA, BO]


async def test_picked_up_right_after_the_restart(house: ChainsHome) -> None:
    """A phone that is picked up right after a power cut hears the message."""
    await during_the_request(house)
    await house.start()

    record = house.tracker.reports.async_question(
        house.last.turns[0].token, house.call_to(ANNA).id, 0, None
    )

    assert record is not None
    assert record.script == SCRIPT


async def test_cancelled_right_after_the_restart(
    house: ChainsHome, clock: Clock
) -> None:
    """A call that may have been placed is looked for also when its chain no longer does."""
    await during_the_request(house)
    await house.start()
    house.chains.async_cancel(None)
    await clock.passes(80)

    assert [record.call for record in house.tracker.book.open()] == [
        house.call_to(ANNA)
    ]


async def test_never_placed(house: ChainsHome, clock: Clock) -> None:
    """A call that turns out not to have been placed is forgotten, also without its chain."""
    await during_the_request(house)
    house.carrier.history.clear()
    await house.start()
    house.chains.async_cancel(None)
    assert len(house.tracker.book.open()) == 1

    await clock.passes(800, step=10)

    assert house.tracker.book.open() == []


async def test_ended_during_the_restart(house: ChainsHome, clock: Clock) -> None:
    """A call that ended meanwhile is asked for, and then the next one is called."""
    await house.begin(ANNA, BO)
    await house.stop()
    house.carrier.ends(house.call_to(ANNA), state=CallState.BUSY)
    await house.start()
    await clock.passes(10)

    assert house.placed == [ANNA, BO]


async def test_killed_in_the_pause(house: ChainsHome, clock: Clock) -> None:
    """The pause begins anew, and the next round comes."""
    await house.begin(ANNA, rounds=2, pause=30)
    await house.ends(ANNA)
    await clock.passes(5)
    await house.kill()
    await house.start()
    await clock.passes(35)

    assert house.placed == [ANNA, ANNA]
    assert [turn.round for turn in house.last.turns] == [1, 2]


async def test_killed_after_the_key(house: ChainsHome, clock: Clock) -> None:
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


async def test_killed_after_the_sentence(house: ChainsHome, clock: Clock) -> None:
    """Whoever was asked for any key before a power cut acknowledges with any key after it."""
    await house.begin(ANNA, BO)
    await house.presses(ANNA, None)
    house.tracker.reports.async_spoken(house.token_of(ANNA), Spoken.SUBSTITUTE)
    await clock.passes(1)
    await house.kill()
    await house.start()

    await house.presses(ANNA, "7")

    assert house.last.end is ChainEnd.ACKNOWLEDGED


async def test_other_key_before_the_sentence(house: ChainsHome) -> None:
    """A wrong key acknowledges nothing, though later any key is asked for."""
    await house.begin(ANNA, BO)
    reports, token = house.tracker.reports, house.token_of(ANNA)
    reports.async_spoken(token, Spoken.MESSAGE)
    await house.presses(ANNA, "7")

    reports.async_spoken(token, Spoken.SUBSTITUTE)
    await turns()

    assert house.last.end is None
    reports.async_question(token, house.call_to(ANNA).id, 2, "7")
    assert house.last.end is ChainEnd.ACKNOWLEDGED


async def test_ends_are_remembered(house: ChainsHome) -> None:
    """Of the chains that ended the last one is there after a restart."""
    for _ in range(2):
        await house.begin(ANNA)
        await house.ends(ANNA)
    last = house.last
    await house.stop()
    await house.start()

    assert without_words(house.last) == without_words(last)
    assert house.chains.running == []
    [stored] = [
        data for key, data in house.disk.data.items() if key.endswith(".chains")
    ]
    assert len(stored["data"]["chains"]) == 1


async def test_calls_are_remembered(house: ChainsHome, clock: Clock) -> None:
    """What is told of a chain after a restart tells of the calls before it, too."""
    await house.begin(ANNA, BO)
    await house.ends(ANNA)
    await clock.passes(1)
    await house.kill()
    await house.start()

    calls = house.chains.calls(house.last)
    assert [(call.to_number, call.state) for call in calls] == [
        (ANNA, "busy"),
        (BO, "ongoing"),
    ]


type Halt = Callable[[ChainsHome], Coroutine[None, None, None]]


@pytest.mark.parametrize("halt", [ChainsHome.stop, ChainsHome.kill])
async def test_restarted_before_the_turn_is_written(
    house: ChainsHome, clock: Clock, halt: Halt
) -> None:
    """Whose turn came, but was not written and so not asked for, is called once."""
    await house.begin(ANNA, BO)
    house.disk.free.clear()
    await house.ends(ANNA)
    assert house.called == [ANNA]

    halting = asyncio.create_task(halt(house))
    await turns()
    house.disk.free.set()
    await halting
    await house.start()
    await clock.passes(10)

    assert house.placed == [ANNA, BO]
    assert len(house.last.turns) == 2


async def test_killed_before_the_next_turn(house: ChainsHome, clock: Clock) -> None:
    """Where the end of a call is written and the next turn is not, nobody is left out."""
    await house.begin(ANNA, BO)
    await clock.passes(1)
    # Else the call to Anna would be remembered as the last one
    await house.tracker.placing.async_place(make_plan(CILLA))
    [(key, chains)] = [
        item for item in house.disk.data.items() if item[0].endswith(".chains")
    ]
    house.disk.free.clear()
    await house.ends(ANNA)
    stopping = asyncio.create_task(house.stop())
    await turns()
    house.disk.free.set()
    await stopping
    house.disk.data[key] = chains
    await house.start()
    await clock.passes(10)

    assert house.placed == [ANNA, CILLA, BO]


async def test_request_outlives_the_reload(house: ChainsHome, clock: Clock) -> None:
    """A request that was cut off, and is in the history a little later, is not made again."""
    house.carrier.holds()
    await house.begin(ANNA, BO)
    await house.stop()
    await house.start()
    await clock.passes(2)

    house.carrier.takes(ANNA)
    await clock.passes(60)

    assert house.placed == [ANNA]


@pytest.mark.parametrize("halt", [ChainsHome.stop, ChainsHome.kill])
async def test_restarted_in_the_pause(
    house: ChainsHome, clock: Clock, halt: Halt
) -> None:
    """The pause begins anew, and the next round comes."""
    await house.begin(ANNA, rounds=2, pause=30)
    await house.ends(ANNA)
    await clock.passes(5)
    await halt(house)
    await house.start()
    await clock.passes(35)

    assert house.placed == [ANNA, ANNA]
    assert [turn.round for turn in house.last.turns] == [1, 2]
