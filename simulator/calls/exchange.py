"""The account's calls, from the first ring to the last callback."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
import secrets

from ..account import SimulatedAccount
from ..call import CallState, SimulatedCall
from ..clock import Clock
from ..tasks import Tasks
from ..wire.callbacks import Callbacks
from ..wire.payloads import Payloads
from .actions import Conversation
from .handsets import Circuit, Handset
from .phones import Outcome, Phones
from .recordings import Recordings
from .sounds import Sounds

_RESOLUTION = timedelta(milliseconds=1)
"""Of the history."""


@dataclass(frozen=True)
class Order:
    """A call to place; `timeout` in seconds."""

    from_: str
    to: str
    voice_start: str
    whenhangup: str | None
    timeout: int


class Exchange:
    """Places calls and keeps them; `calls` are by their ids, oldest first."""

    def __init__(
        self,
        *,
        calls: dict[str, SimulatedCall],
        account: SimulatedAccount,
        clock: Clock,
        phones: Phones,
        sounds: Sounds,
        callbacks: Callbacks,
        tasks: Tasks,
        recordings: Recordings,
        payloads: Payloads,
        changed: Callable[[], None],
    ) -> None:
        """Keep the calls in `calls`."""
        self.calls = calls
        self._circuits: dict[str, Circuit] = {}
        self._account = account
        self._clock = clock
        self._phones = phones
        self._sounds = sounds
        self._callbacks = callbacks
        self._tasks = tasks
        self._recordings = recordings
        self._payloads = payloads
        self._changed = changed

    def place(self, order: Order) -> SimulatedCall:
        """Place a call and return it; it has already failed if the phone cannot be reached."""
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
        circuit = Circuit(call.id, self._clock, self._changed)
        self._circuits[call.id] = circuit
        handset = circuit.ring(call.to, call.from_, script)
        self._tasks.spawn(self._carry(call, circuit, handset))
        return call

    def listed(self, call: SimulatedCall) -> bool:
        """Return whether a call can be looked up yet."""
        if not (after := self._payloads.dialect.listed_after):
            return True
        age = self._clock.now() - call.created
        return age.total_seconds() >= self._clock.real(after)

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()
        self._circuits.clear()

    def handsets(self, call_id: str) -> list[Handset]:
        """Return the phones that a call rang, the one called first of all."""
        circuit = self._circuits.get(call_id)
        return circuit.handsets if circuit else []

    def handset(self, handset_id: str) -> Handset | None:
        """Return a phone that a call rang, by its id."""
        handsets = self.handsets(handset_id.partition("-")[0])
        return next((one for one in handsets if one.id == handset_id), None)

    async def _carry(
        self, call: SimulatedCall, circuit: Circuit, handset: Handset
    ) -> None:
        """Carry a call from its first ring to its end."""
        outcome = await handset.ring(call.timeout)
        if outcome is Outcome.ANSWER:
            await self._talk(call, circuit, handset)
        handset.end()
        self._end(call, self._state(outcome))

    def _state(self, outcome: Outcome) -> CallState:
        dialect = self._payloads.dialect
        match outcome:
            case Outcome.ANSWER:
                return CallState.SUCCESS
            case Outcome.DECLINE:
                return dialect.declined
            case _:
                return dialect.not_answered

    async def _talk(
        self, call: SimulatedCall, circuit: Circuit, handset: Handset
    ) -> None:
        answered = circuit.at
        call.start = call.created + timedelta(seconds=answered)
        await Conversation(
            call=call,
            circuit=circuit,
            person=handset,
            phones=self._phones,
            sounds=self._sounds,
            callbacks=self._callbacks,
            recordings=self._recordings,
            payloads=self._payloads,
        ).run()
        call.duration = ceil(round(circuit.at - answered, 3))
        seconds = call.duration + sum(leg.duration for leg in call.legs)
        call.cost = seconds * self._account.price_per_second
        self._account.balance -= call.cost

    def _end(self, call: SimulatedCall, state: CallState) -> None:
        call.state = state
        self._callbacks.report_hangup(call)
        self._changed()

    def _next_moment(self) -> datetime:
        """Return the time, but later than any call's: the history is sorted by it."""
        now = self._clock.now()
        last = next(reversed(self.calls.values()), None)
        return max(now, last.created + _RESOLUTION) if last else now
