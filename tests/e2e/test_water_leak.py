"""An automation of the documentation: water leaks, a phone rings, a key closes the valve."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from textwrap import indent
from typing import Any

import pytest

from scripts.connection import Connection
from scripts.home_process import CONFIGURATION, ROOT, HomeProcess
from scripts.simulator_process import SimulatorControl, SimulatorProcess

from .conftest import complaints, run, running_home, until

AUTOMATION = "automation.call_me_when_water_leaks"
LEAK = "binary_sensor.kitchen_leak"
VALVE = "switch.water_valve"
PHONE = "+46701234567"
SENTENCE = (
    "Water is leaking in this room: Kitchen. "
    "Press 1 to close the valve, or 2 to leave it open."
)
HOUSE = """\
input_boolean:
  leak:
  valve:
template:
  - binary_sensor:
      - name: Kitchen leak
        unique_id: kitchen_leak
        device_class: moisture
        state: "{{ is_state('input_boolean.leak', 'on') }}"
  - switch:
      - name: Water valve
        unique_id: water_valve
        state: "{{ is_state('input_boolean.valve', 'on') }}"
        turn_on:
          action: input_boolean.turn_on
          target:
            entity_id: input_boolean.valve
        turn_off:
          action: input_boolean.turn_off
          target:
            entity_id: input_boolean.valve
"""


def automation() -> str:
    """Return the automation that asks what to do."""
    page = (ROOT / "docs/automations.md").read_text()
    section = page.split("\n## Ask what to do\n")[1]
    return section.split("```yaml\n")[1].split("```")[0]


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorProcess
) -> Iterator[HomeProcess]:
    """Run a Home Assistant with a kitchen, a valve and the automation."""
    folder = tmp_path_factory.mktemp("water_leak") / "home"
    configuration = (
        f"{CONFIGURATION}{HOUSE}automation leak:\n{indent(automation(), '  ')}"
    )
    with running_home(folder, simulator, configuration) as home:
        run(put_sensor_into_kitchen(home))
        yield home


async def put_sensor_into_kitchen(home: HomeProcess) -> None:
    """Assign the sensor to its room."""
    async with home.connect() as connection:
        # A new Home Assistant has this area
        await connection.command(
            "config/entity_registry/update", entity_id=LEAK, area_id="kitchen"
        )


class LeakingHouse:
    """A house in which water can leak, and the person who is called then."""

    def __init__(self, connection: Connection, control: SimulatorControl) -> None:
        """Use Home Assistant and the simulator's control API."""
        self._connection = connection
        self._control = control
        self._earlier = 0
        self._last_run: str | None = None

    async def get_ready(self) -> None:
        """Dry the floor, open the valve, and ignore earlier calls."""
        await self._turn("leak", "off")
        await self._turn("valve", "on")
        await until(self.valve_is_open)
        self._earlier = len(await self.calls())
        self._last_run = (await self._automation())["last_triggered"]

    async def person(self, **script: Any) -> None:
        """Set what the person does from the next call on, besides listening to the end."""
        await self._control.script(PHONE, talk_for=None, **script)

    async def leak(self) -> list[str]:
        """Let water leak until the automation has run; return the messages of its calls."""
        actions = await self._connection.subscribe(
            "subscribe_events", event_type="call_service"
        )
        await self._turn("leak", "on")
        await until(self._automation_has_run)
        done = [actions.get_nowait()["data"] for _ in range(actions.qsize())]
        return [
            action["service_data"]["message"]
            for action in done
            if action["domain"] == "elks"
        ]

    async def valve_is_open(self) -> bool:
        """Return whether the switch is on."""
        state = await self._connection.state(VALVE)
        return bool(state["state"] == "on")

    async def calls(self) -> list[dict[str, Any]]:
        """Return the calls to the person, oldest first."""
        return (await self._control.calls())[self._earlier :]

    async def rings(self) -> bool:
        """Return whether the person has been called."""
        return bool(await self.calls())

    async def heard(self) -> list[list[str]]:
        """Return the actions of each call, with their results."""
        return [
            [
                f"{verb} {action['result']}"
                for action in call["actions"]
                for verb in action
                if verb != "result"
            ]
            for call in await self.calls()
        ]

    async def _turn(self, name: str, state: str) -> None:
        await self._connection.act(
            f"input_boolean.turn_{state}", {"entity_id": f"input_boolean.{name}"}
        )

    async def _automation(self) -> dict[str, Any]:
        attributes: dict[str, Any] = (await self._connection.state(AUTOMATION))[
            "attributes"
        ]
        return attributes

    async def _automation_has_run(self) -> bool:
        automation = await self._automation()
        has_begun = automation["last_triggered"] != self._last_run
        return has_begun and not automation["current"]


@pytest.fixture
async def house(
    home: HomeProcess, simulator: SimulatorProcess, connection: Connection
) -> AsyncIterator[LeakingHouse]:
    """Return a dry house; Home Assistant must log nothing about Elks or the automation."""
    async with simulator.control() as control:
        house = LeakingHouse(connection, control)
        await house.get_ready()
        yield house
    assert complaints(home) == []
    assert "[homeassistant.components.automation" not in home.output.read_text()


async def test_key_1_closes_the_valve(house: LeakingHouse) -> None:
    """The call names the room; pressing 1 turns the switch off."""
    await house.person(keys=[{"after": 3, "keys": "1"}])

    said = await house.leak()

    assert said == [SENTENCE]
    assert await house.heard() == [["ivr 1", "play success"]]
    assert not await house.valve_is_open()


async def test_key_2_does_nothing(house: LeakingHouse) -> None:
    """The valve stays open, and nobody is called again."""
    await house.person(keys=[{"after": 3, "keys": "2"}])

    await house.leak()

    assert await house.heard() == [["ivr 2", "play success"]]
    assert await house.valve_is_open()


async def test_no_answer_calls_again(house: LeakingHouse) -> None:
    """A person who does not answer is called again, and can then close the valve."""
    await house.person(outcome="no_answer")
    leaking = asyncio.create_task(house.leak())
    await until(house.rings)
    await house.person(keys=[{"after": 3, "keys": "1"}])

    said = await leaking

    assert said == [SENTENCE, SENTENCE]
    assert await house.heard() == [[], ["ivr 1", "play success"]]
    assert not await house.valve_is_open()


async def test_calls_three_times_at_most(house: LeakingHouse) -> None:
    """A person who declines every time is called no more, and the valve stays open."""
    await house.person(outcome="decline")

    said = await house.leak()

    assert said == [SENTENCE] * 3
    assert [call["state"] for call in await house.calls()] == ["busy"] * 3
    assert await house.valve_is_open()
