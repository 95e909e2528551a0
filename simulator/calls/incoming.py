"""Calls to the account, until the first action comes."""

from dataclasses import dataclass

from ..call import SimulatedCall
from ..tasks import Tasks
from ..wire.callbacks import Callbacks, Delivery
from ..wire.payloads import Payloads
from .actions import Action, is_url, parse_action
from .handsets import Circuit, Handset, HungUpError
from .phones import ActKind, CallerScript


@dataclass(frozen=True)
class Dialled:
    """A call that somebody dials; without `from_` the number is withheld.

    With `ago`, in seconds, it was dialled so long ago, and is over: only now is it reported.
    """

    from_: str | None
    to: str
    script: CallerScript
    ago: float = 0


async def first_action(
    call: SimulatedCall,
    circuit: Circuit,
    caller: Handset,
    callbacks: Callbacks,
    payloads: Payloads,
    tasks: Tasks,
) -> Action | None:
    """Return what the customer wants to be done first, while the caller hears ringing.

    None when nothing comes in time that can be understood. Raises HungUpError when the caller
    hangs up. The customer is asked for it for hours, whatever becomes of the caller.
    """
    if not is_url(call.voice_start):
        return parse_action(call.voice_start)
    delivery = callbacks.report_incoming(
        call, call.voice_start, payloads.incoming(call)
    )
    until = circuit.at + payloads.dialect.rings_for
    try:
        answer = await _first_answer(circuit, caller, delivery, until)
    finally:
        tasks.spawn(delivery.finish())
    return parse_action(answer) if answer else None


async def _first_answer(
    circuit: Circuit, caller: Handset, delivery: Delivery, until: float
) -> bytes | None:
    while (pause := delivery.pause) is not None and circuit.at + pause <= until:
        await _wait(circuit, caller, circuit.at + pause)
        sending = delivery.attempt()
        while not sending.done() and circuit.at < until:
            act = await circuit.act_during(sending, until)
            if act and act.kind is ActKind.HANG_UP:
                raise HungUpError
        if sending.done() and (answer := sending.result()) is not None:
            return answer
    await _wait(circuit, caller, until)
    return None


async def _wait(circuit: Circuit, caller: Handset, until: float) -> None:
    """Let the caller hear ringing."""
    while await caller.listen(until - circuit.at):
        pass
