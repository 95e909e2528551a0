"""Faults in finding out whether a request placed a call."""

import asyncio
from typing import Any

from simulator import Fault, FaultKind, Outcome
from tests.elks.conftest import PHONE

from .row import HISTORY, LOST, PLACE, POLLED, Row
from .scene import Scene


async def _long_call(scene: Scene) -> None:
    """Place a call that ends when the home has given up looking for it."""
    scene.provider.phone(PHONE, answer_after=20)
    await scene.place_call()


async def _two_at_once(scene: Scene) -> None:
    scene.provider.phone(PHONE, answer_after=20)
    await asyncio.gather(scene.place_call(), scene.place_call())


async def _second_after_1_s(scene: Scene) -> None:
    first = scene.begin_call()
    await asyncio.sleep(1)
    await scene.place_call()
    await first


async def _foreign_call(scene: Scene) -> None:
    await scene.place_foreign_call()
    scene.faults(_RESET)
    await _long_call(scene)


async def _only_foreign_call(scene: Scene) -> None:
    """Have another program's call in the history, and none of the home's."""
    await scene.place_foreign_call()
    scene.faults(_RESET_BEFORE)
    await scene.place_call()


async def _old_foreign_call(scene: Scene) -> None:
    await scene.place_foreign_call()
    await asyncio.sleep(600)
    await _own_call(scene)


async def _own_call(scene: Scene) -> None:
    """Adopt the home's own call, and no other."""
    scene.faults(_RESET)
    await scene.place_call()
    assert scene.home.last_call.attributes["call_id"] == scene.provider.calls[-1].id


async def _earlier_call(scene: Scene) -> None:
    """Have one of the home's own calls, ended within the same minute, in the history."""
    await scene.place_call()
    await scene.call_ended()
    await _own_call(scene)


async def _no_such_phone(scene: Scene) -> None:
    scene.provider.phone(PHONE, outcome=Outcome.UNREACHABLE)
    await scene.place_call()


async def _no_such_phone_unanswered(scene: Scene) -> None:
    scene.faults(_RESET)
    await _no_such_phone(scene)


async def _script_stopped(scene: Scene) -> None:
    """Stop the script that waits for the answer."""
    placing = scene.begin_call()
    await asyncio.sleep(1)
    placing.cancel()


def _history(**details: Any) -> Fault:
    """Let the history fail."""
    return Fault(FaultKind.STATUS, on=HISTORY, status=500, **details)


_RESET = Fault(FaultKind.RESET_AFTER, on=PLACE)
_RESET_BEFORE = Fault(FaultKind.RESET_BEFORE, on=PLACE)
# Not before both requests have come
_BOTH_RESET = Fault(FaultKind.RESET_AFTER, on=PLACE, times=2, delay=1)
_ONE_LOST = (
    Fault(FaultKind.RESET_BEFORE, on=PLACE, delay=1),
    Fault(FaultKind.RESET_AFTER, on=PLACE, delay=1),
)
_ANSWERED_LATE = Fault(FaultKind.CALLBACK_EARLY, on=PLACE)
_PLACED_LATE = Fault(FaultKind.DELAY, on=PLACE, delay=20)

ROWS = (
    Row(
        name="two-unanswered",
        goes_wrong="Two requests at once for one number, neither answered",
        faults=(_BOTH_RESET,),
        story=_two_at_once,
        calls=2,
        outcome="outcome_unknown, outcome_unknown",
    ),
    Row(
        name="two-unanswered-lost",
        goes_wrong="Two requests at once for one number, neither answered; no callback comes",
        faults=(_BOTH_RESET, LOST),
        story=_two_at_once,
        calls=2,
        outcome="outcome_unknown, outcome_unknown",
        state="unknown",
    ),
    Row(
        name="one-of-two-lost",
        goes_wrong="Two requests at once for one number, neither answered, only one call placed",
        faults=_ONE_LOST,
        story=_two_at_once,
        outcome="outcome_unknown, outcome_unknown",
    ),
    Row(
        name="one-of-two-lost-lost",
        goes_wrong="Two requests at once for one number, neither answered, only one call placed; no callback comes",
        faults=(*_ONE_LOST, LOST),
        story=_two_at_once,
        outcome="outcome_unknown, outcome_unknown",
        state="unknown",
    ),
    Row(
        name="in-flight",
        goes_wrong="A request gets no answer while another for the same number takes 20 s; no callback comes",
        faults=(_PLACED_LATE, _RESET, LOST),
        story=_second_after_1_s,
        calls=2,
        outcome="ongoing, success",
        within=POLLED,
    ),
    Row(
        name="in-flight-placed",
        goes_wrong="A request is lost while another for the same number has placed its call but has no answer yet",
        faults=(_ANSWERED_LATE, _RESET_BEFORE),
        story=_second_after_1_s,
        outcome="success, outcome_unknown",
    ),
    Row(
        name="foreign-call",
        goes_wrong="Another program calls the same number just before, and the request gets no answer",
        story=_foreign_call,
        outcome="outcome_unknown",
    ),
    Row(
        name="foreign-call-lost",
        goes_wrong="Another program calls the same number just before, and the request gets no answer; no callback comes",
        faults=(LOST,),
        story=_foreign_call,
        outcome="outcome_unknown",
        state="unknown",
    ),
    Row(
        name="foreign-call-only",
        goes_wrong="Another program calls the same number just before, and the request is lost",
        story=_only_foreign_call,
        # Nothing shows that it is not ours
        calls=0,
        within=POLLED,
    ),
    Row(
        name="foreign-call-old",
        goes_wrong="Another program called the same number 10 min earlier, and the request gets no answer",
        story=_old_foreign_call,
    ),
    Row(
        name="own-call-before",
        goes_wrong="The home called the same number just before, and the next request gets no answer",
        story=_earlier_call,
        calls=2,
        outcome="ongoing, ongoing",
    ),
    Row(
        name="history-once",
        goes_wrong="The request gets no answer, and the history fails once",
        faults=(_RESET, _history()),
    ),
    Row(
        name="history",
        goes_wrong="The request gets no answer, and the history fails every time",
        faults=(_RESET, _history(times=None)),
        story=_long_call,
        outcome="outcome_unknown",
    ),
    Row(
        name="history-for-a-while",
        goes_wrong="The request gets no answer, and the history fails 4 times; no callback comes",
        faults=(_RESET, _history(times=4), LOST),
        outcome="outcome_unknown",
        within=POLLED,
    ),
    Row(
        name="history-odd",
        goes_wrong="The request gets no answer, and the history is an HTML page, then has no list",
        faults=(
            _RESET,
            Fault(FaultKind.HTML, on=HISTORY),
            Fault(FaultKind.WRONG_JSON, on=HISTORY, fields={"data": None}),
        ),
        outcome="success",
    ),
    Row(
        name="failed-at-once",
        goes_wrong="The phone cannot be reached, and the answer says so",
        story=_no_such_phone,
        outcome="failed",
        state="failed",
    ),
    Row(
        name="failed-at-once-unanswered",
        goes_wrong="The phone cannot be reached, and the request gets no answer",
        story=_no_such_phone_unanswered,
        outcome="failed",
        state="failed",
    ),
    Row(
        name="callback-first",
        goes_wrong="The hangup callback comes before the answer",
        faults=(_ANSWERED_LATE,),
        outcome="success",
    ),
    Row(
        name="callback-no-answer",
        goes_wrong="The hangup callback comes, but the answer never does",
        faults=(
            Fault(FaultKind.STALL, on=PLACE),
            _history(times=None),
        ),
        outcome="success",
    ),
    Row(
        name="script-stopped",
        goes_wrong="The script that placed the call is stopped before the answer comes",
        faults=(_PLACED_LATE,),
        story=_script_stopped,
        outcome="cancelled",
    ),
)
