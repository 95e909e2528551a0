"""The requests that the HTTP API understands."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from ..account import AccountNumber, SimulatedAccount, is_e164
from ..calls.actions import is_url, parse_action
from ..calls.exchange import Exchange, Order
from ..calls.recordings import Recordings
from ..clock import Clock
from ..faults import Fault, Faults
from ..tasks import Tasks
from ..times import Times
from ..traffic import ReceivedRequest
from ..wire.callbacks import Callbacks
from ..wire.payloads import Payloads
from .mishaps import answer_with_fault

API_PATH = "/a1"

_LARGEST_PAGE = 100
_DEFAULT_TIMEOUT = 60
_VOICE_START = "voice_start"
_CLEARS = ("", " ", "none")
"""What a field of a number is set to so that it holds nothing."""
_LONGEST_NAME = 50
_UNAUTHORIZED = (
    "API access requires Basic HTTP authentication. Read documentation or examples."
)


class RequestRefusedError(Exception):
    """A request is refused."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        """Refuse with a reason; without a status, with the dialect's for invalid requests."""
        super().__init__(reason)
        self.status = status


class Api:
    """The HTTP API."""

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        exchange: Exchange,
        callbacks: Callbacks,
        recordings: Recordings,
        faults: Faults,
        clock: Clock,
        payloads: Payloads,
        requests: list[ReceivedRequest],
        tasks: Tasks,
        changed: Callable[[], None],
    ) -> None:
        """Log all requests in `requests`; keep those under way in `tasks`.

        `changed` is called when a number has changed.
        """
        self._account = account
        self._exchange = exchange
        self._callbacks = callbacks
        self._recordings = recordings
        self._faults = faults
        self._clock = clock
        self._payloads = payloads
        self._requests = requests
        self._tasks = tasks
        self._changed = changed

    def application(self) -> web.Application:
        """Return the API as a web application."""
        app = web.Application(middlewares=[self._receive])
        for method, path, handler in (
            ("GET", "/me", self._me),
            ("GET", "/numbers", self._numbers),
            ("GET", "/numbers/{id}", self._show_number),
            ("POST", "/numbers/{id}", self._set_number),
            ("DELETE", "/numbers/{id}", self._give_number_away),
            ("POST", "/calls", self._place_call),
            ("GET", "/calls", self._history),
            ("GET", "/calls/{id}", self._call),
            ("GET", "/recordings/{id}.wav", self._recording),
        ):
            # The provider's documentation uses both spellings
            for spelling in (path, f"/{path[1:].capitalize()}"):
                app.router.add_route(method, spelling, handler)
        app.on_response_prepare.append(self._add_date)
        return app

    @web.middleware
    async def _receive(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Log a request and answer it, with a fault if there is one."""
        self._tasks.add_current()
        form = _texts((await request.post()).items())
        received = ReceivedRequest(
            request.method, request.path, dict(request.query), form, self._clock.now()
        )
        self._requests.append(received)

        async def carry_out() -> web.Response:
            return await self._answer(request, handler)

        if fault := self._take_fault(request, form):
            response = await answer_with_fault(
                fault, request, carry_out, self._clock, self._callbacks
            )
        else:
            response = await carry_out()
        if response is None:
            return web.Response()
        received.status = response.status
        return response

    def _take_fault(
        self, request: web.Request, form: Mapping[str, str]
    ) -> Fault | None:
        resource = request.match_info.route.resource
        path = resource.canonical.removeprefix(API_PATH) if resource else request.path
        path = path.lower()
        subject = request.match_info.get("id", "")
        call, own = self._exchange.calls.get(subject), self._account.own(subject)
        number = call.to if call else own.number if own else form.get("to")
        return self._faults.take(f"{request.method} {path}", number)

    async def _answer(self, request: web.Request, handler: Handler) -> web.Response:
        try:
            self._authorize(request)
            response = await handler(request)
        except RequestRefusedError as refused:
            status = refused.status or self._payloads.dialect.refused_status
            body, content_type = self._payloads.refusal(str(refused))
            return web.Response(status=status, text=body, content_type=content_type)
        except web.HTTPException as error:
            return web.Response(status=error.status, text=error.reason)
        assert isinstance(response, web.Response)
        return response

    def _authorize(self, request: web.Request) -> None:
        if not self._account.admits(request.headers.get("Authorization", "")):
            raise RequestRefusedError(_UNAUTHORIZED, 401)

    async def _add_date(
        self, request: web.Request, response: web.StreamResponse
    ) -> None:
        response.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)

    async def _me(self, request: web.Request) -> web.Response:
        return web.json_response(self._payloads.account(self._account))

    async def _numbers(self, request: web.Request) -> web.Response:
        numbers = self._account.numbers
        start = request.query.get("start")
        ids = [number.id for number in numbers]
        if start is not None and start not in ids:
            raise RequestRefusedError("Invalid start")
        first = ids.index(start) if start else 0
        after = first + _limit(request)
        page = {"data": [self._payloads.listed_number(n) for n in numbers[first:after]]}
        more = {"next": ids[after]} if after < len(ids) else {}
        return web.json_response(page | more)

    async def _show_number(self, request: web.Request) -> web.Response:
        return web.json_response(self._payloads.number(self._own(request)))

    async def _set_number(self, request: web.Request) -> web.Response:
        number = self._own(request)
        form = _texts((await request.post()).items())
        changed = self._account.change(number, **_settings(number, form))
        if form.get("active") == "no":
            changed = self._account.give_away(changed)
        self._changed()
        return web.json_response(self._payloads.number(changed))

    async def _give_number_away(self, request: web.Request) -> web.Response:
        changed = self._account.give_away(self._own(request))
        self._changed()
        return web.json_response(self._payloads.number(changed))

    def _own(self, request: web.Request) -> AccountNumber:
        number = self._account.own(request.match_info["id"])
        if number is None:
            raise RequestRefusedError(
                "Invalid number id", self._payloads.dialect.unknown_status
            )
        return number

    async def _place_call(self, request: web.Request) -> web.Response:
        order = _order(_texts((await request.post()).items()))
        if not self._account.may_call_from(order.from_):
            raise RequestRefusedError(self._payloads.dialect.foreign_number)
        if self._account.balance <= 0:
            raise RequestRefusedError(self._payloads.dialect.no_credits, 403)
        return web.json_response(self._payloads.placed(self._exchange.place(order)))

    async def _call(self, request: web.Request) -> web.Response:
        call = self._exchange.calls.get(request.match_info["id"])
        if call is None or not self._exchange.listed(call):
            raise RequestRefusedError(
                "Invalid call id", self._payloads.dialect.unknown_status
            )
        return web.json_response(self._payloads.history(call))

    async def _history(self, request: web.Request) -> web.Response:
        before, after = _time(request, "start"), _time(request, "end")
        limit = _limit(request)
        calls = [
            call
            for call in reversed(self._exchange.calls.values())
            if self._exchange.listed(call)
            and (before is None or call.created < before)
            and (after is None or call.created > after)
        ]
        page = calls[:limit]
        answer: dict[str, Any] = {"data": [self._payloads.history(one) for one in page]}
        if len(calls) > limit:
            answer["next"] = Times.MILLISECONDS.write(page[-1].created)
        return web.json_response(answer)

    async def _recording(self, request: web.Request) -> web.Response:
        wav = self._recordings.wav(request.match_info["id"])
        if wav is None:
            raise RequestRefusedError("Unable to download recording.", 404)
        return web.Response(body=wav, content_type="application/octet-stream")


def _order(form: Mapping[str, str]) -> Order:
    """Read a request for a call; raise RequestRefusedError if it is invalid."""
    for name in ("from", "to", _VOICE_START):
        if name not in form:
            raise RequestRefusedError(f"Missing key {name}")
    from_, to = (_number(form[name], name) for name in ("from", "to"))
    voice_start = _voice_start(form[_VOICE_START])
    whenhangup = form.get("whenhangup")
    if whenhangup is not None:
        _check_url("whenhangup", whenhangup)
    timeout = _whole(form.get("timeout"), "timeout", _DEFAULT_TIMEOUT)
    return Order(from_, to, voice_start, whenhangup, timeout)


def _settings(number: AccountNumber, form: Mapping[str, str]) -> dict[str, str]:
    """Read what is to be set for a number; raise RequestRefusedError if it is invalid."""
    settings = {
        name: "" if form[name] in _CLEARS else form[name]
        for name in (_VOICE_START, "sms_url", "name")
        if name in form
    }
    for name, capability in ((_VOICE_START, "voice"), ("sms_url", "sms")):
        if settings.get(name) and capability not in number.capabilities:
            raise RequestRefusedError("Forbidden", 403)
    if voice_start := settings.get(_VOICE_START):
        _voice_start(voice_start)
    if sms_url := settings.get("sms_url"):
        _check_url("sms_url", sms_url)
    if len(settings.get("name", "")) > _LONGEST_NAME:
        raise RequestRefusedError("Too long name")
    return settings


def _voice_start(text: str) -> str:
    """Return what is to answer a call, a URL or an action, if it is valid."""
    if not is_url(text) and parse_action(text) is None:
        raise RequestRefusedError("Invalid voice_start")
    return text


def _check_url(name: str, text: str) -> None:
    if not is_url(text):
        raise RequestRefusedError(f"The {name} you tried to use is not a valid URL")


def _number(text: str, name: str) -> str:
    """Read a phone number; its plus may have become a space."""
    number = text.replace(" ", "+", 1) if text.startswith(" ") else text
    if not is_e164(number):
        raise RequestRefusedError(f"Invalid {name} number")
    return number


def _limit(request: web.Request) -> int:
    return min(
        _whole(request.query.get("limit"), "limit", _LARGEST_PAGE), _LARGEST_PAGE
    )


def _whole(text: str | None, name: str, default: int) -> int:
    if text is None:
        return default
    if not text.isdecimal() or int(text) == 0:
        raise RequestRefusedError(f"Invalid {name}")
    return int(text)


def _time(request: web.Request, name: str) -> datetime | None:
    if (text := request.query.get(name)) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RequestRefusedError(f"Invalid {name}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _texts(fields: Iterable[tuple[str, object]]) -> dict[str, str]:
    return {name: value for name, value in fields if isinstance(value, str)}
