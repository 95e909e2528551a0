"""Callbacks to the customer: sent, and sent again when they are not accepted."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import time
from urllib.parse import quote, urlencode

import aiohttp

from ..call import SimulatedCall
from ..clock import Clock
from ..faults import Fault, FaultKind, Faults, with_fields
from ..tasks import Tasks
from ..traffic import CallbackKind, SentCallback
from .payloads import Payloads

# Simulated seconds; the real provider goes on for hours
_RETRY_AFTER = (5, 15, 45, 90, 180)
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
        fault = self._faults.take(callback.kind, callback.number)
        if fault is None:
            return await self._deliver(callback, retries)
        return await self._send_with_fault(fault, callback, retries)

    async def _send_with_fault(
        self, fault: Fault, callback: _Callback, retries: Sequence[int]
    ) -> bytes | None:
        await self._clock.sleep(fault.delay)
        match fault.kind:
            case FaultKind.CALLBACK_DROPPED:
                self._note_attempt(callback)
                return None
            case FaultKind.CALLBACK_DOUBLED:
                await self._deliver(callback, retries)
            case FaultKind.CALLBACK_OUT_OF_ORDER:
                self._tasks.spawn(self._deliver_last(callback, retries))
                return None
            case FaultKind.CALLBACK_FIELDS:
                form = with_fields(callback.form, fault.fields)
                callback = replace(callback, form=form)
        return await self._deliver(callback, retries)

    async def _deliver_last(self, callback: _Callback, retries: Sequence[int]) -> None:
        if callback.kind is not CallbackKind.WHENHANGUP:
            await self.hangup_reported(callback.call_id)
        await self._deliver(callback, retries)

    async def _deliver(
        self, callback: _Callback, retries: Sequence[int]
    ) -> bytes | None:
        """Send a callback until it is accepted or no retries are left."""
        for attempt, pause in enumerate((0, *retries), 1):
            await self._clock.sleep(pause)
            answer = await self._attempt(callback, attempt)
            self._note_attempt(callback)
            if answer is not None:
                return answer
        return None

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
