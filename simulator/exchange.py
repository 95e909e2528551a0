"""The calls of the account, from the first ring to the last callback."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
import secrets

from .account import Account
from .actions import Conversation
from .callbacks import Callbacks
from .clock import Clock
from .line import Handset, Line
from .models import CallState, SimulatedCall
from .phones import Outcome, Phones
from .recordings import Recordings
from .sounds import Sounds
from .tasks import Tasks
from .telling import Telling

_RESOLUTION = timedelta(milliseconds=1)
"""Of the history."""


@dataclass(frozen=True)
class Order:
    """A call to be placed; `timeout` in seconds."""

    from_: str
    to: str
    voice_start: str
    whenhangup: str | None
    timeout: int


class Exchange:
    """Places calls and keeps them; `calls` and `lines` are by the call's id, oldest first."""

    def __init__(
        self,
        *,
        calls: dict[str, SimulatedCall],
        account: Account,
        clock: Clock,
        phones: Phones,
        sounds: Sounds,
        callbacks: Callbacks,
        tasks: Tasks,
        recordings: Recordings,
        telling: Telling,
        changed: Callable[[], None],
    ) -> None:
        """Keep the calls in `calls`."""
        self.calls = calls
        self.lines: dict[str, Line] = {}
        self._account = account
        self._clock = clock
        self._phones = phones
        self._sounds = sounds
        self._callbacks = callbacks
        self._tasks = tasks
        self._recordings = recordings
        self._telling = telling
        self._changed = changed

    def place(self, order: Order) -> SimulatedCall:
        """Place a call; it has failed already when the phone cannot be reached."""
        call = SimulatedCall(
            id=f"c{secrets.token_hex(16)}",
            owner=self._account.account_id,
            from_=order.from_,
            to=order.to,
            voice_start=order.voice_start,
            whenhangup=order.whenhangup,
            timeout=order.timeout,
            created=self._next_moment(),
        )
        self.calls[call.id] = call
        script = self._phones.script_of(call.to)
        if script.outcome is Outcome.UNREACHABLE:
            self._end(call, CallState.FAILED)
            return call
        line = Line(call.id, self._clock, self._changed)
        self.lines[call.id] = line
        handset = line.ring(call.to, call.from_, script)
        self._tasks.spawn(self._live(call, line, handset))
        return call

    def listed(self, call: SimulatedCall) -> bool:
        """Return whether a call is found already when it is asked for."""
        if not (after := self._telling.dialect.listed_after):
            return True
        age = self._clock.now() - call.created
        return age.total_seconds() >= self._clock.real(after)

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()
        self.lines.clear()

    def handset(self, handset_id: str) -> Handset | None:
        """Return a phone that a call rang, by its id."""
        line = self.lines.get(handset_id.partition("-")[0])
        handsets = line.handsets if line else []
        return next((one for one in handsets if one.id == handset_id), None)

    async def _live(self, call: SimulatedCall, line: Line, handset: Handset) -> None:
        outcome = await handset.picked_up(call.timeout)
        if outcome is Outcome.ANSWER:
            await self._talk(call, line, handset)
        handset.end()
        self._end(call, self._state(outcome))

    def _state(self, outcome: Outcome) -> CallState:
        dialect = self._telling.dialect
        match outcome:
            case Outcome.ANSWER:
                return CallState.SUCCESS
            case Outcome.DECLINE:
                return dialect.declined
            case _:
                return dialect.not_answered

    async def _talk(self, call: SimulatedCall, line: Line, handset: Handset) -> None:
        picked_up = line.at
        call.start = call.created + timedelta(seconds=picked_up)
        await Conversation(
            call=call,
            line=line,
            person=handset,
            phones=self._phones,
            sounds=self._sounds,
            callbacks=self._callbacks,
            recordings=self._recordings,
            telling=self._telling,
        ).run()
        call.duration = ceil(round(line.at - picked_up, 3))
        seconds = call.duration + sum(leg.duration for leg in call.legs)
        call.cost = seconds * self._account.price_per_second
        self._account.balance -= call.cost

    def _end(self, call: SimulatedCall, state: CallState) -> None:
        call.state = state
        self._callbacks.tell_hangup(call)
        self._changed()

    def _next_moment(self) -> datetime:
        """Return the time, later than that of any call: the history goes by it."""
        now = self._clock.now()
        last = next(reversed(self.calls.values()), None)
        return max(now, last.created + _RESOLUTION) if last else now
