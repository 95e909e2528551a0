"""A chain in a real Home Assistant: five people are called until the last one acknowledges."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from scripts.connection import Connection, HomeError
from scripts.home_process import HomeProcess
from scripts.simulator_process import SimulatorControl, SimulatorProcess

from .conftest import (
    CONFIG_ENTRIES,
    complaints,
    run,
    running_home,
    running_simulator,
    until,
    until_written,
)

PEOPLE = {
    "Anna": "+46701111111",
    "Bo": "+46702222222",
    "Cilla": "+46703333333",
    "Dan": "+46704444444",
    "Eva": "+46705555555",
}
NUMBERS = list(PEOPLE.values())
OTHER = "+46709999999"
CHAIN = "sensor.demo_home_call_chain"
PRESSES_1 = {"talk_for": None, "keys": [{"after": 3, "keys": "1"}]}
VOICEMAIL = {"talk_for": None}
STATES = ["busy", "busy", "failed", "success", "success"]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Run a simulator in which even an unanswered call is soon over."""
    folder = tmp_path_factory.mktemp("simulator")
    with running_simulator(folder, "--speed", "100") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorProcess
) -> Iterator[HomeProcess]:
    """Run a Home Assistant with five contacts."""
    folder = tmp_path_factory.mktemp("chain") / "home"
    with running_home(folder, simulator, contacts=PEOPLE) as home:
        run(until_loaded(home))
        yield home


async def until_loaded(home: HomeProcess) -> None:
    """Wait until the contacts are loaded and stored, so that a kill does not lose them."""

    async def are_known() -> bool:
        states = await connection.command("get_states")
        ids = {state["entity_id"] for state in states}
        return {f"sensor.{name.lower()}_last_call" for name in PEOPLE} <= ids

    async with home.connect() as connection:
        await until(are_known)
    await until_written(home.folder / CONFIG_ENTRIES, NUMBERS[-1])


class FivePhones:
    """The phones of the five."""

    def __init__(self, control: SimulatorControl) -> None:
        """Use the simulator's control API."""
        self._control = control
        self._earlier = 0

    async def get_ready(self) -> None:
        """Script the five: busy, declines, does not answer, voicemail, presses 1."""
        people: list[dict[str, Any]] = [
            {"outcome": "busy"},
            {"outcome": "decline"},
            {"outcome": "no_answer"},
            VOICEMAIL,
            PRESSES_1,
        ]
        for number, person in zip(NUMBERS, people, strict=True):
            await self.script(number, **person)
        self._earlier = len(await self._control.calls())

    async def script(self, number: str, **person: Any) -> None:
        """Set what somebody does from the next call on."""
        await self._control.script(number, **person)

    async def called(self) -> list[str]:
        """Return the numbers called, in order."""
        calls = await self._control.calls()
        return [call["to"] for call in calls[self._earlier :]]

    async def until_called(self, number: str) -> None:
        """Wait until somebody is called."""

        async def is_called() -> bool:
            return number in await self.called()

        await until(is_called)


@pytest.fixture
async def phones(
    home: HomeProcess, simulator: SimulatorProcess, socket_enabled: None
) -> AsyncIterator[FivePhones]:
    """Return the phones; Home Assistant must log nothing about Elks."""
    async with simulator.control() as control:
        phones = FivePhones(control)
        await phones.get_ready()
        yield phones
    assert complaints(home) == []


async def call_chain(connection: Connection, **options: Any) -> dict[str, Any]:
    """Call the five until one of them acknowledges; return the response."""
    data = {
        "to": list(PEOPLE),
        "message": "Water is leaking in the kitchen.",
        "timeout": 20,
        "pause": 1,
        **options,
    }
    response: dict[str, Any] = await connection.act(
        "elks.call_chain", data, return_response=True
    )
    return response


async def assert_states(connection: Connection) -> None:
    """Check that every contact's sensor shows how their last call ended."""

    async def states() -> list[str]:
        return [
            (await connection.state(f"sensor.{name.lower()}_last_call"))["state"]
            for name in PEOPLE
        ]

    async def are_shown() -> bool:
        return await states() == STATES

    try:
        await until(are_shown)
    except TimeoutError:
        assert await states() == STATES


async def test_the_fifth_acknowledges(
    connection: Connection, phones: FivePhones
) -> None:
    """Everybody is called once, in order, until the fifth presses the key."""
    response = await call_chain(connection)

    assert response["acknowledged"] is True
    assert (response["by"], response["reason"]) == ("Eva", "acknowledged")
    assert [call["contact"] for call in response["calls"]] == list(PEOPLE)
    assert await phones.called() == NUMBERS
    assert (await connection.state(CHAIN))["state"] == "acknowledged"
    await assert_states(connection)


async def test_killed_during_the_third_call(
    home: HomeProcess, phones: FivePhones
) -> None:
    """The chain continues after the kill where it was, and calls nobody twice."""
    async with home.connect() as connection:
        # The third phone rings for a while
        waiting = asyncio.create_task(call_chain(connection, timeout=300))
        await phones.until_called(PEOPLE["Cilla"])
        home.kill()
        with pytest.raises(HomeError):
            await waiting

    await home.start()

    async with home.connect() as connection:

        async def is_acknowledged() -> bool:
            return bool((await connection.state(CHAIN))["state"] == "acknowledged")

        await until(is_acknowledged)
        assert await phones.called() == NUMBERS
        await assert_states(connection)
        assert (await connection.state(CHAIN))["attributes"]["contact"] == "Eva"


async def test_two_at_once(connection: Connection, phones: FivePhones) -> None:
    """Two chains run independently of each other."""
    await phones.script(OTHER, **PRESSES_1)

    five, other = await asyncio.gather(
        call_chain(connection), call_chain(connection, to=["Anna", OTHER])
    )

    assert (five["by"], other["by"]) == ("Eva", OTHER)
    called = await phones.called()
    assert sorted(called) == sorted([*NUMBERS, PEOPLE["Anna"], OTHER])
    assert [number for number in called if number in NUMBERS[1:]] == NUMBERS[1:]
    assert five["chain_id"] != other["chain_id"]


async def test_nobody_presses(connection: Connection, phones: FivePhones) -> None:
    """When nobody acknowledges, everybody is called in each round."""
    await phones.script(PEOPLE["Eva"], **VOICEMAIL)

    response = await call_chain(connection)

    assert response["acknowledged"] is False
    assert (response["by"], response["reason"]) == (None, "unanswered")
    assert await phones.called() == NUMBERS * 2
    assert (await connection.state(CHAIN))["state"] == "unanswered"
    await assert_states(connection)
