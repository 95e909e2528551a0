"""The requests to 46elks that this project makes."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import json
import re
from typing import cast
from urllib.parse import quote, urlencode

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    InvalidURL,
)
from aiohttp.hdrs import CONTENT_TYPE, METH_GET, METH_POST

from .errors import (
    ElksError,
    FromNumberRefusedError,
    InvalidAuthError,
    NoCreditError,
    NotAllowedError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from .masking import mask
from .models import Account, Call, CallRequest, Number, as_voice_start, is_id, read_text

DEFAULT_URL = "https://api.46elks.com/a1"

_TIMEOUT = ClientTimeout(total=30, sock_connect=10)
_FORM = {CONTENT_TYPE: "application/x-www-form-urlencoded"}
_MAX_ANSWER = 1024 * 1024
_MAX_ERROR_TEXT = 2000
_MAX_REASON = 200
_MAX_PAGES = 10
_FURTHEST = timedelta(days=36525)
"""No clock is wrong by more; a home's own can start at 1970."""

# 46elks answers most of what it refuses with 403: only its words say why
_POOR = re.compile(r"credit", re.IGNORECASE)
_FROM_NUMBER = re.compile(r"\b(invalid from|from number|call from)\b", re.IGNORECASE)
_MAKES_NO_SENSE = re.compile(
    r"(missing key|key \S+ missing|invalid|too long)\b|.+ not a valid\b", re.IGNORECASE
)

type _Json = Mapping[str, object]


class ElksClient:
    """One account at 46elks.

    Every method raises an ElksError of the class that stands for the consequence:
    InvalidAuthError, RefusedError, UnreachableError or OutcomeUnknownError.
    A request takes at most 30 seconds.
    """

    def __init__(
        self,
        session: ClientSession,
        username: str,
        password: str,
        url: str = DEFAULT_URL,
    ) -> None:
        """Use the API at `url` with the account's API credentials."""
        self._session = session
        self._url = url.rstrip("/")
        credentials = b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}
        self._secrets = (credentials, username, password)
        self._ahead: timedelta | None = None

    async def account(self) -> Account:
        """Return the account: `GET /me`."""
        return _read(Account.from_api, await self._request(METH_GET, "/me"))

    async def numbers(self) -> list[Number]:
        """Return the account's phone numbers: `GET /numbers`, page by page."""
        numbers: list[Number] = []
        query: dict[str, str] = {}
        for _ in range(_MAX_PAGES):
            page = await self._request(METH_GET, "/numbers", query=query)
            numbers += _readable(Number.from_api, page)
            if (start := read_text(page, "next")) is None:
                break
            query = {"start": start}
        return numbers

    async def number(self, number_id: str) -> Number:
        """Return a number as it is set: `GET /numbers/{id}`. Raises ValueError for what is no id."""
        answer = await self._request(METH_GET, _number_path(number_id))
        number = _read(Number.from_api, answer)
        return replace(number, voice_start=number.voice_start or "")

    async def set_voice_start(self, number_id: str, voice_start: str) -> Number:
        """Set what answers a number's calls, and nothing else: `POST /numbers/{id}`.

        `voice_start` is a URL or an action as JSON text; empty for nothing. Never sent twice.
        Returns the number as it was answered, which need not say it. Raises ValueError for
        what is no id.
        """
        form = {"voice_start": as_voice_start(voice_start)}
        answer = await self._request(METH_POST, _number_path(number_id), form=form)
        return _read(Number.from_api, answer)

    async def voice_numbers(self) -> list[str]:
        """Return those of the account's numbers that can place calls, in E.164."""
        return [
            number.number
            for number in await self.numbers()
            if number.active and number.voice
        ]

    async def place_call(self, request: CallRequest) -> Call:
        """Place a call: `POST /calls`. Never sent twice."""
        answer = await self._request(METH_POST, "/calls", form=request.as_form())
        return _read(Call.from_api, answer)

    async def call(self, call_id: str) -> Call:
        """Return a call as it stands: `GET /calls/{id}`."""
        answer = await self._request(METH_GET, f"/calls/{quote(call_id, safe='')}")
        return _read(Call.from_api, answer)

    async def calls(self, since: datetime) -> list[Call]:
        """Return the calls placed since a time of 46elks' clock, the newest first: `GET /calls`."""
        calls: list[Call] = []
        query = {"end": _time(since)}
        for _ in range(_MAX_PAGES):
            page = await self._request(METH_GET, "/calls", query=query)
            calls += _readable(Call.from_api, page)
            if (start := read_text(page, "next")) is None:
                break
            query["start"] = start
        return calls

    def now(self) -> datetime:
        """Return the time by 46elks' clock, as its answers give it; else by ours."""
        return datetime.now(UTC) + (self._ahead or timedelta())

    @property
    def knows_time(self) -> bool:
        """Whether an answer has given the time by 46elks' clock."""
        return self._ahead is not None

    async def clock(self) -> datetime:
        """Return the time by 46elks' clock, asking for it if no answer has given it yet."""
        if self._ahead is None:
            await self.account()
        return self.now()

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> _Json:
        """Send a request and return the JSON object it is answered with."""
        try:
            async with self._session.request(
                method,
                self._url + path,
                params=query,
                data=urlencode(form).encode() if form else None,
                headers=self._headers | (_FORM if form else {}),
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as response:
                self._note_time(response)
                return await _answer(response, self._secrets)
        except (ClientConnectorError, ConnectionTimeoutError, InvalidURL) as err:
            raise UnreachableError("no connection") from err
        except TimeoutError as err:
            raise OutcomeUnknownError("no answer in time") from err
        except ClientError as err:
            raise OutcomeUnknownError("the connection broke") from err

    def _note_time(self, response: ClientResponse) -> None:
        """Set 46elks' clock by the `Date` of an answer."""
        date, now = _http_date(response, "Date"), datetime.now(UTC)
        if date and abs(date - now) < _FURTHEST:
            self._ahead = date - now


def _number_path(number_id: str) -> str:
    """Return the path of a number. Without its id, a POST would rent another number."""
    if not is_id(number_id):
        raise ValueError("not the id of a number")
    return f"/numbers/{number_id}"


async def _answer(response: ClientResponse, secrets: tuple[str, ...]) -> _Json:
    """Return the JSON object in an answer, or raise what its status means.

    Whoever answers may repeat what was sent: secrets do not get into the reason.
    """
    body = await _body(response)
    if response.status >= 300:
        raise _error(response, _without(body, secrets))
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise OutcomeUnknownError("the answer is not JSON") from err
    if not isinstance(answer, dict):
        raise OutcomeUnknownError("the answer is not a JSON object")
    return cast(_Json, answer)


async def _body(response: ClientResponse) -> bytes:
    """Return the body of an answer, unless it is larger than any true one."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MAX_ANSWER:
            raise OutcomeUnknownError("the answer is too large")
    return bytes(body)


def _without(body: bytes, secrets: tuple[str, ...]) -> bytes:
    for secret in filter(None, secrets):
        body = body.replace(secret.encode(), b"...")
    return body


def _error(response: ClientResponse, body: bytes) -> ElksError:
    """Return the error that the status of an answer means."""
    reason = _reason(response, body)
    if response.status == 401:
        return InvalidAuthError(reason)
    if response.status in (429, 503):
        return UnreachableError(reason, _retry_after(response))
    if not 400 <= response.status < 500:
        return OutcomeUnknownError(reason)
    return _refused(response.status, reason)


def _refused(status: int, reason: str) -> RefusedError:
    """Return the error that a refusal means."""
    if status == 402 or _POOR.search(reason):
        return NoCreditError(reason)
    if _FROM_NUMBER.search(reason):
        return FromNumberRefusedError(reason)
    if status == 403 and not _MAKES_NO_SENSE.match(reason):
        return NotAllowedError(reason)
    return RefusedError(reason)


def _retry_after(response: ClientResponse) -> float | None:
    """Return the seconds after which 46elks wants to be asked again, if it says so."""
    seconds = response.headers.get("Retry-After", "")
    if seconds.isascii() and seconds.isdigit():
        return float(seconds)
    moment = _http_date(response, "Retry-After")
    now = _http_date(response, "Date") or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def _http_date(response: ClientResponse, header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(response.headers.get(header, ""))
    except ValueError, OverflowError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _reason(response: ClientResponse, body: bytes) -> str:
    """Return the provider's reason, plain text or `{"error": "..."}`, fit to be shown.

    A page of HTML, as proxies send it, says less than its status.
    """
    text = body.decode(errors="replace").strip()
    if text.startswith("{"):
        try:
            error = str(json.loads(text)["error"])
            text = error.encode(errors="replace").decode()
        except ValueError, KeyError, RecursionError:
            text = ""
    if not text or text.startswith("<"):
        text = f"{response.status} {response.reason}"
    return mask(" ".join(text[:_MAX_ERROR_TEXT].split()))[:_MAX_REASON]


def _readable[T](model: Callable[[_Json], T], page: _Json) -> list[T]:
    """Return what a page of a list holds, without what cannot be read."""
    data = page.get("data")
    if not isinstance(data, list):
        raise OutcomeUnknownError("the answer lacks its data")
    read: list[T] = []
    for item in data:
        with suppress(ValueError):
            read.append(model(item if isinstance(item, dict) else {}))
    return read


def _time(moment: datetime) -> str:
    """Return a time as 46elks writes it: UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def _read[T](model: Callable[[_Json], T], data: _Json) -> T:
    """Read a model from an answer."""
    try:
        return model(data)
    except ValueError as err:
        raise OutcomeUnknownError(
            "the answer lacks a field or has a wrong one"
        ) from err
