"""The phones joined in a call, and what people do with them, in the call's own exact time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
import math
from typing import Any

from ..clock import Clock
from .phones import Outcome, PhoneScript
from .sounds import Sound


class ActKind(StrEnum):
    """What a person can do with a phone."""

    ANSWER = "answer"
    DECLINE = "decline"
    PRESS = "press"
    HANG_UP = "hang_up"


class Stage(StrEnum):
    """What a phone is doing."""

    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True)
class Playing:
    """A sound that a person hears; `count` numbers the sounds, so that repeats differ."""

    sound: Sound
    count: int


class HungUpError(Exception):
    """The person who was called hung up."""


class Circuit:
    """The phones joined in one call; `at` is in simulated seconds since the call was placed.

    What follows a script happens exactly when the script says, however slow the computer is;
    what is done by hand happens when it is done.
    """

    def __init__(self, call_id: str, clock: Clock, changed: Callable[[], None]) -> None:
        """Begin a call; `changed` is called after every visible change."""
        self.at = 0.0
        self.handsets: list[Handset] = []
        self.changed = changed
        self.acts: asyncio.Queue[Act] = asyncio.Queue()
        self._call_id = call_id
        self._clock = clock
        self._scheduled: list[tuple[float, Act]] = []

    def ring(self, number: str, caller: str, script: PhoneScript) -> Handset:
        """Ring a phone."""
        handset_id = f"{self._call_id}-{len(self.handsets)}"
        handset = Handset(handset_id, number, caller, script, self)
        self.handsets.append(handset)
        return handset

    def schedule(self, handset: Handset, acts: list[tuple[float, Act]]) -> None:
        """Replace what a person will do, each act so many seconds from now."""
        others = [(at, act) for at, act in self._scheduled if act.handset != handset]
        own = [(self.at + after, act) for after, act in acts]
        self._scheduled = sorted(others + own, key=lambda entry: entry[0])

    async def next_act(self, until: float) -> Act | None:
        """Wait for the next act with any of the phones; return None when the time is up."""
        at, act = until, None
        if self._scheduled and self._scheduled[0][0] <= until:
            at, act = self._scheduled[0]
        seconds = at - self.at
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(
                None if seconds == math.inf else self._clock.real(seconds)
            ):
                by_hand = await self.acts.get()
        except TimeoutError:
            self.at = at
            if act:
                self._scheduled.pop(0)
            return act
        self.at += min(seconds, (loop.time() - began) * self._clock.speed)
        if by_hand.handset.stage is Stage.ENDED:
            return await self.next_act(until)
        return by_hand


class Handset:
    """A phone during one call."""

    def __init__(
        self,
        handset_id: str,
        number: str,
        caller: str,
        script: PhoneScript,
        circuit: Circuit,
    ) -> None:
        """Ring for a person who follows a script."""
        self.id = handset_id
        self.number = number
        self.stage = Stage.RINGING
        self.playing: Playing | None = None
        self._caller = caller
        self._script = script
        self._circuit = circuit
        self._plays = count(1)
        circuit.schedule(self, self._while_ringing())
        circuit.changed()

    def as_json(self) -> dict[str, Any]:
        """Return the visible state of the phone, without the sound."""
        return {
            "id": self.id,
            "number": self.number,
            "caller": self._caller,
            "stage": self.stage,
        }

    def act(self, kind: ActKind, keys: str = "") -> None:
        """Do something by hand; `keys` are the keys to press."""
        if self.stage is Stage.ENDED:
            return
        for key in keys if kind is ActKind.PRESS else ("",):
            self._circuit.acts.put_nowait(Act(self, kind, key))

    async def ring(self, seconds: float) -> Outcome:
        """Ring for at most so long; return ANSWER, DECLINE or NO_ANSWER."""
        until = self._circuit.at + seconds
        while act := await self._circuit.next_act(until):
            if act.kind is ActKind.ANSWER:
                self.pick_up()
                return Outcome.ANSWER
            if act.kind is ActKind.DECLINE:
                return Outcome.DECLINE
        return Outcome.NO_ANSWER

    def pick_up(self) -> None:
        """Answer the phone."""
        self.stage = Stage.TALKING
        self._circuit.schedule(self, self._while_talking())
        self._circuit.changed()

    async def listen(self, seconds: float) -> str | None:
        """Wait for a key to be pressed; return None when the time is up.

        Raises HungUpError when the person hangs up.
        """
        until = self._circuit.at + seconds
        while act := await self._circuit.next_act(until):
            if act.handset is not self:
                continue
            if act.kind is ActKind.PRESS:
                return act.key
            if act.kind is ActKind.HANG_UP:
                raise HungUpError
        return None

    def hear(self, sound: Sound | None) -> None:
        """Play a sound to the person, or nothing."""
        self.playing = Playing(sound, next(self._plays)) if sound else None
        self._circuit.changed()

    def end(self) -> None:
        """End this phone's part in the call."""
        self.stage = Stage.ENDED
        self.playing = None
        self._circuit.schedule(self, [])
        self._circuit.changed()

    def _while_ringing(self) -> list[tuple[float, Act]]:
        match self._script.outcome:
            case Outcome.ANSWER:
                return [(self._script.answer_after, Act(self, ActKind.ANSWER))]
            case Outcome.DECLINE:
                return [(self._script.answer_after, Act(self, ActKind.DECLINE))]
            case Outcome.BUSY:
                return [(0, Act(self, ActKind.DECLINE))]
            case Outcome.NO_ANSWER | Outcome.UNREACHABLE:
                return []

    def _while_talking(self) -> list[tuple[float, Act]]:
        acts = [
            (press.after, Act(self, ActKind.PRESS, key))
            for press in self._script.keys
            for key in press.keys
        ]
        if self._script.talk_for is not None:
            acts.append((self._script.talk_for, Act(self, ActKind.HANG_UP)))
        return acts


@dataclass(frozen=True)
class Act:
    """Something that a person does with a phone."""

    handset: Handset
    kind: ActKind
    key: str = ""
