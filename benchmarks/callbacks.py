"""Callbacks beside Home Assistant's webhook handling with a handler that does nothing."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
import json
from multiprocessing import get_context
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from aiohttp.web import Request as WebRequest

from homeassistant.components import webhook
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from .caller import Answer, Request, post_in_turns
from .figures import Times
from .home import LAST_CALL, Home, OpenCall
from .result import Comparison, Findings, Goal, Side, at_most

_BATCHES = 30
_BATCH = 20
"""Calls that are placed ahead."""
_WRITING = 0.02
"""Seconds until a call that has just been placed is written."""
_LIMIT = 1.5
_WHY_ANSWER = (
    "The empty handler does not even read its form. Elks reads it, finds the call by its secret, "
    "and writes the first action with the address of this home."
)
_WHY = (
    "The empty handler does not even read its form. About a third of what is more is Home "
    "Assistant's own work on the sensor's state; the rest is reading the form and the call in it, "
    "and bringing it together with what is known."
)
_LATENCY = 5
"""Milliseconds until the first action, beyond what Home Assistant itself needs."""
_EMPTY = "1" * 64
_EMPTY_PATH = f"/api/webhook/{_EMPTY}?token={'0' * 48}"
_SOUND = "https://example.com/leak.mp3"


async def _do_nothing(
    hass: HomeAssistant, webhook_id: str, request: WebRequest
) -> None: ...


def _end(call: OpenCall) -> bytes:
    """Return what the provider tells of the end of a call."""
    return urlencode(call.end).encode()


def _question(call: OpenCall) -> bytes:
    """Return what the provider asks when the phone is picked up."""
    form = {"callid": call.call_id, "direction": "outgoing", "result": "newoutgoing"}
    numbers = {name: call.end[name] for name in ("from", "to")}
    return urlencode(form | numbers).encode()


class _Calls:
    """Calls of a home, and who makes their callbacks."""

    def __init__(self, home: Home, caller: ProcessPoolExecutor) -> None:
        self._home = home
        self._caller = caller

    async def place(self, number: int, **content: Any) -> list[OpenCall]:
        """Place so many calls."""
        for _ in range(number):
            await self._home.place_call(**content)
        return self._home.open_calls()

    async def tell(
        self, calls: list[OpenCall], form: Callable[[OpenCall], bytes]
    ) -> list[list[Answer]]:
        """Make a callback for each call, and the same to the handler that does nothing.

        Before, the first of them is picked up. Returns for each call the answer of that handler, and ours.
        """
        question = _question(calls[0])
        ahead = [(_EMPTY_PATH, question), (calls[0].path, question)]
        rounds: list[list[Request]] = [
            [(_EMPTY_PATH, form(call)), (call.path, form(call))] for call in calls
        ]
        return await asyncio.get_running_loop().run_in_executor(
            self._caller, post_in_turns, self._home.port, ahead, rounds
        )


class _Sensor:
    """When the sensor of the last call showed that a call has ended."""

    def __init__(self, home: Home) -> None:
        self.changed: list[float] = []
        self.unsubscribe = async_track_state_change_event(
            home.hass, [LAST_CALL], self._changed
        )

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state and state.state == "success":
            self.changed.append(perf_counter())


async def measure(home: Home, findings: Findings) -> None:
    """Time the end of calls, and the picking up of calls that speak."""
    webhook.async_register(home.hass, "elks", "Empty", _EMPTY, _do_nothing)
    context = get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as caller:
        calls = _Calls(home, caller)
        await calls.tell(await calls.place(_BATCH), _end)
        await _measure_ends(home, calls, findings)
        await _measure_answers(calls, findings)


async def _measure_ends(home: Home, calls: _Calls, findings: Findings) -> None:
    answers: list[list[Answer]] = []
    sensor = _Sensor(home)
    for _ in range(_BATCH * _BATCHES):
        # The sensor shows the call placed last: there is to be no other
        placed = await calls.place(1, media=_SOUND)
        await asyncio.sleep(_WRITING)
        answers += await calls.tell(placed, _end)
    sensor.unsubscribe()
    nothing = Times([one.seconds for one, _ in answers])
    answered = Times([one.seconds for _, one in answers])
    shown = Times(
        [
            changed - one.asked
            for changed, (_, one) in zip(sensor.changed, answers, strict=True)
        ]
    )
    sides = (
        Side("Empty handler, until its answer", nothing),
        Side("Elks, until the sensor's new state", shown),
        Side("Elks, until its answer", answered),
    )
    findings.comparisons.append(Comparison("A call has ended", sides))
    findings.goals.append(
        at_most(
            "Hangup callback beside an empty handler",
            *(sides[1], sides[0], _LIMIT, _WHY),
        )
    )


async def _measure_answers(calls: _Calls, findings: Findings) -> None:
    answers: list[list[Answer]] = []
    for _ in range(_BATCHES):
        placed = await calls.place(1 + _BATCH, media=_SOUND, digits=1)
        # The first of them is picked up ahead
        answers += (await calls.tell(placed, _question))[1:]
        await calls.tell(placed, _end)
    assert all(json.loads(action.body)["ivr"] == _SOUND for _, action in answers)
    sides = (
        Side("Empty handler", Times([one.seconds for one, _ in answers])),
        Side("Elks", Times([one.seconds for _, one in answers])),
    )
    title = "A phone is picked up: from the callback to the first action"
    findings.comparisons.append(Comparison(title, sides))
    later = sides[1].times.median - sides[0].times.median
    findings.goals += [
        at_most(
            "Answer callback beside an empty handler",
            *(sides[1], sides[0], _LIMIT, _WHY_ANSWER),
        ),
        Goal(
            "First action after the phone is picked up, beyond an empty handler",
            *(later * 1000, _LATENCY, "ms"),
        ),
    ]
