"""Random bytes, at the door in and in the answers from outside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict
import json
import logging
from urllib.parse import quote, urlencode

from aiohttp import ClientSession, ClientTimeout
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.elks.api import CallRequest, ElksClient, ElksError

from .conftest import PHONE, Home, webhook_path

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
async def calling(home: Home) -> Home:
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
