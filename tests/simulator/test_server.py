"""The API: credentials, refusals and answers."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import json

import aiohttp
import pytest

from simulator import AccountNumber, Simulator

from .conftest import PERSON, SPEED, Client


@pytest.mark.parametrize("authorization", [None, "Basic dTpw", "Bearer x", "Basic ö"])
async def test_wrong_credentials(
    simulator: Simulator, session: aiohttp.ClientSession, authorization: str | None
) -> None:
    """Other credentials are refused, with a reason in plain text."""
    headers = {"Authorization": authorization} if authorization else {}
    async with session.get(f"{simulator.api_url}/me", headers=headers) as response:
        assert response.status == 401
        assert response.content_type == "text/plain"
        assert await response.text()


async def test_account(client: Client, simulator: Simulator) -> None:
    """The account has its details and its balance."""
    me = await client.get("/me")
    assert me["id"] == simulator.account_id
    assert me["displayname"] == "Demo home"
    assert me["mobilenumber"] == "+46700000001"
    assert me["currency"] == "SEK"
    assert me["balance"] == 1_000_000


async def test_trial_account(session: aiohttp.ClientSession) -> None:
    """A trial account has no money fields."""
    simulator = Simulator(trial=True)
    async with simulator.serve():
        me = await Client(simulator, session).get("/me")
    assert me["id"] == simulator.account_id
    assert "balance" not in me


async def test_numbers(client: Client) -> None:
    """There is a number for calls, one for messages only, and an inactive one."""
    answer = await client.get("/numbers")
    assert "next" not in answer
    assert [
        (one["active"], "voice" in one["capabilities"]) for one in answer["data"]
    ] == [("yes", True), ("yes", False), ("no", True)]


async def test_numbers_come_in_pages(session: aiohttp.ClientSession) -> None:
    """Numbers come in pages of at most 100."""
    numbers = tuple(AccountNumber(f"+46766860{index:03}") for index in range(230))
    simulator = Simulator(numbers=numbers)
    async with simulator.serve():
        client = Client(simulator, session)
        answer = await client.get("/numbers")
        pages = [answer["data"]]
        while "next" in answer:
            answer = await client.get("/numbers", start=answer["next"])
            pages.append(answer["data"])
    assert [len(page) for page in pages] == [100, 100, 30]
    assert [one["number"] for page in pages for one in page] == [
        own.number for own in numbers
    ]


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("from", "Missing key from"),
        ("to", "Missing key to"),
        ("voice_start", "Missing key voice_start"),
    ],
)
async def test_missing_key(client: Client, field: str, reason: str) -> None:
    """The reason names the missing field."""
    assert await client.order(**{field: None}) == (403, reason)


async def test_plus_as_it_is(client: Client, simulator: Simulator) -> None:
    """A plus that was not encoded arrives as a space, and is read as a plus."""
    status, _ = await client.order(to=f" {PERSON[1:]}")
    assert status == 200
    assert simulator.calls[0].to == PERSON


async def test_spelling_of_paths(client: Client, simulator: Simulator) -> None:
    """Paths may begin with a capital letter."""
    await client.order()
    [call] = (await client.get("/Calls"))["data"]
    assert (await client.get(f"/Calls/{call['id']}"))["id"] == call["id"]
    assert (await client.get("/Me"))["id"] == simulator.account_id
    assert (await client.get("/Numbers"))["data"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "0701234567"),
        ("to", "+0701234567"),
        ("to", "+4670"),
        ("from", "46766860001"),
        ("voice_start", "ftp://127.0.0.1/x"),
        ("voice_start", "http://"),
        ("voice_start", "{}"),
        ("voice_start", "[]"),
        ("voice_start", '{"sing": "x"}'),
        ("voice_start", '{"play": '),
        ("whenhangup", "not a URL"),
        ("timeout", "soon"),
        ("timeout", "0"),
    ],
)
async def test_bad_request(
    client: Client, simulator: Simulator, field: str, value: str | None
) -> None:
    """An invalid request is refused with the field's name, and no call is placed."""
    status, reason = await client.order(**{field: value})
    assert status == 403
    assert field in reason
    assert not simulator.calls


@pytest.mark.parametrize("number", ["+46766860002", "+46766860003", "+46766860009"])
async def test_number_that_cannot_call(
    client: Client, simulator: Simulator, number: str
) -> None:
    """Only one of the account's active voice numbers may be shown."""
    assert await client.order(**{"from": number}) == (403, "Invalid from number")
    assert not simulator.calls


async def test_own_mobile_number_may_call(client: Client) -> None:
    """The mobile number that the account was opened with may be shown."""
    assert (await client.order(**{"from": "+46700000001"}))[0] == 200


async def test_no_credits(session: aiohttp.ClientSession) -> None:
    """Without money no call is placed."""
    simulator = Simulator(balance=0)
    async with simulator.serve():
        status, reason = await Client(simulator, session).order()
    assert (status, reason) == (403, "Not enough credits")
    assert not simulator.calls


async def test_order_is_answered_at_once(client: Client, simulator: Simulator) -> None:
    """The answer has just the fields of a call in progress."""
    status, text = await client.order()
    assert status == 200
    [call] = simulator.calls
    created = call.created.replace(tzinfo=None).isoformat(timespec="microseconds")
    assert json.loads(text) == {
        "direction": "outgoing",
        "from": simulator.voice_number,
        "to": PERSON,
        "created": created,
        "state": "ongoing",
        "id": call.id,
    }


async def test_unknown_call(client: Client) -> None:
    """A call that never existed is not found."""
    with pytest.raises(aiohttp.ClientResponseError) as error:
        await client.get("/calls/c0")
    assert error.value.status == 404


async def test_history_in_pages(client: Client, simulator: Simulator) -> None:
    """The history is sorted newest first, with each call once."""
    for _ in range(5):
        await client.order()
    answer = await client.get("/calls", limit=2)
    found = answer["data"]
    while "next" in answer:
        answer = await client.get("/calls", limit=2, start=answer["next"])
        assert len(answer["data"]) <= 2
        found += answer["data"]
    assert [call["id"] for call in found] == [
        call.id for call in reversed(simulator.calls)
    ]


async def test_history_between(client: Client, simulator: Simulator) -> None:
    """Only calls before `start` and after `end` are listed."""
    for _ in range(3):
        await client.order()
    first, second, third = simulator.calls
    between = await client.get(
        "/calls", start=third.created.isoformat(), end=first.created.isoformat()
    )
    assert [call["id"] for call in between["data"]] == [second.id]


async def test_history_of_no_time(client: Client) -> None:
    """An invalid time is refused."""
    with pytest.raises(aiohttp.ClientResponseError) as error:
        await client.get("/calls", start="yesterday")
    assert error.value.status == 403


async def test_provider_has_its_own_clock(session: aiohttp.ClientSession) -> None:
    """The Date header and the calls go by the provider's clock."""
    simulator = Simulator(SPEED, clock_offset=timedelta(hours=-3))
    async with simulator.serve():
        client = Client(simulator, session)
        async with session.get(
            f"{simulator.api_url}/me", headers=client.headers
        ) as response:
            date = parsedate_to_datetime(response.headers["Date"])
        await client.order()
    expected = datetime.now(UTC) - timedelta(hours=3)
    assert abs(date - expected) < timedelta(minutes=1)
    assert abs(simulator.calls[0].created - expected) < timedelta(minutes=1)


async def test_requests_are_logged(client: Client, simulator: Simulator) -> None:
    """Each request is logged with its content and its status."""
    await client.get("/calls", limit=7)
    await client.order(to="nobody")
    listed, ordered = simulator.requests
    assert (listed.method, listed.path, listed.query) == (
        "GET",
        "/a1/calls",
        {"limit": "7"},
    )
    assert listed.status == 200
    assert (ordered.method, ordered.form["to"], ordered.status) == (
        "POST",
        "nobody",
        403,
    )
