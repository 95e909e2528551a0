"""An alarm that a person builds by clicking only, tries, and answers on the phones' page."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from playwright.async_api import BrowserContext, Page
import pytest

from scripts.connection import Connection
from scripts.editor import AutomationEditor, BlueprintPage, ContactPage, Part
from scripts.home_process import CONFIGURATION, HomeProcess
from scripts.pages import SIZES, PhonePage
from scripts.simulator_process import SimulatorProcess

from .conftest import (
    running_home,
    running_simulator,
    served_blueprints,
    until,
    until_enabled,
)

ANNA, BO = "+46701111111", "+46702222222"
VALVE, SIREN = "switch.water_valve", "switch.siren"
HOUSE = """\
input_boolean:
  leak:
  valve:
    initial: true
  siren:
input_button:
  pendant:
    name: Pendant
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
      - name: Siren
        unique_id: siren
        state: "{{ is_state('input_boolean.siren', 'on') }}"
        turn_on:
          action: input_boolean.turn_on
          target:
            entity_id: input_boolean.siren
        turn_off:
          action: input_boolean.turn_off
          target:
            entity_id: input_boolean.siren
"""


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """Run a simulator in which a person has time to answer."""
    (tmp_path / "simulator").mkdir()
    with running_simulator(tmp_path / "simulator") as simulator:
        yield simulator


@pytest.fixture
def home(tmp_path: Path, simulator: SimulatorProcess) -> Iterator[HomeProcess]:
    """Run a Home Assistant with a leak sensor, a valve and a siren, and nobody to call."""
    with running_home(tmp_path / "home", simulator, CONFIGURATION + HOUSE) as home:
        yield home


@pytest.fixture
async def blueprints(socket_enabled: None) -> AsyncIterator[str]:
    """Serve the blueprints; return the address."""
    async with served_blueprints() as address:
        yield address


@pytest.fixture(params=SIZES)
async def page(page: Page, request: pytest.FixtureRequest) -> Page:
    """Return a page of the size of a desktop, and of a phone."""
    width, height = SIZES[request.param]
    await page.set_viewport_size({"width": width, "height": height})
    return page


@pytest.fixture
async def phone(browser: BrowserContext, simulator: SimulatorProcess) -> PhonePage:
    """Return the page on which phones ring."""
    phone = PhonePage(await browser.new_page())
    await phone.open(simulator)
    return phone


@pytest.fixture
async def people(home: HomeProcess, page: Page) -> None:
    """Add the people."""
    contacts = ContactPage(page)
    await contacts.open(home)
    await contacts.add("Anna", "070-111 11 11")
    await contacts.add("Bo", "070-222 22 22")


async def build_alarm(home: HomeProcess, page: Page) -> None:
    """Add the automations: the chain, the reaction, and the fallback."""
    editor = AutomationEditor(page)
    await editor.create(home)
    await editor.add(Part.TRIGGER, "Moisture detected", "Kitchen leak", "Binary sensor")
    await editor.add(Part.ACTION, "Start a call chain", "Anna", "Notifications")
    await editor.add_target("Bo", "Notifications")
    await editor.fill_in("Message", "Water is leaking in the kitchen.")
    await editor.fill_in("Rounds", "1")
    await editor.save("Call when water leaks")

    await editor.create(home)
    await editor.add(Part.TRIGGER, "A call chain ended", "Demo home", "Elks")
    await editor.choose("Result", "Someone accepted")
    await editor.add(Part.ACTION, "Turn off switch", "Water valve", "Switch")
    await editor.save("Close the valve")

    await editor.create(home)
    await editor.add(Part.TRIGGER, "A call chain ended", "Anna", "Notifications")
    await editor.add_target("Bo", "Notifications")
    await editor.choose("Result", "Nobody accepted")
    await editor.add(Part.ACTION, "Turn on switch", "Siren", "Switch")
    await editor.save("Sound the siren")


async def leak(connection: Connection) -> None:
    """Let water leak, for the first time or again."""
    target = {"entity_id": "input_boolean.leak"}
    await connection.act("input_boolean.turn_off", target)
    await connection.act("input_boolean.turn_on", target)


async def until_state(connection: Connection, entity_id: str, state: str) -> None:
    """Wait until an entity has a state."""

    async def is_so() -> bool:
        return bool((await connection.state(entity_id))["state"] == state)

    await until(is_so)


@pytest.mark.usefixtures("people")
async def test_alarm(
    home: HomeProcess, connection: Connection, page: Page, phone: PhonePage
) -> None:
    """Whoever presses 1 closes the valve; if nobody does, the siren sounds."""
    await build_alarm(home, page)
    await until_enabled(connection, 3)

    await leak(connection)
    await phone.answer(ANNA)
    await phone.press("1", ANNA)
    await until_state(connection, VALVE, "off")
    assert (await connection.state(SIREN))["state"] == "off"

    await phone.wait_for_hangup()
    await leak(connection)
    await phone.decline(ANNA)
    await phone.decline(BO)
    await until_state(connection, SIREN, "on")


@pytest.mark.usefixtures("people")
async def test_pendant(
    home: HomeProcess,
    connection: Connection,
    page: Page,
    phone: PhonePage,
    blueprints: str,
) -> None:
    """Somebody presses the pendant, the first person declines, and the second accepts."""
    pendant = BlueprintPage(page)
    await pendant.import_from(home, f"{blueprints}/care_pendant.yaml")
    await pendant.use("Care pendant")
    await pendant.add_trigger("Button pressed", "Pendant", "Input button")
    await pendant.choose("People", "Anna")
    await pendant.choose("People", "Bo")
    await pendant.save()
    await until_enabled(connection, 1)

    await connection.act("input_button.press", {"entity_id": "input_button.pendant"})
    await phone.decline(ANNA)
    await phone.answer(BO)
    await phone.press("1", BO)

    await until_state(connection, "sensor.demo_home_call_chain", "acknowledged")


@pytest.mark.usefixtures("people")
async def test_drill(
    home: HomeProcess,
    connection: Connection,
    page: Page,
    phone: PhonePage,
    blueprints: str,
) -> None:
    """The drill is run from the menu, and reports who did not press 1."""
    drill = BlueprintPage(page)
    await drill.import_from(home, f"{blueprints}/fire_drill.yaml")
    await drill.use("Fire drill")
    await drill.choose("People", "Anna")
    await drill.choose("People", "Bo")
    await drill.save()

    await drill.run()
    await phone.answer(ANNA)
    await phone.press("1", ANNA)
    await phone.decline(BO)
    await phone.decline(BO)

    async def is_reported() -> bool:
        reports = await connection.command("persistent_notification/get")
        return "Did not press 1: Bo." in {report["message"] for report in reports}

    await until(is_reported)
