"""The phones joined in a call, and what people do with them, in the call's own exact time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
import math
from typing import Any

from ..clock import Clock
from .phones import ActKind, CallerScript, Outcome, PhoneScript
from .sounds import Sound


class Stage(StrEnum):
    """What a phone is doing."""

    RINGING = "ringing"
    # It dials, and its person hears ringing
    CALLING = "calling"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True)
class Playing:
    """A sound that a person hears; `count` numbers the sounds, so that repeats differ."""

    sound: Sound
    count: int


class HungUpError(Exception):
    """The person who was called, or who calls, hung up."""


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
        return self._add(Handset(self._next_id(), number, caller, script, self))

    def dial(self, number: str, to: str, script: CallerScript) -> Handset:
        """Let somebody call."""
        return self._add(
            Handset(self._next_id(), number, None, script, self, dialled=to)
        )

    def schedule(self, after: float, act: Act) -> None:
        """Add an act that somebody will do so many seconds from now."""
        self._scheduled.append((self.at + after, act))
        self._scheduled.sort(key=lambda entry: entry[0])

    def unschedule(self, handset: Handset) -> None:
        """Forget what a person will do."""
        self._scheduled = [
            (at, act) for at, act in self._scheduled if act.handset is not handset
        ]

    async def act_during(self, work: asyncio.Future[Any], until: float) -> Act | None:
        """Wait for the next act while something real is done, which takes real seconds.

        Return None when that is done, or when the time is up.
        """
        at, act = self._next_scheduled(until)
        seconds = at - self.at
        loop = asyncio.get_running_loop()
        began = loop.time()
        by_hand = asyncio.ensure_future(self.acts.get())
        await asyncio.wait(
            (work, by_hand), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        self.at += min(seconds, loop.time() - began)
        if by_hand.done():
            return by_hand.result()
        by_hand.cancel()
        if work.done():
            return None
        self.at = at
        if act:
            self._scheduled.pop(0)
        return act

    async def next_act(self, until: float) -> Act | None:
        """Wait for the next act with any of the phones; return None when the time is up."""
        at, act = self._next_scheduled(until)
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

    def _next_scheduled(self, until: float) -> tuple[float, Act | None]:
        """Return what happens next by script, and when; at the latest, nothing."""
        if self._scheduled and self._scheduled[0][0] <= until:
            return self._scheduled[0]
        return until, None

    def _next_id(self) -> str:
        return f"{self._call_id}-{len(self.handsets)}"

    def _add(self, handset: Handset) -> Handset:
        self.handsets.append(handset)
        return handset


class Handset:
    """A phone during one call."""

    def __init__(
        self,
        handset_id: str,
        number: str,
        caller: str | None,
        script: PhoneScript | CallerScript,
        circuit: Circuit,
        *,
        dialled: str | None = None,
    ) -> None:
        """Ring for a person who follows a script, or let them call the number they dialled."""
        self.id = handset_id
        self.number = number
        self.stage = Stage.CALLING if dialled else Stage.RINGING
        self.playing: Playing | None = None
        self.heard: list[Sound] = []
        """What the person heard the beginning of, in order."""
        self._caller = caller
        self._dialled = dialled
        self._script = script
        self._circuit = circuit
        for after, kind in script.while_ringing():
            self._will(after, kind)
        circuit.changed()

    def as_json(self) -> dict[str, Any]:
        """Return the visible state of the phone, without the sound."""
        return {
            "id": self.id,
            "number": self.number,
            "caller": self._caller,
            "dialled": self._dialled,
            "stage": self.stage,
            "heard": [sound.url for sound in self.heard],
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
        self._circuit.unschedule(self)
        self._press(sound=None)
        if self._script.talk_for is not None:
            self._will(self._script.talk_for, ActKind.HANG_UP)
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
        self.playing = None
        if sound:
            self.heard.append(sound)
            self.playing = Playing(sound, len(self.heard))
            self._press(self.playing.count)
            if self._script.hangs_up_at == self.playing.count:
                self._will(0, ActKind.HANG_UP)
        self._circuit.changed()

    def end(self) -> None:
        """End this phone's part in the call."""
        self.stage = Stage.ENDED
        self.playing = None
        self._circuit.unschedule(self)
        self._circuit.changed()

    def _press(self, sound: int | None) -> None:
        """Press the keys that follow a sound, or the answer, at their times."""
        for press in self._script.keys:
            for key in press.keys if press.sound == sound else ():
                self._will(press.after, ActKind.PRESS, key)

    def _will(self, after: float, kind: ActKind, key: str = "") -> None:
        self._circuit.schedule(after, Act(self, kind, key))


@dataclass(frozen=True)
class Act:
    """Something that a person does with a phone."""

    handset: Handset
    kind: ActKind
    key: str = ""
