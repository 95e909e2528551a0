"""The control API and the page: people's phones, and what is to go wrong."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .dialect import Dialect
from .faults import Fault, FaultKind
from .line import ActKind, Handset
from .models import ReceivedRequest, SentCallback, provider_time
from .phones import KeyPress, Outcome

if TYPE_CHECKING:
    from .simulator import Simulator

_PAGE = Path(__file__).parent / "page"
_CALLS_SHOWN = 50


class Control:
    """Steers a simulator over HTTP; needs no credentials."""

    def __init__(self, simulator: Simulator) -> None:
        """Steer a simulator that is being served."""
        self._simulator = simulator

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what it listens to."""
        return [
            web.get("/", self._page),
            web.static("/page", _PAGE),
            web.get("/control/state", self._show_state),
            web.get("/control/events", self._events),
            web.post("/control/phones", self._script_phone),
            web.post("/control/handsets/{id}", self._act),
            web.post("/control/manual", self._set_manual),
            web.get("/control/faults", self._show_faults),
            web.post("/control/faults", self._add_fault),
            web.delete("/control/faults", self._clear_faults),
            web.get("/control/dialect", self._show_dialect),
            web.post("/control/dialect", self._set_dialect),
            web.get("/control/requests", self._show_requests),
            web.get("/control/callbacks", self._show_callbacks),
            web.get("/control/sounds/{id}", self._sound),
            web.post("/control/reset", self._reset),
        ]

    async def _page(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(_PAGE / "index.html")

    async def _show_state(self, request: web.Request) -> web.Response:
        return web.json_response(self._state())

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        """Push the state at every change, until the watcher goes."""
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
        with suppress(ConnectionError), self._simulator.watchers.watching() as change:
            while not socket.closed:
                await change.wait()
                change.clear()
                await socket.send_json(self._state())

    async def _script_phone(self, request: web.Request) -> web.Response:
        options = await _read(request)
        try:
            number = options.pop("number")
            options["outcome"] = Outcome(options.get("outcome", Outcome.ANSWER))
            options["keys"] = [KeyPress(**press) for press in options.get("keys", ())]
            self._simulator.phone(number, **options)
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=repr(error)) from error
        return web.Response(status=204)

    async def _act(self, request: web.Request) -> web.Response:
        options = await _read(request)
        handset = self._simulator.handset(request.match_info["id"])
        if handset is None:
            raise web.HTTPNotFound
        try:
            handset.act(ActKind(options["act"]), options.get("keys", ""))
        except (KeyError, ValueError) as error:
            raise web.HTTPBadRequest(text=repr(error)) from error
        return web.Response(status=204)

    async def _set_manual(self, request: web.Request) -> web.Response:
        self._simulator.phones.manual = bool((await _read(request)).get("manual"))
        self._simulator.watchers.changed()
        return web.Response(status=204)

    async def _show_faults(self, request: web.Request) -> web.Response:
        return web.json_response(
            [asdict(fault) for fault in self._simulator.faults.waiting()]
        )

    async def _add_fault(self, request: web.Request) -> web.Response:
        options = await _read(request)
        try:
            options["kind"] = FaultKind(options["kind"])
            self._simulator.fault(Fault(**options))
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=repr(error)) from error
        return web.Response(status=204)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self._simulator.clear_faults()
        return web.Response(status=204)

    async def _show_dialect(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._simulator.dialect))

    async def _set_dialect(self, request: web.Request) -> web.Response:
        try:
            self._simulator.dialect = Dialect.read(await _read(request))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.Response(status=204)

    async def _show_requests(self, request: web.Request) -> web.Response:
        return web.json_response([_traffic(one) for one in self._simulator.requests])

    async def _show_callbacks(self, request: web.Request) -> web.Response:
        return web.json_response([_traffic(one) for one in self._simulator.callbacks])

    async def _sound(self, request: web.Request) -> web.Response:
        sound = self._simulator.sound(request.match_info["id"])
        if sound is None:
            raise web.HTTPNotFound
        return web.Response(body=sound.content, content_type=sound.content_type)

    async def _reset(self, request: web.Request) -> web.Response:
        await self._simulator.reset()
        return web.Response(status=204)

    def _state(self) -> dict[str, Any]:
        """Return what there is to be seen, the newest call first."""
        simulator = self._simulator
        account = simulator.account
        return {
            "now": provider_time(simulator.clock.now()),
            "manual": simulator.phones.manual,
            "displayname": account.displayname,
            "currency": account.currency,
            "balance": account.balance,
            "calls": [
                call.as_json()
                | {"phones": [self._phone(one) for one in simulator.handsets(call)]}
                for call in islice(reversed(simulator.calls), _CALLS_SHOWN)
            ],
        }

    def _phone(self, handset: Handset) -> dict[str, Any]:
        return handset.as_json() | {
            "playing": handset.playing and handset.playing.count,
            "sound": handset.playing and f"/control/sounds/{handset.playing.sound.id}",
        }


def _traffic(one: ReceivedRequest | SentCallback) -> dict[str, Any]:
    return asdict(one) | {"time": provider_time(one.time)}


async def _read(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request."""
    try:
        options: Any = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text="Not JSON") from error
    if not isinstance(options, Mapping):
        raise web.HTTPBadRequest(text="Not a JSON object")
    return dict(options)
