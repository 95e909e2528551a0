"""Connecting a call to other phones."""

from dataclasses import dataclass
import math

from ..call import CallState, Leg, SimulatedCall
from .handsets import Circuit, Handset, HungUpError
from .phones import ActKind, Outcome, Phones


@dataclass(frozen=True)
class Targets:
    """The numbers to connect to, the number to show them, and the seconds to ring."""

    numbers: list[str]
    callerid: str
    timeout: float


async def connect(
    call: SimulatedCall,
    circuit: Circuit,
    caller: Handset,
    phones: Phones,
    targets: Targets,
) -> CallState:
    """Let the caller talk to the first person who answers; return how it went.

    Raises HungUpError when the caller hangs up.
    """
    ringing = [
        circuit.ring(number, targets.callerid, script)
        for number in targets.numbers
        if (script := phones.script_of(number)).outcome is not Outcome.UNREACHABLE
    ]
    try:
        answered, state = await _first(circuit, caller, ringing, targets.timeout)
        if answered:
            await _talk(call, circuit, caller, answered, targets.callerid)
        return state
    finally:
        for handset in ringing:
            handset.end()


async def _first(
    circuit: Circuit, caller: Handset, handsets: list[Handset], timeout: float
) -> tuple[Handset | None, CallState]:
    """Return the phone that is answered first, if any, and how it went."""
    until = circuit.at + timeout
    ringing = list(handsets)
    while ringing and (act := await circuit.next_act(until)):
        if act.handset is caller:
            if act.kind is ActKind.HANG_UP:
                raise HungUpError
        elif act.kind is ActKind.ANSWER:
            return act.handset, CallState.SUCCESS
        elif act.kind is ActKind.DECLINE:
            act.handset.end()
            ringing.remove(act.handset)
    return None, CallState.BUSY if len(ringing) < len(handsets) else CallState.FAILED


async def _talk(
    call: SimulatedCall,
    circuit: Circuit,
    caller: Handset,
    other: Handset,
    callerid: str,
) -> None:
    """Let two people talk until one of them hangs up."""
    leg = Leg(other.number, callerid)
    call.legs.append(leg)
    for handset in circuit.handsets:
        if handset not in (caller, other):
            handset.end()
    other.pick_up()
    began = circuit.at
    try:
        while act := await circuit.next_act(math.inf):
            if act.kind is not ActKind.HANG_UP:
                continue
            if act.handset is caller:
                raise HungUpError
            if act.handset is other:
                return
    finally:
        leg.state = CallState.SUCCESS
        leg.duration = round(circuit.at - began)
