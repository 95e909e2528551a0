"""Callbacks to the customer: sent, and sent again when they are not accepted."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
import time
from urllib.parse import quote, urlencode

import aiohttp

from ..call import SimulatedCall
from ..clock import Clock
from ..faults import FaultKind, Faults, with_fields
from ..tasks import Tasks
from ..traffic import CallbackKind, SentCallback
from .payloads import Payloads

# Simulated seconds; the real provider goes on for hours, as for calls to the account here
_RETRY_AFTER = (5, 15, 45, 90, 180)
_RETRY_INCOMING_AFTER = (5, 60, 600, 3600, 18_000)
_ANSWER_TIMEOUT = aiohttp.ClientTimeout(total=10)
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class _Callback:
    """A callback to send."""

    call_id: str
    number: str
    kind: CallbackKind
    url: str
    form: Mapping[str, str]


class Delivery:
    """A callback on its way: sent until it is accepted, or given up."""

    def __init__(
        self,
        post: Callable[[int], Awaitable[bytes | None]],
        pauses: Sequence[float],
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        """Before each attempt, wait for the next of the pauses, in simulated seconds."""
        self._post = post
        self._pauses = pauses
        self._clock = clock
        self._tasks = tasks
        self._attempts = 0
        self._current: asyncio.Task[bytes | None] | None = None

    @property
    def pause(self) -> float | None:
        """Simulated seconds to wait before the next attempt; None if there is none."""
        return next(iter(self._pauses[self._attempts :]), None)

    def attempt(self) -> asyncio.Task[bytes | None]:
        """Begin the next attempt; it returns the body of the answer, None when not accepted."""
        self._attempts += 1
        self._current = self._tasks.spawn(self._attempt(self._attempts))
        return self._current

    async def finish(self) -> bytes | None:
        """Go on until the callback is accepted or given up; return the body of the answer."""
        answer = await self._current if self._current else None
        while answer is None and (pause := self.pause) is not None:
            await self._clock.sleep(pause)
            answer = await self.attempt()
        return answer

    async def _attempt(self, number: int) -> bytes | None:
        return await self._post(number)


class Callbacks:
    """Sends the callbacks."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        clock: Clock,
        faults: Faults,
        tasks: Tasks,
        payloads: Payloads,
        sent: list[SentCallback],
    ) -> None:
        """Log every attempt in `sent`, in order."""
        self._session = session
        self._clock = clock
        self._faults = faults
        self._tasks = tasks
        self._payloads = payloads
        self._sent = sent
        self._hangup_reported: defaultdict[str, asyncio.Event] = defaultdict(
            asyncio.Event
        )

    async def request_action(
        self, call: SimulatedCall, kind: CallbackKind, url: str, form: Mapping[str, str]
    ) -> bytes | None:
        """Request the call's next action; return the answer, None when none was given."""
        return await self._send(_Callback(call.id, call.to, kind, url, form), ())

    def report_incoming(
        self, call: SimulatedCall, url: str, form: Mapping[str, str]
    ) -> Delivery:
        """Return the callback that reports a call to the account, still to be sent."""
        callback = _Callback(call.id, call.to, CallbackKind.NEWINCOMING, url, form)
        retries = (
            _RETRY_INCOMING_AFTER if self._payloads.dialect.incoming_retried else ()
        )
        return self._delivery(callback, retries)

    def report_recording(
        self, call: SimulatedCall, url: str, form: Mapping[str, str]
    ) -> None:
        """Report a recording, in the background."""
        callback = _Callback(call.id, call.to, CallbackKind.RECORDING, url, form)
        self._tasks.spawn(self._send(callback, _RETRY_AFTER))

    def report_hangup(self, call: SimulatedCall) -> None:
        """Report the end of a call, in the background, if the customer wants to know."""
        if call.whenhangup is None:
            self._hangup_reported[call.id].set()
            return
        callback = _Callback(
            call.id,
            call.to,
            CallbackKind.WHENHANGUP,
            call.whenhangup,
            self._payloads.hangup(call),
        )
        self._tasks.spawn(self._send(callback, _RETRY_AFTER))

    async def hangup_reported(self, call_id: str) -> None:
        """Wait for the first attempt to report a call's end, successful or not."""
        await self._hangup_reported[call_id].wait()

    async def _send(self, callback: _Callback, retries: Sequence[int]) -> bytes | None:
        """Send a callback, with a fault if there is one; return the answer's body."""
        return await self._delivery(callback, retries).finish()

    def _delivery(self, callback: _Callback, retries: Sequence[int]) -> Delivery:
        fault = self._faults.take(callback.kind, callback.number)
        if fault is None:
            return self._faultless(callback, retries)
        post, delay, again = partial(self._post, callback), fault.delay, retries
        match fault.kind:
            case FaultKind.CALLBACK_DROPPED:
                post, again = partial(self._lose, callback), ()
            case FaultKind.CALLBACK_OUT_OF_ORDER:
                post, again = partial(self._put_off, callback, retries), ()
            case FaultKind.CALLBACK_DOUBLED:
                post = partial(self._post_twice, callback)
            case FaultKind.CALLBACK_SIMULTANEOUS:
                post = partial(self._post_at_once, callback)
            case FaultKind.CALLBACK_REPEATED:
                post, delay = partial(self._post_and_repeat, callback, delay), 0
            case FaultKind.CALLBACK_FIELDS:
                form = with_fields(callback.form, fault.fields)
                post = partial(self._post, replace(callback, form=form))
        return Delivery(post, (delay, *again), self._clock, self._tasks)

    def _faultless(self, callback: _Callback, retries: Sequence[int]) -> Delivery:
        post = partial(self._post, callback)
        return Delivery(post, (0, *retries), self._clock, self._tasks)

    async def _lose(self, callback: _Callback, attempt: int) -> bytes | None:
        self._note_attempt(callback)
        return None

    async def _put_off(
        self, callback: _Callback, retries: Sequence[int], attempt: int
    ) -> bytes | None:
        """Send a callback after the last one of its call."""
        self._tasks.spawn(self._deliver_last(callback, retries))
        return None

    async def _deliver_last(self, callback: _Callback, retries: Sequence[int]) -> None:
        if callback.kind is not CallbackKind.WHENHANGUP:
            await self.hangup_reported(callback.call_id)
        await self._faultless(callback, retries).finish()

    async def _post_twice(self, callback: _Callback, attempt: int) -> bytes | None:
        await self._post(callback, attempt)
        return await self._post(callback, attempt)

    async def _post_at_once(self, callback: _Callback, attempt: int) -> bytes | None:
        both = (self._post(callback, attempt) for _ in range(2))
        one, other = await asyncio.gather(*both)
        return other if one is None else one

    async def _post_and_repeat(
        self, callback: _Callback, after: float, attempt: int
    ) -> bytes | None:
        answer = await self._post(callback, attempt)
        if answer is not None:
            self._tasks.spawn(self._repeat(callback, after, attempt))
        return answer

    async def _repeat(self, callback: _Callback, after: float, attempt: int) -> None:
        await self._clock.sleep(after)
        await self._post(callback, attempt)

    async def _post(self, callback: _Callback, attempt: int) -> bytes | None:
        answer = await self._attempt(callback, attempt)
        self._note_attempt(callback)
        return answer

    def _note_attempt(self, callback: _Callback) -> None:
        if callback.kind is CallbackKind.WHENHANGUP:
            self._hangup_reported[callback.call_id].set()

    async def _attempt(self, callback: _Callback, attempt: int) -> bytes | None:
        sent = SentCallback(
            callback.call_id,
            callback.kind,
            callback.url,
            callback.form,
            attempt,
            self._clock.now(),
        )
        self._sent.append(sent)
        body, content_type = self._encode(callback.form)
        began = time.monotonic()
        try:
            async with self._session.post(
                callback.url,
                data=body,
                headers={"Content-Type": content_type},
                timeout=_ANSWER_TIMEOUT,
                allow_redirects=False,
            ) as response:
                answer = await response.read()
                sent.status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            sent.error = str(error) or type(error).__name__
            return None
        finally:
            sent.took = time.monotonic() - began
        return answer if 200 <= response.status <= 204 else None

    def _encode(self, form: Mapping[str, str]) -> tuple[bytes, str]:
        """Return the body and the content type of a form."""
        if self._payloads.dialect.charset:
            body = urlencode(form, quote_via=quote, safe=":")
            return body.encode(), f"{_FORM}; charset=utf-8"
        return urlencode(form).encode(), _FORM
