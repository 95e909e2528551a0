"""How soon phones ring although speech takes its time, compared with a call that says nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
import random
from typing import Any

from custom_components.elks.const import SUBENTRY_CONTACT
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.util.dt import parse_datetime

from .figures import Durations
from .home import SPEAKS, BenchedHome, running_home
from .integrations.slow_voice.tts import LANGUAGES, SAID, SECONDS
from .provider import BenchedProvider, CallbackConnection, callback_connection
from .result import Comparison, Findings, Goal, Side, at_most

_ROUNDS = 20
_CHAINS = 5
_WARM_UP = 1
_PAUSE = 0.15
"""Seconds before each request, in which whatever went before is on disk."""
_PEOPLE = 10
_LIMIT = 1.5
_ALL_OUT = 200
"""Milliseconds from the first request of a chain to the last."""
_LONGEST_CHAIN = 10
"""Seconds."""
_ANSWERS = {"1": "yes", "2": "no", "3": "later"}
_WHY_CHAIN = (
    "A chain is on disk before it begins, and so is each turn before its call: otherwise a power "
    "cut would lose the chain, or have somebody called twice."
)


class _Ringing:
    """Places calls, and times their requests at the provider."""

    def __init__(self, home: BenchedHome, callbacks: CallbackConnection) -> None:
        self._home = home
        self._callbacks = callbacks
        self._numbers = count()
        self._ready = self._next = self._words()

    async def silent(self) -> list[float]:
        """Place a call that says nothing; return the seconds until its request arrives."""
        return await self._time(self._home.place_call)

    async def new(self) -> list[float]:
        """Place a call with a message and replies that were never said before."""
        self._next = self._words()
        return await self._time(lambda: self._home.place_call(**self._next))

    async def again(self) -> list[float]:
        """Place a call with the message and replies of the last round."""
        return await self._time(lambda: self._home.place_call(**self._ready))

    async def chain(self) -> list[float]:
        """Ring ten people at once, in three languages; return the seconds until each request."""
        chain = {
            "to": [_name(number) for number in range(_PEOPLE)],
            "message": f"Water leak number {next(self._numbers)}",
            "at_once": _PEOPLE,
        }
        call = self._home.hass.services.async_call
        sent = await self._time(
            lambda: call("elks", "call_chain", chain, blocking=True), _PEOPLE
        )
        await call("elks", "cancel_chain", blocking=True)
        return sent

    async def end(self) -> None:
        """End all calls, and wait until what they were to say has been spoken."""
        for call in self._home.open_calls():
            await self._callbacks.post(call.path, call.end)
        await self._home.settled()
        self._ready = self._next

    async def _time(
        self, act: Callable[[], Awaitable[object]], requests: int = 1
    ) -> list[float]:
        await asyncio.sleep(_PAUSE)
        begin = datetime.now(UTC)
        await act()
        async with asyncio.timeout(_LONGEST_CHAIN):
            while len(sent := await self._sent_since(begin)) < requests:
                await asyncio.sleep(_PAUSE)
        return sent

    async def _sent_since(self, begin: datetime) -> list[float]:
        """Return when calls were requested, in seconds after a time."""
        times = [
            parse_datetime(request["time"], raise_on_error=True).replace(tzinfo=UTC)
            for request in await self._home.provider.requests()
            if request["method"] == "POST"
        ]
        return [(time - begin).total_seconds() for time in times if time >= begin]

    def _words(self) -> dict[str, Any]:
        """Return the fields for a message and three replies that were never said before."""
        number = next(self._numbers)
        answers = [
            {"key": key, "id": answer, "reply": f"You said {answer} to {number}"}
            for key, answer in _ANSWERS.items()
        ]
        return {
            "message": f"Will you come at {number}?",
            "answers": answers,
            # Without it, whoever asks waits for the end of the call
            "wait": False,
        }


def _name(number: int) -> str:
    return f"Person {number}"


def _contact(number: int) -> ConfigSubentryData:
    """Return somebody with a language of their own."""
    phone = f"+467012345{number:02}"
    language = LANGUAGES[number % len(LANGUAGES)]
    return ConfigSubentryData(
        data={"name": _name(number), "number": phone, "language": language},
        subentry_type=SUBENTRY_CONTACT,
        title=_name(number),
        unique_id=phone,
    )


async def measure(folder: Path, provider: BenchedProvider, findings: Findings) -> None:
    """Place calls and chains in a home whose voice takes its time."""
    await provider.clear()
    people = [_contact(number) for number in range(_PEOPLE)]
    async with (
        running_home(folder / "ringing", provider, SPEAKS, people) as home,
        callback_connection(home.port) as callbacks,
    ):
        ringing = _Ringing(home, callbacks)
        # Said for the first time, so that there is something to be said again
        await ringing.again()
        await ringing.end()
        ways = ringing.silent, ringing.new, ringing.again
        silent, new, again = await _in_turns(_ROUNDS, ways, ringing.end)
        also_silent, chains = await _in_turns(
            _CHAINS, (ringing.silent, ringing.chain), ringing.end
        )
        said_again = sum(times - 1 for times in home.hass.data[SAID].values())
    sides = (
        Side("A call that says nothing", _first(silent + also_silent)),
        Side("A message with three replies", _first(new)),
        Side("The same words again", _first(again)),
        Side("A chain of ten people in three languages", _first(chains)),
    )
    title = f"From the action to the request, when each text takes {SECONDS} s to speak"
    findings.comparisons.append(Comparison(title, sides))
    limits = zip(sides[1:], ("", "", _WHY_CHAIN), strict=True)
    findings.goals += [
        *(
            at_most(f"{side.what}, until the request", side, sides[0], _LIMIT, why)
            for side, why in limits
        ),
        Goal(
            "Ten people at once, from the first request to the last",
            *(max(last - first for first, *_, last in chains) * 1000, _ALL_OUT, "ms"),
            decimals=0,
        ),
        Goal("Texts that were spoken twice", said_again, 0, "", decimals=0),
    ]


async def _in_turns(
    rounds: int,
    ways: tuple[Callable[[], Awaitable[list[float]]], ...],
    end: Callable[[], Awaitable[None]],
) -> list[list[list[float]]]:
    """Place a call in each way once per round, in random order, while nothing is spoken yet."""
    chance = random.Random(0)
    taken: list[list[list[float]]] = [[] for _ in ways]
    for _ in range(_WARM_UP + rounds):
        for index in chance.sample(range(len(ways)), len(ways)):
            taken[index].append(await ways[index]())
        await end()
    return [times[_WARM_UP:] for times in taken]


def _first(sent: list[list[float]]) -> Durations:
    """Return the times until the first request."""
    return Durations([times[0] for times in sent])
