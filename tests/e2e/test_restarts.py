"""Every call reaches its end and is placed once, whenever Home Assistant is stopped or killed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
import itertools
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
import pytest

from scripts.home import Connection, Home, HomeError
from scripts.simulator_process import SimulatorProcess

from .conftest import (
    CONFIG_ENTRIES,
    complaints,
    running_simulator,
    until,
    until_written,
)

SENSOR = "sensor.demo_home_last_call"
# It lasts until the person hangs up, and is not asked for within the test
CALL = {"voice_start": {"play": f"sound/dtmf/{'P' * 1000}"}, "timeout": 300}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Start a simulator in which a phone rings for longer than a home takes to start."""
    with running_simulator(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


class Line:
    """The provider and the phone that is called, seen and moved from outside."""

    def __init__(self, session: ClientSession, number: str) -> None:
        """Use the simulator's control API."""
        self._session = session
        self.number = number

    async def post(self, path: str, **options: Any) -> None:
        """Steer the simulator."""
        async with self._session.post(f"/control/{path}", json=options) as response:
            response.raise_for_status()

    async def go_wrong(self, kind: str, **options: Any) -> None:
        """Let something go wrong with the next call to the phone."""
        await self.post("faults", kind=kind, number=self.number, **options)

    async def do(self, act: str) -> None:
        """Let the person pick up or hang up."""
        await self.post(f"handsets/{(await self.call())['id']}-0", act=act)

    async def answer_and_hang_up(self) -> None:
        """Let the person end the call; return when the provider knows."""
        await self.do("answer")
        await self.do("hang_up")
        await until(self.has_ended)

    async def call(self) -> dict[str, Any]:
        """Return the call to the phone, as the provider knows it: there is only one."""
        calls = [call for call in await self._calls() if call["to"] == self.number]
        assert len(calls) == 1
        call: dict[str, Any] = calls[0]
        return call

    async def rings(self) -> bool:
        """Return whether the call was placed."""
        return any(call["to"] == self.number for call in await self._calls())

    async def has_ended(self) -> bool:
        """Return whether the call is over."""
        state: str = (await self.call())["state"]
        return state != "ongoing"

    async def is_asked_for(self) -> bool:
        """Return whether the request for the call has come, and come once."""
        asked = [one["form"].get("to") for one in await self._get("requests")]
        assert asked.count(self.number) <= 1
        return self.number in asked

    async def told(self) -> list[int | None]:
        """Return how each try to tell of the call's end was answered, None if it was not."""
        return [
            one["status"]
            for one in await self._get("callbacks")
            if one["form"]["to"] == self.number
        ]

    async def _calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = (await self._get("state"))["calls"]
        return calls

    async def _get(self, path: str) -> Any:
        async with self._session.get(f"/control/{path}") as response:
            return await response.json()


_numbers = itertools.count(46_70_000_0001)


@pytest.fixture
async def line(
    home: Home, simulator: SimulatorProcess, socket_enabled: None
) -> AsyncIterator[Line]:
    """Return a phone that rings until it is told what to do."""
    # Home Assistant itself would lose the account otherwise
    await until_written(home.folder / CONFIG_ENTRIES, '"elks"')
    async with ClientSession(simulator.url) as session:
        line = Line(session, f"+{next(_numbers)}")
        await line.post(
            "phones", number=line.number, outcome="no_answer", talk_for=None
        )
        yield line


async def place(connection: Connection, line: Line, **options: Any) -> None:
    """Place the call; return when the action does."""
    call = {**CALL, "to": line.number, **options}
    await connection.act("elks.place_call", call, return_response=True)


async def be_killed_while_placing(
    home: Home, connection: Connection, line: Line
) -> None:
    """Kill Home Assistant when its request is on the way; the call is placed after that."""
    await line.go_wrong("delay", on="POST /calls", delay=3)
    placing = asyncio.create_task(place(connection, line))
    await until(line.is_asked_for)
    await until_written(record(home), line.number)
    assert not await line.rings()
    home.kill()
    with pytest.raises(HomeError):
        await placing


def record(home: Home) -> Path:
    """Return the file in which Home Assistant keeps the account's calls."""
    storage = home.folder / ".storage"
    entries = json.loads((storage / "core.config_entries").read_text())["data"]
    [elks] = [one for one in entries["entries"] if one["domain"] == "elks"]
    return storage / f"elks.{elks['entry_id']}"


async def assert_sensor(home: Home, line: Line) -> None:
    """See the sensor show the call as the provider knows it, with a clean log."""
    call = await line.call()
    expected = {
        "state": call["state"],
        "call_id": call["id"],
        "to": line.number,
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
    assert await line.is_asked_for()
    assert complaints(home) == []


@asynccontextmanager
async def somebody_else(home: Home) -> AsyncIterator[None]:
    """Answer 200 to everything in Home Assistant's place, as it does itself while it starts."""

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
    home: Home, connection: Connection, line: Line
) -> None:
    """A call that ends while Home Assistant is shut down is settled after the start."""
    waiting = asyncio.create_task(place(connection, line, wait=True))
    await until(line.rings)
    await line.do("answer")

    await home.stop()
    with pytest.raises(HomeError):
        await waiting
    await line.do("hang_up")
    await until(line.has_ended)
    await home.start()

    await assert_sensor(home, line)


async def test_killed_before_the_answer(
    home: Home, connection: Connection, line: Line
) -> None:
    """A call that was placed after the kill is found in the history, and followed."""
    await be_killed_while_placing(home, connection, line)

    await until(line.rings)
    await home.start()

    await assert_sensor(home, line)
    await line.answer_and_hang_up()
    await assert_sensor(home, line)


async def test_killed_before_the_record_was_written(
    home: Home, connection: Connection, line: Line
) -> None:
    """A call of which there is no trace is brought back by its callback."""
    await be_killed_while_placing(home, connection, line)
    record(home).unlink()

    await until(line.rings)
    await home.start()

    await line.answer_and_hang_up()
    await assert_sensor(home, line)


async def test_killed_right_after_the_answer(
    home: Home, connection: Connection, line: Line
) -> None:
    """A call that may not be written down yet is followed to its end."""
    await place(connection, line)

    home.kill()
    await home.start()

    await line.answer_and_hang_up()
    await assert_sensor(home, line)


async def test_killed_during_the_call(
    home: Home, connection: Connection, line: Line
) -> None:
    """A call that goes on through the kill is known after the start, and followed."""
    await place(connection, line)
    await line.do("answer")
    await until_written(record(home), line.number)

    home.kill()
    await home.start()

    await assert_sensor(home, line)
    await line.do("hang_up")
    await until(line.has_ended)
    await assert_sensor(home, line)


async def test_killed_during_the_callback(
    home: Home, connection: Connection, line: Line
) -> None:
    """A callback that was under way finds nobody; the call is settled all the same."""
    await line.go_wrong("callback_late", on="whenhangup", delay=2)
    await place(connection, line)
    await line.answer_and_hang_up()

    home.kill()

    async def was_told() -> bool:
        return bool(await line.told())

    await until(was_told)
    await home.start()

    assert (await line.told())[0] is None
    await assert_sensor(home, line)


async def test_callback_was_answered_by_somebody_else(
    home: Home, connection: Connection, line: Line
) -> None:
    """A callback that was taken before our webhook was there is never sent again."""
    await place(connection, line)
    await until_written(record(home), line.number)

    home.kill()
    async with somebody_else(home):
        await line.answer_and_hang_up()

        async def is_told() -> bool:
            return await line.told() == [200]

        await until(is_told)
    await home.start()

    await assert_sensor(home, line)
    assert await line.told() == [200]
