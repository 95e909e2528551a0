"""An account's calls whose callbacks do not come, or come from strangers: they are asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.elks.api import (
    CallState,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from custom_components.elks.calls import new_token
from homeassistant.core import HomeAssistant

from .conftest import (
    CallsHome,
    Clock,
    begin,
    make_call,
    make_plan,
    make_record,
    place,
    turns,
    wait,
)

UNKNOWN = OutcomeUnknownError("the connection broke")


async def asked_at(
    home: CallsHome, clock: Clock, seconds: int, done: Callable[[], int] | None = None
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


async def test_looks_of_a_home_that_is_told(home: CallsHome, clock: Clock) -> None:
    """First when the ringing is over, then every 30 s, after five minutes more seldom."""
    await place(home, make_plan(timeout=20))

    times = await asked_at(home, clock, 600)

    assert times == [35, *range(65, 306, 30), 425, 545]


async def test_looks_of_a_home_that_is_not(home: CallsHome, clock: Clock) -> None:
    """Every 3 s for the first minute, then every 10 s, however long the phone rings."""
    await place(home, make_plan(reported=False, timeout=300))

    times = await asked_at(home, clock, 100)

    assert times == [*range(3, 61, 3), 70, 80, 90, 100]


async def test_one_timer(
    home: CallsHome, clock: Clock, timers: Callable[[], int]
) -> None:
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

    assert home.tracker.book.open() == []
    assert timers() == 0


async def test_few_questions_at_once(home: CallsHome, clock: Clock) -> None:
    """However many calls are due together, the provider is not overrun."""
    for _ in range(20):
        await place(home, make_plan(reported=False))
    home.carrier.silent = asyncio.Event()

    await clock.passes(3)
    assert len(home.carrier.asked) == 5
    home.carrier.silent.set()
    await turns(40)
    assert len(home.carrier.asked) == 20


async def test_ended_while_asking(home: CallsHome, clock: Clock) -> None:
    """A callback that comes while the provider is asked is not undone by the answer."""
    plans = [make_plan(timeout=10) for _ in range(6)]
    calls = [await place(home, plan) for plan in plans]
    home.carrier.silent = asyncio.Event()
    await clock.passes(25)
    assert len(home.carrier.asked) == 5

    for plan, call in zip(plans, calls, strict=True):
        home.tracker.reports.async_end(plan.token, replace(call, state=CallState.BUSY))
    home.carrier.silent.set()
    await clock.passes(60)

    assert [record.state for record in home.tracker.book.ended()] == 6 * ["busy"]
    # The sixth had ended before its turn
    assert len(home.carrier.asked) == 5
    assert home.tracker.arrivals.missing == 0


@pytest.mark.parametrize("error", [UnreachableError("down"), RefusedError("404")])
async def test_asked_in_vain(
    home: CallsHome, clock: Clock, error: UnreachableError | RefusedError
) -> None:
    """A provider that does not tell is asked again."""
    call = await place(home, make_plan(reported=False))
    home.carrier.error = error
    await clock.passes(10)
    assert len(home.carrier.asked) == 3

    home.carrier.error = None
    home.carrier.ends(call)
    await clock.passes(3)

    assert [record.state for record in home.tracker.book.ended()] == ["success"]


@pytest.mark.parametrize("hours", [0, -100, 100])
async def test_given_up_after_a_day(
    home: CallsHome,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    timers: Callable[[], int],
    hours: int,
) -> None:
    """A call of which nothing is heard for a day ends as unknown, logged once."""
    home.carrier.ahead = timedelta(hours=hours)
    record = await home.tracker.placing.async_place(make_plan())
    task = await wait(home, record)
    home.carrier.error = UnreachableError("down")

    await clock.passes(24 * 3600 - 600, step=600)
    assert not task.done()
    await clock.passes(1800, step=600)

    ended = await task
    assert ended.ended
    assert ended.state is None
    assert home.tracker.book.open() == []
    assert timers() == 0
    await clock.passes(3600, step=600)
    [warning] = [line for line in caplog.messages if "did not say for a day" in line]
    assert "+46•••••567" in warning


@pytest.mark.parametrize("days", [-3, 3])
async def test_wrong_clock_at_the_request(
    home: CallsHome, clock: Clock, days: int
) -> None:
    """A call is not given up because the home's clock was wrong when it was asked for."""
    home.carrier.clock_known = False
    home.carrier.ahead = timedelta(days=days)
    call = await place(home, make_plan(timeout=20))

    times = await asked_at(home, clock, 70)
    assert times == [35, 65]

    home.carrier.ends(call)
    await clock.passes(30)
    assert [record.state for record in home.tracker.book.ended()] == ["success"]


@pytest.mark.parametrize("days", [-3, 3])
async def test_wrong_clock_at_a_lost_request(
    home: CallsHome, clock: Clock, days: int
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

    assert [record.call for record in home.tracker.book.open()] == [call]


async def test_found_later(home: CallsHome, clock: Clock) -> None:
    """A call whose request was not answered is looked for like a call in progress."""
    home.carrier.answers.append(UNKNOWN)
    task = await begin(home, make_plan(reported=False))
    await clock.passes(8)
    assert task.exception()
    call = home.carrier.takes()

    await clock.passes(3)
    assert [record.call for record in home.tracker.book.open()] == [call]
    home.carrier.ends(call)
    await clock.passes(3)
    assert [record.state for record in home.tracker.book.ended()] == ["success"]


@pytest.mark.parametrize("reported", [True, False])
async def test_never_found(
    home: CallsHome, clock: Clock, timers: Callable[[], int], reported: bool
) -> None:
    """A call that does not turn up for ten minutes was never placed."""
    home.carrier.answers.append(UNKNOWN)
    task = await begin(home, make_plan(reported=reported))
    await clock.passes(590)
    assert task.exception()
    assert len(home.tracker.book.open()) == 1

    await clock.passes(150)

    assert home.tracker.book.open() == []
    assert home.tracker.book.last is None
    assert timers() == 0


async def test_rivals_are_forgotten_together(
    home: CallsHome, clock: Clock, timers: Callable[[], int]
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
    assert home.tracker.book.open() == home.tracker.book.ended() == []
    assert timers() == 0


async def test_not_forgotten_unasked(home: CallsHome, clock: Clock) -> None:
    """A call that could not be looked for is kept, for a day."""
    home.carrier.answers.append(UNKNOWN)
    home.carrier.error = UnreachableError("down")
    task = await begin(home, make_plan())
    await clock.passes(30)
    assert task.exception()
    await clock.passes(23 * 3600, step=600)
    assert len(home.tracker.book.open()) == 1

    await clock.passes(2 * 3600, step=600)

    assert home.tracker.book.open() == []
    assert home.tracker.book.ended() == []


async def test_revoked_credentials(
    home: CallsHome, clock: Clock, hass: HomeAssistant
) -> None:
    """Credentials that are revoked start one flow; the calls are settled after it."""
    calls = [await place(home, make_plan(reported=False)) for _ in range(3)]
    home.carrier.error = InvalidAuthError("401")
    await clock.passes(10)
    await hass.async_block_till_done()

    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    assert len(home.tracker.book.open()) == 3

    home.carrier.error = None
    for call in calls:
        home.carrier.ends(call)
    await home.stop()
    await home.start()
    await clock.passes(1)
    assert home.tracker.book.open() == []


async def test_unreported_calls(home: CallsHome, clock: Clock) -> None:
    """Calls are counted whose end should have been told and was not, until one is."""
    for number in range(1, 4):
        home.carrier.ends(await place(home, make_plan(timeout=5)))
        await clock.passes(21)
        assert home.tracker.arrivals.missing == number

    plan = make_plan()
    home.tracker.reports.async_end(
        plan.token, home.carrier.ends(await place(home, plan))
    )
    assert home.tracker.arrivals.missing == 0


async def test_reports_that_nobody_promised(home: CallsHome, clock: Clock) -> None:
    """A home that 46elks cannot reach misses no report."""
    home.carrier.ends(await place(home, make_plan(reported=False)))

    await clock.passes(4)

    assert home.tracker.book.open() == []
    assert home.tracker.arrivals.missing == 0


async def test_late_report(home: CallsHome, clock: Clock) -> None:
    """A report that comes after the call was settled counts as one."""
    plan = make_plan(timeout=5)
    ended = home.carrier.ends(await place(home, plan))
    await clock.passes(21)
    assert home.tracker.arrivals.missing == 1

    home.tracker.reports.async_end(plan.token, ended)

    assert home.tracker.arrivals.missing == 0


@pytest.mark.parametrize(
    "token", ["", "wrong", pytest.param(new_token("another key"), id="forged")]
)
async def test_hint(home: CallsHome, clock: Clock, token: str) -> None:
    """A callback without the secret only makes us ask, at most every 10 s."""
    plan = make_plan()
    call = await place(home, plan)
    liar = replace(call, state=CallState.FAILED)

    for _ in range(30):
        home.tracker.reports.async_end(token, liar)
        await clock.passes(1)

    assert len(home.carrier.asked) == 3
    assert [record.state for record in home.tracker.book.open()] == ["ongoing"]
    assert home.tracker.arrivals.missing == 0


async def test_hint_that_is_true(home: CallsHome, clock: Clock) -> None:
    """What the provider then tells is taken in."""
    call = await place(home, make_plan())
    home.carrier.ends(call, state=CallState.BUSY)

    home.tracker.reports.async_end("", replace(call, state=CallState.SUCCESS))
    await clock.passes(1)

    assert [record.state for record in home.tracker.book.ended()] == ["busy"]


async def test_hints_for_two_calls(home: CallsHome, clock: Clock) -> None:
    """A hint for one call does not use up that of another."""
    calls = [await place(home, make_plan()) for _ in range(2)]

    for call in calls:
        home.tracker.reports.async_end("", call)
    await clock.passes(1)

    assert sorted(home.carrier.asked) == ["c1", "c2"]


async def test_hint_for_no_call_of_ours(
    home: CallsHome, clock: Clock, timers: Callable[[], int]
) -> None:
    """What a stranger tells of a call that is not ours, or has ended, is ignored."""
    plan = make_plan()
    call = await place(home, plan)
    home.tracker.reports.async_end(plan.token, home.carrier.ends(call))

    home.tracker.reports.async_end("", call)
    home.tracker.reports.async_end("", make_call("c9"))

    assert timers() == 0
    await clock.passes(10)
    assert home.carrier.asked == []


async def test_call_to_a_line(home: CallsHome, clock: Clock) -> None:
    """The end of a call to a line is found when it is not reported, which is no sign of trouble.

    A caller can hang up before 46elks knows where to report it.
    """
    call = home.carrier.takes(direction="incoming")
    record = make_record(timeout=0, line="line", call=call)
    home.tracker.book.put(record)
    home.carrier.ends(call)

    await clock.passes(14)
    assert home.tracker.book.open() == [record]
    await clock.passes(1)

    assert [one.state for one in home.tracker.book.ended()] == ["success"]
    assert home.tracker.arrivals.missing == 0
    assert home.tracker.book.last is None
