"""The client's requests, answered by a simulated 46elks over real sockets."""

from dataclasses import replace
from datetime import UTC

from aiohttp import ClientSession, ClientTimeout
import pytest

from custom_components.elks.api import (
    CallRequest,
    CallState,
    ElksClient,
    ElksError,
    FromNumberRefusedError,
    InvalidAuthError,
    NoCreditError,
    NotAllowedError,
    Number,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from simulator import AccountNumber, Dialect, Fault, FaultKind, Simulator

PHONE = "+46701234567"


@pytest.fixture
def request_(provider: Simulator) -> CallRequest:
    """Return a request for a call that 46elks accepts."""
    return CallRequest(
        from_number=provider.voice_number,
        to_number=PHONE,
        voice_start='{"play": "sound/beep"}',
        report_url=None,
        timeout=30,
    )


async def test_account(client: ElksClient, provider: Simulator) -> None:
    """The account is read."""
    account = await client.account()

    assert account.id == provider.account_id
    assert account.displayname == "Demo home"
    assert account.mobilenumber == "+46700000001"
    assert account.currency == "SEK"
    assert account.balance == provider.account.balance / 10_000


async def test_trial_account(client: ElksClient, provider: Simulator) -> None:
    """A trial account can lack everything but its id."""
    lacking = dict.fromkeys(("displayname", "mobilenumber", "currency", "balance"))
    provider.fault(Fault(FaultKind.WRONG_JSON, on="GET /me", fields=lacking))

    account = await client.account()

    assert account.id == provider.account_id
    assert (account.displayname, account.mobilenumber) == (None, None)
    assert (account.currency, account.balance) == (None, None)


async def test_numbers(client: ElksClient, provider: Simulator) -> None:
    """The account's numbers are read, with what they can do."""
    numbers = await client.numbers()

    listed = Number(
        number=provider.voice_number,
        active=True,
        voice=True,
        id=provider.account.numbers[0].id,
        name="Demo home",
    )
    assert listed in numbers
    assert any(number.active and not number.voice for number in numbers)
    assert any(not number.active for number in numbers)


async def test_many_numbers(socket_enabled: None) -> None:
    """The numbers are read page by page."""
    many = tuple(AccountNumber(f"+4676686{number:04}") for number in range(250))
    simulator = Simulator(numbers=many)
    async with simulator.serve(), ClientSession() as session:
        client = ElksClient(
            session, simulator.username, simulator.password, simulator.api_url
        )

        numbers = await client.numbers()

        assert [number.number for number in numbers] == [one.number for one in many]
        assert len(simulator.requests) == 3


async def test_endless_numbers(client: ElksClient, provider: Simulator) -> None:
    """A list of numbers that never ends is given up."""
    provider.fault(
        Fault(
            FaultKind.WRONG_JSON,
            on="GET /numbers",
            times=None,
            fields={"next": provider.account.numbers[0].id},
        )
    )

    await client.numbers()

    assert len(provider.requests) == 10


URL = "https://home.example/api/webhook/line?token=a-b_c"


async def test_number(client: ElksClient, provider: Simulator) -> None:
    """A number is read with what answers its calls, which the list need not say."""
    own = provider.account.change(provider.account.numbers[0], voice_start=URL)

    number = await client.number(own.id)

    assert (number.number, number.voice_start) == (own.number, URL)
    assert (await client.numbers())[0] == replace(number, voice_start=None)
    provider.dialect = Dialect(lists_voice_start=True)
    assert number in await client.numbers()


@pytest.mark.parametrize("dialect", [one for _, one in Dialect().others("cleared")])
async def test_set_voice_start(
    client: ElksClient, provider: Simulator, dialect: Dialect
) -> None:
    """What answers a number's calls is set, and cleared; nothing else of it ever changes."""
    provider.dialect = dialect
    own = provider.account.numbers[0]

    was = (await client.number(own.id)).voice_start
    assert was == ""
    assert (await client.set_voice_start(own.id, URL)).voice_start == URL
    assert (await client.number(own.id)).voice_start == URL
    assert not (await client.set_voice_start(own.id, was)).voice_start

    assert provider.account.numbers[0] == own
    sent = [request.form for request in provider.requests if request.form]
    assert sent == [{"voice_start": URL}, {"voice_start": "none"}]
    assert provider.given_away == []


@pytest.mark.parametrize(
    "number_id", ["", "..", "n1/../n2", "n1?active=no", "å", "n1 "]
)
async def test_no_id_of_a_number(
    client: ElksClient, provider: Simulator, number_id: str
) -> None:
    """What is no id leads nowhere: a request without one would rent a number."""
    with pytest.raises(ValueError, match="not the id"):
        await client.number(number_id)
    with pytest.raises(ValueError, match="not the id"):
        await client.set_voice_start(number_id, URL)

    assert provider.requests == []


@pytest.mark.parametrize(
    ("fault", "error", "is_set"),
    [
        (Fault(FaultKind.STATUS, status=401), InvalidAuthError, False),
        (
            Fault(FaultKind.STATUS, status=403, body="Forbidden"),
            NotAllowedError,
            False,
        ),
        (Fault(FaultKind.STATUS, status=404), RefusedError, False),
        (Fault(FaultKind.STATUS, status=503), UnreachableError, False),
        (Fault(FaultKind.STATUS, status=500), OutcomeUnknownError, False),
        (Fault(FaultKind.RESET_BEFORE), OutcomeUnknownError, False),
        (Fault(FaultKind.RESET_AFTER), OutcomeUnknownError, True),
        (Fault(FaultKind.STATUS_AFTER, status=502), OutcomeUnknownError, True),
        (Fault(FaultKind.HTML), OutcomeUnknownError, True),
        (Fault(FaultKind.TRUNCATED), OutcomeUnknownError, True),
        (
            Fault(FaultKind.WRONG_JSON, fields={"number": None}),
            OutcomeUnknownError,
            True,
        ),
    ],
)
async def test_voice_start_not_set(
    client: ElksClient,
    provider: Simulator,
    fault: Fault,
    error: type[ElksError],
    is_set: bool,
) -> None:
    """It is tried once, and the error says whether it may have been set."""
    own = provider.account.numbers[0]
    provider.fault(replace(fault, on="POST /numbers/{id}"))

    with pytest.raises(ElksError) as raised:
        await client.set_voice_start(own.id, URL)

    assert type(raised.value) is error
    assert len(provider.requests) == 1
    assert bool((await client.number(own.id)).voice_start) is is_set


async def test_unknown_number(client: ElksClient) -> None:
    """A number of somebody else is refused."""
    with pytest.raises(RefusedError, match="Invalid number id"):
        await client.number("n1")
    with pytest.raises(RefusedError, match="Invalid number id"):
        await client.set_voice_start("n1", URL)


async def test_place_call(
    client: ElksClient, provider: Simulator, request_: CallRequest
) -> None:
    """A call is placed with the fields that were given, and only those."""
    call = await client.place_call(request_)

    [placed] = provider.calls
    assert call.id == placed.id
    assert call.state is CallState.ONGOING
    assert call.created == placed.created
    assert call.created is not None
    assert call.created.tzinfo is UTC
    assert provider.requests[-1].form == {
        "from": provider.voice_number,
        "to": PHONE,
        "voice_start": '{"play": "sound/beep"}',
        "timeout": "30",
    }
    await provider.settled()


async def test_whenhangup(
    client: ElksClient, provider: Simulator, request_: CallRequest
) -> None:
    """The address for the end of the call arrives as it was given."""
    url = "http://127.0.0.1:1/ended?token=a-b_c"
    await client.place_call(replace(request_, report_url=url))

    assert provider.calls[0].whenhangup == url


async def test_wrong_credentials(provider: Simulator) -> None:
    """A wrong password is an error of its own."""
    async with ClientSession() as session:
        client = ElksClient(session, provider.username, "wrong", provider.api_url)
        with pytest.raises(InvalidAuthError):
            await client.account()


async def test_unicode_credentials(provider: Simulator) -> None:
    """Any text can be tried as a password."""
    async with ClientSession() as session:
        client = ElksClient(session, "å:ä", "ö–€", provider.api_url + "/")
        with pytest.raises(InvalidAuthError):
            await client.account()


async def test_from_number_of_another(
    client: ElksClient, provider: Simulator, request_: CallRequest
) -> None:
    """The provider's own refusal comes with its reason, and nothing was placed."""
    with pytest.raises(FromNumberRefusedError) as error:
        await client.place_call(replace(request_, from_number="+46701234999"))

    assert str(error.value)
    assert provider.calls == []


@pytest.mark.parametrize(
    ("fault", "error", "reason"),
    [
        (Fault(FaultKind.STATUS, status=400, body="No"), RefusedError, "No"),
        (
            Fault(FaultKind.STATUS, status=403, body='{"error": "Not  yours\\n"}'),
            NotAllowedError,
            "Not yours",
        ),
        (
            Fault(FaultKind.STATUS, status=403, body="Not enough credits"),
            NoCreditError,
            "Not enough credits",
        ),
        (
            Fault(FaultKind.STATUS, status=402, body="Pay"),
            NoCreditError,
            "Pay",
        ),
        (Fault(FaultKind.STATUS, status=404, body=""), RefusedError, "404 Not Found"),
        (
            Fault(FaultKind.STATUS, status=400, body='{"message": "x"}'),
            RefusedError,
            "400 Bad Request",
        ),
        (
            Fault(FaultKind.STATUS, status=400, body="{no"),
            RefusedError,
            "400 Bad Request",
        ),
        (
            Fault(FaultKind.STATUS, status=400, body=1000 * "long "),
            RefusedError,
            40 * "long ",
        ),
        (
            Fault(
                FaultKind.STATUS,
                status=400,
                body="Bad: +46 70-123 45 67, http://home.example/api/webhook/secret?token=x",
            ),
            RefusedError,
            "Bad: +46•••••567, http://•••••",
        ),
        (Fault(FaultKind.STATUS, status=429, body="Slow"), UnreachableError, "Slow"),
        (Fault(FaultKind.STATUS, status=503, body="Later"), UnreachableError, "Later"),
        (Fault(FaultKind.STATUS, status=500, body="Oh"), OutcomeUnknownError, "Oh"),
        (
            Fault(FaultKind.STATUS, status=504, body="<html>Gateway</html>"),
            OutcomeUnknownError,
            "504 Gateway Timeout",
        ),
        (
            Fault(
                FaultKind.STATUS, status=301, headers={"Location": "/a1/me"}, body=""
            ),
            OutcomeUnknownError,
            "301 Moved Permanently",
        ),
        (Fault(FaultKind.HTML), OutcomeUnknownError, "the answer is not JSON"),
        (Fault(FaultKind.TRUNCATED), OutcomeUnknownError, "the answer is not JSON"),
        (
            Fault(FaultKind.STATUS_AFTER, status=200, body=50_000 * "["),
            OutcomeUnknownError,
            "the answer is not JSON",
        ),
        (
            Fault(FaultKind.STATUS_AFTER, status=200, body="[1]"),
            OutcomeUnknownError,
            "the answer is not a JSON object",
        ),
        (
            Fault(FaultKind.WRONG_JSON, fields={"id": None}),
            OutcomeUnknownError,
            "the answer lacks a field or has a wrong one",
        ),
        (Fault(FaultKind.HUGE), OutcomeUnknownError, "the answer is too large"),
        (Fault(FaultKind.RESET_BEFORE), OutcomeUnknownError, "the connection broke"),
        (Fault(FaultKind.RESET_AFTER), OutcomeUnknownError, "the connection broke"),
    ],
)
async def test_errors(
    client: ElksClient,
    provider: Simulator,
    request_: CallRequest,
    fault: Fault,
    error: type[ElksError],
    reason: str,
) -> None:
    """Whatever is answered is an error that tells its consequence; nothing is sent twice."""
    provider.fault(fault)

    with pytest.raises(ElksError) as raised:
        await client.place_call(request_)

    assert type(raised.value) is error
    assert str(raised.value) == reason
    assert len(provider.requests) == 1
    await provider.settled()


async def test_no_connection(client: ElksClient, provider: Simulator) -> None:
    """Where nobody listens, a request certainly had no effect."""
    await provider.stop_listening()

    with pytest.raises(UnreachableError):
        await client.account()

    await provider.start_listening()


async def test_no_answer_in_time(
    client: ElksClient,
    provider: Simulator,
    request_: CallRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an answer in time, nobody knows whether the call was placed."""
    monkeypatch.setattr(
        "custom_components.elks.api.client._TIMEOUT", ClientTimeout(total=0.05)
    )
    provider.fault(Fault(FaultKind.STALL))

    with pytest.raises(OutcomeUnknownError, match="no answer in time"):
        await client.place_call(request_)


@pytest.mark.parametrize("answer", [{"data": None}, {"data": "x"}])
async def test_odd_lists(
    client: ElksClient, provider: Simulator, answer: dict[str, object]
) -> None:
    """A list without its data cannot be read."""
    provider.fault(Fault(FaultKind.WRONG_JSON, on="GET /numbers", fields=answer))

    with pytest.raises(OutcomeUnknownError, match="lacks its data"):
        await client.numbers()


async def test_odd_items(client: ElksClient, provider: Simulator) -> None:
    """What is no number in the list of numbers is passed over."""
    items = [1, {}, {"number": 2}, {"number": "+46700000009", "active": True}]
    provider.fault(
        Fault(FaultKind.WRONG_JSON, on="GET /numbers", fields={"data": items})
    )

    assert await client.numbers() == [
        Number(number="+46700000009", active=True, voice=False)
    ]
