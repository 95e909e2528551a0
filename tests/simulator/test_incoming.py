"""Calls to the account's numbers."""

import asyncio
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import pytest

from simulator import (
    AccountNumber,
    ActKind,
    CallbackKind,
    CallState,
    Dialect,
    Fault,
    FaultKind,
    KeyPress,
    SimulatedCall,
    Simulator,
    Stage,
    Times,
)

from .conftest import PERSON, Client, Customer, results

_ANNA = "+46701111111"
_TEN_SECONDS = "sound/dtmf/PPPPPPPPPP"
_NEWINCOMING = CallbackKind.NEWINCOMING


@pytest.fixture
def line(simulator: Simulator, customer: Customer) -> str:
    """Have the customer answer the account's calls; return the path it is asked at."""
    _answers(simulator, f"{customer.url}/line?token=1")
    return "/line?token=1"


def _answers(simulator: Simulator, voice_start: str) -> AccountNumber:
    return simulator.account.change(
        simulator.account.numbers[0], voice_start=voice_start
    )


async def _ended(client: Client, simulator: Simulator, call: SimulatedCall) -> Any:
    """Wait until nothing is left to do; return a call as the API shows it."""
    simulator.clock.speed = 1e6
    await simulator.settled()
    return await client.get(f"/calls/{call.id}")


async def test_answered(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """The number's address is asked for the first action, then the call is picked up."""
    customer.will_answer(line, {"play": _TEN_SECONDS})
    call = await _ended(client, simulator, kept := simulator.dial(PERSON))
    created = Times.MICROSECONDS.write(kept.created)
    assert customer.forms(line) == [
        {
            "direction": "incoming",
            "callid": call["id"],
            "from": PERSON,
            "to": simulator.voice_number,
            "created": created,
        }
    ]
    assert call == {
        "direction": "incoming",
        "id": call["id"],
        "from": PERSON,
        "to": simulator.voice_number,
        "created": Times.MILLISECONDS.write(kept.created),
        "start": Times.MILLISECONDS.write(kept.created - timedelta(milliseconds=22)),
        "state": "success",
        "duration": 10,
        "cost": 10 * 30,
        "actions": [{"play": _TEN_SECONDS, "result": "success"}],
    }
    assert (await client.get("/calls"))["data"] == [call]
    assert simulator.account.balance == 1_000_000 - 300


async def test_action_as_voice_start(client: Client, simulator: Simulator) -> None:
    """An action can answer the number's calls without anybody being asked."""
    _answers(simulator, '{"play": "sound/beep"}')
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert (call["state"], call["duration"]) == ("success", 1)
    assert simulator.callbacks == []


async def test_nothing_answers(client: Client, simulator: Simulator) -> None:
    """Without a `voice_start` a call fails at once."""
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert (call["state"], "start" in call) == ("failed", False)


@pytest.mark.parametrize("number", ["+46766860002", "+46766860003", PERSON])
async def test_no_such_number(simulator: Simulator, number: str) -> None:
    """Only the account's voice numbers can be called."""
    with pytest.raises(ValueError, match="no such number"):
        simulator.dial(PERSON, number)


async def test_other_number(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """Each number has its own address."""
    other = AccountNumber("+46766860009", voice_start=f"{customer.url}/other")
    simulator.account.numbers += (other,)
    customer.will_answer("/other", {"play": "sound/beep"})
    call = await _ended(client, simulator, simulator.dial(PERSON, other.number))
    assert call["to"] == other.number
    assert [path for path, _ in customer.received] == ["/other"]


async def test_dialogue(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """Keys follow the sounds they belong to; the last `whenhangup` gets the end."""
    customer.will_answer(
        line,
        {
            "ivr": _TEN_SECONDS,
            "digits": 4,
            "next": f"{customer.url}/pin",
            "whenhangup": f"{customer.url}/first",
        },
    )
    customer.will_answer(
        "/pin",
        {
            "ivr": "sound/beep",
            "next": f"{customer.url}/menu",
            "whenhangup": f"{customer.url}/end",
        },
    )
    customer.will_answer("/menu", {"play": _TEN_SECONDS})
    kept = simulator.dial(
        PERSON,
        keys=[KeyPress(2, "1234", sound=1), KeyPress(0.5, "7", sound=2)],
        hangs_up_at=3,
    )
    call = await _ended(client, simulator, kept)
    assert results(call) == ["1234", "7", "success"]
    for path, result in (("/pin", "1234"), ("/menu", "7")):
        [form] = customer.forms(path)
        assert form == {
            "callid": call["id"],
            "from": PERSON,
            "to": simulator.voice_number,
            "direction": "incoming",
            "result": result,
        }
    assert customer.forms("/first") == []
    [end] = customer.forms("/end")
    assert (end["id"], end["state"], end["duration"]) == (call["id"], "success", "3")
    [caller] = simulator.handsets(kept)
    assert [sound.url for sound in caller.heard] == [
        _TEN_SECONDS,
        "sound/beep",
        _TEN_SECONDS,
    ]


async def test_ends_unreported(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """Without `whenhangup` the end is only in the history."""
    customer.will_answer(line, {"ivr": _TEN_SECONDS, "next": f"{customer.url}/next"})
    call = await _ended(client, simulator, simulator.dial(PERSON, talk_for=3))
    assert (call["state"], call["duration"]) == ("success", 3)
    assert len(customer.received) == 1


@pytest.mark.parametrize("verb", ["record", "recordcall"])
async def test_recorded(
    client: Client, simulator: Simulator, customer: Customer, line: str, verb: str
) -> None:
    """A caller can leave a message, and a call can be recorded."""
    url = f"{customer.url}/said"
    recorded = {"play": _TEN_SECONDS, verb: url} if verb != "record" else {verb: url}
    customer.will_answer(line, recorded)
    await _ended(client, simulator, simulator.dial(None, talk_for=5))
    [form] = customer.forms("/said")
    assert (form["duration"], form["from"]) == ("5", "")


async def test_forwarded(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """A leg to another phone costs as much as a call to it."""
    simulator.phone(_ANNA, answer_after=2, talk_for=20)
    customer.will_answer(line, {"connect": _ANNA})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    [leg] = call["legs"]
    assert (leg["from"], leg["duration"], call["duration"]) == (PERSON, 20, 22)
    assert call["cost"] == 22 * 30 + 20 * 100


@pytest.mark.parametrize(
    ("signal", "rejected", "state"),
    [
        ("busy", CallState.BUSY, "busy"),
        ("reject", CallState.BUSY, "busy"),
        ("reject", CallState.FAILED, "failed"),
        ("404", CallState.BUSY, "failed"),
        (404, CallState.BUSY, "failed"),
    ],
)
async def test_rejected(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    line: str,
    signal: object,
    rejected: CallState,
    state: str,
) -> None:
    """A call that is rejected at first is not picked up, and costs nothing."""
    simulator.dialect = Dialect(rejected=rejected)
    url = f"{customer.url}/end"
    customer.will_answer(line, {"hangup": signal, "whenhangup": url})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert call["state"] == state
    assert not {"start", "duration", "cost"} & call.keys()
    assert [form["state"] for form in customer.forms("/end")] == [state]
    assert simulator.account.balance == 1_000_000


async def test_rejected_for_money(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """Whether it costs nothing is not documented."""
    simulator.dialect = Dialect(rejected_costs=True)
    customer.will_answer(line, {"hangup": "busy"})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert (call["cost"], "start" in call) == (30, False)
    assert simulator.account.balance == 1_000_000 - 30


@pytest.mark.parametrize(
    ("withheld", "fields"),
    [
        (None, {}),
        ("", {"from": ""}),
        ("anonymous", {"from": "anonymous"}),
        ("+anonymous", {"from": "+anonymous"}),
    ],
)
async def test_withheld(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    line: str,
    withheld: str | None,
    fields: dict[str, str],
) -> None:
    """How a withheld number is written is not documented: the dialect chooses, everywhere."""
    simulator.dialect = Dialect(withheld=withheld)
    next_ = {"play": "sound/beep", "next": f"{customer.url}/next"}
    customer.will_answer(line, next_ | {"whenhangup": f"{customer.url}/end"})
    call = await _ended(client, simulator, simulator.dial(None))
    shown = [call, *customer.forms(line), *customer.forms("/next")]
    for one in (*shown, *customer.forms("/end")):
        assert {name: one[name] for name in one if name == "from"} == fields


async def test_odd_caller(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """A caller's number is shown as it comes."""
    call = await _ended(client, simulator, simulator.dial("sip:häst"))
    [form, *_] = customer.forms(line)
    assert form["from"] == call["from"] == "sip:häst"


async def test_words_of_the_report(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """The sources show the first callback with different fields."""
    simulator.dialect = Dialect(
        incoming_id="id", incoming_result="newincoming", incoming_created=False
    )
    customer.will_answer(line, {"hangup": "busy"})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert customer.forms(line) == [
        {
            "direction": "incoming",
            "id": call["id"],
            "from": PERSON,
            "to": simulator.voice_number,
            "result": "newincoming",
        }
    ]


async def test_starts_when_picked_up(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """A call may start when it is picked up."""
    simulator.dialect = Dialect(incoming_starts_early=False)
    customer.will_answer(line, 500, {"play": "sound/beep"})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    waited = datetime.fromisoformat(call["start"]) - datetime.fromisoformat(
        call["created"]
    )
    assert timedelta(seconds=5) <= waited < timedelta(seconds=20)


# The caller waits


async def test_asked_for_hours(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """Without an answer the caller gives up soon, but the number's address is asked for hours."""
    customer.will_answer(line, *[500] * 9)
    kept = simulator.dial(PERSON)
    assert kept.state is CallState.ONGOING
    call = await _ended(client, simulator, kept)
    assert (call["state"], "start" in call) == ("failed", False)
    forms = customer.forms(line)
    assert len(forms) >= 5
    assert all(form == forms[0] for form in forms)
    assert [sent.attempt for sent in simulator.callbacks] == [1, 2, 3, 4, 5, 6]


async def test_asked_for_hours_once_over(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """The first action comes too late for a call that is over, and is ignored."""
    customer.will_answer(line, 500, 500, {"play": "sound/beep"})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert len(customer.forms(line)) == 3
    assert (call["state"], "actions" in call) == ("failed", False)


async def test_asked_again_in_time(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """A caller who still hears ringing is answered the second time."""
    customer.will_answer(line, 500, {"play": "sound/beep"})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert (call["state"], call["duration"]) == ("success", 1)


async def test_asked_again_too_late(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """How long the caller hears ringing is not documented."""
    simulator.dialect = Dialect(rings_for=3)
    customer.will_answer(line, 500, {"play": "sound/beep"})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert call["state"] == "failed"
    assert len(customer.forms(line)) == 2


@pytest.mark.parametrize("answer", [500, 204, [], {"sing": "x"}])
async def test_asked_once(
    client: Client, simulator: Simulator, customer: Customer, line: str, answer: object
) -> None:
    """What is accepted and is no action fails the call; so may an answer that is not accepted."""
    simulator.dialect = Dialect(incoming_retried=False)
    customer.will_answer(line, answer, {"play": "sound/beep"})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    assert call["state"] == "failed"
    assert len(customer.forms(line)) == 1


async def test_hangs_up_before_anything(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """A caller who has hung up before the first callback arrives is still reported."""
    customer.will_answer(line, {"play": "sound/beep"})
    call = await _ended(client, simulator, simulator.dial(PERSON, waits=0))
    assert call["state"] == "failed"
    assert len(customer.forms(line)) == 1


async def test_hangs_up_by_hand(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """A caller can hang up while the customer decides, who is told nothing of it."""
    decided = asyncio.Event()
    customer.waits_for = decided
    customer.will_answer(line, {"play": "sound/beep"})
    kept = simulator.dial(PERSON)
    while not customer.received:
        await asyncio.sleep(0)
    [caller] = simulator.handsets(kept)
    assert caller.stage is Stage.CALLING
    caller.act(ActKind.PRESS, "1")
    caller.act(ActKind.HANG_UP)
    while kept.state is CallState.ONGOING:
        await asyncio.sleep(0)
    decided.set()
    call = await _ended(client, simulator, kept)
    assert (call["state"], "start" in call) == ("failed", False)
    assert len(customer.received) == 1


async def test_customer_takes_too_long(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """The caller's patience ends while the customer decides, in real time."""
    simulator.dialect = Dialect(rings_for=0.05)
    customer.waits_for = asyncio.Event()
    kept = simulator.dial(PERSON)
    while kept.state is CallState.ONGOING:
        await asyncio.sleep(0.01)
    customer.waits_for.set()
    assert (await _ended(client, simulator, kept))["state"] == "failed"


# Faults


async def _asked(
    client: Client, simulator: Simulator, customer: Customer, fault: Fault
) -> tuple[Any, list[dict[str, Any]]]:
    """Have a call reported with a fault; return the call, and what was asked."""
    simulator.fault(fault)
    path = "/line?token=1"
    customer.will_answer(path, {"play": "sound/beep"}, {"play": _TEN_SECONDS})
    call = await _ended(client, simulator, simulator.dial(PERSON))
    return call, customer.forms(path)


@pytest.mark.parametrize(
    ("fault", "asked", "duration"),
    [
        (Fault(FaultKind.CALLBACK_DROPPED), 0, None),
        (Fault(FaultKind.CALLBACK_LATE, delay=20), 1, 1),
        (Fault(FaultKind.CALLBACK_LATE, delay=7200), 1, None),
        (Fault(FaultKind.CALLBACK_OUT_OF_ORDER), 1, None),
        (Fault(FaultKind.CALLBACK_DOUBLED), 2, 10),
        (Fault(FaultKind.CALLBACK_REPEATED, delay=5), 2, 1),
    ],
)
async def test_faults(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    line: str,
    fault: Fault,
    asked: int,
    duration: int | None,
) -> None:
    """The first callback can go wrong like every other; without its answer the call fails."""
    call, forms = await _asked(client, simulator, customer, fault)
    assert len(forms) == asked
    assert all(form == forms[0] for form in forms)
    assert call["state"] == ("failed" if duration is None else "success")
    assert call.get("duration") == duration


async def test_simultaneous(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """The customer is asked twice before it has answered once."""
    customer.waits_for = asyncio.Event()
    simulator.fault(Fault(FaultKind.CALLBACK_SIMULTANEOUS, on=_NEWINCOMING))
    customer.will_answer(line, {"play": "sound/beep"}, {"play": "sound/beep"})
    kept = simulator.dial(PERSON)
    while len(customer.received) < 2:
        await asyncio.sleep(0)
    customer.waits_for.set()
    call = await _ended(client, simulator, kept)
    assert (call["state"], call["duration"]) == ("success", 1)


async def test_forged(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """What is reported need not be true."""
    fields = {"from": _ANNA, "created": None}
    fault = Fault(FaultKind.CALLBACK_FIELDS, on="newincoming", fields=fields)
    call, [form] = await _asked(client, simulator, customer, fault)
    assert (form["from"], "created" in form) == (_ANNA, False)
    assert call["from"] == PERSON


async def test_faults_of_one_number(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """A fault can apply to the calls to one of the account's numbers."""
    fault = Fault(FaultKind.CALLBACK_DROPPED, on="newincoming", number=PERSON)
    _, forms = await _asked(client, simulator, customer, fault)
    assert len(forms) == 1


async def test_hours_ago(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """A call is reported that was over hours ago, and stands in its place in the history."""
    customer.will_answer(line, {"hangup": "busy"}, {"play": "sound/beep"})
    now = await _ended(client, simulator, simulator.dial(PERSON))
    call = await _ended(client, simulator, simulator.dial(PERSON, ago=3 * 3600))
    age = datetime.now(UTC) - datetime.fromisoformat(call["created"] + "Z")
    assert age > timedelta(hours=2.9)
    assert (call["state"], "start" in call) == ("failed", False)
    _, form = customer.forms(line)
    assert form["callid"] == call["id"]
    assert form["created"][:19] == call["created"][:19]
    assert (await client.get("/calls"))["data"] == [now, call]


async def test_both_directions(
    client: Client, simulator: Simulator, customer: Customer, line: str
) -> None:
    """Calls in both directions go on beside each other."""
    customer.will_answer(line, *[{"play": _TEN_SECONDS}] * 20)
    for index in range(20):
        simulator.dial(PERSON, talk_for=index + 1)
        await client.order(voice_start=json.dumps({"play": "sound/beep"}))
    await simulator.settled()
    calls = [call for call in simulator.calls if call.direction == "incoming"]
    assert [call.duration for call in calls] == [*range(1, 11), *[10] * 10]
    assert {call.duration for call in simulator.calls if call not in calls} == {1}
