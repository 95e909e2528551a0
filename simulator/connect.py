"""Connect a call to other phones."""

from dataclasses import dataclass
import math

from .line import ActKind, Handset, HungUpError, Line
from .models import CallState, Leg, SimulatedCall
from .phones import Outcome, Phones


@dataclass(frozen=True)
class Connection:
    """The numbers to connect to, the number to show them, and the seconds to ring."""

    numbers: list[str]
    callerid: str
    timeout: float


async def connect(
    call: SimulatedCall,
    line: Line,
    caller: Handset,
    phones: Phones,
    connection: Connection,
) -> CallState:
    """Let the caller talk to the first to answer; return how it went.

    Raises HungUpError when the caller hangs up.
    """
    ringing = [
        line.ring(number, connection.callerid, script)
        for number in connection.numbers
        if (script := phones.script_of(number)).outcome is not Outcome.UNREACHABLE
    ]
    try:
        answered, state = await _first(line, caller, ringing, connection.timeout)
        if answered:
            await _talk(call, line, caller, answered, connection.callerid)
        return state
    finally:
        for handset in ringing:
            handset.end()


async def _first(
    line: Line, caller: Handset, handsets: list[Handset], timeout: float
) -> tuple[Handset | None, CallState]:
    """Return the phone that was answered first, and how it went."""
    until = line.at + timeout
    ringing = list(handsets)
    while ringing and (act := await line.next_act(until)):
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
    call: SimulatedCall, line: Line, caller: Handset, other: Handset, callerid: str
) -> None:
    """Let two people talk until one of them hangs up."""
    leg = Leg(other.number, callerid)
    call.legs.append(leg)
    for handset in line.handsets:
        if handset not in (caller, other):
            handset.end()
    other.pick_up()
    began = line.at
    try:
        while act := await line.next_act(math.inf):
            if act.kind is not ActKind.HANG_UP:
                continue
            if act.handset is caller:
                raise HungUpError
            if act.handset is other:
                return
    finally:
        leg.state = CallState.SUCCESS
        leg.duration = round(line.at - began)
