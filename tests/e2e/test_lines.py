"""Somebody calls the home on a phone in the browser: the gate, the menu, the PIN, and questions."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from playwright.async_api import BrowserContext
import pytest

from homeassistant.util.yaml import parse_yaml
from scripts.connection import Connection
from scripts.home_process import CONFIGURATION, ROOT, HomeProcess
from scripts.pages import PhonePage
from scripts.simulator_process import FROM_NUMBER, SimulatorControl, SimulatorProcess
from scripts.voice.tts import speak

from .conftest import (
    CONFIG_ENTRIES,
    complaints,
    running_home,
    running_simulator,
    until,
    until_written,
)
from .hearing import Heard, heard_in, measure
from .test_restarts import record

ANNA, STRANGER = "+46701111111", "+46709999999"
PIN = "2580"
GATE, VALVE = "input_boolean.gate", "input_boolean.valve"
HOUSE = """\
input_boolean:
  gate:
  big_gate:
  small_gate:
  valve:
template:
  - cover:
      - name: Big gate
        open_cover:
          action: input_boolean.turn_on
          target:
            entity_id: input_boolean.big_gate
        close_cover: []
      - name: Small gate
        open_cover:
          action: input_boolean.turn_on
          target:
            entity_id: input_boolean.small_gate
        close_cover: []
  - sensor:
      - name: Living room temperature
        state: "21"
"""
OPEN_GATE = [{"action": "input_boolean.turn_on", "target": {"entity_id": GATE}}]
CLOSE_VALVE = [{"action": "input_boolean.turn_off", "target": {"entity_id": VALVE}}]
TEMPERATURE = (
    "It is {{ states('sensor.living_room_temperature') }} degrees in the living room."
)
MENU: list[dict[str, Any]] = [
    {"key": "1", "say": "hear how warm it is", "reply": TEMPERATURE},
    {
        "key": "2",
        "say": "close the valve",
        "actions": CLOSE_VALVE,
        "reply": "The valve is closed.",
    },
]
LONG = f"close the valve, {', '.join(['which is in the kitchen'] * 60)}"
"""Takes longer to say than Home Assistant takes to start."""
REGISTRIES = (".storage/core.device_registry", ".storage/core.entity_registry")
LEAD_IN = 0.5
"""Seconds of silence before a recording."""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Run a simulator in which time passes as it does in the home."""
    with running_simulator(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorProcess
) -> Iterator[HomeProcess]:
    """Run a Home Assistant with somebody who is known, a gate and a valve."""
    folder = tmp_path_factory.mktemp("lines") / "home"
    configuration = f"{CONFIGURATION}{HOUSE}"
    with running_home(folder, simulator, configuration, {"Anna": ANNA}) as home:
        yield home


class Line:
    """The line of the home, and the phone that calls it."""

    def __init__(
        self, home: HomeProcess, phone: PhonePage, control: SimulatorControl
    ) -> None:
        """Use the page with the phones, and the simulator's control API."""
        self._home = home
        self._control = control
        self.phone = phone

    async def set_up(self, **fields: Any) -> None:
        """Add the line through its form."""
        async with self._home.connect() as connection:
            [entry] = await connection.command("config_entries/get", domain="elks")
        await self._home.add_line(
            entry["entry_id"], name="Home", number=FROM_NUMBER, **fields
        )

    async def remove(self) -> None:
        """Remove the line; nothing answers its number any more."""
        async with self._home.connect() as connection:
            entry_id, line_id = await self._ids(connection)
            await connection.command(
                "config_entries/subentries/delete",
                entry_id=entry_id,
                subentry_id=line_id,
            )

        async def is_given_back() -> bool:
            return not await self._control.voice_start()

        await until(is_given_back)

    async def dial(self, caller: str) -> None:
        """Call the home from a number."""
        before = len(await self._control.calls())
        await self.phone.dial(caller)

        async def is_placed() -> bool:
            return len(await self._control.calls()) > before

        await until(is_placed)

    async def last_call(self) -> dict[str, Any]:
        """Return the newest call."""
        return (await self._control.calls())[-1]

    async def until_stored(self) -> None:
        """Wait until Home Assistant has stored the line and its entities."""
        async with self._home.connect() as connection:
            _, line_id = await self._ids(connection)
        for file in (CONFIG_ENTRIES, *REGISTRIES):
            await until_written(self._home.folder / file, line_id)

    async def _ids(self, connection: Connection) -> tuple[str, str]:
        """Return the ids of the account and of its line."""
        [entry] = await connection.command("config_entries/get", domain="elks")
        entry_id: str = entry["entry_id"]
        [line_id] = [
            one["subentry_id"]
            for one in await connection.command(
                "config_entries/subentries/list", entry_id=entry_id
            )
            if one["subentry_type"] == "line"
        ]
        return entry_id, line_id

    async def balance(self) -> int:
        """Return the money that is left, in 1/10000 of the account's currency."""
        return int((await self._control.get("state"))["balance"])

    async def heard(self) -> list[Heard]:
        """Return what was heard in the newest call, but for the moments that were asked for."""
        heard = await heard_in(self._control, await self.last_call())
        return [one for one in heard if one.built_in != "en/one_moment"]

    async def until_heard(self, number: int) -> None:
        """Wait until so many sounds were heard in the newest call."""

        async def is_heard() -> bool:
            return len(await self.heard()) >= number

        await until(is_heard)


@pytest.fixture
async def line(
    home: HomeProcess,
    simulator: SimulatorProcess,
    browser: BrowserContext,
    connection: Connection,
) -> AsyncIterator[Line]:
    """Return the line, without its form filled in; the home must not complain."""
    for gate in (GATE, "input_boolean.big_gate", "input_boolean.small_gate"):
        await connection.act("input_boolean.turn_off", {"entity_id": gate})
    await connection.act("input_boolean.turn_on", {"entity_id": VALVE})
    async with simulator.control() as control:
        phone = PhonePage(await browser.new_page())
        await phone.open(simulator)
        line = Line(home, phone, control)
        yield line
        await line.remove()
    assert complaints(home) == []


async def is_on(connection: Connection, entity_id: str) -> bool:
    """Return whether something is on."""
    return bool((await connection.state(entity_id))["state"] == "on")


async def until_event(connection: Connection, kind: str) -> None:
    """Wait until the line shows that something happened."""

    async def is_shown() -> bool:
        state = await connection.state("event.home_call")
        return bool(state["attributes"].get("event_type") == kind)

    await until(is_shown)


def is_saying(heard: Heard, text: str) -> bool:
    """Return whether a recording of the home is as long as a text."""
    seconds = LEAD_IN + measure(speak(text, "en")).seconds
    return heard.built_in is None and abs(heard.seconds - seconds) < 0.05


async def test_gate(connection: Connection, line: Line) -> None:
    """The gate opens for somebody who is known; nobody picks up, and it costs nothing."""
    await line.set_up(answer_with="nothing", ringing={"actions": OPEN_GATE})
    before = await line.balance()

    await line.dial(ANNA)
    await line.phone.wait_for_hangup()

    await until_event(connection, "missed")
    assert await is_on(connection, GATE)
    assert (await line.last_call())["state"] == "busy"
    assert await line.balance() == before


async def test_unknown_caller(connection: Connection, line: Line) -> None:
    """Somebody who is not known hears busy, and the gate stays shut."""
    await line.set_up(answer_with="nothing", ringing={"actions": OPEN_GATE})

    await line.dial(STRANGER)
    await line.phone.wait_for_hangup()

    await until_event(connection, "missed")
    assert not await is_on(connection, GATE)
    assert (await line.last_call())["state"] == "busy"


async def test_menu(connection: Connection, line: Line) -> None:
    """The menu says how warm it is, and closes the valve."""
    await line.set_up(menu=MENU)

    await line.dial(ANNA)
    await line.until_heard(2)
    await line.phone.press("1")
    await line.until_heard(4)
    await line.phone.press("2")
    await line.until_heard(6)
    await line.phone.hang_up()

    await until_event(connection, "ended")
    assert not await is_on(connection, VALVE)
    menu = "Press 1 to hear how warm it is. Press 2 to close the valve."
    said = [
        "Home",
        menu,
        "It is 21 degrees in the living room.",
        menu,
        "The valve is closed.",
        menu,
    ]
    heard = await line.heard()
    assert len(heard) == len(said)
    assert all(map(is_saying, heard, said))


async def test_wrong_pin(home: HomeProcess, connection: Connection, line: Line) -> None:
    """Three wrong PINs end the call; no PIN is written anywhere."""
    await line.set_up(
        answer_with="menu",
        menu=[{"key": "1", "say": "open the gate", "actions": OPEN_GATE}],
        door={"pin": PIN},
    )

    await line.dial(ANNA)
    for tried in range(3):
        await line.until_heard(2 * tried + 1)
        for key in ("9", "9", "9", str(tried)):
            await line.phone.press(key)
    await line.phone.wait_for_hangup()

    await until_event(connection, "ended")
    assert not await is_on(connection, GATE)
    assert PIN not in home.output.read_text()


async def test_right_pin(connection: Connection, line: Line) -> None:
    """With the PIN, the gate opens."""
    await line.set_up(
        menu=[{"key": "1", "say": "open the gate", "actions": OPEN_GATE}],
        door={"pin": PIN},
    )

    await line.dial(ANNA)
    await line.until_heard(1)
    for key in PIN:
        await line.phone.press(key)
    await line.until_heard(3)
    await line.phone.press("1")
    await line.until_heard(5)
    await line.phone.hang_up()

    assert await is_on(connection, GATE)


async def test_automation(
    home: HomeProcess, connection: Connection, line: Line
) -> None:
    """The automation of the documentation asks two questions."""
    await line.set_up(answer_with="automation")
    page = (ROOT / "docs/lines.md").read_text()
    [example] = [part for part in page.split("```") if part.startswith("yaml\n")]
    automation = parse_yaml(example.removeprefix("yaml\n"))
    assert isinstance(automation, dict)
    await home.add_automation("wish", automation)

    await line.dial(ANNA)
    await line.until_heard(1)
    await line.phone.press("1")
    await line.until_heard(2)
    await line.phone.press("2")
    await line.phone.wait_for_hangup()

    await until_event(connection, "ended")
    assert not await is_on(connection, "input_boolean.big_gate")
    assert await is_on(connection, "input_boolean.small_gate")


async def test_killed_during_the_menu(
    home: HomeProcess, connection: Connection, line: Line
) -> None:
    """Whoever listens to the menu when the power fails can still choose; the next call works."""
    await line.set_up(menu=[MENU[0], {**MENU[1], "say": LONG}])
    await line.until_stored()
    await line.dial(ANNA)
    await line.until_heard(2)
    await until_written(record(home), '"menu"')

    home.kill()
    await home.start()

    await line.phone.press("2")
    await line.until_heard(3)
    async with home.connect() as after:
        assert not await is_on(after, VALVE)
        await after.act("input_boolean.turn_on", {"entity_id": VALVE})
        await line.phone.hang_up()
        await until_event(after, "ended")
        await line.dial(ANNA)
        await line.until_heard(2)
        await line.phone.press("2")
        await line.until_heard(3)
        assert not await is_on(after, VALVE)
        await line.phone.hang_up()
