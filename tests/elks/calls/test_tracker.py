"""An account's calls, from the request to the end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.elks.api import (
    Call,
    CallState,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.calls import CallChange, CallPlan, CallsStoppedError
from custom_components.elks.chains import ACKNOWLEDGED
from custom_components.elks.helpers.listeners import Stage

from ..chains.house import SCRIPT
from .conftest import (
    OTHER_PHONE,
    PHONE,
    START,
    CallsHome,
    Clock,
    begin,
    make_call,
    make_plan,
    place,
    turns,
    wait,
)

UNKNOWN = OutcomeUnknownError("the connection broke")


async def test_written_before_the_request(home: CallsHome) -> None:
    """The write has begun when the request leaves, and does not delay it."""
    writes_before: list[int] = []
    plan = make_plan()
    home.disk.free.clear()
    ask = home.carrier.place_call

    async def place_call(request: object) -> Call:
        writes_before.append(home.disk.writes)
        return await ask(plan.request)

    home.carrier.place_call = place_call  # type: ignore[method-assign]
    record = await home.tracker.placing.async_place(plan)

    assert record.call
    assert writes_before == [1]
    assert home.disk.tokens() == []
    home.disk.free.set()
    await turns()
    assert home.disk.tokens() == [plan.token]


async def test_a_burst_of_calls(home: CallsHome, clock: Clock) -> None:
    """Writes that wait are joined: a hundred calls, asked for and told of, take a few."""
    home.disk.turns = 10
    plans = [make_plan() for _ in range(100)]

    records = await asyncio.gather(*map(home.tracker.placing.async_place, plans))
    for plan, record in zip(plans, records, strict=True):
        assert record.call
        home.tracker.reports.async_end(plan.token, home.carrier.ends(record.call))
    await clock.passes(1)

    assert len(home.carrier.requests) == 100
    assert home.disk.writes <= 10
    assert home.tracker.book.open() == []
    [stored] = home.disk.data.values()
    assert len(stored["data"]["ended_ids"]) == 100


async def test_refused_calls_leave_nothing_on_disk(
    home: CallsHome, clock: Clock
) -> None:
    """A call that was refused is not looked for after a power cut."""
    home.carrier.answers.append(RefusedError("No"))
    with pytest.raises(RefusedError):
        await home.tracker.placing.async_place(make_plan())
    await clock.passes(1)

    await home.kill()
    await home.start()

    assert home.tracker.book.open() == []


async def test_ended_by_a_callback(
    home: CallsHome, clock: Clock, timers: Callable[[], int]
) -> None:
    """A callback ends a call; nothing is asked, and no timer is left."""
    plan = make_plan()
    call = await place(home, plan)
    assert home.tracker.book.last
    assert home.tracker.book.last.state == "ongoing"
    assert timers() == 1

    home.tracker.reports.async_end(plan.token, home.carrier.ends(call))

    assert [record.state for record in home.tracker.book.ended()] == ["success"]
    assert home.tracker.book.open() == []
    assert timers() == 0
    await clock.passes(200, step=5)
    assert home.carrier.asked == []


async def test_callback_before_the_answer(
    home: CallsHome, timers: Callable[[], int]
) -> None:
    """A call can have ended before the request for it is answered."""
    plan = make_plan()
    answer = home.carrier.holds()
    task = await begin(home, plan)
    call = home.carrier.takes()

    home.tracker.reports.async_end(plan.token, home.carrier.ends(call))
    answer.set_result(call)

    assert (await task).state is CallState.SUCCESS
    assert home.tracker.book.open() == []
    assert timers() == 0


async def test_late_callback_of_an_unknown_call(home: CallsHome, clock: Clock) -> None:
    """After an action that failed without knowing, a callback still finds the call."""
    plan = make_plan()
    home.carrier.answers.append(UNKNOWN)
    task = await begin(home, plan)
    await clock.passes(8)
    with pytest.raises(OutcomeUnknownError):
        await task

    home.tracker.reports.async_end(plan.token, home.carrier.ends(home.carrier.takes()))

    assert [record.state for record in home.tracker.book.ended()] == ["success"]


async def test_twice_late_and_out_of_order(home: CallsHome) -> None:
    """An end is an end, whatever is told later."""
    plan = make_plan()
    call = await place(home, plan)
    ended = home.carrier.ends(call)
    changes: list[None] = []
    home.tracker.reports.async_end(plan.token, ended)
    home.listeners.async_listen(
        CallChange, Stage.DECISIONS, lambda _: changes.append(None)
    )

    home.tracker.reports.async_end(plan.token, ended)
    home.tracker.reports.async_end(plan.token, call)
    home.tracker.reports.async_end(plan.token, replace(ended, state=CallState.FAILED))

    assert [record.call for record in home.tracker.book.ended()] == [ended]
    assert changes == []


async def test_another_calls_id(home: CallsHome, clock: Clock) -> None:
    """The secret of one call moves no other."""
    plan, other = make_plan(), make_plan(OTHER_PHONE)
    call, other_call = await place(home, plan), await place(home, other)

    home.tracker.reports.async_end(
        plan.token, replace(other_call, state=CallState.BUSY)
    )
    home.tracker.reports.async_end(other.token, replace(call, state=CallState.BUSY))
    await clock.passes(20)

    assert [record.state for record in home.tracker.book.open()] == 2 * ["ongoing"]
    assert home.carrier.asked == []


async def test_listeners(home: CallsHome) -> None:
    """Listeners are told of what becomes of a call that was placed, until they have enough."""
    told: list[tuple[str | None, list[str]]] = []

    def listen(change: CallChange) -> None:
        told.append((change.record.state, [str(event) for event in change.moments]))

    stop = home.listeners.async_listen(CallChange, Stage.EVENTS, listen)
    plan = make_plan()
    call = await place(home, plan)
    home.tracker.reports.async_end(plan.token, home.carrier.ends(call))
    await turns()
    stop()
    await place(home, make_plan())
    await turns()

    assert told == [
        ("ongoing", ["placed"]),
        ("success", ["answered", "success"]),
    ]


async def test_listener_that_fails(
    home: CallsHome, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener that fails keeps neither the others nor the call, and its error is logged."""
    told: list[str | None] = []

    def fails(change: CallChange) -> None:
        raise RuntimeError(f"cannot show {PHONE}")

    home.listeners.async_listen(CallChange, Stage.DECISIONS, fails)
    home.listeners.async_listen(
        CallChange, Stage.DECISIONS, lambda change: told.append(change.record.state)
    )
    plan = make_plan()
    call = await place(home, plan)
    waiting = asyncio.create_task(
        home.tracker.ends.async_wait(home.tracker.book.open()[0])
    )
    home.tracker.reports.async_end(plan.token, home.carrier.ends(call))

    assert (await waiting).state == "success"
    assert told == ["ongoing", "success"]
    assert "RuntimeError" in caplog.text
    assert PHONE not in caplog.text


async def test_error_that_nobody_expected(
    home: CallsHome, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A request that fails in any way is looked for, and is not sent again."""
    call = home.carrier.takes()
    home.carrier.answers.append(RuntimeError(f"calling {PHONE}"))

    placing = asyncio.create_task(home.tracker.placing.async_place(make_plan()))
    await clock.passes(1)

    assert (await placing).call == call
    assert len(home.carrier.requests) == 1
    assert "RuntimeError" in caplog.text
    assert PHONE not in caplog.text


async def test_error_that_nobody_expected_and_no_call(
    home: CallsHome, clock: Clock
) -> None:
    """A request that failed in any way and made no call ends in an error, and is forgotten."""
    home.carrier.answers.append(RuntimeError("no"))
    placing = asyncio.create_task(home.tracker.placing.async_place(make_plan()))
    await clock.passes(10)

    with pytest.raises(OutcomeUnknownError):
        await placing
    await clock.passes(700)
    assert home.tracker.book.open() == []


async def test_look_that_fails(home: CallsHome, clock: Clock) -> None:
    """After a look that failed in any way there is another."""
    call = await place(home, make_plan(reported=False))
    home.carrier.error = RuntimeError("no")
    await clock.passes(10)
    home.carrier.error = None
    home.carrier.ends(call)
    await clock.passes(10)

    assert home.tracker.book.open() == []


async def test_last_by_the_provider(home: CallsHome) -> None:
    """The call placed last is last, in whatever order the answers and ends come."""
    plans = [make_plan(), make_plan()]
    answers = [home.carrier.holds(), home.carrier.holds()]
    tasks = [await begin(home, plan) for plan in plans]
    older = home.carrier.takes(created=START)
    newer = home.carrier.takes(created=START + timedelta(milliseconds=1))

    answers[1].set_result(newer)
    await turns()
    answers[0].set_result(older)
    await turns()
    home.tracker.reports.async_end(plans[0].token, home.carrier.ends(older))

    assert home.tracker.book.last
    assert home.tracker.book.last.call == newer
    assert [(await task).token for task in tasks] == [plan.token for plan in plans]


async def test_memory_is_bounded(home: CallsHome) -> None:
    """Calls that ended long ago are forgotten, and what comes of them is ignored."""
    plans = [make_plan() for _ in range(110)]
    calls = [await place(home, plan) for plan in plans]
    for plan, call in zip(plans, calls, strict=True):
        home.tracker.reports.async_end(plan.token, home.carrier.ends(call))

    assert len(home.tracker.book.ended()) == 100
    home.tracker.reports.async_end(plans[0].token, home.carrier.ends(calls[0]))
    assert home.tracker.book.open() == []
    assert len(home.tracker.book.ended()) == 100


async def test_wait(home: CallsHome) -> None:
    """All who wait for the end of a call are told, each of their own."""
    plan, other = make_plan(), make_plan()
    record = await home.tracker.placing.async_place(plan)
    tasks = [await wait(home, record) for _ in range(2)]
    stays = await wait(home, await home.tracker.placing.async_place(other))
    assert record.call

    home.tracker.reports.async_end(plan.token, home.carrier.ends(record.call))
    await turns()

    assert [(await task).state for task in tasks] == 2 * ["success"]
    assert not stays.done()
    stays.cancel()


async def test_wait_for_what_has_ended(home: CallsHome) -> None:
    """Who waits too late, even with an old record, is told at once."""
    plan = make_plan()
    record = await home.tracker.placing.async_place(plan)
    assert record.call
    home.tracker.reports.async_end(plan.token, home.carrier.ends(record.call))

    task = await wait(home, record)

    assert task.done()
    assert (await task).state is CallState.SUCCESS


async def test_wait_without_a_callback(home: CallsHome, clock: Clock) -> None:
    """A lost callback is made good by asking."""
    record = await home.tracker.placing.async_place(make_plan(timeout=20))
    task = await wait(home, record)
    assert record.call
    home.carrier.ends(record.call, state=CallState.BUSY)

    await clock.passes(36)

    assert (await task).state is CallState.BUSY


async def test_wait_in_vain(home: CallsHome) -> None:
    """Whoever waits is told when nobody follows the call any more."""
    record = await home.tracker.placing.async_place(make_plan())
    task = await wait(home, record)

    home.tracker.ends.async_stop()
    await turns()

    assert isinstance(task.exception(), CallsStoppedError)
    assert isinstance((await wait(home, record)).exception(), CallsStoppedError)


async def test_stop_waiting(home: CallsHome) -> None:
    """One who stops waiting disturbs neither the call nor the others who wait."""
    plan = make_plan()
    record = await home.tracker.placing.async_place(plan)
    gone, stays = await wait(home, record), await wait(home, record)
    assert record.call

    gone.cancel()
    await turns()
    home.tracker.reports.async_end(plan.token, home.carrier.ends(record.call))
    await turns()

    assert gone.cancelled()
    assert (await stays).state is CallState.SUCCESS


async def test_stopped_while_placing(home: CallsHome) -> None:
    """A script that is stopped leaves its request alone: the call is known all the same."""
    answer = home.carrier.holds()
    task = await begin(home, make_plan())

    task.cancel()
    await turns()
    answer.set_result(home.carrier.takes())
    await turns()

    assert task.cancelled()
    assert [record.state for record in home.tracker.book.open()] == ["ongoing"]


async def test_stopped_and_refused(home: CallsHome) -> None:
    """A refusal that nobody waits for any more disturbs nobody."""
    answer = home.carrier.holds()
    task = await begin(home, make_plan())

    task.cancel()
    await turns()
    answer.set_exception(RefusedError("No"))
    await turns()

    assert home.tracker.book.open() == []


async def test_unloaded_while_placing(home: CallsHome) -> None:
    """An action whose account is unloaded does not know what became of the call."""
    home.carrier.holds()
    task = await begin(home, make_plan())

    await home.stop()
    await turns()

    assert isinstance(task.exception(), OutcomeUnknownError)


# What a call's own callback proves


async def test_callback_between_two_tries(home: CallsHome, clock: Clock) -> None:
    """A call that turns out to be placed is not requested again, whatever 46elks answered."""
    home.carrier.answers.append(UnreachableError("503"))
    plan = make_plan()
    placing = asyncio.create_task(home.tracker.placing.async_place(plan))
    await turns()
    call = home.carrier.takes()
    home.tracker.reports.async_question(plan.token, call.id, 0, None)
    await clock.passes(20)

    assert (await placing).call
    assert len(home.carrier.requests) == 1


async def adopt_anothers(home: CallsHome, clock: Clock) -> tuple[CallPlan, Call]:
    """Let our request be lost while another home's call to the same number is in the history."""
    other = home.carrier.takes()
    home.carrier.answers.append(OutcomeUnknownError("reset"))
    plan = replace(make_plan(), script=SCRIPT)
    placing = asyncio.create_task(home.tracker.placing.async_place(plan))
    await clock.passes(1)
    assert (await placing).call == other
    return plan, other


async def test_own_callback_corrects_a_guess(home: CallsHome, clock: Clock) -> None:
    """The secret of a call says more than the history: whoever picks up hears the message."""
    plan, _ = await adopt_anothers(home, clock)

    record = home.tracker.reports.async_question(plan.token, "c7", 0, None)
    await turns()

    assert record
    assert record.script == SCRIPT
    home.tracker.reports.async_question(plan.token, "c7", 1, "1")
    await turns()
    [open_call] = home.tracker.book.open()
    assert (open_call.answer, open_call.adopted) == (ACKNOWLEDGED, False)


@pytest.mark.parametrize("ended_before", [False, True])
async def test_own_report_corrects_a_guess(
    home: CallsHome, clock: Clock, ended_before: bool
) -> None:
    """Also when the call that was taken for it has ended, its own end counts."""
    plan, other = await adopt_anothers(home, clock)
    if ended_before:
        home.carrier.ends(other)
        await clock.passes(200)
        assert home.tracker.book.open() == []

    home.tracker.reports.async_end(plan.token, make_call("c7", state=CallState.BUSY))
    await turns()

    record = home.tracker.book.find(plan.token)
    assert record
    assert record.state == "busy"
    assert home.tracker.book.last == record


async def test_forgotten_call_is_picked_up(home: CallsHome, clock: Clock) -> None:
    """A call that was forgotten, since 46elks did not know of it, still has its message."""
    home.carrier.answers.append(OutcomeUnknownError("reset"))
    plan = replace(make_plan(), script=SCRIPT)
    placing = asyncio.create_task(home.tracker.placing.async_place(plan))
    await clock.passes(20)
    with pytest.raises(OutcomeUnknownError):
        await placing
    await clock.passes(660, step=10)
    assert home.tracker.book.open() == []

    record = home.tracker.reports.async_question(
        plan.token, home.carrier.takes().id, 0, None
    )

    assert record
    assert (record.script, record.to_number) == (SCRIPT, PHONE)
