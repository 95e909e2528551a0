"""From the plan of a call to the provider's answer."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from custom_components.elks.api import (
    CallState,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.calls import CallPlan, CallRecord
from custom_components.elks.calls.book import CallBook
from custom_components.elks.calls.outgoing.placing import Placing

from ..conftest import (
    OTHER_PHONE,
    OUR_NUMBER,
    PHONE,
    START,
    CallsHome,
    Carrier,
    Clock,
    make_call,
    make_plan,
    make_record,
    turns,
)

UNKNOWN = OutcomeUnknownError("the connection broke")


@pytest.fixture
def book(home: CallsHome) -> CallBook:
    """Return what is known of the calls."""
    return home.tracker.book


@pytest.fixture
def placing(home: CallsHome) -> Placing:
    """Return what places the calls."""
    return home.tracker.placing


async def begin(placing: Placing, plan: CallPlan) -> asyncio.Task[CallRecord]:
    """Begin to place a call; return the task when it waits for something."""
    task = asyncio.get_running_loop().create_task(placing.async_place(plan))
    await turns()
    return task


async def test_placed(placing: Placing, carrier: Carrier, book: CallBook) -> None:
    """A call that the provider takes is asked for once, and known."""
    plan = make_plan(timeout=25, reported=False)

    record = await placing.async_place(plan)

    assert carrier.requests == [plan.request]
    assert book.find(plan.token) == record
    assert record == CallRecord(
        token=plan.token,
        from_number=OUR_NUMBER,
        to_number=PHONE,
        timeout=25,
        requested=START,
        reported=False,
        call=carrier.history["c1"],
    )


@pytest.mark.parametrize("failures", [1, 2, 3])
async def test_tried_again(
    placing: Placing, carrier: Carrier, clock: Clock, failures: int
) -> None:
    """What certainly had no effect is tried again after 1, 3 and 9 seconds."""
    carrier.answers.extend(failures * [UnreachableError("no connection")])

    task = await begin(placing, make_plan())
    await clock.passes(14)

    assert (await task).call == carrier.history["c1"]
    begun = carrier.request_times[0]
    assert [round(at - begun) for at in carrier.request_times] == [0, 1, 4, 13][
        : failures + 1
    ]


async def test_tried_in_vain(
    placing: Placing, carrier: Carrier, book: CallBook, clock: Clock
) -> None:
    """After three more tries the provider's last reason is told, and nothing is left."""
    carrier.answers.extend([UnreachableError(str(number)) for number in range(5)])

    task = await begin(placing, make_plan())
    await clock.passes(60)

    with pytest.raises(UnreachableError, match="3"):
        await task
    assert len(carrier.requests) == 4
    assert list(book.open()) == []


@pytest.mark.parametrize(
    ("retry_after", "times"),
    [
        ([0, 0, 0], [0, 0, 0, 0]),
        ([5, 5, 5], [0, 5, 10, 15]),
        ([15], [0, 15]),
        ([14, 2], [0, 14]),
        ([16], [0]),
        ([float("inf")], [0]),
    ],
)
async def test_retry_after(
    placing: Placing,
    carrier: Carrier,
    clock: Clock,
    retry_after: list[float],
    times: list[int],
) -> None:
    """The provider says when to try again; what is more than 15 s away is not waited for."""
    carrier.answers.extend(UnreachableError("slow", after) for after in retry_after)

    task = await begin(placing, make_plan())
    await clock.passes(40)

    begun = carrier.request_times[0]
    assert [round(at - begun) for at in carrier.request_times] == times
    failed = len(times) <= len(retry_after)
    assert isinstance(task.exception(), UnreachableError) is failed


async def test_slow_refusals(placing: Placing, carrier: Carrier, clock: Clock) -> None:
    """The time that the tries themselves take counts too."""
    first, second = carrier.holds(), carrier.holds()
    task = await begin(placing, make_plan())
    await clock.passes(10)
    first.set_exception(UnreachableError("no connection"))
    await clock.passes(3)
    assert len(carrier.requests) == 2
    await clock.passes(1)
    second.set_exception(UnreachableError("no connection"))
    await clock.passes(20)

    assert isinstance(task.exception(), UnreachableError)
    assert len(carrier.requests) == 2


@pytest.mark.parametrize("error", [RefusedError("No"), InvalidAuthError("Who?")])
async def test_refused(
    placing: Placing,
    carrier: Carrier,
    book: CallBook,
    clock: Clock,
    error: RefusedError | InvalidAuthError,
) -> None:
    """A refusal is final, and nothing is left of the call."""
    carrier.answers.append(error)

    with pytest.raises(type(error)):
        await placing.async_place(make_plan())

    await clock.passes(20)
    assert len(carrier.requests) == 1
    assert list(book.open()) == []


async def test_told_before_the_answer(
    placing: Placing, carrier: Carrier, book: CallBook
) -> None:
    """A callback that comes before the answer is not undone by it."""
    answer = carrier.holds()
    plan = make_plan()
    task = await begin(placing, plan)
    call = carrier.takes()
    book.report(plan.token, carrier.ends(call))

    answer.set_result(call)

    assert (await task).state is CallState.SUCCESS
    assert (await task).ended


@pytest.mark.parametrize(
    "error", [UNKNOWN, RefusedError("No"), UnreachableError("slow", 60)]
)
async def test_told_instead_of_an_answer(
    placing: Placing,
    carrier: Carrier,
    book: CallBook,
    clock: Clock,
    error: OutcomeUnknownError | RefusedError | UnreachableError,
) -> None:
    """A callback proves that the call was placed, whatever the answer says."""
    answer = carrier.holds()
    plan = make_plan()
    task = await begin(placing, plan)
    call = carrier.takes()
    book.report(plan.token, call)

    answer.set_exception(error)
    await clock.passes()

    assert (await task).call == call
    assert len(carrier.requests) == 1


async def test_told_while_looked_for(
    placing: Placing, carrier: Carrier, book: CallBook, clock: Clock
) -> None:
    """A callback that comes while the history is read ends the search."""
    plan = make_plan()
    carrier.answers.append(UNKNOWN)
    task = await begin(placing, plan)
    await clock.passes()
    call = carrier.takes()
    book.report(plan.token, call)
    await clock.passes(3)

    assert (await task).call == call
    assert len(carrier.searches) == 1


@pytest.mark.parametrize("seconds", [0, 1, 6])
async def test_adopted(
    placing: Placing, carrier: Carrier, book: CallBook, clock: Clock, seconds: int
) -> None:
    """A call whose request was not answered is found in the history, now or a little later."""
    plan = make_plan()
    answer = carrier.holds()
    task = await begin(placing, plan)
    if seconds == 0:
        carrier.takes()
    answer.set_exception(UNKNOWN)
    await clock.passes(seconds)
    if seconds:
        carrier.takes()
    await clock.passes(8)

    assert (await task).call == carrier.history["c1"]
    assert book.find(plan.token) == await task
    assert len(carrier.requests) == 1


async def test_not_found(
    placing: Placing, carrier: Carrier, book: CallBook, clock: Clock
) -> None:
    """When the history does not tell, nobody knows; the call may still turn up."""
    plan = make_plan()
    carrier.answers.append(UNKNOWN)

    task = await begin(placing, plan)
    await clock.passes(6)
    assert not task.done()
    await clock.passes(2)

    with pytest.raises(OutcomeUnknownError):
        await task
    assert len(carrier.requests) == 1
    assert len(carrier.searches) == 3
    assert book.find(plan.token)


async def test_history_does_not_answer(
    placing: Placing, carrier: Carrier, clock: Clock
) -> None:
    """A history that cannot be read is read again."""
    carrier.error = UnreachableError("no connection")
    answer = carrier.holds()
    task = await begin(placing, make_plan())
    carrier.takes()
    answer.set_exception(UNKNOWN)
    await clock.passes(4)
    carrier.error = None
    await clock.passes(4)

    assert (await task).call == carrier.history["c1"]


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([{}, {}], id="two candidates"),
        pytest.param([{"to": OTHER_PHONE}], id="another phone"),
        pytest.param([{"from_number": OTHER_PHONE}], id="another caller"),
        pytest.param([{"timeout": 30}], id="another home"),
        pytest.param([{"created": START - timedelta(minutes=3)}], id="earlier"),
        pytest.param([{"created": START + timedelta(minutes=4)}], id="later"),
    ],
)
async def test_not_adopted(
    placing: Placing, carrier: Carrier, clock: Clock, others: list[dict[str, Any]]
) -> None:
    """A call that is another one, or may be, is not adopted."""
    carrier.answers.append(UNKNOWN)
    for other in others:
        carrier.takes(**other)

    task = await begin(placing, make_plan())
    await clock.passes(8)

    assert isinstance(task.exception(), OutcomeUnknownError)


async def test_known_calls_are_not_adopted(
    placing: Placing, carrier: Carrier, book: CallBook, clock: Clock
) -> None:
    """Calls that are known, also those that have ended, are not the one looked for."""
    open_, ended, ours = (carrier.takes() for _ in range(3))
    book.put(make_record("t1", call=open_))
    book.put(make_record("t2", call=carrier.ends(ended)))
    carrier.answers.append(UNKNOWN)

    task = await begin(placing, make_plan())
    await clock.passes()

    assert (await task).call == ours


async def test_two_claimants(
    placing: Placing, carrier: Carrier, book: CallBook, clock: Clock
) -> None:
    """A call that two requests could have placed is adopted for neither."""
    carrier.answers.extend([UNKNOWN, UNKNOWN])
    carrier.takes()

    tasks = [await begin(placing, make_plan()) for _ in range(2)]
    await clock.passes(8)

    assert [type(task.exception()) for task in tasks] == 2 * [OutcomeUnknownError]
    assert not book.knows("c1")


async def test_another_phone_is_no_rival(
    placing: Placing, carrier: Carrier, clock: Clock
) -> None:
    """A request for another phone, unanswered as it is, does not matter."""
    carrier.holds()
    other = await begin(placing, make_plan(OTHER_PHONE))
    carrier.answers.append(UNKNOWN)
    carrier.takes()

    task = await begin(placing, make_plan())
    await clock.passes()

    assert (await task).call == carrier.history["c1"]
    other.cancel()


@pytest.mark.parametrize("taken", [True, False])
async def test_waits_for_a_rival(
    placing: Placing, carrier: Carrier, clock: Clock, taken: bool
) -> None:
    """Whose call it is shows when the other request is answered."""
    rival_answer, our_answer = carrier.holds(), carrier.holds()
    rival = await begin(placing, make_plan())
    ours = await begin(placing, make_plan())
    call = carrier.takes()
    our_answer.set_exception(UNKNOWN)
    await clock.passes(60)
    assert carrier.searches == []

    if taken:
        rival_answer.set_result(call)
    else:
        rival_answer.set_exception(RefusedError("No"))
    await clock.passes(8)

    assert isinstance(ours.exception(), OutcomeUnknownError) is taken
    assert isinstance(rival.exception(), RefusedError) is not taken
    if taken:
        assert (await rival).call == call
    else:
        assert (await ours).call == call


async def test_rival_begun_meanwhile(
    placing: Placing, carrier: Carrier, clock: Clock
) -> None:
    """A request that begins while the history is read could have placed the call too."""
    carrier.silent = asyncio.Event()
    carrier.answers.append(UNKNOWN)
    ours = await begin(placing, make_plan())
    await clock.passes()
    assert carrier.searches
    rival_answer = carrier.holds()
    rival = await begin(placing, make_plan())
    call = carrier.takes()
    carrier.silent.set()
    await turns()
    assert not ours.done()

    rival_answer.set_result(call)
    await clock.passes(8)

    assert (await rival).call == call
    assert isinstance(ours.exception(), OutcomeUnknownError)


@pytest.mark.parametrize("hours", [-5000, -1, 1, 5000])
@pytest.mark.parametrize("known", [True, False])
async def test_wrong_clock(
    placing: Placing, carrier: Carrier, clock: Clock, hours: int, known: bool
) -> None:
    """A home whose clock is wrong looks at the right time of the provider's."""
    carrier.ahead = timedelta(hours=hours)
    carrier.clock_known = known
    carrier.answers.append(UNKNOWN)
    carrier.takes(created=carrier.true_time() - timedelta(minutes=3))
    call = carrier.takes()

    task = await begin(placing, make_plan())
    await clock.passes()

    assert (await task).call == call
    assert carrier.searches == [carrier.true_time() - timedelta(minutes=2)]


async def test_wrong_clock_and_a_slow_answer(
    placing: Placing, carrier: Carrier, clock: Clock
) -> None:
    """The call is looked for when it was asked for, not when the answer failed to come."""
    carrier.ahead = timedelta(hours=1)
    carrier.clock_known = False
    answer = carrier.holds()
    task = await begin(placing, make_plan())
    call = carrier.takes(created=carrier.true_time() - timedelta(seconds=115))
    await clock.passes(30)
    answer.set_exception(UNKNOWN)
    await clock.passes()

    assert (await task).call == call


async def test_told_while_the_clock_is_asked_for(
    placing: Placing, carrier: Carrier, book: CallBook, clock: Clock
) -> None:
    """What a callback tells meanwhile is not undone by the time that is learnt."""
    carrier.ahead = timedelta(hours=1)
    carrier.clock_known = False
    carrier.silent = asyncio.Event()
    plan = make_plan()
    carrier.answers.append(UNKNOWN)
    task = await begin(placing, plan)
    await clock.passes()
    call = carrier.takes()

    book.report(plan.token, call)
    carrier.silent.set()
    await clock.passes()

    assert task.done()
    assert (await task).call == call


async def test_unloaded_while_waiting(
    home: CallsHome, carrier: Carrier, clock: Clock, timers: Any
) -> None:
    """A request that an unload stops between two tries leaves no timer and is not sent again."""
    before = timers()
    carrier.answers.append(UnreachableError("no connection"))
    task = await begin(home.tracker.placing, make_plan())
    assert timers() == before + 1

    await home.stop()
    await clock.passes(20)

    assert isinstance(task.exception(), OutcomeUnknownError)
    assert timers() == before
    assert len(carrier.requests) == 1


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(days=3)])
async def test_later_look(
    placing: Placing, carrier: Carrier, book: CallBook, clock: Clock, ahead: timedelta
) -> None:
    """A call that turns up later is adopted when it is looked for again, whatever our clock says."""
    carrier.ahead = ahead
    carrier.clock_known = not ahead
    plan = make_plan()
    carrier.answers.append(UNKNOWN)
    task = await begin(placing, plan)
    await clock.passes(8)
    assert task.exception()
    call = carrier.takes()

    await clock.passes(31)

    found = book.find(plan.token)
    assert found
    assert found.call == call


async def test_answered_with_an_end(placing: Placing, carrier: Carrier) -> None:
    """A call can have failed in the answer already."""
    carrier.answers.append(make_call(state=CallState.FAILED))

    record = await placing.async_place(make_plan())

    assert record.ended
    assert record.state is CallState.FAILED
