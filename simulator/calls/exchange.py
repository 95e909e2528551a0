"""The account's calls, from the first ring to the last callback."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
import secrets

from ..account import SimulatedAccount
from ..call import CallState, Direction, SimulatedCall
from ..clock import Clock
from ..tasks import Tasks
from ..wire.callbacks import Callbacks
from ..wire.payloads import Payloads
from .actions import Action, Conversation, is_url, verb_of
from .handsets import Circuit, Handset, HungUpError
from .incoming import Dialled, first_action
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
    """Places and takes calls, and keeps them; `calls` are by their ids, oldest first."""

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
            id=_new_id(),
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
        circuit = self._connect(call)
        handset = circuit.ring(call.to, order.from_, script)
        self._tasks.spawn(self._carry(call, circuit, handset, order.timeout))
        return call

    def receive(self, dialled: Dialled) -> SimulatedCall:
        """Take a call that somebody dials; return it.

        It has already failed if nothing answers the number's calls. Raises ValueError if the
        account has no such number.
        """
        if dialled.to not in self._account.voice_numbers:
            raise ValueError("The account has no such number for calls")
        own = self._account.numbered(dialled.to)
        call = SimulatedCall(
            id=_new_id(),
            owner=self._account.account_id,
            from_=dialled.from_,
            to=dialled.to,
            voice_start=own.voice_start,
            whenhangup=None,
            timeout=None,
            created=self._next_moment(),
            direction=Direction.INCOMING,
        )
        self.calls[call.id] = call
        if dialled.ago:
            self._receive_belatedly(call, timedelta(seconds=dialled.ago))
        elif not call.voice_start:
            self._end(call, CallState.FAILED)
        else:
            circuit = self._connect(call)
            caller = circuit.dial(dialled.from_ or "", call.to, dialled.script)
            self._tasks.spawn(self._carry_incoming(call, circuit, caller))
        return call

    def _receive_belatedly(self, call: SimulatedCall, ago: timedelta) -> None:
        """Report a call whose caller has long given up."""
        call.created -= ago
        by_age = sorted(self.calls.items(), key=lambda item: item[1].created)
        self.calls.clear()
        self.calls.update(by_age)
        self._end(call, self._payloads.dialect.not_answered)
        if is_url(call.voice_start):
            delivery = self._callbacks.report_incoming(
                call, call.voice_start, self._payloads.incoming(call)
            )
            self._tasks.spawn(delivery.finish())

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
        self, call: SimulatedCall, circuit: Circuit, handset: Handset, timeout: int
    ) -> None:
        """Carry a call from its first ring to its end."""
        outcome = await handset.ring(timeout)
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

    async def _carry_incoming(
        self, call: SimulatedCall, circuit: Circuit, caller: Handset
    ) -> None:
        """Carry a call to the account from its first ring to its end."""
        dialect = self._payloads.dialect
        try:
            action = await first_action(
                call, circuit, caller, self._callbacks, self._payloads, self._tasks
            )
            state = await self._answer(call, circuit, caller, action)
        except HungUpError:
            state = dialect.not_answered
        caller.end()
        self._end(call, state)

    async def _answer(
        self,
        call: SimulatedCall,
        circuit: Circuit,
        caller: Handset,
        action: Action | None,
    ) -> CallState:
        """Pick up a call to the account, or reject it, as its first action says."""
        dialect = self._payloads.dialect
        if action is None:
            return dialect.not_answered
        if verb_of(action) != "hangup":
            caller.pick_up()
            await self._talk(call, circuit, caller, action)
            return CallState.SUCCESS
        await self._conversation(call, circuit, caller).run(action)
        if dialect.rejected_costs:
            self._charge(call, self._account.incoming_price_per_second)
        return CallState.FAILED if str(action["hangup"]) == "404" else dialect.rejected

    async def _talk(
        self,
        call: SimulatedCall,
        circuit: Circuit,
        handset: Handset,
        action: Action | None = None,
    ) -> None:
        answered = circuit.at
        call.start = call.created + timedelta(seconds=answered)
        await self._conversation(call, circuit, handset).run(action)
        call.duration = ceil(round(circuit.at - answered, 3))
        account = self._account
        is_incoming = call.direction is Direction.INCOMING
        price = (
            account.incoming_price_per_second
            if is_incoming
            else account.price_per_second
        )
        legs = sum(leg.duration for leg in call.legs)
        self._charge(call, call.duration * price + legs * account.price_per_second)

    def _charge(self, call: SimulatedCall, cost: int) -> None:
        call.cost = cost
        self._account.balance -= cost

    def _connect(self, call: SimulatedCall) -> Circuit:
        circuit = Circuit(call.id, self._clock, self._changed)
        self._circuits[call.id] = circuit
        return circuit

    def _conversation(
        self, call: SimulatedCall, circuit: Circuit, person: Handset
    ) -> Conversation:
        return Conversation(
            call=call,
            circuit=circuit,
            person=person,
            phones=self._phones,
            sounds=self._sounds,
            callbacks=self._callbacks,
            recordings=self._recordings,
            payloads=self._payloads,
        )

    def _end(self, call: SimulatedCall, state: CallState) -> None:
        call.state = state
        self._callbacks.report_hangup(call)
        self._changed()

    def _next_moment(self) -> datetime:
        """Return the time, but later than any call's: the history is sorted by it."""
        now = self._clock.now()
        last = next(reversed(self.calls.values()), None)
        return max(now, last.created + _RESOLUTION) if last else now


def _new_id() -> str:
    return f"c{secrets.token_hex(16)}"
