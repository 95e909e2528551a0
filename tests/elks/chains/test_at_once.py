"""Chains that let several phones ring at the same time."""

from collections.abc import Callable, Coroutine

import pytest

from custom_components.elks.api import (
    Call,
    CallRequest,
    CallState,
    ElksError,
    InvalidAuthError,
    NoCreditError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.chains import ChainChange, ChainEnd
from custom_components.elks.helpers.listeners import Stage

from ..calls.conftest import Clock, Disk, turns
from .house import ANNA, BO, CILLA, ChainsHome

DAN, EVA = "+46704444444", "+46705555555"
ALL = (ANNA, BO, CILLA, DAN, EVA)
TEN = tuple(f"+4670{number}000000" for number in range(10))

type Halt = Callable[[ChainsHome], Coroutine[None, None, None]]


async def test_next_begins_as_one_ends(house: ChainsHome) -> None:
    """Three of five phones ring; as one call ends without the key, the next person's begins."""
    await house.begin(*ALL, at_once=3)
    assert house.called == [ANNA, BO, CILLA]

    await house.ends(BO)
    assert house.called == [ANNA, BO, CILLA, DAN]
    await house.ends(ANNA)
    assert house.called == [*ALL]

    for number in (CILLA, EVA, DAN):
        assert house.last.end is None
        await house.ends(number)
    assert house.last.end is ChainEnd.UNANSWERED


async def test_acknowledged(house: ChainsHome) -> None:
    """When somebody has acknowledged, nobody else is called, and the others' calls are to end."""
    run = await house.begin(*ALL, at_once=3)
    await house.presses(BO)

    chain = await run.async_outcome()
    assert (chain.end, chain.by) == (ChainEnd.ACKNOWLEDGED, 1)
    assert {call.to_number for call in house.tracker.book.open() if call.hang_up} == {
        ANNA,
        CILLA,
    }
    for number in (ANNA, BO, CILLA):
        await house.ends(number)
    assert house.called == [ANNA, BO, CILLA]
    assert [call.to_number for call in run.calls] == [ANNA, BO, CILLA]


async def test_two_keys_in_one_moment(house: ChainsHome) -> None:
    """Of two who press the key, the one whose callback comes first takes it."""
    ends: list[ChainEnd] = []
    house.listeners.async_listen(
        ChainChange,
        Stage.DECISIONS,
        lambda change: ends.extend([change.chain.end] if change.chain.end else []),
    )
    run = await house.begin(ANNA, BO, at_once=2)
    question = house.tracker.reports.async_question
    for number in (BO, ANNA):
        question(house.token_of(number), house.call_to(number).id, 1, "1")
    await turns()

    assert (await run.async_outcome()).by == 1
    assert ends == [ChainEnd.ACKNOWLEDGED]
    hang_up = {call.to_number: call.hang_up for call in house.tracker.book.open()}
    assert hang_up == {ANNA: True, BO: False}


async def test_rounds(house: ChainsHome, clock: Clock) -> None:
    """A round is over when all its turns are; then comes the pause, then the next one."""
    await house.begin(ANNA, BO, CILLA, at_once=2, rounds=2, pause=30)
    await house.ends(ANNA)
    await house.ends(CILLA)
    await clock.passes(60)
    assert house.called == [ANNA, BO, CILLA]

    await house.ends(BO)
    await clock.passes(29)
    assert house.called == [ANNA, BO, CILLA]
    await clock.passes(2)
    assert house.called == [ANNA, BO, CILLA, ANNA, BO]
    assert [turn.round for turn in house.last.turns] == [1, 1, 1, 2, 2]


async def test_more_than_there_are(house: ChainsHome) -> None:
    """A round of few people lets all their phones ring, and no more."""
    await house.begin(ANNA, BO, at_once=10)

    assert house.called == [ANNA, BO]


async def test_one_write(house: ChainsHome, disk: Disk) -> None:
    """The turns of ten people are written together, before anybody is called."""
    written: list[int] = []
    place_call = house.carrier.place_call

    async def note_written(request: CallRequest) -> Call:
        [data] = [data for key, data in disk.data.items() if key.endswith(".chains")]
        written.append(len(data["data"]["chains"][0]["turns"]))
        return await place_call(request)

    house.carrier.place_call = note_written  # type: ignore[method-assign]
    await house.begin(*TEN, at_once=10)

    assert house.called == [*TEN]
    assert written == [10] * 10


async def test_requests_beside_each_other(house: ChainsHome) -> None:
    """No request waits for the answer to another."""
    answers = [house.carrier.holds() for _ in range(10)]
    await house.begin(*TEN, at_once=10)
    assert house.called == [*TEN]

    answers[5].set_result(house.carrier.takes(TEN[5]))
    await turns()
    await house.presses(TEN[5])
    assert house.last.by == 5
    for answer, number in zip(answers, TEN, strict=True):
        if not answer.done():
            answer.set_result(house.carrier.takes(number))
    await turns()
    open_calls = house.tracker.book.open()
    assert {call.to_number: call.hang_up for call in open_calls} == {
        number: number != TEN[5] for number in TEN
    }


@pytest.mark.parametrize("halt", [ChainsHome.stop, ChainsHome.kill])
async def test_restarted_while_three_ring(
    house: ChainsHome, clock: Clock, halt: Halt
) -> None:
    """Every open turn is taken up, nobody is called twice, and the others follow."""
    await house.begin(*ALL, at_once=3)
    await house.ends(BO, CallState.FAILED)
    await clock.passes(2)
    assert house.called == [ANNA, BO, CILLA, DAN]

    await halt(house)
    await house.start()
    await clock.passes(20)
    assert house.placed == [ANNA, BO, CILLA, DAN]

    await house.ends(CILLA)
    assert house.placed == [*ALL]
    await house.presses(DAN)
    assert house.last.by == 3


async def test_killed_during_the_requests(house: ChainsHome, clock: Clock) -> None:
    """After a power cut each of several requests is looked for, and made if it had no effect."""
    for _ in range(3):
        house.carrier.holds()
    await house.begin(*ALL, at_once=3)
    # Two were carried out, and nobody could write that down
    house.carrier.takes(ANNA)
    house.carrier.takes(CILLA)
    for key in [key for key in house.disk.data if not key.endswith(".chains")]:
        del house.disk.data[key]
    await house.kill()
    await house.start()
    await clock.passes(20)

    assert house.placed == [ANNA, CILLA, BO]
    await house.presses(CILLA)
    assert house.last.by == 2


@pytest.fixture(params=[NoCreditError("no money"), InvalidAuthError("who?")])
def useless(request: pytest.FixtureRequest) -> ElksError:
    """Return what makes all further calls useless."""
    error: ElksError = request.param
    return error


def end_of(error: ElksError) -> ChainEnd:
    """Return how a chain ends for that."""
    no_credit = isinstance(error, NoCreditError)
    return ChainEnd.NO_CREDIT if no_credit else ChainEnd.INVALID_AUTH


async def test_useless_while_two_ring(house: ChainsHome, useless: ElksError) -> None:
    """Nobody else is called then, but the two may still take it; the end says why."""
    answers = [house.carrier.holds() for _ in range(3)]
    run = await house.begin(*ALL, at_once=3)
    answers[0].set_result(house.carrier.takes(ANNA))
    answers[1].set_result(house.carrier.takes(BO))
    answers[2].set_exception(useless)
    await turns()
    assert house.last.end is None
    assert [call.hang_up for call in house.tracker.book.open()] == [False, False]

    await house.ends(ANNA)
    assert house.last.end is None
    await house.ends(BO)

    assert (await run.async_outcome()).end is end_of(useless)
    assert house.called == [ANNA, BO, CILLA]


async def test_acknowledged_though_useless(
    house: ChainsHome, useless: ElksError
) -> None:
    """Whoever presses the key when nobody else can be called has taken it."""
    await house.begin(ANNA, at_once=2)
    house.chains.async_cancel(None)
    answer = house.carrier.holds()
    house.carrier.answers.append(useless)
    run = await house.begin(*ALL, at_once=2)
    answer.set_result(house.carrier.takes(ANNA))
    await turns()
    await house.presses(ANNA)

    chain = await run.async_outcome()
    assert (chain.end, chain.by) == (ChainEnd.ACKNOWLEDGED, 0)
    assert house.called == [ANNA, ANNA, BO]


async def test_useless_while_one_is_unreachable(
    house: ChainsHome, clock: Clock
) -> None:
    """A request that waits to be sent again is not, once all further calls are useless."""
    house.carrier.answers.extend(
        [UnreachableError("no connection", 99), NoCreditError("no money")]
    )
    await house.begin(*ALL, at_once=2)
    await clock.passes(10)

    assert house.called == [ANNA, BO]
    assert house.last.end is ChainEnd.NO_CREDIT


async def test_unreachable(house: ChainsHome, clock: Clock) -> None:
    """Those who wait for the provider do so together, and no longer than one would."""
    house.carrier.answers.extend([UnreachableError("no connection", 99)] * 9)
    await house.begin(ANNA, BO, CILLA, at_once=3)
    await clock.passes(6)
    assert len(house.called) == 6
    await clock.passes(8)
    assert len(house.called) == 6
    await clock.passes(3)
    assert len(house.called) == 9
    await clock.passes(20)

    assert house.placed == [ANNA, BO, CILLA]


async def test_refused(house: ChainsHome) -> None:
    """Who is refused gives way to the next one; a round that is refused as a whole is the last."""
    house.carrier.answers.append(RefusedError("no such number"))
    await house.begin(ANNA, BO, CILLA, at_once=2)
    assert house.called == [ANNA, BO, CILLA]
    house.chains.async_cancel(None)

    house.carrier.answers.extend([RefusedError("no")] * 3)
    run = await house.begin(ANNA, BO, CILLA, at_once=2, rounds=9)
    assert (await run.async_outcome()).end is ChainEnd.REFUSED


async def test_fate_unknown(house: ChainsHome, clock: Clock) -> None:
    """A lost request keeps its place for a while, and others' places are taken at once."""
    house.carrier.answers.append(OutcomeUnknownError("no answer"))
    house.carrier.error = OutcomeUnknownError("no answer")
    await house.begin(*ALL, at_once=2)
    await clock.passes(8)
    house.carrier.error = None
    await house.ends(BO)
    assert house.called == [ANNA, BO, CILLA]

    await clock.passes(6)

    assert house.called == [ANNA, BO, CILLA, DAN]


async def test_end_never_learnt(house: ChainsHome, clock: Clock) -> None:
    """Five minutes after the ringing the next ones are called; a late key still takes it."""
    run = await house.begin(*ALL, at_once=2)
    house.carrier.error = RefusedError("no such call")
    await clock.passes(370, step=10)

    assert house.called == [ANNA, BO, CILLA, DAN]
    await house.presses(ANNA)
    assert (await run.async_outcome()).by == 0


async def test_one_cannot_be_planned(house: ChainsHome) -> None:
    """Somebody whose call cannot be planned keeps nobody else's phone from ringing."""
    house.unplannable = {BO}
    await house.begin(*ALL, at_once=2)

    assert house.called == [ANNA, CILLA]


@pytest.mark.parametrize("halt", [False, True])
async def test_cancelled_in_the_moment_it_begins(
    house: ChainsHome, clock: Clock, halt: bool
) -> None:
    """Whoever is told that the turns begin can cancel them all; nobody is called."""

    def cancel(change: ChainChange) -> None:
        if change.chain.turns and change.chain.end is None:
            house.chains.async_cancel(None)

    house.listeners.async_listen(ChainChange, Stage.DECISIONS, cancel)
    await house.begin(*TEN, at_once=10)
    if halt:
        await house.stop()
        await house.start()
    await clock.passes(20)

    assert house.called == []
    assert house.last.end is ChainEnd.CANCELLED


async def test_expired(house: ChainsHome, clock: Clock) -> None:
    """After an hour all phones that still ring are to hear nothing."""
    await house.begin(*ALL, at_once=3, rounds=99, pause=0)
    await clock.passes(3610, step=10)

    assert house.last.end is ChainEnd.EXPIRED
    assert all(call.hang_up for call in house.tracker.book.open())
