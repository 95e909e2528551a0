"""Faults in the request that places a call."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from homeassistant.util import dt as dt_util
from simulator import Fault, FaultKind

from .row import LOST, PLACE, POLLED, Row, Story
from .scene import Scene


def _line_down(*, seconds: float) -> Story:
    """Let 46elks be unreachable when the home wants to place a call."""

    async def story(scene: Scene) -> None:
        await scene.line_down()
        placing = scene.begin_call()
        await asyncio.sleep(seconds)
        await scene.provider.start_listening()
        await placing

    return story


def _name_unknown(*, failures: int) -> Story:
    """Let the look-up of the provider's host name fail a number of times."""

    async def story(scene: Scene) -> None:
        await scene.reach_by_name(failures=failures)
        await scene.place_call()

    return story


def _clocks_apart(*, hours: float) -> Story:
    """Let the home start with a wrong clock."""

    async def story(scene: Scene) -> None:
        scene.provider.clock.offset = timedelta(hours=hours)
        await scene.reload()
        await scene.place_call()

    return story


def _clock_steps(*, hours: float) -> Story:
    """Let the home's clock jump after it was compared with the provider's."""

    async def story(scene: Scene) -> None:
        scene.provider.clock.offset = timedelta(hours=hours)
        await scene.place_call()

    return story


def _clock_never_compared(*, days: float) -> Story:
    """Let the home start with a wrong clock and without a connection."""

    async def story(scene: Scene) -> None:
        scene.provider.clock.offset = timedelta(days=days)
        await scene.unload()
        await scene.line_down()
        await scene.load()
        await asyncio.sleep(1)
        await scene.provider.start_listening()
        await scene.place_call()

    return story


async def _twelve_seconds(scene: Scene) -> None:
    """Send the request again no sooner than the provider wants."""
    await scene.place_call()
    assert 12 <= scene.took[0] < 13


async def _retry_after_date(scene: Scene) -> None:
    """Give a date, rather than seconds, after which to send the request again."""
    again = format_datetime(dt_util.utcnow() + timedelta(seconds=4), usegmt=True)
    scene.faults(_status(503, headers={"Retry-After": again}))
    await scene.place_call()
    assert 4 <= scene.took[0] < 5


async def _answer_not_used(scene: Scene) -> None:
    """Find the call in the history, because the answer was not read to its end."""
    await scene.place_call()
    # The call may not be in the history at once
    assert scene.looks <= 2


async def _credentials_revoked(scene: Scene) -> None:
    """Check that new credentials are asked for only once, however often they are refused."""
    scene.provider.account.password = "another password"
    await scene.place_call()
    await scene.place_call()
    await scene.sign_in_again()


async def _no_credits(scene: Scene) -> None:
    scene.provider.account.balance = 0
    await scene.place_call()


async def _number_of_another(scene: Scene) -> None:
    await scene.place_call(**{"from": "+46701999999"})


async def _wait_for_end(scene: Scene) -> None:
    await scene.place_call(wait=True)


def _status(status: int, **details: Any) -> Fault:
    """Refuse the request with a status."""
    return Fault(FaultKind.STATUS, on=PLACE, status=status, **details)


def _after(kind: FaultKind, **details: Any) -> Fault:
    """Spoil the answer to a request that is carried out."""
    return Fault(kind, on=PLACE, **details)


def _wrong(fields: Mapping[str, Any]) -> Fault:
    """Answer with wrong fields."""
    return Fault(FaultKind.WRONG_JSON, on=PLACE, fields=fields)


_RESET = _after(FaultKind.RESET_AFTER)

ROWS = (
    Row(
        name="refused-3-s",
        goes_wrong="Connections are refused for 3 s",
        story=_line_down(seconds=3),
    ),
    Row(
        name="refused",
        goes_wrong="Connections are refused",
        story=_line_down(seconds=60),
        calls=0,
        outcome="unreachable",
        state="unknown",
    ),
    Row(
        name="dns-twice",
        goes_wrong="The provider's name cannot be looked up, twice",
        story=_name_unknown(failures=2),
    ),
    Row(
        name="dns",
        goes_wrong="The provider's name cannot be looked up",
        story=_name_unknown(failures=1000),
        calls=0,
        outcome="unreachable",
        state="unknown",
    ),
    Row(name="429-once", goes_wrong="429, once", faults=(_status(429),)),
    Row(
        name="503-thrice",
        goes_wrong="503, three times",
        faults=(_status(503, times=3),),
    ),
    Row(
        name="429-retry-after",
        goes_wrong="429 with `Retry-After: 6`, twice",
        faults=(_status(429, headers={"Retry-After": "6"}, times=2),),
        story=_twelve_seconds,
    ),
    Row(
        name="503-retry-after-date",
        goes_wrong="503 with a date in `Retry-After`",
        story=_retry_after_date,
    ),
    Row(
        name="503-retry-after-odd",
        goes_wrong="503 with an unreadable `Retry-After`",
        faults=(_status(503, headers={"Retry-After": "soon"}),),
    ),
    Row(
        name="503-retry-after-long",
        goes_wrong="503 with `Retry-After: 3600`",
        faults=(_status(503, headers={"Retry-After": "3600"}),),
        calls=0,
        outcome="unreachable",
        state="unknown",
    ),
    Row(
        name="503-retry-after",
        goes_wrong="503 with `Retry-After: 6`, every time",
        faults=(_status(503, headers={"Retry-After": "6"}, times=None),),
        calls=0,
        outcome="unreachable",
        state="unknown",
    ),
    *(
        Row(
            name=f"{status}",
            goes_wrong=f"{status}, every time",
            faults=(_status(status, times=None),),
            calls=0,
            outcome="unreachable",
            state="unknown",
        )
        for status in (429, 503)
    ),
    *(
        Row(
            name=f"{status}-before",
            goes_wrong=f"{status}, and no call is placed",
            faults=(_status(status),),
            calls=0,
            outcome="outcome_unknown",
            state="unknown",
        )
        for status in (500, 502, 504)
    ),
    *(
        Row(
            name=f"{status}-after",
            goes_wrong=f"{status}, although the call was placed",
            faults=(_after(FaultKind.STATUS_AFTER, status=status),),
        )
        for status in (500, 502, 504)
    ),
    Row(
        name="reset-before",
        goes_wrong="The connection breaks before the call is placed",
        faults=(_after(FaultKind.RESET_BEFORE),),
        calls=0,
        outcome="outcome_unknown",
        state="unknown",
    ),
    Row(
        name="reset-after",
        goes_wrong="The connection breaks after the call is placed",
        faults=(_RESET,),
    ),
    Row(
        name="reset-after-wait",
        goes_wrong="The connection breaks after the call is placed; `wait: true`",
        faults=(_RESET,),
        story=_wait_for_end,
        outcome="success",
    ),
    Row(
        name="reset-after-lost",
        goes_wrong="The connection breaks after the call is placed, and no callback comes",
        faults=(_RESET, LOST),
        within=POLLED,
    ),
    Row(
        name="silence-before",
        goes_wrong="No answer for a minute, and no call is placed",
        faults=(_after(FaultKind.RESET_BEFORE, delay=60),),
        calls=0,
        outcome="outcome_unknown",
        state="unknown",
    ),
    Row(
        name="silence-after",
        goes_wrong="The answer begins but never ends",
        faults=(_after(FaultKind.STALL),),
        outcome="success",
    ),
    Row(
        name="placed-late",
        goes_wrong="The call is placed 10 s after the home has given up",
        faults=(_after(FaultKind.DELAY, delay=50),),
        outcome="outcome_unknown",
    ),
    Row(
        name="placed-late-lost",
        goes_wrong="The call is placed 10 s after the home has given up, and no callback comes",
        faults=(_after(FaultKind.DELAY, delay=50), LOST),
        outcome="outcome_unknown",
        within=POLLED,
    ),
    Row(
        name="delay",
        goes_wrong="The answer takes 20 s",
        faults=(_after(FaultKind.DELAY, delay=20),),
    ),
    Row(
        name="html",
        goes_wrong="The answer is an HTML page",
        faults=(_after(FaultKind.HTML),),
    ),
    Row(
        name="truncated",
        goes_wrong="The answer is cut off",
        faults=(_after(FaultKind.TRUNCATED),),
    ),
    Row(
        name="list",
        goes_wrong="The answer is a JSON list",
        faults=(_after(FaultKind.WRONG_JSON, body="[]"),),
    ),
    Row(
        name="no-id",
        goes_wrong="The answer lacks the call's id",
        faults=(_wrong({"id": None}),),
    ),
    Row(
        name="odd-types",
        goes_wrong="The id and the state in the answer have the wrong types",
        faults=(_wrong({"id": 7, "state": ["ongoing"]}),),
    ),
    Row(
        name="odd-state",
        goes_wrong="The answer has a state that does not exist",
        faults=(_wrong({"state": "on fire"}),),
    ),
    Row(
        name="odd-details",
        goes_wrong="The other fields of the answer have the wrong types",
        faults=(_wrong({"created": 5, "from": {}, "to": [], "direction": 0}),),
    ),
    Row(
        name="huge",
        goes_wrong="The answer is 64 MiB long",
        faults=(_after(FaultKind.HUGE),),
        story=_answer_not_used,
    ),
    Row(
        name="redirect",
        goes_wrong="308, a redirect to the address for placing calls",
        faults=(_status(308, headers={"Location": "/a1/calls"}),),
        calls=0,
        outcome="outcome_unknown",
        state="unknown",
    ),
    Row(
        name="401",
        goes_wrong="The credentials have been revoked; two calls",
        story=_credentials_revoked,
        calls=0,
        outcome="invalid_auth, invalid_auth",
        state="unknown",
    ),
    Row(
        name="403-number",
        goes_wrong="403: the number to call from belongs to somebody else",
        story=_number_of_another,
        calls=0,
        outcome="refused",
        state="unknown",
    ),
    Row(
        name="403-credits",
        goes_wrong="403: there is no money in the account",
        story=_no_credits,
        calls=0,
        outcome="no_credit",
        state="unknown",
    ),
    Row(
        name="400",
        goes_wrong="400, with a reason that contains the phone number",
        faults=(_status(400, body="Invalid to: +46701234567"),),
        calls=0,
        outcome="refused",
        state="unknown",
    ),
    *(
        Row(
            name=f"clock-{name}",
            goes_wrong=f"The home's clock is {what} when it starts; the connection breaks after the call is placed",
            faults=(_RESET, LOST),
            story=_clocks_apart(hours=hours),
            within=POLLED,
        )
        for name, hours, what in (
            ("slow", 3, "3 h slow"),
            ("fast", -3, "3 h fast"),
            ("days-slow", 48, "2 days slow"),
        )
    ),
    *(
        Row(
            name=f"clock-steps-{name}",
            goes_wrong=f"The home's clock jumps 3 h {what} before the call; the connection breaks after it is placed",
            faults=(_RESET, LOST),
            story=_clock_steps(hours=hours),
            within=POLLED,
        )
        for name, hours, what in (("back", 3, "back"), ("forth", -3, "forward"))
    ),
    *(
        Row(
            name=f"clock-unknown-{name}",
            goes_wrong=f"The home starts offline, its clock 400 days {name}; the connection breaks after the call is placed",
            faults=(_RESET, LOST),
            story=_clock_never_compared(days=days),
            within=POLLED,
            logs=("Error fetching 46elks account data",),
        )
        for name, days in (("slow", 400), ("fast", -400))
    ),
    *(
        Row(
            name=f"clock-unknown-{name}-lost",
            goes_wrong=f"The home starts offline, its clock 400 days {name}; no callback comes",
            faults=(LOST,),
            story=_clock_never_compared(days=days),
            within=POLLED,
            logs=("Error fetching 46elks account data",),
        )
        for name, days in (("slow", 400), ("fast", -400))
    ),
)
