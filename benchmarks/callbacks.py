"""Callbacks beside Home Assistant's webhook handling with a handler that does nothing."""

import json
from typing import Any

from aiohttp.web import Request

from homeassistant.components import webhook
from homeassistant.core import HomeAssistant

from .home import LAST_CALL, Home, OpenCall
from .provider import Line
from .result import Comparison, Findings, Goal, Side, at_most
from .turns import take_turns

_ROUNDS = 500
_BATCH = 20
_LIMIT = 1.5
_LATENCY = 5
"""Milliseconds until the first action, beyond what Home Assistant itself needs."""
_EMPTY = "1" * 64
_EMPTY_PATH = f"/api/webhook/{_EMPTY}?token={'0' * 48}"
_SOUND = "https://example.com/leak.mp3"


async def _do_nothing(
    hass: HomeAssistant, webhook_id: str, request: Request
) -> None: ...


class _Callbacks:
    """The callbacks of one call after the other."""

    def __init__(self, home: Home, line: Line, **content: Any) -> None:
        self._home = home
        self._line = line
        self._content = content
        self._calls: list[OpenCall] = []
        self._call: OpenCall

    async def take(self) -> None:
        """Take the next call, of some that are placed ahead."""
        if not self._calls:
            for _ in range(_BATCH):
                await self._home.place_call(**self._content)
            self._calls = self._home.open_calls()
            await self._home.written()
        self._call = self._calls.pop()

    async def hang_up(self) -> None:
        """Tell of the end, which the sensor shows when the callback has been answered."""
        await self._line.post(self._call.path, self._call.end)
        assert self._home.state(LAST_CALL) == "success"

    async def hang_up_nothing(self) -> None:
        """Tell the handler that does nothing of the end."""
        await self._line.post(_EMPTY_PATH, self._call.end)

    async def pick_up(self) -> None:
        """Ask for the first action."""
        answer = await self._line.post(self._call.path, self._question())
        assert json.loads(answer)["ivr"] == _SOUND

    async def pick_up_nothing(self) -> None:
        """Ask the handler that does nothing."""
        await self._line.post(_EMPTY_PATH, self._question())

    def _question(self) -> dict[str, str]:
        return {
            "callid": self._call.call_id,
            "from": self._call.end["from"],
            "to": self._call.end["to"],
            "direction": "outgoing",
            "result": "newoutgoing",
        }


async def measure(home: Home, line: Line, findings: Findings) -> None:
    """Time the end of calls, and the picking up of calls that speak."""
    webhook.async_register(home.hass, "elks", "Empty", _EMPTY, _do_nothing)
    await _measure_ends(home, line, findings)
    await _measure_answers(home, line, findings)


async def _measure_ends(home: Home, line: Line, findings: Findings) -> None:
    calls = _Callbacks(home, line)
    nothing, elks = await take_turns(
        *(calls.hang_up_nothing, calls.hang_up),
        rounds=_ROUNDS,
        before=calls.take,
    )
    sides = Side("Empty handler", nothing), Side("Elks", elks)
    title = "A call has ended: from the callback to the sensor's new state"
    findings.comparisons.append(Comparison(title, sides))
    findings.goals.append(
        at_most("Hangup callback beside an empty handler", sides[1], sides[0], _LIMIT)
    )


async def _measure_answers(home: Home, line: Line, findings: Findings) -> None:
    calls = _Callbacks(home, line, media=_SOUND, digits=1)
    nothing, elks = await take_turns(
        *(calls.pick_up_nothing, calls.pick_up),
        rounds=_ROUNDS,
        before=calls.take,
        after=calls.hang_up,
    )
    sides = Side("Empty handler", nothing), Side("Elks", elks)
    title = "A phone is picked up: from the callback to the first action"
    findings.comparisons.append(Comparison(title, sides))
    later = elks.median - nothing.median
    findings.goals += [
        at_most("Answer callback beside an empty handler", sides[1], sides[0], _LIMIT),
        Goal(
            "First action after the phone is picked up, beyond an empty handler",
            *(later * 1000, _LATENCY, "ms"),
        ),
    ]
