"""An account's calls, from the request to the end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.elks.api import (
    Call,
    CallState,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.calls import (
    CallEvent,
    CallPlan,
    CallRecord,
    CallsStoppedError,
    new_token,
)
from homeassistant.core import HomeAssistant

from .conftest import (
    KEY,
    OTHER_PHONE,
    OUR_NUMBER,
    PHONE,
    START,
    Clock,
    Disk,
    Home,
    make_call,
    make_plan,
    turns,
)

UNKNOWN = OutcomeUnknownError("the connection broke")


async def place(home: Home, plan: CallPlan) -> Call:
    """Place a call and return it."""
    record = await home.tracker.async_place(plan)
    assert record.call
    return record.call


async def begin(home: Home, plan: CallPlan) -> asyncio.Task[CallRecord]:
    """Begin to place a call; return the task when it waits for something."""
    task = asyncio.get_running_loop().create_task(home.tracker.async_place(plan))
    await turns()
    return task


async def asked_at(
    home: Home, clock: Clock, seconds: int, done: Callable[[], int] | None = None
) -> list[int]:
    """Let time pass; return at which seconds the provider was asked for a call."""
    count = done or (lambda: len(home.carrier.asked))
    times: list[int] = []
    await clock.passes()
    before = count()
    for second in range(1, seconds + 1):
        await clock.passes(1)
        times += (count() - before) * [second]
        before = count()
    return times


# The record comes first


async def test_written_before_the_request(home: Home) -> None:
    """The write has begun when the request leaves, and does not delay it."""
    writes_before: list[int] = []
    plan = make_plan()
    home.disk.free.clear()
    ask = home.carrier.place_call

    async def place_call(request: object) -> Call:
        writes_before.append(home.disk.writes)
        return await ask(plan.request)

    home.carrier.place_call = place_call  # type: ignore[method-assign]
    record = await home.tracker.async_place(plan)

    assert record.call
    assert writes_before == [1]
    assert home.disk.tokens() == []
    home.disk.free.set()
    await turns()
    assert home.disk.tokens() == [plan.token]


async def test_a_burst_of_calls(home: Home, clock: Clock) -> None:
    """Writes that wait are joined: a hundred calls, asked for and told of, take a few."""
    home.disk.turns = 10
    plans = [make_plan() for _ in range(100)]

    records = await asyncio.gather(*map(home.tracker.async_place, plans))
    for plan, record in zip(plans, records, strict=True):
        assert record.call
        home.tracker.async_told(plan.token, home.carrier.ends(record.call))
    await clock.passes(1)

    assert len(home.carrier.requests) == 100
    assert home.disk.writes <= 10
    assert home.tracker.open == []
    [stored] = home.disk.data.values()
    assert len(stored["data"]["ended_ids"]) == 100


async def test_refused_calls_leave_nothing_on_disk(home: Home, clock: Clock) -> None:
    """A call that was refused is not looked for after a power cut."""
    home.carrier.answers.append(RefusedError("No"))
    with pytest.raises(RefusedError):
        await home.tracker.async_place(make_plan())
    await clock.passes(1)

    await home.kill()
    await home.start()

    assert home.tracker.open == []


# Callbacks


async def test_ended_by_a_callback(
    home: Home, clock: Clock, timers: Callable[[], int]
) -> None:
    """A callback ends a call; nothing is asked, and no timer is left."""
    plan = make_plan()
    call = await place(home, plan)
    assert home.tracker.last
    assert home.tracker.last.state == "ongoing"
    assert timers() == 1

    home.tracker.async_told(plan.token, home.carrier.ends(call))

    assert [record.state for record in home.tracker.ended] == ["success"]
    assert home.tracker.open == []
    assert timers() == 0
    await clock.passes(200, step=5)
    assert home.carrier.asked == []


async def test_callback_before_the_answer(
    home: Home, timers: Callable[[], int]
) -> None:
    """A call can have ended before the request for it is answered."""
    plan = make_plan()
    answer = home.carrier.holds()
    task = await begin(home, plan)
    call = home.carrier.takes()

    home.tracker.async_told(plan.token, home.carrier.ends(call))
    answer.set_result(call)

    assert (await task).state is CallState.SUCCESS
    assert home.tracker.open == []
    assert timers() == 0


async def test_late_callback_of_an_unknown_call(home: Home, clock: Clock) -> None:
    """After an action that failed without knowing, a callback still finds the call."""
    plan = make_plan()
    home.carrier.answers.append(UNKNOWN)
    task = await begin(home, plan)
    await clock.passes(8)
    with pytest.raises(OutcomeUnknownError):
        await task

    home.tracker.async_told(plan.token, home.carrier.ends(home.carrier.takes()))

    assert [record.state for record in home.tracker.ended] == ["success"]


async def test_twice_late_and_out_of_order(home: Home) -> None:
    """An end is an end, whatever is told later."""
    plan = make_plan()
    call = await place(home, plan)
    ended = home.carrier.ends(call)
    changes: list[None] = []
    home.tracker.async_told(plan.token, ended)
    home.tracker.async_listen(lambda *_: changes.append(None))

    home.tracker.async_told(plan.token, ended)
    home.tracker.async_told(plan.token, call)
    home.tracker.async_told(plan.token, replace(ended, state=CallState.FAILED))

    assert [record.call for record in home.tracker.ended] == [ended]
    assert changes == []


async def test_another_calls_id(home: Home, clock: Clock) -> None:
    """The secret of one call moves no other."""
    plan, other = make_plan(), make_plan(OTHER_PHONE)
    call, other_call = await place(home, plan), await place(home, other)

    home.tracker.async_told(plan.token, replace(other_call, state=CallState.BUSY))
    home.tracker.async_told(other.token, replace(call, state=CallState.BUSY))
    await clock.passes(20)

    assert [record.state for record in home.tracker.open] == 2 * ["ongoing"]
    assert home.carrier.asked == []


async def test_listeners(home: Home) -> None:
    """Listeners are told of what becomes of a call that was placed, until they have enough."""
    told: list[tuple[str | None, list[str]]] = []

    def listen(record: CallRecord, happened: list[CallEvent]) -> None:
        told.append((record.state, [str(event) for event in happened]))

    stop = home.tracker.async_listen(listen)
    plan = make_plan()
    call = await place(home, plan)
    home.tracker.async_told(plan.token, home.carrier.ends(call))
    stop()
    await place(home, make_plan())

    assert told == [
        ("ongoing", ["placed"]),
        ("success", ["success"]),
    ]


async def test_last_by_the_provider(home: Home) -> None:
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
    home.tracker.async_told(plans[0].token, home.carrier.ends(older))

    assert home.tracker.last
    assert home.tracker.last.call == newer
    assert [(await task).token for task in tasks] == [plan.token for plan in plans]


async def test_memory_is_bounded(home: Home) -> None:
    """Calls that ended long ago are forgotten, and what comes of them is ignored."""
    plans = [make_plan() for _ in range(110)]
    calls = [await place(home, plan) for plan in plans]
    for plan, call in zip(plans, calls, strict=True):
        home.tracker.async_told(plan.token, home.carrier.ends(call))

    assert len(home.tracker.ended) == 100
    home.tracker.async_told(plans[0].token, home.carrier.ends(calls[0]))
    assert home.tracker.open == []
    assert len(home.tracker.ended) == 100


# Waiting for the end


async def wait(home: Home, record: CallRecord) -> asyncio.Task[CallRecord]:
    """Begin to wait for the end of a call."""
    task = asyncio.get_running_loop().create_task(home.tracker.async_end(record))
    await turns()
    return task


async def test_wait(home: Home) -> None:
    """All who wait for the end of a call are told, each of their own."""
    plan, other = make_plan(), make_plan()
    record = await home.tracker.async_place(plan)
    tasks = [await wait(home, record) for _ in range(2)]
    stays = await wait(home, await home.tracker.async_place(other))
    assert record.call

    home.tracker.async_told(plan.token, home.carrier.ends(record.call))
    await turns()

    assert [(await task).state for task in tasks] == 2 * ["success"]
    assert not stays.done()
    stays.cancel()


async def test_wait_for_what_has_ended(home: Home) -> None:
    """Who waits too late, even with an old record, is told at once."""
    plan = make_plan()
    record = await home.tracker.async_place(plan)
    assert record.call
    home.tracker.async_told(plan.token, home.carrier.ends(record.call))

    task = await wait(home, record)

    assert task.done()
    assert (await task).state is CallState.SUCCESS


async def test_wait_without_a_callback(home: Home, clock: Clock) -> None:
    """A lost callback is made good by asking."""
    record = await home.tracker.async_place(make_plan(timeout=20))
    task = await wait(home, record)
    assert record.call
    home.carrier.ends(record.call, state=CallState.BUSY)

    await clock.passes(36)

    assert (await task).state is CallState.BUSY


async def test_wait_in_vain(home: Home) -> None:
    """Whoever waits is told when nobody follows the call any more."""
    record = await home.tracker.async_place(make_plan())
    task = await wait(home, record)

    home.tracker.async_stop_waiting()
    await turns()

    assert isinstance(task.exception(), CallsStoppedError)
    assert isinstance((await wait(home, record)).exception(), CallsStoppedError)


async def test_stop_waiting(home: Home) -> None:
    """One who stops waiting disturbs neither the call nor the others who wait."""
    plan = make_plan()
    record = await home.tracker.async_place(plan)
    gone, stays = await wait(home, record), await wait(home, record)
    assert record.call

    gone.cancel()
    await turns()
    home.tracker.async_told(plan.token, home.carrier.ends(record.call))
    await turns()

    assert gone.cancelled()
    assert (await stays).state is CallState.SUCCESS


async def test_stopped_while_placing(home: Home) -> None:
    """A script that is stopped leaves its request alone: the call is known all the same."""
    answer = home.carrier.holds()
    task = await begin(home, make_plan())

    task.cancel()
    await turns()
    answer.set_result(home.carrier.takes())
    await turns()

    assert task.cancelled()
    assert [record.state for record in home.tracker.open] == ["ongoing"]


async def test_stopped_and_refused(home: Home) -> None:
    """A refusal that nobody waits for any more disturbs nobody."""
    answer = home.carrier.holds()
    task = await begin(home, make_plan())

    task.cancel()
    await turns()
    answer.set_exception(RefusedError("No"))
    await turns()

    assert home.tracker.open == []


async def test_unloaded_while_placing(home: Home) -> None:
    """An action whose account is unloaded does not know what became of the call."""
    home.carrier.holds()
    task = await begin(home, make_plan())

    await home.stop()
    await turns()

    assert isinstance(task.exception(), OutcomeUnknownError)


# Asking


async def test_looks_of_a_home_that_is_told(home: Home, clock: Clock) -> None:
    """First when the ringing is over, then every 30 s, after five minutes more seldom."""
    await place(home, make_plan(timeout=20))

    times = await asked_at(home, clock, 600)

    assert times == [35, *range(65, 306, 30), 425, 545]


async def test_looks_of_a_home_that_is_not(home: Home, clock: Clock) -> None:
    """Every 3 s for the first minute, then every 10 s, however long the phone rings."""
    await place(home, make_plan(reported=False, timeout=300))

    times = await asked_at(home, clock, 100)

    assert times == [*range(3, 61, 3), 70, 80, 90, 100]


async def test_one_timer(home: Home, clock: Clock, timers: Callable[[], int]) -> None:
    """All calls share a timer, and without calls there is none."""
    calls = [
        await place(home, make_plan(reported=number % 2 == 0, timeout=number))
        for number in range(1, 9)
    ]
    for _ in range(20):
        assert timers() == 1
        await clock.passes(1)

    for call in calls:
        home.carrier.ends(call)
    await clock.passes(120)

    assert home.tracker.open == []
    assert timers() == 0


async def test_few_questions_at_once(home: Home, clock: Clock) -> None:
    """However many calls are due together, the provider is not overrun."""
    for _ in range(20):
        await place(home, make_plan(reported=False))
    home.carrier.silent = asyncio.Event()

    await clock.passes(3)
    assert len(home.carrier.asked) == 5
    home.carrier.silent.set()
    await turns(40)
    assert len(home.carrier.asked) == 20


async def test_ended_while_asking(home: Home, clock: Clock) -> None:
    """A callback that comes while the provider is asked is not undone by the answer."""
    plans = [make_plan(timeout=10) for _ in range(6)]
    calls = [await place(home, plan) for plan in plans]
    home.carrier.silent = asyncio.Event()
    await clock.passes(25)
    assert len(home.carrier.asked) == 5

    for plan, call in zip(plans, calls, strict=True):
        home.tracker.async_told(plan.token, replace(call, state=CallState.BUSY))
    home.carrier.silent.set()
    await clock.passes(60)

    assert [record.state for record in home.tracker.ended] == 6 * ["busy"]
    # The sixth had ended before its turn
    assert len(home.carrier.asked) == 5
    assert home.tracker.unreported == 0


@pytest.mark.parametrize("error", [UnreachableError("down"), RefusedError("404")])
async def test_asked_in_vain(
    home: Home, clock: Clock, error: UnreachableError | RefusedError
) -> None:
    """A provider that does not tell is asked again."""
    call = await place(home, make_plan(reported=False))
    home.carrier.error = error
    await clock.passes(10)
    assert len(home.carrier.asked) == 3

    home.carrier.error = None
    home.carrier.ends(call)
    await clock.passes(3)

    assert [record.state for record in home.tracker.ended] == ["success"]


@pytest.mark.parametrize("hours", [0, -100, 100])
async def test_given_up_after_a_day(
    home: Home,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    timers: Callable[[], int],
    hours: int,
) -> None:
    """A call of which nothing is heard for a day ends as unknown, told once."""
    home.carrier.ahead = timedelta(hours=hours)
    record = await home.tracker.async_place(make_plan())
    task = await wait(home, record)
    home.carrier.error = UnreachableError("down")

    await clock.passes(24 * 3600 - 600, step=600)
    assert not task.done()
    await clock.passes(1800, step=600)

    ended = await task
    assert ended.ended
    assert ended.state is None
    assert home.tracker.open == []
    assert timers() == 0
    await clock.passes(3600, step=600)
    [told] = [line for line in caplog.messages if "did not tell for a day" in line]
    assert "+46•••••567" in told


@pytest.mark.parametrize("days", [-3, 3])
async def test_wrong_clock_at_the_request(home: Home, clock: Clock, days: int) -> None:
    """A call is not given up because the home's clock was wrong when it was asked for."""
    home.carrier.clock_known = False
    home.carrier.ahead = timedelta(days=days)
    call = await place(home, make_plan(timeout=20))

    times = await asked_at(home, clock, 70)
    assert times == [35, 65]

    home.carrier.ends(call)
    await clock.passes(30)
    assert [record.state for record in home.tracker.ended] == ["success"]


@pytest.mark.parametrize("days", [-3, 3])
async def test_wrong_clock_at_a_lost_request(
    home: Home, clock: Clock, days: int
) -> None:
    """A call is found though the home's clock was wrong, and the history could not be read."""
    home.carrier.clock_known = False
    home.carrier.ahead = timedelta(days=days)
    home.carrier.answers.append(UNKNOWN)
    home.carrier.error = UnreachableError("down")
    task = await begin(home, make_plan(reported=False))
    call = home.carrier.takes()
    await clock.passes(8)
    assert isinstance(task.exception(), OutcomeUnknownError)

    home.carrier.error = None
    await clock.passes(3)

    assert [record.call for record in home.tracker.open] == [call]


async def test_found_later(home: Home, clock: Clock) -> None:
    """A call whose request was not answered is looked for like a call in progress."""
    home.carrier.answers.append(UNKNOWN)
    task = await begin(home, make_plan(reported=False))
    await clock.passes(8)
    assert task.exception()
    call = home.carrier.takes()

    await clock.passes(3)
    assert [record.call for record in home.tracker.open] == [call]
    home.carrier.ends(call)
    await clock.passes(3)
    assert [record.state for record in home.tracker.ended] == ["success"]


@pytest.mark.parametrize("reported", [True, False])
async def test_never_found(
    home: Home, clock: Clock, timers: Callable[[], int], reported: bool
) -> None:
    """A call that does not turn up for ten minutes was never placed."""
    home.carrier.answers.append(UNKNOWN)
    task = await begin(home, make_plan(reported=reported))
    await clock.passes(590)
    assert task.exception()
    assert len(home.tracker.open) == 1

    await clock.passes(150)

    assert home.tracker.open == []
    assert home.tracker.last is None
    assert timers() == 0


async def test_rivals_are_forgotten_together(
    home: Home, clock: Clock, timers: Callable[[], int]
) -> None:
    """Of two calls that could be one, the one forgotten last does not adopt it."""
    answer = home.carrier.holds()
    older = await begin(home, make_plan(reported=False))
    await clock.passes(60)
    home.carrier.answers.append(UNKNOWN)
    younger = await begin(home, make_plan(reported=False))
    home.carrier.takes()
    answer.set_exception(UNKNOWN)
    await clock.passes(700)

    assert isinstance(older.exception(), OutcomeUnknownError)
    assert isinstance(younger.exception(), OutcomeUnknownError)
    assert home.tracker.open == home.tracker.ended == []
    assert timers() == 0


async def test_not_forgotten_unasked(home: Home, clock: Clock) -> None:
    """A call that could not be looked for is kept, for a day."""
    home.carrier.answers.append(UNKNOWN)
    home.carrier.error = UnreachableError("down")
    task = await begin(home, make_plan())
    await clock.passes(30)
    assert task.exception()
    await clock.passes(23 * 3600, step=600)
    assert len(home.tracker.open) == 1

    await clock.passes(2 * 3600, step=600)

    assert home.tracker.open == []
    assert home.tracker.ended == []


async def test_revoked_credentials(
    home: Home, clock: Clock, hass: HomeAssistant
) -> None:
    """Credentials that are revoked start one flow; the calls are settled after it."""
    calls = [await place(home, make_plan(reported=False)) for _ in range(3)]
    home.carrier.error = InvalidAuthError("401")
    await clock.passes(10)
    await hass.async_block_till_done()

    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    assert len(home.tracker.open) == 3

    home.carrier.error = None
    for call in calls:
        home.carrier.ends(call)
    await home.stop()
    await home.start()
    await clock.passes(1)
    assert home.tracker.open == []


async def test_unreported_calls(home: Home, clock: Clock) -> None:
    """Calls are counted whose end should have been told and was not, until one is."""
    for number in range(1, 4):
        home.carrier.ends(await place(home, make_plan(timeout=5)))
        await clock.passes(21)
        assert home.tracker.unreported == number

    plan = make_plan()
    home.tracker.async_told(plan.token, home.carrier.ends(await place(home, plan)))
    assert home.tracker.unreported == 0


async def test_reports_that_nobody_promised(home: Home, clock: Clock) -> None:
    """A home that 46elks cannot reach misses no report."""
    home.carrier.ends(await place(home, make_plan(reported=False)))

    await clock.passes(4)

    assert home.tracker.open == []
    assert home.tracker.unreported == 0


async def test_late_report(home: Home, clock: Clock) -> None:
    """A report that comes after the call was settled counts as one."""
    plan = make_plan(timeout=5)
    ended = home.carrier.ends(await place(home, plan))
    await clock.passes(21)
    assert home.tracker.unreported == 1

    home.tracker.async_told(plan.token, ended)

    assert home.tracker.unreported == 0


# Callbacks without the secret


@pytest.mark.parametrize("token", ["", "wrong", new_token("another key")])
async def test_hint(home: Home, clock: Clock, token: str) -> None:
    """A callback without the secret only makes us ask, at most every 10 s."""
    plan = make_plan()
    call = await place(home, plan)
    liar = replace(call, state=CallState.FAILED)

    for _ in range(30):
        home.tracker.async_told(token, liar)
        await clock.passes(1)

    assert len(home.carrier.asked) == 3
    assert [record.state for record in home.tracker.open] == ["ongoing"]
    assert home.tracker.unreported == 0


async def test_hint_that_is_true(home: Home, clock: Clock) -> None:
    """What the provider then tells is taken in."""
    call = await place(home, make_plan())
    home.carrier.ends(call, state=CallState.BUSY)

    home.tracker.async_told("", replace(call, state=CallState.SUCCESS))
    await clock.passes(1)

    assert [record.state for record in home.tracker.ended] == ["busy"]


async def test_hints_for_two_calls(home: Home, clock: Clock) -> None:
    """A hint for one call does not use up that of another."""
    calls = [await place(home, make_plan()) for _ in range(2)]

    for call in calls:
        home.tracker.async_told("", call)
    await clock.passes(1)

    assert sorted(home.carrier.asked) == ["c1", "c2"]


async def test_hint_for_no_call_of_ours(
    home: Home, clock: Clock, timers: Callable[[], int]
) -> None:
    """What a stranger tells of a call that is not ours, or has ended, is ignored."""
    plan = make_plan()
    call = await place(home, plan)
    home.tracker.async_told(plan.token, home.carrier.ends(call))

    home.tracker.async_told("", call)
    home.tracker.async_told("", make_call("c9"))

    assert timers() == 0
    await clock.passes(10)
    assert home.carrier.asked == []


# Restarts


async def test_restart_during_a_call(home: Home, clock: Clock) -> None:
    """A call in progress is asked for at once after a restart."""
    call = await place(home, make_plan())
    await home.stop()
    home.carrier.ends(call)
    await clock.passes(300, step=60)
    assert home.carrier.asked == []

    await home.start()
    assert [record.state for record in home.tracker.open] == ["ongoing"]
    await clock.passes(1)

    assert [record.state for record in home.tracker.ended] == ["success"]
    assert home.carrier.asked == ["c1"]


async def test_restart_without_calls(
    home: Home, clock: Clock, timers: Callable[[], int]
) -> None:
    """Without calls in progress a restart asks nothing."""
    plan = make_plan()
    home.tracker.async_told(plan.token, home.carrier.ends(await place(home, plan)))
    ended = home.tracker.last

    await home.stop()
    await home.start()

    assert home.tracker.last == ended
    assert timers() == 0
    await clock.passes(100, step=10)
    assert home.carrier.asked == home.carrier.searches == []


async def test_killed_before_the_answer(home: Home, clock: Clock) -> None:
    """A call that was written down, but not answered, is found in the history."""
    home.carrier.holds()
    plan = make_plan()
    task = await begin(home, plan)
    call = home.carrier.takes()
    await home.kill()
    await turns()
    assert task.exception()

    await home.start()
    await clock.passes(1)

    assert [record.call for record in home.tracker.open] == [call]
    assert len(home.carrier.requests) == 1


async def test_ended_calls_are_known_after_a_restart(home: Home, clock: Clock) -> None:
    """A call that ended before a restart is not taken for the one looked for."""
    plans = [make_plan(), make_plan(OTHER_PHONE)]
    for plan in plans:
        call = await place(home, plan)
        home.tracker.async_told(plan.token, home.carrier.ends(call))
    await home.stop()
    await home.start()
    home.carrier.answers.append(UNKNOWN)

    task = await begin(home, make_plan())
    await clock.passes(8)

    assert isinstance(task.exception(), OutcomeUnknownError)


async def test_killed_before_the_write(home: Home, clock: Clock) -> None:
    """A call of which nothing was written is brought back by its callback, and settled."""
    home.disk.free.clear()
    plan = make_plan()
    call = await place(home, plan)
    await home.kill()
    await home.start()
    assert home.tracker.open == []
    ended = home.carrier.ends(call, cost=0.5)

    home.tracker.async_told(plan.token, replace(ended, state=CallState.BUSY))
    [record] = home.tracker.open
    assert (record.from_number, record.to_number) == (OUR_NUMBER, PHONE)
    await clock.passes(1)

    assert home.carrier.asked == ["c1"]
    assert [record.call for record in home.tracker.ended] == [ended]


async def test_revived_in_progress(home: Home, clock: Clock) -> None:
    """A revived call that goes on is followed like any other."""
    token = new_token(KEY)
    call = home.carrier.takes()

    home.tracker.async_told(
        token, replace(call, created=None, from_number=None, to_number=None)
    )
    await clock.passes(29)
    assert [record.call for record in home.tracker.open] == [call]
    home.tracker.async_told(token, home.carrier.ends(call))

    assert [record.state for record in home.tracker.ended] == ["success"]


async def test_reports_of_revived_calls(home: Home, clock: Clock) -> None:
    """A callback for a call without a record shows that callbacks arrive."""
    for _ in range(4):
        ended = home.carrier.ends(home.carrier.takes())
        home.tracker.async_told(new_token(KEY), ended)
        await clock.passes(1)
        assert home.tracker.unreported <= 1

    assert home.tracker.open == []


async def test_known_calls_are_not_revived(home: Home, clock: Clock) -> None:
    """A call that is known has one record, whatever secret comes for it."""
    plan = make_plan()
    call = await place(home, plan)

    home.tracker.async_told(new_token(KEY), replace(call, state=CallState.BUSY))
    await clock.passes(5)

    assert [record.token for record in home.tracker.open] == [plan.token]
    assert home.tracker.ended == []
    assert home.carrier.asked == []


async def test_reload_while_asking(home: Home, clock: Clock, disk: Disk) -> None:
    """An account that is unloaded asks nothing any more, and is settled when it is back."""
    call = await place(home, make_plan(reported=False))
    home.carrier.silent = asyncio.Event()
    await clock.passes(3)
    assert len(home.carrier.asked) == 1

    await home.stop()
    home.carrier.silent = None
    await clock.passes(30)
    assert len(home.carrier.asked) == 1

    home.carrier.ends(call)
    await home.start()
    await clock.passes(1)
    assert [record.state for record in home.tracker.ended] == ["success"]
