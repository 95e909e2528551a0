"""The requests that the control API understands."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from aiohttp import web

from ..account import SimulatedAccount
from ..call import SimulatedCall
from ..calls.exchange import Exchange
from ..calls.handsets import Handset
from ..calls.incoming import Dialled
from ..calls.phones import ActKind, CallerScript, KeyPress, Outcome, Phones, PhoneScript
from ..calls.sounds import Sound, Sounds
from ..clock import Clock
from ..faults import Fault, FaultKind, Faults
from ..times import Times
from ..traffic import ReceivedRequest, SentCallback
from ..watchers import Watchers
from ..wire.dialect import Dialect
from ..wire.payloads import Payloads

_PAGE = Path(__file__).parent / "page"
_CALLS_SHOWN = 50


class Control:
    """The control API and the page; neither needs credentials."""

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        exchange: Exchange,
        phones: Phones,
        sounds: Sounds,
        faults: Faults,
        payloads: Payloads,
        clock: Clock,
        watchers: Watchers,
        requests: Sequence[ReceivedRequest],
        callbacks: Sequence[SentCallback],
        reset: Callable[[], Awaitable[None]],
    ) -> None:
        """Control these parts; `reset` puts all of them back to their start."""
        self._account = account
        self._exchange = exchange
        self._phones = phones
        self._sounds = sounds
        self._faults = faults
        self._payloads = payloads
        self._clock = clock
        self._watchers = watchers
        self._requests = requests
        self._callbacks = callbacks
        self._reset_all = reset

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes of the page and the control API."""
        return [
            web.get("/", self._page),
            web.static("/page", _PAGE),
            web.get("/control/state", self._show_state),
            web.get("/control/events", self._events),
            web.post("/control/phones", self._script_phone),
            web.post("/control/handsets/{id}", self._act),
            web.post("/control/calls", self._dial),
            web.get("/control/calls/{id}", self._show_call),
            web.get("/control/numbers", self._show_numbers),
            web.post("/control/numbers", self._set_voice_start),
            web.post("/control/manual", self._set_manual),
            web.get("/control/faults", self._show_faults),
            web.post("/control/faults", self._add_fault),
            web.delete("/control/faults", self._clear_faults),
            web.get("/control/dialect", self._show_dialect),
            web.post("/control/dialect", self._set_dialect),
            web.get("/control/requests", self._show_requests),
            web.get("/control/callbacks", self._show_callbacks),
            web.get("/control/sounds", self._show_sounds),
            web.get("/control/sounds/{id}", self._sound),
            web.post("/control/reset", self._reset),
        ]

    async def _page(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(_PAGE / "index.html")

    async def _show_state(self, request: web.Request) -> web.Response:
        return web.json_response(self._state())

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        """Push the state at every change until the watcher leaves."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        pushing = asyncio.create_task(self._push(socket))
        try:
            async for _ in socket:
                pass
        finally:
            pushing.cancel()
        return socket

    async def _push(self, socket: web.WebSocketResponse) -> None:
        with suppress(ConnectionError), self._watchers.watching() as change:
            while not socket.closed:
                await change.wait()
                change.clear()
                await socket.send_json(self._state())

    async def _script_phone(self, request: web.Request) -> web.Response:
        options = await _read(request)
        try:
            number = options.pop("number")
            options["outcome"] = Outcome(options.get("outcome", Outcome.ANSWER))
            keys = (KeyPress(**press) for press in options.get("keys", ()))
            script = PhoneScript(**{**options, "keys": tuple(keys)})
            self._phones.script(number, script)
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=repr(error)) from error
        return web.Response(status=204)

    async def _act(self, request: web.Request) -> web.Response:
        options = await _read(request)
        handset = self._exchange.handset(request.match_info["id"])
        if handset is None:
            raise web.HTTPNotFound
        try:
            handset.act(ActKind(options["act"]), options.get("keys", ""))
        except (KeyError, ValueError) as error:
            raise web.HTTPBadRequest(text=repr(error)) from error
        return web.Response(status=204)

    async def _dial(self, request: web.Request) -> web.Response:
        """Let somebody call; a `from` that is null or missing is withheld."""
        options = await _read(request)
        try:
            to, from_ = options.pop("to"), options.pop("from", None)
            ago = float(options.pop("ago", 0))
            keys = (KeyPress(**press) for press in options.get("keys", ()))
            script = CallerScript(**{**options, "keys": tuple(keys)})
            call = self._exchange.receive(Dialled(from_, to, script, ago))
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=repr(error)) from error
        return web.json_response(self._call(call))

    async def _show_call(self, request: web.Request) -> web.Response:
        call = self._exchange.calls.get(request.match_info["id"])
        if call is None:
            raise web.HTTPNotFound
        return web.json_response(self._call(call))

    async def _show_numbers(self, request: web.Request) -> web.Response:
        return web.json_response(self._numbers())

    async def _set_voice_start(self, request: web.Request) -> web.Response:
        """Set what answers a number's calls, as if somebody else did."""
        options = await _read(request)
        try:
            number, voice_start = options["number"], str(options["voice_start"])
            own = self._account.numbered(number)
        except (KeyError, StopIteration) as error:
            raise web.HTTPBadRequest(text=repr(error)) from error
        self._account.change(own, voice_start=voice_start)
        self._watchers.changed()
        return web.Response(status=204)

    async def _set_manual(self, request: web.Request) -> web.Response:
        self._phones.manual = bool((await _read(request)).get("manual"))
        self._watchers.changed()
        return web.Response(status=204)

    async def _show_faults(self, request: web.Request) -> web.Response:
        return web.json_response([asdict(fault) for fault in self._faults.waiting()])

    async def _add_fault(self, request: web.Request) -> web.Response:
        options = await _read(request)
        try:
            options["kind"] = FaultKind(options["kind"])
            fault = Fault(**options)
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=repr(error)) from error
        self._faults.add(fault)
        return web.Response(status=204)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self._faults.clear()
        return web.Response(status=204)

    async def _show_dialect(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._payloads.dialect))

    async def _set_dialect(self, request: web.Request) -> web.Response:
        try:
            self._payloads.dialect = Dialect.read(await _read(request))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.Response(status=204)

    async def _show_requests(self, request: web.Request) -> web.Response:
        return web.json_response([_traffic(one) for one in self._requests])

    async def _show_callbacks(self, request: web.Request) -> web.Response:
        return web.json_response([_traffic(one) for one in self._callbacks])

    async def _show_sounds(self, request: web.Request) -> web.Response:
        return web.json_response([_sound(one) for one in self._sounds.kept.values()])

    async def _sound(self, request: web.Request) -> web.Response:
        sound = self._sounds.by_id(request.match_info["id"])
        if sound is None:
            raise web.HTTPNotFound
        return web.Response(body=sound.content, content_type=sound.content_type)

    async def _reset(self, request: web.Request) -> web.Response:
        await self._reset_all()
        return web.Response(status=204)

    def _state(self) -> dict[str, Any]:
        """Return everything there is to see, the newest call first."""
        newest = islice(reversed(self._exchange.calls.values()), _CALLS_SHOWN)
        return {
            "now": Times.MICROSECONDS.write(self._clock.now()),
            "manual": self._phones.manual,
            "displayname": self._account.displayname,
            "currency": self._account.currency,
            "balance": self._account.balance,
            "numbers": self._numbers(),
            "calls": [self._call(call) for call in newest],
        }

    def _numbers(self) -> list[dict[str, Any]]:
        """Return the account's numbers, whether they are in use, and what answers their calls."""
        account = self._account
        return [
            own.as_json()
            | {
                "voice_start": own.voice_start,
                "takes_calls": own.number in account.voice_numbers,
                "given_away": own.number in account.given_away,
            }
            for own in account.numbers
        ]

    def _call(self, call: SimulatedCall) -> dict[str, Any]:
        handsets = self._exchange.handsets(call.id)
        return call.as_json() | {"phones": [_phone(handset) for handset in handsets]}


def _phone(handset: Handset) -> dict[str, Any]:
    playing = handset.playing
    return handset.as_json() | {
        "playing": playing and playing.count,
        "sound": playing and _path(playing.sound),
    }


def _sound(sound: Sound) -> dict[str, Any]:
    """Return all but the sound itself, which is at `path`."""
    return {
        "path": _path(sound),
        "url": sound.url,
        "duration": sound.duration,
        "took": sound.took,
    }


def _path(sound: Sound) -> str:
    return f"/control/sounds/{sound.id}"


def _traffic(one: ReceivedRequest | SentCallback) -> dict[str, Any]:
    return asdict(one) | {"time": Times.MICROSECONDS.write(one.time)}


async def _read(request: web.Request) -> dict[str, Any]:
    """Return the JSON object in a request's body."""
    try:
        options: Any = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text="Not JSON") from error
    if not isinstance(options, Mapping):
        raise web.HTTPBadRequest(text="Not a JSON object")
    return dict(options)
