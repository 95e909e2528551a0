"""One chain on its way, whatever the provider does."""

from itertools import pairwise

import pytest

from custom_components.elks.api import (
    CallState,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.chains import ChainEnd

from ..calls.conftest import Clock, turns
from .house import ANNA, BO, CILLA, ChainsHome


async def test_one_after_the_other(house: ChainsHome) -> None:
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
async def test_not_taken(house: ChainsHome, key: str | None) -> None:
    """Who answers without the right key has not taken it."""
    await house.begin(ANNA)
    await house.presses(ANNA, key)
    assert house.last.end is None

    await house.ends(ANNA, CallState.SUCCESS)

    assert house.last.end is ChainEnd.UNANSWERED


async def test_end_never_learnt(house: ChainsHome, clock: Clock) -> None:
    """Five minutes after the ringing the next one is called; a late key still takes it."""
    run = await house.begin(ANNA, BO)
    house.carrier.error = RefusedError("no such call")
    await clock.passes(350, step=10)
    assert house.called == [ANNA]

    await clock.passes(20, step=10)

    assert house.called == [ANNA, BO]
    assert [record.to_number for record in house.tracker.book.open()] == [ANNA, BO]
    await house.presses(ANNA)
    assert (await run.async_outcome()).by == 0


async def test_end_learnt_late(house: ChainsHome, clock: Clock) -> None:
    """The end of a call that is not waited for any more ends nobody else's turn."""
    await house.begin(ANNA, BO, CILLA)
    await clock.passes(370, step=10)
    assert house.called == [ANNA, BO]

    await house.ends(ANNA)

    assert house.called == [ANNA, BO]
    assert [turn.person for turn in house.last.open_turns] == [1]


async def test_pause(house: ChainsHome, clock: Clock) -> None:
    """Between two rounds there is a pause, and after the last one none."""
    await house.begin(ANNA, rounds=2, pause=30)
    await house.ends(ANNA)
    await clock.passes(29)
    assert house.called == [ANNA]
    await clock.passes(2)
    assert house.called == [ANNA, ANNA]

    await house.ends(ANNA)
    assert house.last.end is ChainEnd.UNANSWERED


async def test_unreachable(house: ChainsHome, clock: Clock) -> None:
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


@pytest.mark.parametrize(
    ("reachable_later", "end"),
    [(False, ChainEnd.NOT_REACHABLE), (True, ChainEnd.UNANSWERED)],
)
async def test_without_an_address(
    house: ChainsHome, clock: Clock, reachable_later: bool, end: ChainEnd
) -> None:
    """Where no key could be heard, everybody is called all the same, and the end says why."""
    house.reachable = False
    run = await house.begin(ANNA, BO)
    house.carrier.ends(house.call_to(ANNA))
    house.reachable = reachable_later
    await clock.passes(120)
    assert house.called == [ANNA, BO]
    house.carrier.ends(house.call_to(BO))
    await clock.passes(120)

    assert (await run.async_outcome()).end is end


async def test_without_an_address_and_in_vain(house: ChainsHome) -> None:
    """Where nobody was called anyway, that is the reason."""
    house.reachable = False
    house.carrier.answers.extend([RefusedError("no")] * 2)
    run = await house.begin(ANNA, BO)

    assert (await run.async_outcome()).end is ChainEnd.REFUSED


async def test_refused(house: ChainsHome) -> None:
    """Who cannot be called is left out; where that is everybody, the chain ends."""
    house.carrier.answers.append(RefusedError("no such number"))
    run = await house.begin(ANNA, BO)
    assert house.placed == [BO]
    await house.ends(BO)
    assert (await run.async_outcome()).end is ChainEnd.UNANSWERED

    house.carrier.answers.extend([RefusedError("no")] * 2)
    run = await house.begin(ANNA, BO, rounds=3)
    assert (await run.async_outcome()).end is ChainEnd.REFUSED


async def test_wrong_credentials(house: ChainsHome) -> None:
    """What makes all further calls useless ends the chain."""
    house.carrier.answers.append(InvalidAuthError("who?"))
    await house.begin(ANNA, BO)

    assert house.last.end is ChainEnd.INVALID_AUTH
    assert house.called == [ANNA]


async def lose(house: ChainsHome, clock: Clock) -> None:
    """Let a request be lost, and nothing be found in the history."""
    house.carrier.answers.append(OutcomeUnknownError("no answer"))
    house.carrier.error = OutcomeUnknownError("no answer")


async def test_fate_unknown(house: ChainsHome, clock: Clock) -> None:
    """After a lost request the next one is called; the lost call can still be taken."""
    await lose(house, clock)
    run = await house.begin(ANNA, BO)
    await clock.passes(8)
    assert house.called == [ANNA]
    house.carrier.error = None
    await clock.passes(6)
    assert house.called == [ANNA, BO]

    token = house.last.turns[0].token
    house.tracker.reports.async_question(token, "lost", 0, None)
    house.tracker.reports.async_question(token, "lost", 1, "1")
    await turns()

    assert (await run.async_outcome()).by == 0
    await house.presses(BO, None)
    record = house.tracker.book.find(house.last.turns[1].token)
    assert record is not None
    assert record.hang_up


async def test_round_that_does_not_count(house: ChainsHome, clock: Clock) -> None:
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
