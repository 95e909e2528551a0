"""The choices where the provider's documentation is silent or contradicts itself."""

from datetime import UTC, datetime
import json
import re
from typing import Any

import aiohttp
import pytest

from simulator import (
    CallState,
    Dialect,
    FailedCall,
    HangupFields,
    KeyPress,
    Outcome,
    Simulator,
    Times,
)

from .conftest import PERSON, Client, Customer

_OTHER = "+46701111111"
_SIX = {"direction", "from", "to", "created", "state", "id"}
_MOMENT = datetime(2016, 11, 3, 15, 8, 14, 609873, UTC)


@pytest.mark.parametrize(
    ("times", "text"),
    [
        (Times.MICROSECONDS, "2016-11-03T15:08:14.609873"),
        (Times.MILLISECONDS, "2016-11-03T15:08:14.609000"),
        (Times.SECONDS, "2016-11-03T15:08:14"),
        (Times.ZULU, "2016-11-03T15:08:14Z"),
        (Times.BLANK, "2016-11-03 15:08:14.609873"),
        (Times.UNREADABLE, "2016-11-03T15:08:14:00.11"),
    ],
)
async def test_times(times: Times, text: str) -> None:
    """A time is truncated, never rounded."""
    assert times.write(_MOMENT) == text


async def test_each_place_has_its_times(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """The answer, the history and the callbacks can each have their own time format."""
    simulator.dialect = Dialect(
        answer_times=Times.SECONDS,
        history_times=Times.ZULU,
        callback_times=Times.BLANK,
    )
    _, text = await client.order(whenhangup=f"{customer.url}/end")
    await simulator.settled()
    [kept] = simulator.calls
    answer = json.loads(text)
    listed = await client.get(f"/calls/{kept.id}")
    [form] = customer.forms("/end")
    assert answer["created"] == Times.SECONDS.write(kept.created)
    assert listed["created"] == Times.ZULU.write(kept.created)
    assert form["created"] == Times.BLANK.write(kept.created)
    assert kept.start
    assert form["start"] == Times.BLANK.write(kept.start)


async def test_usual_times(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """The history is less precise than the answer and the callback before it."""
    _, text = await client.order(whenhangup=f"{customer.url}/end")
    await simulator.settled()
    [kept] = simulator.calls
    [form] = customer.forms("/end")
    [listed] = (await client.get("/calls"))["data"]
    assert json.loads(text)["created"] == form["created"]
    assert listed["created"] == Times.MILLISECONDS.write(kept.created)
    assert re.fullmatch(r".*\.\d{3}000", listed["start"])


async def test_start_before_created(client: Client, simulator: Simulator) -> None:
    """A call can start before it was created."""
    simulator.dialect = Dialect(start_before_created=True)
    call = await client.call()
    assert call["start"] < call["created"]


@pytest.mark.parametrize("outcome", [Outcome.DECLINE, Outcome.UNREACHABLE])
@pytest.mark.parametrize(
    ("failed_call", "more"),
    [
        (FailedCall.NOTHING, {}),
        (FailedCall.ZERO, {"duration": 0}),
        (FailedCall.EVERYTHING, {"timeout": 60, "actions": []}),
    ],
)
async def test_failed_call(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    outcome: Outcome,
    failed_call: FailedCall,
    more: dict[str, Any],
) -> None:
    """A call that nobody answered has few details."""
    simulator.dialect = Dialect(failed_call=failed_call, includes_owner=False)
    simulator.phone(PERSON, outcome=outcome)
    call = await client.call(whenhangup=f"{customer.url}/end")
    assert {name: call[name] for name in call.keys() - _SIX} == more
    [form] = customer.forms("/end")
    assert form.keys() - _SIX == more.keys() - {"timeout"}


@pytest.mark.parametrize(
    ("dialect", "missing"),
    [
        (Dialect(includes_actions=False), "actions"),
        (Dialect(includes_timeout=False), "timeout"),
        (Dialect(includes_owner=False), "owner"),
    ],
)
async def test_missing_fields(
    client: Client, simulator: Simulator, dialect: Dialect, missing: str
) -> None:
    """The history may lack fields."""
    assert missing in await client.call()
    simulator.dialect = dialect
    assert missing not in await client.call()


async def test_plain_actions(client: Client, simulator: Simulator) -> None:
    """An action without a result can be a string."""
    simulator.dialect = Dialect(plain_actions=True)
    simulator.phone(PERSON, talk_for=None, keys=[KeyPress(0.5, "1")])
    hang_up = {"hangup": "reject"}
    action = {"play": "sound/nothing", "next": {"ivr": "sound/beep", "next": hang_up}}
    call = await client.call(action)
    assert call["actions"] == ["play", {"ivr": "sound/beep", "result": "1"}, "hangup"]


async def test_numbers_as_text(client: Client, simulator: Simulator) -> None:
    """Money and seconds can be strings."""
    simulator.dialect = Dialect(numbers_as_text=True)
    call = await client.call()
    assert (call["duration"], call["cost"], call["timeout"]) == ("1", "100", "60")
    assert (await client.get("/me"))["balance"] == "999900"


async def test_old_numbers(client: Client, simulator: Simulator) -> None:
    """The account's numbers can have their old format."""
    simulator.dialect = Dialect(old_numbers=True)
    numbers = (await client.get("/numbers"))["data"]
    assert [number["active"] for number in numbers] == [True, True, False]
    assert not any("category" in number for number in numbers)


@pytest.mark.parametrize(
    ("hangup_fields", "names"),
    [
        (HangupFields.BASIC, _SIX),
        (HangupFields.BARE, {"id", "state", "direction"}),
    ],
)
async def test_hangup_fields(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    hangup_fields: HangupFields,
    names: set[str],
) -> None:
    """The callback at the end can have few fields."""
    simulator.dialect = Dialect(hangup_fields=hangup_fields)
    await client.call(whenhangup=f"{customer.url}/end")
    [form] = customer.forms("/end")
    assert form.keys() == names


async def test_names_of_the_id(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """The call's id has two names."""
    simulator.dialect = Dialect(hangup_id="callid", next_id="id")
    next_ = {"play": "sound/beep", "next": f"{customer.url}/next"}
    call = await client.call(next_, whenhangup=f"{customer.url}/end")
    [requested], [ended] = customer.forms("/next"), customer.forms("/end")
    assert requested["id"] == ended["callid"] == call["id"]
    assert "callid" not in requested
    assert "id" not in ended


@pytest.mark.parametrize(
    ("picked_up", "result"),
    [(None, {}), ("answered", {"result": "answered"})],
)
async def test_bare_next(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    picked_up: str | None,
    result: dict[str, str],
) -> None:
    """The next action can be requested with little more than the call's id."""
    simulator.dialect = Dialect(bare_next=True, picked_up=picked_up)
    call = await client.call(voice_start=f"{customer.url}/start")
    assert customer.forms("/start") == [{"callid": call["id"], **result}]


async def test_result_of_a_sound(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """The result of a sound is one of two words, or the key that skipped it."""
    simulator.phone(PERSON, talk_for=None, keys=[KeyPress(0.5, "7")])
    action = {"play": "sound/beep", "next": f"{customer.url}/next"}
    for dialect in (
        Dialect(),
        Dialect(played="success"),
        Dialect(reports_skipping_key=True),
    ):
        simulator.dialect = dialect
        await client.call(action)
    played = [form["result"] for form in customer.forms("/next")]
    assert played == ["ok", "success", "7"]


async def test_no_reasons(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """The reason may be missing when no key was pressed."""
    simulator.dialect = Dialect(reports_why=False)
    simulator.phone(PERSON, talk_for=None)
    action = {"ivr": "sound/beep", "timeout": 1, "next": f"{customer.url}/next"}
    call = await client.call(action)
    assert call["actions"] == [{"ivr": "sound/beep", "result": "failed"}]
    [form] = customer.forms("/next")
    assert "why" not in form


async def test_hung_up(client: Client, simulator: Simulator) -> None:
    """Hanging up during an `ivr` action can have a result of its own."""
    simulator.dialect = Dialect(hung_up="hangup")
    call = await client.call({"ivr": "sound/dtmf/PPPPPPPPPP"})
    assert call["actions"][0]["result"] == "hangup"


@pytest.mark.parametrize("answer", [503, 204])
async def test_retries_next(
    client: Client, simulator: Simulator, customer: Customer, answer: int
) -> None:
    """An action that does not come can be requested again while the person waits."""
    simulator.dialect = Dialect(retries_next=True)
    simulator.phone(PERSON, talk_for=None, keys=[KeyPress(1, "55")])
    customer.will_answer("/start", answer, answer, {"play": "sound/beep"})
    call = await client.call(voice_start=f"{customer.url}/start")
    assert len(customer.forms("/start")) == 3
    assert call["duration"] == 2 + 5 + 1


async def test_does_not_wait_for_ever(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """It is requested a few times while the person stays; an invalid action, only once."""
    simulator.dialect = Dialect(retries_next=True)
    simulator.phone(PERSON, talk_for=None)
    customer.will_answer("/start", *[500] * 9)
    await client.call(voice_start=f"{customer.url}/start")
    assert len(customer.forms("/start")) == 4
    simulator.phone(PERSON, talk_for=3)
    customer.will_answer("/short", *[500] * 9)
    call = await client.call(voice_start=f"{customer.url}/short")
    assert len(customer.forms("/short")) == 2
    assert call["duration"] == 3
    customer.will_answer("/wrong", [])
    await client.call(voice_start=f"{customer.url}/wrong")
    assert len(customer.forms("/wrong")) == 1


async def test_charset(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """A form can come in another encoding with the same content."""
    whenhangup = f"{customer.url}/end"
    await client.call({"connect": _OTHER}, whenhangup=whenhangup)
    simulator.dialect = Dialect(charset=True)
    await client.call({"connect": _OTHER}, whenhangup=whenhangup)
    plain, other = customer.forms("/end")
    assert plain["actions"] == other["actions"]
    assert customer.types == [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
    ]


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_refusals(client: Client, simulator: Simulator, status: int) -> None:
    """An invalid request can be refused with different statuses."""
    simulator.dialect = Dialect(refused_status=status)
    assert await client.order(to="nobody") == (status, "Invalid to number")
    simulator.dialect = Dialect(unknown_status=status)
    with pytest.raises(aiohttp.ClientResponseError) as error:
        await client.get("/calls/c0")
    assert error.value.status == status


async def test_words_of_refusals(client: Client, simulator: Simulator) -> None:
    """The reason for the same refusal can have different wordings."""
    simulator.dialect = Dialect(json_errors=True)
    assert await client.order(to=None) == (403, '{"error": "Missing key to"}')
    simulator.dialect = Dialect(foreign_number="Forbidden")
    assert await client.order(**{"from": _OTHER}) == (403, "Forbidden")
    simulator.account.balance = 0
    simulator.dialect = Dialect(no_credits="creditslow")
    assert await client.order() == (403, "creditslow")


async def test_listed_late(client: Client, simulator: Simulator) -> None:
    """A new call may not be listed at once."""
    simulator.clock.speed = 1
    simulator.phone(PERSON, outcome=Outcome.NO_ANSWER)
    simulator.dialect = Dialect(listed_after=1)
    _, text = await client.order()
    call_id = json.loads(text)["id"]
    assert (await client.get("/calls"))["data"] == []
    with pytest.raises(aiohttp.ClientResponseError):
        await client.get(f"/calls/{call_id}")
    simulator.clock.speed = 1e6
    assert (await client.get(f"/calls/{call_id}"))["state"] == "ongoing"
    [listed] = (await client.get("/calls"))["data"]
    assert listed["id"] == call_id


async def test_fails_later(client: Client, simulator: Simulator) -> None:
    """The first answer may not say that a phone cannot be reached."""
    simulator.dialect = Dialect(fails_at_once=False)
    simulator.phone(PERSON, outcome=Outcome.UNREACHABLE)
    _, text = await client.order()
    answer = json.loads(text)
    assert answer["state"] == "ongoing"
    assert (await client.get(f"/calls/{answer['id']}"))["state"] == "failed"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.DECLINE, "failed"),
        (Outcome.BUSY, "failed"),
        (Outcome.NO_ANSWER, "busy"),
    ],
)
async def test_states(
    client: Client, simulator: Simulator, outcome: Outcome, state: str
) -> None:
    """The state of a call that was declined or not answered is not documented."""
    simulator.dialect = Dialect(declined=CallState.FAILED, not_answered=CallState.BUSY)
    simulator.phone(PERSON, outcome=outcome)
    assert (await client.call())["state"] == state


async def test_by_chance() -> None:
    """A seed always chooses the same dialect; enough seeds choose every value."""
    assert Dialect.chosen(7) == Dialect.chosen(7) != Dialect.chosen(8)
    chosen = [Dialect.chosen(seed) for seed in range(50)]
    for name, choices in Dialect.choices().items():
        assert {getattr(dialect, name) for dialect in chosen} == set(choices)


async def test_others() -> None:
    """Every other value makes a dialect of its own."""
    others = dict(Dialect().others())
    choices = Dialect.choices().values()
    assert len(others) == sum(map(len, choices)) - len(choices)
    assert others["picked_up=None"] == Dialect(picked_up=None)
    assert list(dict(Dialect().others("played"))) == ["played=success"]
