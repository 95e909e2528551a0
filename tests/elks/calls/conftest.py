"""What the tests of the calls share: a provider whose answers a test decides, a disk and a clock."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from time import monotonic
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed_exact,
)

from custom_components.elks.api import BEEP, Call, CallRequest, CallState, Play
from custom_components.elks.calls import CallPlan, CallRecord, CallTracker, new_token
from custom_components.elks.const import CONF_CALLBACK_KEY, DOMAIN
from custom_components.elks.helpers.listeners import Listeners
from homeassistant.const import CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

PHONE = "+46701234567"
OTHER_PHONE = "+46707654321"
OUR_NUMBER = "+46766861001"
KEY = "a key that nobody guesses"
START = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)

type Answer = Call | Exception | asyncio.Future[Call]


def make_call(call_id: str = "c1", **changes: Any) -> Call:
    """Return a call in progress, as the provider tells it."""
    call = Call(
        id=call_id,
        state=CallState.ONGOING,
        direction="outgoing",
        from_number=OUR_NUMBER,
        to_number=PHONE,
        created=START,
        start=None,
        duration=None,
        cost=None,
    )
    return replace(call, **changes)


def make_record(token: str = "t1", **changes: Any) -> CallRecord:
    """Return a call that was asked for, and of which nothing is known yet."""
    record = CallRecord(
        token=token,
        from_number=OUR_NUMBER,
        to_number=PHONE,
        timeout=60,
        requested=START,
        reported=True,
    )
    return replace(record, **changes)


def make_plan(
    to: str = PHONE, *, reported: bool = True, timeout: int = 60, key: str = KEY
) -> CallPlan:
    """Return a plan of a call."""
    token = new_token(key)
    return CallPlan(
        token=token,
        request=CallRequest(
            from_number=OUR_NUMBER,
            to_number=to,
            voice_start=Play(sound=BEEP),
            report_url=f"http://home.example/?token={token}" if reported else None,
            timeout=timeout,
        ),
        reported=reported,
    )


@dataclass
class Carrier:
    """A provider; requests are answered with `answers`, and after these with a new call."""

    answers: deque[Answer] = field(default_factory=deque)
    requests: list[CallRequest] = field(default_factory=list)
    request_times: list[float] = field(default_factory=list)
    history: dict[str, Call] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    searches: list[datetime] = field(default_factory=list)
    error: Exception | None = None
    """What every question is answered with."""
    silent: asyncio.Event | None = None
    """Until when no question is answered."""
    ahead: timedelta = timedelta()
    """How far its clock goes before the home's."""
    clock_known: bool = True
    _ids: count[int] = field(default_factory=lambda: count(1))

    def takes(self, to: str = PHONE, **changes: Any) -> Call:
        """Place a call, whoever asked for it."""
        call = make_call(
            f"c{next(self._ids)}",
            **{"to_number": to, "created": self.true_time()} | changes,
        )
        self.history[call.id] = call
        return call

    def ends(self, call: Call, **changes: Any) -> Call:
        """End a call and return what it became."""
        ended: dict[str, Any] = {"state": CallState.SUCCESS, "duration": 12} | changes
        self.history[call.id] = replace(self.history[call.id], **ended)
        return self.history[call.id]

    def holds(self) -> asyncio.Future[Call]:
        """Let the next request wait for its answer; return what gives that."""
        answer: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        self.answers.append(answer)
        return answer

    def true_time(self) -> datetime:
        """Return the time by the provider's clock."""
        return datetime.now(UTC) + self.ahead

    async def place_call(self, request: CallRequest) -> Call:
        """Place a call, or do what the test wants instead."""
        self.requests.append(request)
        self.request_times.append(monotonic())
        if not self.answers:
            return self.takes(request.to_number)
        answer = self.answers.popleft()
        if isinstance(answer, asyncio.Future):
            return await answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def call(self, call_id: str) -> Call:
        """Return a call as it stands."""
        self.asked.append(call_id)
        await self._answers()
        return self.history[call_id]

    async def calls(self, since: datetime) -> list[Call]:
        """Return the calls placed since a time, the newest first."""
        self.searches.append(since)
        await self._answers()
        return [
            call
            for call in reversed(self.history.values())
            if call.created is None or call.created > since
        ]

    def now(self) -> datetime:
        """Return the time by the provider's clock, as far as it is known."""
        return self.true_time() if self.clock_known else datetime.now(UTC)

    async def clock(self) -> datetime:
        """Return the time by the provider's clock."""
        if not self.clock_known:
            await self._answers()
        return self.now()

    async def _answers(self) -> None:
        if self.silent is not None:
            await self.silent.wait()
        if self.error is not None:
            raise self.error
        self.clock_known = True


@dataclass
class Disk:
    """Home Assistant's storage, as slow as a test wants it."""

    data: dict[str, Any]
    writes: int = 0
    turns: int = 0
    """How many turns of the event loop it takes to write."""
    free: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether anything can be written."""

    def tokens(self) -> list[str]:
        """Return the tokens of all calls that are written."""
        return [
            call["token"]
            for stored in self.data.values()
            for call in stored["data"]["calls"]
        ]


@dataclass
class Clock:
    """Lets time pass."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory

    async def passes(self, seconds: float = 0, step: float = 1) -> None:
        """Let what is due now happen, and then so many seconds pass, in steps."""
        await self._turn()
        for _ in range(round(seconds / step)):
            self.freezer.tick(timedelta(seconds=step))
            await self._turn()

    async def _turn(self) -> None:
        # What is set to no time at all while this happens is due too
        for _ in range(3):
            async_fire_time_changed_exact(self.hass)
            await turns()


async def turns(number: int = 10) -> None:
    """Let the event loop do what can be done without waiting."""
    for _ in range(number):
        await asyncio.sleep(0)


@pytest.fixture
def carrier() -> Carrier:
    """Return a provider that places every call, and does no more."""
    return Carrier()


@pytest.fixture
async def clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Clock:
    """Return a clock that stands still unless it is told to go on."""
    freezer.move_to(START)
    return Clock(hass, freezer)


@pytest.fixture
async def disk(hass_storage: dict[str, Any]) -> AsyncIterator[Disk]:
    """Return the disk that the calls are written to."""
    disk = Disk(hass_storage)
    disk.free.set()
    write_data: Callable[..., Any] = Store._async_write_data  # noqa: SLF001

    async def write(store: Store[Any], data: dict[str, Any]) -> None:
        disk.writes += 1
        await turns(disk.turns)
        await disk.free.wait()
        await write_data(store, data)

    async def write_in_a_thread(store: Store[Any], data: dict[str, Any]) -> None:
        # Who waits for it can be stopped, but not the thread
        await asyncio.shield(asyncio.create_task(write(store, data), eager_start=True))

    with patch.object(Store, "_async_write_data", write_in_a_thread):
        yield disk


@pytest.fixture
def account(hass: HomeAssistant, enable_custom_integrations: None) -> MockConfigEntry:
    """Return a config entry whose calls are tracked."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        data={CONF_USERNAME: "user", CONF_URL: "http://x", CONF_CALLBACK_KEY: KEY},
    )
    entry.add_to_hass(hass)
    return entry


@dataclass
class CallsHome:
    """A home that tracks the calls of an account, and can be restarted."""

    hass: HomeAssistant
    account: MockConfigEntry
    carrier: Carrier
    disk: Disk
    listeners: Listeners = field(init=False)
    tracker: CallTracker = field(init=False)

    async def start(self) -> None:
        """Begin to track, as Home Assistant starts."""
        self.listeners = Listeners(self.hass)
        self.tracker = CallTracker(
            self.hass, self.account, self.carrier, self.listeners
        )
        await self.tracker.async_load()
        self.tracker.lookout.async_start()

    async def stop(self) -> None:
        """Unload the account."""
        await self.tracker.async_unload()
        await self._end_tasks()

    async def kill(self) -> None:
        """Stop at once: what is not written yet is lost."""
        written = dict(self.disk.data)
        self.disk.free.set()
        await self.stop()
        await turns()
        self.disk.data.clear()
        self.disk.data.update(written)

    async def _end_tasks(self) -> None:
        """Do what Home Assistant does with a config entry after its unload."""
        await self.account._async_process_on_unload(self.hass)  # noqa: SLF001


async def place(home: CallsHome, plan: CallPlan) -> Call:
    """Place a call and return it."""
    record = await home.tracker.placing.async_place(plan)
    assert record.call
    return record.call


async def begin(home: CallsHome, plan: CallPlan) -> asyncio.Task[CallRecord]:
    """Begin to place a call; return the task when it waits for something."""
    task = asyncio.get_running_loop().create_task(
        home.tracker.placing.async_place(plan)
    )
    await turns()
    return task


async def wait(home: CallsHome, record: CallRecord) -> asyncio.Task[CallRecord]:
    """Begin to wait for the end of a call."""
    task = asyncio.get_running_loop().create_task(home.tracker.ends.async_wait(record))
    await turns()
    return task


@asynccontextmanager
async def running[T: CallsHome](home: T) -> AsyncGenerator[T]:
    """Let a home start, and stop afterwards."""
    await home.start()
    yield home
    home.disk.free.set()
    await home.stop()


@pytest.fixture
async def home(
    hass: HomeAssistant,
    account: MockConfigEntry,
    carrier: Carrier,
    disk: Disk,
    clock: Clock,
) -> AsyncIterator[CallsHome]:
    """Return a home that has just started."""
    async with running(CallsHome(hass, account, carrier, disk)) as home:
        yield home


@pytest.fixture
def tracker(home: CallsHome) -> CallTracker:
    """Return what tracks the calls of the home."""
    return home.tracker


@pytest.fixture
def timers(hass: HomeAssistant) -> Callable[[], int]:
    """Return what counts the timers that are set beyond those there were before, to ask or try again.

    What waits to be written has a timer of its own.
    """

    def count_timers() -> int:
        handles: list[asyncio.TimerHandle] = hass.loop._scheduled  # type: ignore[attr-defined]  # noqa: SLF001
        return sum(
            not handle.cancelled() and "Store." not in repr(handle)
            for handle in handles
        )

    before = count_timers()
    return lambda: count_timers() - before
