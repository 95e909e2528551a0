"""Random bytes, at the door in and in the answers from outside."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
import json
import logging
from urllib.parse import quote, urlencode

from aiohttp import ClientSession, ClientTimeout
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.elks.api import CallRequest, ElksClient, ElksError
from custom_components.elks.calls.token import token_of
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Event

from .conftest import (
    CALLBACK_KEY,
    LINE,
    LINE_KEY,
    PHONE,
    WEBHOOK_ID,
    Home,
    make_contact,
    make_line,
    webhook_path,
)
from .speech.conftest import Engine

# Hypothesis warns of its own random numbers in Python 3.14
pytestmark = pytest.mark.filterwarnings("ignore:It looks like `register_random`")

EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# The webhook

_FIELDS = ("id", "callid", "state", "created", "start", "duration", "cost", "result")
_VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "ongoing", "success", "busy", "failed"]),
    st.integers().map(str),
    st.integers(min_value=10**300, max_value=10**400).map(str),
    st.datetimes().map(str),
    st.sampled_from(
        [
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            5000 * "9",
            "1e999",
            "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        ]
    ),
)
_FORMS = st.dictionaries(st.sampled_from(_FIELDS) | st.text(max_size=5), _VALUES)
_BODIES = st.binary(max_size=200) | _FORMS.map(lambda form: urlencode(form).encode())
_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(
            ["application/json", "multipart/form-data", "text/plain", "\xff"]
        ),
        "X-Forwarded-Proto": st.just("https"),
    },
)
# Home Assistant itself refuses control characters
_QUERIES = st.one_of(
    st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=20).map(quote),
    st.text("token=&+;\xe5A1", max_size=30),
)


@pytest.fixture
async def calling(engine: Engine, home: Home) -> Home:
    """Return a home with a call that rings for long."""
    home.rings_on()
    await home.place_call(timeout=300)
    return home


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged that somebody would have to look at."""
    return [
        line.getMessage()
        for line in caplog.records
        if line.levelno >= logging.WARNING and "elks" in line.name
    ] + [line for line in caplog.messages if "Error processing webhook" in line]


@EXAMPLES
@given(body=_BODIES, headers=_HEADERS, query=_QUERIES)
async def test_webhook(
    calling: Home,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    headers: dict[str, str],
    query: str,
) -> None:
    """Whatever a stranger sends is answered alike, and changes nothing."""
    before = calling.last_call

    async with calling.client.post(
        f"{webhook_path()}?{query}", data=body, headers=headers
    ) as answer:
        assert (answer.status, await answer.read()) == (200, b"")

    await calling.hass.async_block_till_done()
    assert calling.last_call == before
    assert complaints(caplog) == []


@EXAMPLES
@given(form=_FORMS)
async def test_webhook_with_the_secret(
    calling: Home, caplog: pytest.LogCaptureFixture, form: dict[str, str]
) -> None:
    """Odd fields from 46elks itself raise nothing either, and can be written to disk."""
    call_id = calling.provider.calls[-1].id

    url = str(calling.provider.calls[-1].whenhangup)
    form = {**form, "id": call_id, "state": "ongoing"}

    async with calling.client.post(
        url[url.index("/api/") :], data=urlencode(form).encode()
    ) as answer:
        assert (answer.status, await answer.read()) == (200, b"")

    await calling.hass.async_block_till_done()
    assert complaints(caplog) == []
    assert not [line for line in caplog.messages if "Error writing config" in line]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Transfer-Encoding: chunked", b"2\r\nid\r\nzz\r\n"),
        ("Content-Length: 99", b"id=1"),
        ("Content-Length: 9\r\nContent-Encoding: gzip", b"not gzip!"),
    ],
    ids=["bad chunk", "cut short", "not what it says"],
)
async def test_broken_bodies(
    calling: Home, caplog: pytest.LogCaptureFixture, header: str, body: bytes
) -> None:
    """A body that goes wrong while it is read is ignored."""
    server = calling.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    lines = f"POST {webhook_path()} HTTP/1.1", "Host: x", "Expect: 100-continue", header
    writer.write("\r\n".join((*lines, "", "")).encode())
    # Sent when the webhook is about to read
    assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
    writer.write(body)
    writer.write_eof()
    with suppress(ConnectionError):
        await reader.read()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()

    await calling.hass.async_block_till_done()
    assert calling.last_call.state == "ongoing"
    assert complaints(caplog) == []


# The door of a line

_PIN = "2468135790"
_OUR_FIELDS = (*_FIELDS, "direction", "from", "to", "why", "wav")
_OUR_VALUES = _VALUES | st.sampled_from(
    [
        *("incoming", "outgoing", "newincoming", "newoutgoing", "now"),
        *(PHONE, LINE, "anonymous", "+", "+4600700021", "0"),
    ]
)
_PRESSED = st.one_of(
    st.text("0123456789*#A", max_size=12),
    st.integers(0, len(_PIN) - 1).map(lambda length: _PIN[:length]),
    st.sampled_from(["\uff11", "1\0", 200 * "1", f"{_PIN}0", f"*{_PIN}", "failed"]),
)
_OUR_FORMS = st.dictionaries(
    st.sampled_from(_OUR_FIELDS) | st.text(max_size=5), _OUR_VALUES
)
_KEYS_OF_OTHERS = st.one_of(
    # Home Assistant itself refuses control characters
    st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=30).map(quote),
    st.sampled_from(
        [
            *(LINE_KEY[:-1], LINE_KEY.upper(), f"{LINE_KEY}0", f"%20{LINE_KEY}"),
            *(f"&line={LINE_KEY}", "%ff", "%ed%a0%80", LINE, WEBHOOK_ID),
        ]
    ),
)
_OTHERWISE = ("state", "result", "duration", "wav")
"""Fields by which a callback reports something else than a call that rings."""
_TOKENS = st.sampled_from(["", "&token=", "&token=1", f"&token={CALLBACK_KEY}"])
_NUMBERS = st.sampled_from(["", "0", "1", "2", "-1", "1e9", 11 * "9", "x", "\uff11"])
_ANSWERED = st.tuples(
    st.fixed_dictionaries(
        {"asked": st.integers(0, 5).map(str) | _NUMBERS},
        optional={"keys": _PRESSED, "line": _NUMBERS, "secret": _NUMBERS}
        | dict.fromkeys(("waited", "since"), _NUMBERS),
    ).map(urlencode),
    st.fixed_dictionaries({}, optional={"result": _PRESSED, "why": _VALUES})
    | _OUR_FORMS,
)
"""The query and the form of a callback that asks what comes next."""


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody who is let in after any number of wrong PINs."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line that opens a gate for whoever enters the PIN."""
    opens = {"event": "gate_opened"}
    menu = [{"key": key, "say": "open", "actions": [opens]} for key in "0123456789"]
    return [make_line(callers="everyone", pin=_PIN, actions=[opens], menu=menu)]


@dataclass(frozen=True)
class Door:
    """A home whose gate nobody opens, and how it answers."""

    home: Home
    opened: list[Event]
    numbers: Iterator[int] = field(default_factory=count)
    """Of the calls."""

    async def post(self, query: str, form: Mapping[str, str]) -> bytes:
        """Call back, and return the answer; it is an action, or nothing."""
        body = urlencode(form, errors="surrogatepass").encode()
        path = f"{webhook_path()}?{query}"
        async with self.home.client.post(path, data=body) as answer:
            assert answer.status == 200
            text = await answer.read()
        assert not text or json.loads(text).keys() & {"play", "ivr", "hangup"}
        return text

    async def settle(self, caplog: pytest.LogCaptureFixture) -> None:
        """Check that the gate is closed, and that nobody need look at the log."""
        await self.home.hass.async_block_till_done()
        assert self.opened == []
        unsure = "46elks does not say whether a call still rings"
        assert [one for one in complaints(caplog) if not one.startswith(unsure)] == []


@pytest.fixture
async def door(engine: Engine, home: Home, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Return a home with a line, which waits for nobody to say whether a call still rings."""
    monkeypatch.setattr("custom_components.elks.lines.lines._LONGEST_ASK", 0.01)
    return Door(home, async_capture_events(home.hass, "gate_opened"))


@EXAMPLES
@given(key=_KEYS_OF_OTHERS, token=_TOKENS, form=_OUR_FORMS, calls=st.booleans())
async def test_door(
    door: Door,
    caplog: pytest.LogCaptureFixture,
    key: str,
    token: str,
    form: dict[str, str],
    calls: bool,
) -> None:
    """Whoever lacks the secret of a line is answered alike, whatever they say, and lets nobody in."""
    if calls:
        form |= {"callid": "c1", "direction": "incoming"}
    assert await door.post(f"line={key}{token}", form) == b""

    await door.settle(caplog)
    assert door.home.entry.runtime_data.tracker.book.open() == []


@EXAMPLES
@given(
    form=_OUR_FORMS,
    answers=st.lists(_ANSWERED, max_size=6),
    is_new=st.booleans(),
)
async def test_door_with_the_secret(
    door: Door,
    caplog: pytest.LogCaptureFixture,
    form: dict[str, str],
    answers: list[tuple[str, dict[str, str]]],
    is_new: bool,
) -> None:
    """Odd fields from 46elks itself raise nothing, and open nothing without the PIN."""
    call_id = f"c{next(door.numbers)}"
    now = datetime.now(UTC).isoformat()
    if is_new:
        form |= {"direction": "incoming", "callid": call_id, "created": "now"}
        form["from"] = PHONE
        form = {name: form[name] for name in form if name not in _OTHERWISE}
    form = {name: now if value == "now" else value for name, value in form.items()}
    first = await door.post(f"line={LINE_KEY}", form)
    assert not is_new or b'"ivr"' in first

    token = token_of(call_id, CALLBACK_KEY)
    for query, answer in answers:
        await door.post(f"token={token}&{query}", {**answer, "callid": call_id})
    await door.post(f"token={token}", {"id": call_id, "state": "success"})
    await door.settle(caplog)
    for record in door.home.entry.runtime_data.tracker.book.open():
        assert record.call is not None
        form = {"id": record.call.id, "state": "success"}
        await door.post(f"token={record.token}", form)
    assert door.home.entry.runtime_data.tracker.book.open() == []


# The client

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**400)
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=10)
    | st.datetimes().map(str),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
_KEYS = (*_FIELDS, "data", "next", "number", "active", "balance", "error", "currency")
_ANSWERS = st.dictionaries(st.sampled_from(_KEYS), _JSON).map(
    lambda answer: json.dumps({"id": "c1", "state": "busy", **answer}).encode()
)
_LISTS = st.lists(_ANSWERS, max_size=3).map(
    lambda items: b'{"data": [' + b",".join(items) + b"]}"
)
_DATES = st.one_of(
    st.text("0123456789 :,+-MonJaGTZ", max_size=40),
    st.integers(min_value=0, max_value=10**30).map(
        lambda year: f"Mon, 01 Jan {year} 00:00:00 GMT"
    ),
    st.sampled_from(
        ["Fri, 31 Dec 9999 23:59:59 -2359", "Sat, 01 Jan 0100 00:00:00 +2359"]
    ),
)
_ANSWER_HEADERS = st.fixed_dictionaries(
    {}, optional={"Date": _DATES, "Retry-After": _DATES | st.integers().map(str)}
)


def _answer(status: int, headers: dict[str, str], body: bytes) -> bytes:
    lines = [
        f"HTTP/1.1 {status} ?",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


_RESPONSES = st.binary(max_size=300) | st.builds(
    _answer,
    st.sampled_from([200, 200, 200, 200, 204, 302, 400, 401, 429, 500, 503, 999]),
    _ANSWER_HEADERS,
    st.binary(max_size=100) | _JSON.map(json.dumps).map(str.encode) | _ANSWERS | _LISTS,
)


class Babbler:
    """A server that answers every request with the same bytes."""

    def __init__(self) -> None:
        """Answer nothing yet."""
        self.response = b""
        self.url = ""

    async def answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer a request and hang up."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.response)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def babbler(socket_enabled: None) -> AsyncIterator[Babbler]:
    """Return a server that listens."""
    babbler = Babbler()
    server = await asyncio.start_server(babbler.answer, "127.0.0.1")
    babbler.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield babbler


async def _use(client: ElksClient) -> None:
    """Make every request there is, and use what it gives."""
    request = CallRequest(
        from_number=PHONE,
        to_number=PHONE,
        voice_start="{}",
        report_url=None,
        timeout=1,
    )
    with suppress(ElksError):
        await client.account()
    with suppress(ElksError):
        await client.numbers()
    with suppress(ElksError):
        await client.calls(await client.clock())
    with suppress(ElksError):
        call = await client.place_call(request)
        json.dumps(asdict(call), default=str, ensure_ascii=False).encode()
        await client.call(call.id)
    client.now()


@EXAMPLES
@given(response=_RESPONSES)
async def test_client(babbler: Babbler, response: bytes) -> None:
    """Whatever is answered, the client raises nothing but its own errors."""
    babbler.response = response
    async with ClientSession(timeout=ClientTimeout(total=5)) as session:
        await _use(ElksClient(session, "username", "password", babbler.url))
