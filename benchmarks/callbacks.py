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

from . import least
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
    "The empty handler does not even read its form. The least that shows an end, in its table, "
    "reads it and writes one state without an entity. What is more is Elks' own price: the entity, "
    "the secret that is checked, the call that is read from the form, brought together with what is "
    "known, and set to be written down before it is shown. In a profile, no part of it stands out "
    "any more; a callback comes after a pause, in which the processor has forgotten the way."
)
_LATENCY = 5
"""Milliseconds until the first action, beyond what Home Assistant itself needs."""
_EMPTY = "1" * 64
_QUERY = f"?token={'0' * 48}"
_EMPTY_PATH = f"/api/webhook/{_EMPTY}{_QUERY}"
_LEAST_PATH = f"/api/webhook/{least.WEBHOOK}{_QUERY}"
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


def _times(answers: list[Answer]) -> Times:
    """Return how long answers took."""
    return Times([one.seconds for one in answers])


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
        """Make a callback for each call, and the same to the handlers that do nothing, and the least.

        Before, the first of them is picked up. Returns for each call their answers, and ours in between.
        """
        question = _question(calls[0])
        ahead = [(_EMPTY_PATH, question), (calls[0].path, question)]
        rounds: list[list[Request]] = [
            [(path, form(call)) for path in (_EMPTY_PATH, call.path, _LEAST_PATH)]
            for call in calls
        ]
        return await asyncio.get_running_loop().run_in_executor(
            self._caller, post_in_turns, self._home.port, ahead, rounds
        )


class _Sensor:
    """When a sensor showed that a call has ended."""

    def __init__(self, home: Home, entity_id: str) -> None:
        self.changed: list[float] = []
        self.unsubscribe = async_track_state_change_event(
            home.hass, [entity_id], self._changed
        )

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state and state.state == "success":
            self.changed.append(perf_counter())

    def after(self, answers: list[Answer]) -> Times:
        """Return how long after the callbacks, given by their answers, it showed the ends."""
        return Times(
            [
                changed - one.asked
                for changed, one in zip(self.changed, answers, strict=True)
            ]
        )


async def measure(home: Home, findings: Findings) -> None:
    """Time the end of calls, and the picking up of calls that speak."""
    webhook.async_register(home.hass, "elks", "Empty", _EMPTY, _do_nothing)
    least.Least(home.hass).register_webhook()
    context = get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as caller:
        calls = _Calls(home, caller)
        await calls.tell(await calls.place(_BATCH), _end)
        await _measure_ends(home, calls, findings)
        await _measure_answers(calls, findings)


async def _measure_ends(home: Home, calls: _Calls, findings: Findings) -> None:
    answers: list[list[Answer]] = []
    sensor, least_sensor = _Sensor(home, LAST_CALL), _Sensor(home, least.SENSOR)
    for _ in range(_BATCH * _BATCHES):
        # The sensor shows the call placed last: there is to be no other
        placed = await calls.place(1, media=_SOUND)
        await asyncio.sleep(_WRITING)
        answers += await calls.tell(placed, _end)
    sensor.unsubscribe()
    least_sensor.unsubscribe()
    empty, ours, the_least = (list(column) for column in zip(*answers, strict=True))
    sides = (
        Side("Empty handler, until its answer", _times(empty)),
        Side("Elks, until the sensor's new state", sensor.after(ours)),
        Side("Elks, until its answer", _times(ours)),
        Side(
            "The least that shows an end, until its state",
            least_sensor.after(the_least),
        ),
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
    empty, ours, _ = (list(column) for column in zip(*answers, strict=True))
    assert all(json.loads(action.body)["ivr"] == _SOUND for action in ours)
    sides = Side("Empty handler", _times(empty)), Side("Elks", _times(ours))
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
