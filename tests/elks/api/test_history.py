"""The client's questions about calls, and the time by 46elks' clock."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import ClientSession
import pytest

from custom_components.elks.api import (
    Call,
    CallRequest,
    CallState,
    ElksClient,
    InvalidAuthError,
    OutcomeUnknownError,
    RefusedError,
    TakenAction,
    UnreachableError,
)
from simulator import Dialect, Fault, FaultKind, Outcome, Simulator

PHONE = "+46701234567"


async def place(client: ElksClient, provider: Simulator) -> Call:
    """Place a call."""
    return await client.place_call(
        CallRequest(
            from_number=provider.voice_number,
            to_number=PHONE,
            voice_start='{"play": "sound/beep"}',
            report_url=None,
            timeout=30,
        )
    )


def to_milliseconds(moment: datetime) -> datetime:
    """Cut a time as the history does."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


async def test_call(client: ElksClient, provider: Simulator) -> None:
    """A call is read as it stands."""
    placed = await place(client, provider)
    await provider.settled()

    call = await client.call(placed.id)

    [truth] = provider.calls
    assert truth.cost
    assert truth.start
    assert call == replace(
        placed,
        state=CallState.SUCCESS,
        created=to_milliseconds(truth.created),
        start=to_milliseconds(truth.start),
        duration=truth.duration,
        cost=truth.cost / 10_000,
        timeout=truth.timeout,
        actions=(TakenAction(verb="play", target="sound/beep", result="success"),),
    )


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_unknown_call(
    client: ElksClient, provider: Simulator, status: int
) -> None:
    """A call that there is not is refused alike, whatever the status."""
    provider.dialect = Dialect(unknown_status=status)
    with pytest.raises(RefusedError) as raised:
        await client.call("c1")

    assert type(raised.value) is RefusedError


@pytest.mark.parametrize("call_id", ["c1", "../me", "å/?#", ""])
async def test_no_such_call(
    client: ElksClient, provider: Simulator, call_id: str
) -> None:
    """A call that is not there is refused; its id leads nowhere else."""
    with pytest.raises((RefusedError, OutcomeUnknownError)):
        await client.call(call_id)

    assert provider.requests == [] or provider.requests[0].path.startswith("/a1/calls")


async def test_calls(client: ElksClient, provider: Simulator) -> None:
    """The history is read since a time, the newest first."""
    older, newer = await place(client, provider), await place(client, provider)
    assert older.created
    provider.phone(PHONE, outcome=Outcome.NO_ANSWER)

    everything = await client.calls(older.created - timedelta(seconds=1))
    after = await client.calls(older.created)

    assert [call.id for call in everything] == [newer.id, older.id]
    assert [call.id for call in after] == [newer.id]


async def test_long_history(client: ElksClient, provider: Simulator) -> None:
    """The history is read page by page."""
    provider.phone(PHONE, outcome=Outcome.UNREACHABLE)
    placed = [await place(client, provider) for _ in range(205)]
    assert placed[0].created
    provider.requests.clear()

    calls = await client.calls(placed[0].created - timedelta(seconds=1))

    assert [call.id for call in calls] == [call.id for call in reversed(placed)]
    assert len(provider.requests) == 3


async def test_endless_history(client: ElksClient, provider: Simulator) -> None:
    """A history that never ends is given up."""
    more = {"next": "2026-11-03T15:08:14.609873"}
    provider.fault(
        Fault(FaultKind.WRONG_JSON, on="GET /calls", times=None, fields=more)
    )

    await client.calls(datetime.now(UTC))

    assert len(provider.requests) == 10


async def test_odd_history(client: ElksClient, provider: Simulator) -> None:
    """What cannot be read in a history is passed over."""
    items = [1, {}, {"id": "c1"}, {"id": "c2", "state": "busy"}, {"id": "\ud800"}]
    provider.fault(Fault(FaultKind.WRONG_JSON, on="GET /calls", fields={"data": items}))

    calls = await client.calls(datetime.now(UTC))

    assert [(call.id, call.state) for call in calls] == [
        ("c1", CallState.ONGOING),
        ("c2", CallState.BUSY),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cost", 10**400),
        ("cost", 5000 * "9"),
        ("duration", 10**20),
        ("duration", str(10**20)),
        ("duration", True),
        ("created", "0001-01-01T00:00:00+01:00"),
        ("created", "9999-12-31T23:59:59-01:00"),
        ("direction", "\ud800"),
    ],
)
async def test_odd_fields(
    client: ElksClient, provider: Simulator, field: str, value: object
) -> None:
    """What no call can have is not known of it."""
    provider.fault(Fault(FaultKind.WRONG_JSON, on="POST /calls", fields={field: value}))

    assert getattr(await place(client, provider), field) is None


# The clock


@pytest.fixture(params=[-400, 0, 0.1, 20_000])
async def ahead(request: pytest.FixtureRequest) -> timedelta:
    """Return how far 46elks' clock goes before ours."""
    return timedelta(days=request.param)


@pytest.fixture
async def elsewhen(socket_enabled: None, ahead: timedelta) -> AsyncIterator[Simulator]:
    """Return a simulated 46elks whose clock differs from ours."""
    simulator = Simulator(speed=1000, clock_offset=ahead)
    async with simulator.serve():
        yield simulator


def shows(client: ElksClient, ahead: timedelta) -> bool:
    """Return whether the client's clock goes so far before ours."""
    return abs(client.now() - datetime.now(UTC) - ahead) < timedelta(seconds=3)


async def test_clock(elsewhen: Simulator, ahead: timedelta) -> None:
    """The time is ours until 46elks has told its own, and asked for once."""
    async with ClientSession() as session:
        client = ElksClient(
            session, elsewhen.username, elsewhen.password, elsewhen.api_url
        )
        assert shows(client, timedelta())

        assert abs(await client.clock() - client.now()) < timedelta(seconds=3)
        await client.clock()

        assert shows(client, ahead)
        assert [request.path for request in elsewhen.requests] == ["/a1/me"]


@pytest.mark.parametrize("status", [401, 500])
async def test_every_answer_tells_the_time(
    elsewhen: Simulator, ahead: timedelta, status: int
) -> None:
    """A refusal tells the time too."""
    elsewhen.fault(Fault(FaultKind.STATUS, status=status))
    async with ClientSession() as session:
        client = ElksClient(
            session, elsewhen.username, elsewhen.password, elsewhen.api_url
        )
        with pytest.raises((InvalidAuthError, OutcomeUnknownError)):
            await client.numbers()

        assert shows(client, ahead)


async def test_clock_without_an_answer(client: ElksClient, provider: Simulator) -> None:
    """A clock that cannot be asked for is an error."""
    await provider.stop_listening()

    with pytest.raises(UnreachableError):
        await client.clock()

    await provider.start_listening()


# When to try again


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("7", 7),
        ("100000", 100_000),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Tue, 03 Nov 2015 15:00:00 GMT", 0),
    ],
)
async def test_retry_after(
    client: ElksClient,
    provider: Simulator,
    status: int,
    told: str | None,
    seconds: float | None,
) -> None:
    """46elks may tell after how many seconds it wants to be asked again."""
    headers = {} if told is None else {"Retry-After": told}
    provider.fault(Fault(FaultKind.STATUS, status=status, headers=headers))

    with pytest.raises(UnreachableError) as raised:
        await place(client, provider)

    assert raised.value.retry_after == seconds


async def test_retry_at_a_time(elsewhen: Simulator, ahead: timedelta) -> None:
    """It may tell a time instead, by its own clock."""
    moment = datetime.now(UTC) + ahead + timedelta(seconds=60)
    headers = {"Retry-After": format_datetime(moment, usegmt=True)}
    elsewhen.fault(Fault(FaultKind.STATUS, status=503, headers=headers))
    async with ClientSession() as session:
        client = ElksClient(
            session, elsewhen.username, elsewhen.password, elsewhen.api_url
        )
        with pytest.raises(UnreachableError) as raised:
            await client.account()

    assert raised.value.retry_after == pytest.approx(60, abs=3)
