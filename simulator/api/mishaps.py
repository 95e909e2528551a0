"""The ways in which answers to requests go wrong."""

import asyncio
from collections.abc import Awaitable, Callable
import json
import socket
import struct

from aiohttp import web

from ..clock import Clock
from ..faults import Fault, FaultKind, with_fields
from ..wire.callbacks import Callbacks

_HTML = "<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>"
_HUGE_BYTES = 64 * 1024 * 1024
_CHUNK = b" " * 65536
# Real seconds
_LONGEST_SILENCE = 60
_LONGEST_WAIT = 10


async def answer_with_fault(
    fault: Fault,
    request: web.Request,
    carry_out: Callable[[], Awaitable[web.Response]],
    clock: Clock,
    callbacks: Callbacks,
) -> web.StreamResponse | None:
    """Answer a request as a fault demands; return None if it got no answer at all."""
    await clock.sleep(fault.delay)
    if fault.kind is FaultKind.RESET_BEFORE:
        _reset(request)
        return None
    if fault.kind is FaultKind.STATUS:
        return _replacement(fault)
    answer = await carry_out()
    if fault.kind is FaultKind.RESET_AFTER:
        _reset(request)
        return None
    if fault.kind is FaultKind.CALLBACK_EARLY:
        await _wait_for_hangup(answer, callbacks)
    return await _spoil(fault, request, answer)


async def _spoil(
    fault: Fault, request: web.Request, answer: web.Response
) -> web.StreamResponse:
    match fault.kind:
        case FaultKind.STATUS_AFTER:
            return _replacement(fault)
        case FaultKind.HTML:
            return web.Response(text=fault.body or _HTML, content_type="text/html")
        case FaultKind.TRUNCATED:
            return _json(_body(answer)[: len(_body(answer)) // 2])
        case FaultKind.WRONG_JSON:
            return _json(_wrong(fault, answer))
        case FaultKind.HUGE:
            return await _huge(request, answer)
        case FaultKind.STALL:
            return await _stall(request, answer)
    return answer


def _reset(request: web.Request) -> None:
    """Reset the connection."""
    if request.transport is None:
        return
    connection: socket.socket = request.transport.get_extra_info("socket")
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", True, 0)
    )
    request.transport.abort()


def _replacement(fault: Fault) -> web.Response:
    return web.Response(
        status=fault.status, headers=fault.headers, text=fault.body or ""
    )


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")


def _body(answer: web.Response) -> str:
    return answer.text or ""


def _wrong(fault: Fault, answer: web.Response) -> str:
    if fault.fields:
        return json.dumps(with_fields(json.loads(_body(answer)), fault.fields))
    return "[]" if fault.body is None else fault.body


async def _huge(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Send far too many spaces before the answer."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    try:
        for _ in range(_HUGE_BYTES // len(_CHUNK)):
            await response.write(_CHUNK)
        await response.write(_body(answer).encode())
        await response.write_eof()
    except ConnectionError:
        pass
    return response


async def _stall(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Begin to answer, then fall silent."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(_body(answer).encode()[:1])
    await asyncio.sleep(_LONGEST_SILENCE)
    _reset(request)
    return response


async def _wait_for_hangup(answer: web.Response, callbacks: Callbacks) -> None:
    """Wait for the callback at the end of the call that was placed."""
    if answer.status != 200:
        return
    try:
        async with asyncio.timeout(_LONGEST_WAIT):
            await callbacks.hangup_reported(json.loads(_body(answer))["id"])
    except TimeoutError:
        return
