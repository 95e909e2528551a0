"""Answers as 46elks shows them, read by the client over real sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
import json
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.elks.api import (
    Account,
    Call,
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
    TakenAction,
)
from custom_components.elks.const import CONF_FROM_NUMBER, DOMAIN
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator import Fault, FaultKind
from tests.elks.conftest import Home

from .example import EXAMPLES, Example, each

_REQUEST = CallRequest(
    from_number="+46700000158",
    to_number="+46700000158",
    voice_start='{"play": "sound/beep"}',
    report_url=None,
    timeout=60,
)
_DOORS: dict[str, Callable[[ElksClient], Awaitable[object]]] = {
    "GET /me": lambda client: client.account(),
    "GET /numbers": lambda client: client.numbers(),
    "GET /numbers/{id}": lambda client: client.number("n1"),
    "POST /numbers/{id}": lambda client: client.set_voice_start(
        "n1", "https://a.example"
    ),
    "POST /calls": lambda client: client.place_call(_REQUEST),
    "GET /calls": lambda client: client.calls(datetime(2016, 1, 1, tzinfo=UTC)),
    "GET /calls/{id}": lambda client: client.call("c1"),
}
"""What the client asks for; it sends no other request."""
_ALIKE = {"POST /me": "GET /me"}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _call(
    call_id: str, state: CallState, from_: str | None, to: str | None, **known: Any
) -> Call:
    """Return a call of which nothing else is known."""
    unknown = dict.fromkeys(("direction", "created", "start", "duration", "cost"))
    return Call(
        id=call_id,
        state=state,
        from_number=from_,
        to_number=to,
        **{**unknown, **known},
    )


def _connected(to: str) -> tuple[TakenAction, ...]:
    return (TakenAction(verb="connect", target=to, result="success"),)


def _account(displayname: str, balance: float, **known: Any) -> Account:
    """Return an account of which nothing else is known."""
    unknown = dict.fromkeys(("mobilenumber", "currency", "credit_alert"))
    return Account(
        id="u00000000000000000000000000000001",
        displayname=displayname,
        balance=balance,
        **{**unknown, **known},
    )


def _number(number: str, number_id: str, *, voice: bool = True, **known: Any) -> Number:
    return Number(number=number, active=True, voice=voice, id=number_id, **known)


_COMPANY = _account(
    "Your name or company", 967.05, mobilenumber="+46766861647", currency="SEK"
)
_COMPANY_WITH_ALERT = _account(
    "Your name or company",
    967.05,
    mobilenumber="+46766861647",
    currency="SEK",
    credit_alert=20.0,
)
_INCOMING = {
    "direction": "incoming",
    "created": _at("2016-11-03T09:24:24.355"),
    "start": _at("2016-11-03T09:24:24.333"),
    "duration": 15,
    "cost": 0.15,
    "actions": _connected("+4634000510"),
}
_SUPPORT: dict[str, Any] = {"name": "Support phone"}
_ANSWERED: dict[str, Any] = {"voice_start": "https://yourapp.example/elks/calls"}
_ANSWERED_OLD: dict[str, Any] = {"voice_start": "http://www.server.nu/incommuingcall"}
_N53C = "n53c05a4e002ae26f790cbaf82b93bc37"
_N57C = "n57c8f48af76bf986a14f251b35389e8b"
_C719 = "c719b1eefbf65b1f89c013e6433dbf537"
_C595 = "c595183c042b1e43d1c8e79b9fd5cbcab"
_C70B = "c70b23624c022a93a87907712cf804aca"

READ: dict[str, object] = {
    "ans-post-calls": _call(
        _C719,
        CallState.ONGOING,
        "+46700000158",
        "+46700000158",
        direction="outgoing",
        created=_at("2016-11-03T15:08:14.609873"),
    ),
    "ans-post-calls-other-states": _call(
        "c00000000000000000000000000000011",
        CallState.FAILED,
        "+46766861004",
        "+46700000158",
        direction="outgoing",
        created=_at("2023-09-26T12:00:00.123456"),
    ),
    "ans-get-calls-failed": [
        _call(
            _C719,
            CallState.FAILED,
            "+46700000158",
            "+46700000158",
            direction="outgoing",
            created=_at("2016-11-03T15:08:14.609"),
        ),
        _call(_C595, CallState.SUCCESS, "+46700000158", "+46100000214", **_INCOMING),
    ],
    "ans-get-calls-docs": [
        _call(
            _C70B,
            CallState.SUCCESS,
            "+46700000000",
            "+46700000815",
            direction="outgoing",
            created=_at("2018-02-20T11:55:27.756"),
            start=_at("2018-02-20T11:55:41.528"),
            duration=30,
            cost=1.14,
            timeout=60,
            actions=_connected("+46700000449"),
        )
    ],
    "ans-get-calls-sparse": [
        _call(
            _C70B,
            CallState.SUCCESS,
            "+46766861004",
            "+46700000815",
            direction="ongoing",
            start=_at("2018-02-20T11:55:41.528"),
        )
    ],
    "ans-get-call-id-incoming": _call(
        _C595, CallState.SUCCESS, "+46700000000", "+46711234567", **_INCOMING
    ),
    "ans-get-call-id-recordings": _call(
        "c361e5927d2c4d7dcf71a142dc0ec6d9b",
        CallState.SUCCESS,
        None,
        None,
        created=_at("2016-02-28T23:54:40"),
    ),
    "ans-get-me-swagger": _COMPANY,
    "ans-post-me-swagger": _COMPANY_WITH_ALERT,
    "ans-post-me-docs": _COMPANY_WITH_ALERT,
    "ans-get-me-sparse": _account("Test User", 197.4),
    "ans-get-numbers-docs": [
        _number("+46766861217", "n0ba74fef557dfcec3a96d8d4477ae634", **_SUPPORT)
    ],
    "ans-get-numbers-swagger": [
        _number("+46766861475", _N53C, **_ANSWERED_OLD),
        _number("+46766861476", "n53c05a4e002ae26f790cbaf82b93bc38"),
    ],
    "ans-get-numbers-production": [
        _number("+46766861004", "n00000000000000000000000000000021")
    ],
    "ans-get-numbers-websocket": [
        _number("+4600700021", "n00000000000000000000000000000022", voice=False)
    ],
    "ans-get-number-id-docs": _number("+46766861001", _N57C, **_ANSWERED),
    "ans-get-number-id-swagger": _number("+46766861475", _N53C, **_ANSWERED_OLD),
    "ans-post-number-id-docs": _number("+46766861001", _N57C, **_ANSWERED, **_SUPPORT),
}
"""What is read of an answer, all of what the integration wants to know."""

REFUSED: dict[str, type[ElksError]] = {
    "err-401": InvalidAuthError,
    "err-403-missing-key-from": RefusedError,
    "err-missing-key-voice-start": RefusedError,
    "err-key-missing": RefusedError,
    "err-invalid-from": FromNumberRefusedError,
    "err-invalid-to": RefusedError,
    "err-not-enough-credits": NoCreditError,
    "err-not-enough-credits-json": NoCreditError,
    "err-creditslow": NoCreditError,
    "err-too-long": RefusedError,
    "err-sms-url": RefusedError,
    # As a 404
    "err-invalid-number-id": RefusedError,
    "err-403-forbidden-numbers": NotAllowedError,
    "err-sip-not-allowed": NotAllowedError,
    "err-default-post-calls": NotAllowedError,
    "err-default-get-calls": NotAllowedError,
    "err-default-get-call-id": NotAllowedError,
    "err-default-get-me": NotAllowedError,
    "err-default-get-numbers": NotAllowedError,
    "err-default-post-number": NotAllowedError,
    "err-default-get-wav": NotAllowedError,
    "err-default-post-sms": NotAllowedError,
}
"""What an error means, if its status is 403 or as the source tells it."""

UNASKED = {
    *("ans-delete-call", "ans-get-subaccount"),
    *("ans-post-numbers-allocate", "ans-post-number-id-deallocated"),
    *("ans-post-sms-swagger", "ans-post-sms-recorded", "ans-post-sms-docs"),
    *("ans-post-sms-dryrun", "ans-post-sms-list"),
    *("ans-get-sms-docs", "ans-get-sms-swagger", "ans-get-sms-id-docs"),
    *("ans-get-recordings", "ans-get-recording-id", "ans-get-recording-wav"),
    *("ans-post-mms", "ans-get-mms-docs"),
}
"""Answers to what the client does not ask for."""

_KEYS: dict[type[ElksError], str] = {
    InvalidAuthError: "invalid_auth",
    NoCreditError: "no_credit",
    NotAllowedError: "refused",
    FromNumberRefusedError: "refused",
    RefusedError: "refused",
}


class Provider:
    """Answers every request, or those of one path, in one and the same way; has one page of all."""

    url = ""

    def __init__(self) -> None:
        """Answer nothing yet."""
        self._answers: dict[str, dict[str, Any]] = {}

    def answers(
        self, body: str, content_type: str | None, status: int = 200, path: str = ""
    ) -> None:
        """Give this answer from now on."""
        headers = {"Content-Type": content_type or "application/octet-stream"}
        self._answers[path] = {
            "body": body.encode(),
            "headers": headers,
            "status": status,
        }

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        if "start" in request.query:
            return web.json_response({"data": []})
        path = request.path if request.path in self._answers else ""
        return web.Response(**self._answers[path])


@pytest.fixture
async def provider_of_one(socket_enabled: None) -> AsyncIterator[Provider]:
    """Return a provider that answers what a test wants."""
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield provider
    await runner.cleanup()


@pytest.fixture
async def reader(provider_of_one: Provider) -> AsyncIterator[ElksClient]:
    """Return a client of that provider."""
    async with ClientSession() as session:
        yield ElksClient(session, "user", "password", provider_of_one.url)


def _door(example: Example) -> str:
    return _ALIKE.get(example.of, example.of)


def _statuses(example: Example) -> tuple[int, ...]:
    return (400, 403, 404) if example.status is None else (example.status,)


def _meaning(example: Example, status: int) -> type[ElksError]:
    """Return the error that a refusal is: only a 403 can mean what is not allowed."""
    meant = REFUSED[example.id]
    return RefusedError if meant is NotAllowedError and status != 403 else meant


def _reason(example: Example) -> str:
    if example.body.startswith("{"):
        return str(json.loads(example.body)["error"])
    return example.body


@each(READ)
async def test_read(
    provider_of_one: Provider, reader: ElksClient, example: Example
) -> None:
    """All that an answer says is read."""
    provider_of_one.answers(example.mended, example.content_type)

    assert await _DOORS[_door(example)](reader) == READ[example.id]


@each(one for one in READ if EXAMPLES[one].mended != EXAMPLES[one].body)
async def test_not_json(
    provider_of_one: Provider, reader: ElksClient, example: Example
) -> None:
    """An answer as a page abbreviates it, or with its slips, cannot be read, and says so."""
    provider_of_one.answers(example.body, example.content_type)

    with pytest.raises(OutcomeUnknownError, match="the answer is not JSON"):
        await _DOORS[_door(example)](reader)


@each(one.id for one in EXAMPLES.values() if one.what == "answer")
async def test_at_every_door(
    provider_of_one: Provider, reader: ElksClient, example: Example
) -> None:
    """No answer is more than an error of ours, also to a question that it does not belong to."""
    for status in (200, *_statuses(example), 500):
        provider_of_one.answers(example.body, example.content_type, status)
        for ask in _DOORS.values():
            with suppress(ElksError):
                await ask(reader)


@each(REFUSED)
async def test_refused(
    provider_of_one: Provider, reader: ElksClient, example: Example
) -> None:
    """What an error means is decided by its words where the status says little."""
    doors = [_DOORS[example.of]] if example.of in _DOORS else _DOORS.values()
    for status in _statuses(example):
        provider_of_one.answers(example.body, example.content_type, status)
        for ask in doors:
            with pytest.raises(ElksError) as raised:
                await ask(reader)
            assert type(raised.value) is _meaning(example, status)
            assert str(raised.value) == _reason(example)


@each(one for one in REFUSED if EXAMPLES[one].status is None)
async def test_server_error(
    provider_of_one: Provider, reader: ElksClient, example: Example
) -> None:
    """No words make it known whether a request that failed at the provider had an effect."""
    provider_of_one.answers(example.body, example.content_type, 500)

    with pytest.raises(OutcomeUnknownError):
        await reader.place_call(_REQUEST)


@each(REFUSED)
async def test_reason_is_shown(home: Home, example: Example) -> None:
    """Who asked for a call reads why there is none, in the provider's words."""
    home.provider.fault(
        Fault(
            FaultKind.STATUS,
            on="POST /calls",
            status=example.status or 403,
            headers={"Content-Type": example.content_type or "text/plain"},
            body=example.body,
        )
    )

    with pytest.raises(HomeAssistantError) as raised:
        await home.place_call()

    assert raised.value.translation_key == _KEYS[REFUSED[example.id]]
    assert raised.value.translation_placeholders == {"reason": _reason(example)}
    assert home.provider.calls == []


_ME = ("ans-post-me-swagger", "ans-post-me-docs", "ans-get-me-swagger")


@pytest.mark.usefixtures("enable_custom_integrations")
@pytest.mark.parametrize(
    ("account", "numbers", "title", "offered"),
    [
        *((me, "ans-get-numbers-swagger", "Your name or company", 3) for me in _ME),
        ("ans-get-me-sparse", "ans-get-numbers-docs", "Test User", 1),
        ("ans-get-me-sparse", "ans-get-numbers-production", "Test User", 1),
        ("ans-get-me-sparse", "ans-get-numbers-websocket", "Test User", 0),
        ("ans-get-me-sparse", "err-default-get-numbers", "Test User", 0),
    ],
)
async def test_set_up(
    hass: HomeAssistant,
    provider_of_one: Provider,
    account: str,
    numbers: str,
    title: str,
    offered: int,
) -> None:
    """An account as 46elks shows it is added, and its numbers are offered."""
    hass.config.country = "SE"
    for path, one in (("/me", EXAMPLES[account]), ("/numbers", EXAMPLES[numbers])):
        status = 403 if one.id in REFUSED else 200
        provider_of_one.answers(one.mended, one.content_type, status, path)

    flow = await _enter_credentials(hass, provider_of_one)
    assert flow["step_id"] == "number"
    schema = flow["data_schema"].schema
    assert len(schema[CONF_FROM_NUMBER].config["options"]) == offered
    flow = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {CONF_FROM_NUMBER: "+46766861475"}
    )

    assert flow["title"] == title
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("enable_custom_integrations")
@pytest.mark.parametrize(
    ("example", "error"),
    [
        ("err-401", "invalid_auth"),
        ("err-default-get-me", "cannot_connect"),
        ("ans-get-me-swagger", "cannot_connect"),
    ],
)
async def test_not_set_up(
    hass: HomeAssistant, provider_of_one: Provider, example: str, error: str
) -> None:
    """Without an account that can be read, the form says why."""
    one = EXAMPLES[example]
    status = one.status or 403
    provider_of_one.answers(one.body, one.content_type, status)

    flow = await _enter_credentials(hass, provider_of_one)

    assert (flow["step_id"], flow["errors"]) == ("user", {"base": error})


async def _enter_credentials(hass: HomeAssistant, provider: Provider) -> Any:
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    return await hass.config_entries.flow.async_configure(
        flow["flow_id"],
        {"username": "user", "password": "x", "advanced": {"url": provider.url}},
    )
