"""Callbacks, compared with Home Assistant's webhooks and a handler that does nothing."""

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

from . import minimum
from .caller import Request, TimedAnswer, post_in_turns
from .figures import Durations
from .home import LAST_CALL, BenchedHome, OpenCall
from .result import Comparison, Findings, Goal, Side, at_most

_BATCHES = 30
_BATCH = 20
"""How many calls are placed in advance."""
_WRITING = 0.02
"""Seconds until a new call has been stored."""
_LIMIT = 1.5
_WHY_ANSWER = (
    "The empty handler does not even read its form. Elks reads it, finds the call by its secret, "
    "and returns the first action with the address of this home."
)
_WHY = (
    "The empty handler does not even read its form. The bare minimum in the table below reads it "
    "and sets one state without an entity. The rest is the price of Elks: it has an entity, checks "
    "the secret, reads the call from the form, merges it with what is known, and schedules it to be "
    "stored before it is shown. In a profile, no part of this stands out any more; each callback "
    "comes after a pause, when the processor's caches are cold."
)
_LATENCY = 5
"""Milliseconds until the first action, on top of what Home Assistant itself needs."""
EMPTY = "1" * 64
"""Id of the webhook of an empty handler."""
_QUERY = f"?token={'0' * 48}"
EMPTY_PATH = f"/api/webhook/{EMPTY}{_QUERY}"
_MINIMUM_PATH = f"/api/webhook/{minimum.WEBHOOK}{_QUERY}"
_SOUND = "https://example.com/leak.mp3"
_MESSAGE = "Water leak in the kitchen"


async def do_nothing(hass: HomeAssistant, webhook_id: str, request: WebRequest) -> None:
    """Answer a callback at once, with nothing."""


def _end(call: OpenCall) -> bytes:
    """Return the form of the callback at the end of a call."""
    return urlencode(call.end).encode()


def _answer_form(call: OpenCall) -> bytes:
    """Return the form of the callback when a phone is answered."""
    form = {"callid": call.call_id, "direction": "outgoing", "result": "newoutgoing"}
    numbers = {name: call.end[name] for name in ("from", "to")}
    return urlencode(form | numbers).encode()


def _durations(answers: list[TimedAnswer]) -> Durations:
    """Return how long the answers took."""
    return Durations([one.seconds for one in answers])


class _Calls:
    """Places calls in a home, and sends their callbacks."""

    def __init__(self, home: BenchedHome, caller: ProcessPoolExecutor) -> None:
        self._home = home
        self._caller = caller

    async def place(self, number: int, **content: Any) -> list[OpenCall]:
        """Place a number of calls."""
        for _ in range(number):
            await self._home.place_call(**content)
        return self._home.open_calls()

    async def call_back(
        self, calls: list[OpenCall], form: Callable[[OpenCall], bytes]
    ) -> list[list[TimedAnswer]]:
        """Send a callback for each call to the empty handler, to Elks and to the bare minimum.

        Before that, the first call is answered. Returns the three answers for each call.
        """
        form_ahead = _answer_form(calls[0])
        ahead = [(EMPTY_PATH, form_ahead), (calls[0].path, form_ahead)]
        rounds: list[list[Request]] = [
            [(path, form(call)) for path in (EMPTY_PATH, call.path, _MINIMUM_PATH)]
            for call in calls
        ]
        return await asyncio.get_running_loop().run_in_executor(
            self._caller, post_in_turns, self._home.port, ahead, rounds
        )


class _Sensor:
    """Notes when a sensor shows that a call has ended."""

    def __init__(self, home: BenchedHome, entity_id: str) -> None:
        self.changed: list[float] = []
        self.unsubscribe = async_track_state_change_event(
            home.hass, [entity_id], self._note_change
        )

    @callback
    def _note_change(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state and state.state == "success":
            self.changed.append(perf_counter())

    def after(self, answers: list[TimedAnswer]) -> Durations:
        """Return the times from the callbacks, given by their answers, until the new state."""
        return Durations(
            [
                changed - one.sent
                for changed, one in zip(self.changed, answers, strict=True)
            ]
        )


async def measure(home: BenchedHome, findings: Findings) -> None:
    """Time the end of calls, and the answering of calls that speak."""
    webhook.async_register(home.hass, "elks", "Empty", EMPTY, do_nothing)
    minimum.BareMinimum(home.hass).register_webhook()
    context = get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as caller:
        calls = _Calls(home, caller)
        await calls.call_back(await calls.place(_BATCH), _end)
        await _measure_ends(home, calls, findings)
        await _measure_answers(home, calls, findings)


async def _measure_ends(home: BenchedHome, calls: _Calls, findings: Findings) -> None:
    answers: list[list[TimedAnswer]] = []
    sensor, minimum_sensor = _Sensor(home, LAST_CALL), _Sensor(home, minimum.SENSOR)
    for _ in range(_BATCH * _BATCHES):
        # The sensor shows the call placed last, so there must be no other
        placed = await calls.place(1, media=_SOUND)
        await asyncio.sleep(_WRITING)
        answers += await calls.call_back(placed, _end)
    sensor.unsubscribe()
    minimum_sensor.unsubscribe()
    empty, ours, bare = (list(column) for column in zip(*answers, strict=True))
    sides = (
        Side("Empty handler, until its answer", _durations(empty)),
        Side("Elks, until the sensor's new state", sensor.after(ours)),
        Side("Elks, until its answer", _durations(ours)),
        Side(
            "The bare minimum, until its new state",
            minimum_sensor.after(bare),
        ),
    )
    findings.comparisons.append(Comparison("A call has ended", sides))
    findings.goals.append(
        at_most(
            "Hangup callback compared with an empty handler",
            *(sides[1], sides[0], _LIMIT, _WHY),
        )
    )


async def _measure_answers(
    home: BenchedHome, calls: _Calls, findings: Findings
) -> None:
    answers: list[list[TimedAnswer]] = []
    for _ in range(_BATCHES):
        placed = await calls.place(1 + _BATCH, message=_MESSAGE, digits=1)
        await home.settled()
        # The first one is answered in advance, and not timed
        answers += (await calls.call_back(placed, _answer_form))[1:]
        await calls.call_back(placed, _end)
    empty, ours, _ = (list(column) for column in zip(*answers, strict=True))
    # One recording for all of them: the message, as the sensor shows
    assert len({json.loads(action.body)["ivr"] for action in ours}) == 1
    assert home.attribute(LAST_CALL, "spoken") == "message"
    sides = Side("Empty handler", _durations(empty)), Side("Elks", _durations(ours))
    title = "A phone is answered, its message is ready: from the callback to the first action"
    findings.comparisons.append(Comparison(title, sides))
    later = sides[1].durations.median - sides[0].durations.median
    findings.goals += [
        at_most(
            "Answer callback compared with an empty handler",
            *(sides[1], sides[0], _LIMIT, _WHY_ANSWER),
        ),
        Goal(
            "First action after the phone is answered, on top of an empty handler",
            *(later * 1000, _LATENCY, "ms"),
        ),
    ]
