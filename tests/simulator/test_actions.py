"""The actions of a call that has been answered."""

from typing import Any

import aiohttp
import pytest

from simulator import KeyPress, Simulator

from .conftest import PERSON, Client, Customer, results

_TEN_SECONDS = "sound/dtmf/PPPPPPPPPP"


def _stays(
    simulator: Simulator, *keys: KeyPress, talk_for: float | None = None
) -> None:
    simulator.phone(PERSON, talk_for=talk_for, keys=keys)


async def test_play(client: Client, simulator: Simulator) -> None:
    """A call lasts as long as its sound, and then ends."""
    _stays(simulator)
    call = await client.call({"play": _TEN_SECONDS})
    assert call["actions"] == [{"play": _TEN_SECONDS, "result": "success"}]
    assert call["duration"] == 10


async def test_tones_and_pauses(client: Client, simulator: Simulator) -> None:
    """The provider's own tones have a duration too."""
    _stays(simulator)
    assert (await client.call({"play": "sound/dtmf/12P3400"}))["duration"] == 3


async def test_key_skips_a_sound(client: Client, simulator: Simulator) -> None:
    """A key press cuts a sound short."""
    _stays(simulator, KeyPress(after=3, keys="5"))
    assert (await client.call({"play": _TEN_SECONDS}))["duration"] == 3


async def test_key_does_not_skip_a_sound(client: Client, simulator: Simulator) -> None:
    """A sound that may not be skipped is played to its end."""
    _stays(simulator, KeyPress(after=3, keys="55"))
    call = await client.call({"play": _TEN_SECONDS, "skippable": False})
    assert call["duration"] == 10


async def test_unplayable_sound(client: Client, simulator: Simulator) -> None:
    """A sound that cannot be played is a failed action; the call continues."""
    _stays(simulator)
    call = await client.call({"play": "sound/nothing", "next": {"play": "sound/beep"}})
    assert results(call) == ["failed", "success"]
    assert call["duration"] == 1


@pytest.mark.parametrize(
    ("keys", "digits", "result", "duration"),
    [
        ("1", 1, "1", 3),
        ("123", 3, "123", 3),
        ("12#", 5, "12", 3),
        ("12", 5, "12", 3 + 7),
        ("*0", 2, "*0", 3),
    ],
)
async def test_ivr_collects_keys(
    client: Client,
    simulator: Simulator,
    keys: str,
    digits: int,
    result: str,
    duration: int,
) -> None:
    """Keys are collected until there are enough, up to "#", or until the time is up."""
    _stays(simulator, KeyPress(after=3, keys=keys))
    call = await client.call({"ivr": _TEN_SECONDS, "digits": digits, "timeout": 7})
    assert results(call) == [result]
    assert call["duration"] == duration


async def test_ivr_repeats(client: Client, simulator: Simulator) -> None:
    """Without a key the sound is repeated as often as wanted, then the action fails."""
    _stays(simulator)
    call = await client.call({"ivr": _TEN_SECONDS, "timeout": 5, "repeat": 2})
    assert results(call) == ["failed"]
    assert call["duration"] == 2 * (10 + 5)


async def test_ivr_by_default(client: Client, simulator: Simulator) -> None:
    """By default the sound is played three times, with ten seconds to press one key."""
    _stays(simulator)
    assert (await client.call({"ivr": _TEN_SECONDS}))["duration"] == 60


async def test_ivr_hears_the_key_after_the_sound(
    client: Client, simulator: Simulator
) -> None:
    """A key may be pressed after the sound, the second time too."""
    _stays(simulator, KeyPress(after=27, keys="4"))
    call = await client.call({"ivr": _TEN_SECONDS})
    assert results(call) == ["4"]
    assert call["duration"] == 27


async def test_ivr_branches(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """A digit leads to its own action or URL, any other to `next`."""
    action = {
        "ivr": "sound/beep",
        "1": {"play": "sound/dtmf/1"},
        "2": f"{customer.url}/two",
        "next": {"play": "sound/dtmf/0"},
    }
    customer.will_answer("/two", {"play": "sound/dtmf/2"})
    played = []
    for key in "123":
        _stays(simulator, KeyPress(after=0.5, keys=key))
        played.append((await client.call(action))["actions"][-1]["play"])
    assert played == ["sound/dtmf/1", "sound/dtmf/2", "sound/dtmf/0"]
    assert customer.forms("/two")[0]["result"] == "2"


async def test_person_hangs_up(client: Client, simulator: Simulator) -> None:
    """A person who hangs up hears no more."""
    _stays(simulator, talk_for=6)
    call = await client.call({"ivr": _TEN_SECONDS, "next": {"play": "sound/beep"}})
    assert results(call) == ["failed"]
    assert call["duration"] == 6


async def test_voice_start_url(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """When the call is answered, the URL is asked for the first action."""
    customer.will_answer("/start?k=v", {"play": "sound/beep"})
    call = await client.call(voice_start=f"{customer.url}/start?k=v")
    assert customer.forms("/start?k=v") == [
        {
            "callid": call["id"],
            "from": simulator.voice_number,
            "to": PERSON,
            "direction": "outgoing",
            "result": "newoutgoing",
        }
    ]
    assert results(call) == ["success"]


@pytest.mark.parametrize("answer", [500, 204, [], {"sing": "x"}, "text"])
async def test_no_first_action(
    client: Client, customer: Customer, answer: object
) -> None:
    """Without a first action the call ends at once."""
    customer.will_answer("/start", answer)
    call = await client.call(voice_start=f"{customer.url}/start")
    assert call["state"] == "success"
    assert call["duration"] == 0
    assert len(customer.received) == 1


@pytest.mark.parametrize("answer", [[], {"sing": "x"}, "text"])
async def test_invalid_action(
    client: Client, customer: Customer, answer: object
) -> None:
    """An invalid action is the reason for the hang-up."""
    customer.will_answer("/start", answer)
    call = await client.call(voice_start=f"{customer.url}/start")
    assert call["actions"] == [{"hangup": "badsource"}]


async def test_why_nothing_was_pressed(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """The reason is given when no key is pressed, but not for an unplayable sound."""
    _stays(simulator)
    next_ = f"{customer.url}/next"
    call = await client.call({"ivr": "sound/beep", "timeout": 1, "next": next_})
    await client.call({"ivr": "sound/nothing", "next": next_})
    assert call["actions"] == [
        {"ivr": "sound/beep", "result": "failed", "why": "noinput"}
    ]
    noinput, no_sound = customer.forms("/next")
    assert (noinput["result"], noinput["why"]) == ("failed", "noinput")
    assert no_sound["result"] == "failed"
    assert "why" not in no_sound


async def test_next_url(
    client: Client, simulator: Simulator, customer: Customer
) -> None:
    """After an action the next one is requested, with the result."""
    customer.will_answer("/a", {"play": "sound/nothing", "next": f"{customer.url}/b"})
    call = await client.call({"play": "sound/beep", "next": f"{customer.url}/a"})
    assert [form["result"] for form in customer.forms("/a")] == ["ok"]
    assert [form["result"] for form in customer.forms("/b")] == ["failed"]
    assert results(call) == ["success", "failed"]


async def test_next_alone(client: Client) -> None:
    """An action may consist of just the next one."""
    call = await client.call({"next": {"play": "sound/beep"}})
    assert results(call) == ["success"]


async def test_hangup(client: Client) -> None:
    """An action can end the call."""
    call = await client.call({"hangup": "reject", "next": {"play": "sound/beep"}})
    assert call["actions"] == [{"hangup": "reject"}]
    assert call["duration"] == 0


async def test_endless_actions(client: Client, simulator: Simulator) -> None:
    """Actions that take no time do not go on for ever."""
    _stays(simulator)
    action: dict[str, Any] = {"play": "sound/nothing"}
    for _ in range(300):
        action = {"play": "sound/nothing", "next": action}
    assert 100 < len((await client.call(action))["actions"]) < 300


async def test_later_whenhangup_replaces_the_first(
    client: Client, customer: Customer
) -> None:
    """Only the URL that was set last is called at the end."""
    action = {"play": "sound/beep", "whenhangup": f"{customer.url}/new"}
    await client.call(action, whenhangup=f"{customer.url}/old")
    assert [path for path, _ in customer.received] == ["/new"]


@pytest.mark.parametrize(
    ("keys", "talk_for", "seconds"),
    [((), None, 30), ((KeyPress(4, "#"),), None, 4), ((), 9, 9)],
)
async def test_record(
    client: Client,
    simulator: Simulator,
    customer: Customer,
    session: aiohttp.ClientSession,
    keys: tuple[KeyPress, ...],
    talk_for: float | None,
    seconds: int,
) -> None:
    """A recording lasts until the time is up, a key is pressed or the person hangs up."""
    _stays(simulator, *keys, talk_for=talk_for)
    call = await client.call({"record": f"{customer.url}/said", "timelimit": 30})
    [form] = customer.forms("/said")
    assert form["callid"] == call["id"]
    assert form["duration"] == str(seconds)
    async with session.get(form["wav"]) as response:
        assert response.status == 401
    async with session.get(form["wav"], headers=client.headers) as response:
        assert len(await response.read()) == pytest.approx(seconds * 16000, rel=0.01)


async def test_record_the_call(client: Client, customer: Customer) -> None:
    """Everything from that action on is recorded."""
    recorded = {"play": "sound/dtmf/PP", "recordcall": f"{customer.url}/heard"}
    await client.call({"play": "sound/beep", "next": recorded})
    assert [form["duration"] for form in customer.forms("/heard")] == ["2"]
