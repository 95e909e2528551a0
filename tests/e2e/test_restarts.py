"""Each call is placed once and its end is known, whenever Home Assistant is stopped or killed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
import itertools
import json
from pathlib import Path
from typing import Any

from aiohttp import web
import pytest

from scripts.connection import Connection, HomeError
from scripts.home_process import HomeProcess
from scripts.simulator_process import SimulatorControl, SimulatorProcess

from .conftest import (
    CONFIG_ENTRIES,
    complaints,
    running_simulator,
    until,
    until_written,
)

SENSOR = "sensor.demo_home_last_call"
# It lasts until the person hangs up, and is not looked up during the test
CALL = {"voice_start": {"play": f"sound/dtmf/{'P' * 1000}"}, "timeout": 300}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Run a simulator in which a phone rings for longer than Home Assistant takes to start."""
    with running_simulator(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


class CalledPhone:
    """The phone that is called, and what the provider knows about it."""

    def __init__(self, control: SimulatorControl, number: str) -> None:
        """Use the simulator's control API."""
        self._control = control
        self.number = number

    async def wait_for_person(self) -> None:
        """Ring in every call until something is done by hand."""
        await self._control.script(self.number, outcome="no_answer", talk_for=None)

    async def add_fault(self, kind: str, **options: Any) -> None:
        """Make something go wrong with the next call to the phone."""
        await self._control.post("faults", kind=kind, number=self.number, **options)

    async def do(self, act: str) -> None:
        """Let the person answer or hang up."""
        await self._control.post(f"handsets/{(await self.call())['id']}-0", act=act)

    async def answer_and_hang_up(self) -> None:
        """Let the person answer and hang up; return when the call has ended."""
        await self.do("answer")
        await self.do("hang_up")
        await until(self.has_ended)

    async def call(self) -> dict[str, Any]:
        """Return the only call to the phone, as the provider knows it."""
        calls = await self._control.calls()
        calls = [call for call in calls if call["to"] == self.number]
        assert len(calls) == 1
        call: dict[str, Any] = calls[0]
        return call

    async def rings(self) -> bool:
        """Return whether the call has been placed."""
        calls = await self._control.calls()
        return any(call["to"] == self.number for call in calls)

    async def has_ended(self) -> bool:
        """Return whether the call is over."""
        state: str = (await self.call())["state"]
        return state != "ongoing"

    async def is_requested(self) -> bool:
        """Return whether the call has been requested, which must happen only once."""
        requests = await self._control.get("requests")
        numbers = [request["form"].get("to") for request in requests]
        assert numbers.count(self.number) <= 1
        return self.number in numbers

    async def callback_statuses(self) -> list[int | None]:
        """Return the status of each callback about the phone, None if it got no answer."""
        return [
            callback["status"]
            for callback in await self._control.get("callbacks")
            if callback["form"]["to"] == self.number
        ]


_numbers = itertools.count(46_70_000_0001)


@pytest.fixture
async def phone(
    home: HomeProcess, simulator: SimulatorProcess, socket_enabled: None
) -> AsyncIterator[CalledPhone]:
    """Return a phone that rings until something is done by hand."""
    # Home Assistant would lose the account when it is killed
    await until_written(home.folder / CONFIG_ENTRIES, '"elks"')
    async with simulator.control() as control:
        phone = CalledPhone(control, f"+{next(_numbers)}")
        await phone.wait_for_person()
        yield phone


async def place(connection: Connection, phone: CalledPhone, **options: Any) -> None:
    """Place the call; return when the action does."""
    call = {**CALL, "to": phone.number, **options}
    await connection.act("elks.place_call", call, return_response=True)


async def kill_while_placing(
    home: HomeProcess, connection: Connection, phone: CalledPhone
) -> None:
    """Kill Home Assistant while its request is on the way; the call is placed afterwards."""
    await phone.add_fault("delay", on="POST /calls", delay=3)
    placing = asyncio.create_task(place(connection, phone))
    await until(phone.is_requested)
    await until_written(record(home), phone.number)
    assert not await phone.rings()
    home.kill()
    with pytest.raises(HomeError):
        await placing


def record(home: HomeProcess) -> Path:
    """Return the file in which Home Assistant stores the account's calls."""
    storage = home.folder / ".storage"
    entries = json.loads((storage / "core.config_entries").read_text())["data"]
    [elks] = [one for one in entries["entries"] if one["domain"] == "elks"]
    return storage / f"elks.{elks['entry_id']}"


async def assert_sensor(home: HomeProcess, phone: CalledPhone) -> None:
    """Check that the sensor shows the call as the provider knows it, with a clean log."""
    call = await phone.call()
    expected = {
        "state": call["state"],
        "call_id": call["id"],
        "to": phone.number,
        "duration": call.get("duration"),
        "answered": True if "start" in call else None,
    }
    shown: dict[str, Any] = {}

    async def is_shown() -> bool:
        state = await connection.state(SENSOR)
        known = state["attributes"] | {"state": state["state"]}
        shown.update({key: known.get(key) for key in expected})
        return shown == expected

    async with home.connect() as connection:
        try:
            await until(is_shown)
        except TimeoutError:
            assert shown == expected
    assert await phone.is_requested()
    assert complaints(home) == []


@asynccontextmanager
async def another_server(home: HomeProcess) -> AsyncIterator[None]:
    """Answer 200 to everything in Home Assistant's place, as it does itself during its start."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response()

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", home.port).start()
        yield
    finally:
        await runner.cleanup()


async def test_stopped_during_the_call(
    home: HomeProcess, connection: Connection, phone: CalledPhone
) -> None:
    """The end of a call while Home Assistant is shut down is known after the start."""
    waiting = asyncio.create_task(place(connection, phone, wait=True))
    await until(phone.rings)
    await phone.do("answer")

    await home.stop()
    with pytest.raises(HomeError):
        await waiting
    await phone.do("hang_up")
    await until(phone.has_ended)
    await home.start()

    await assert_sensor(home, phone)


async def test_killed_before_the_answer(
    home: HomeProcess, connection: Connection, phone: CalledPhone
) -> None:
    """A call placed after the kill is found in the history and followed."""
    await kill_while_placing(home, connection, phone)

    await until(phone.rings)
    await home.start()

    await assert_sensor(home, phone)
    await phone.answer_and_hang_up()
    await assert_sensor(home, phone)


async def test_killed_before_the_record_was_written(
    home: HomeProcess, connection: Connection, phone: CalledPhone
) -> None:
    """A call that left no trace is brought back by its callback."""
    await kill_while_placing(home, connection, phone)
    record(home).unlink()

    await until(phone.rings)
    await home.start()

    await phone.answer_and_hang_up()
    await assert_sensor(home, phone)


async def test_killed_right_after_the_answer(
    home: HomeProcess, connection: Connection, phone: CalledPhone
) -> None:
    """A call that may not have been stored yet is followed to its end."""
    await place(connection, phone)

    home.kill()
    await home.start()

    await phone.answer_and_hang_up()
    await assert_sensor(home, phone)


async def test_killed_during_the_call(
    home: HomeProcess, connection: Connection, phone: CalledPhone
) -> None:
    """A call that outlasts the kill is known after the start, and followed."""
    await place(connection, phone)
    await phone.do("answer")
    await until_written(record(home), phone.number)

    home.kill()
    await home.start()

    await assert_sensor(home, phone)
    await phone.do("hang_up")
    await until(phone.has_ended)
    await assert_sensor(home, phone)


async def test_killed_during_the_callback(
    home: HomeProcess, connection: Connection, phone: CalledPhone
) -> None:
    """A callback that finds nobody changes nothing: the end of the call is still known."""
    await phone.add_fault("callback_late", on="whenhangup", delay=2)
    await place(connection, phone)
    await phone.answer_and_hang_up()

    home.kill()

    async def was_called_back() -> bool:
        return bool(await phone.callback_statuses())

    await until(was_called_back)
    await home.start()

    assert (await phone.callback_statuses())[0] is None
    await assert_sensor(home, phone)


async def test_callback_answered_by_another_server(
    home: HomeProcess, connection: Connection, phone: CalledPhone
) -> None:
    """A callback accepted before our webhook was registered is never sent again."""
    await place(connection, phone)
    await until_written(record(home), phone.number)

    home.kill()
    async with another_server(home):
        await phone.answer_and_hang_up()

        async def is_accepted() -> bool:
            return await phone.callback_statuses() == [200]

        await until(is_accepted)
    await home.start()

    await assert_sensor(home, phone)
    assert await phone.callback_statuses() == [200]
