"""A blueprint, imported and used in Home Assistant's own frontend."""

from collections.abc import AsyncIterator, Iterator

from playwright.async_api import Page
import pytest

from scripts.connection import Connection
from scripts.editor import BlueprintPage
from scripts.home_process import CONFIGURATION, HomeProcess
from scripts.simulator_process import SimulatorProcess

from .conftest import running_home, served_blueprints, until, until_enabled

CHAIN = "sensor.demo_home_call_chain"
ANNA = "+46701111111"
HOUSE = """\
input_boolean:
  leak:
    name: Kitchen leak
"""


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorProcess
) -> Iterator[HomeProcess]:
    """Run a Home Assistant with an alarm, and somebody to call."""
    folder = tmp_path_factory.mktemp("blueprint") / "home"
    configuration = CONFIGURATION + HOUSE
    with running_home(folder, simulator, configuration, {"Anna": ANNA}) as home:
        yield home


@pytest.fixture
async def address(socket_enabled: None) -> AsyncIterator[str]:
    """Serve the blueprints; return the address."""
    async with served_blueprints() as address:
        yield address


async def test_import_and_use(
    home: HomeProcess,
    simulator: SimulatorProcess,
    connection: Connection,
    page: Page,
    address: str,
) -> None:
    """Import it, fill it in and save it; then the alarm triggers, and the person accepts."""
    blueprint = BlueprintPage(page)
    await blueprint.import_from(home, f"{address}/call_when_an_alarm_triggers.yaml")
    await blueprint.use("Call when an alarm triggers")
    await blueprint.choose("Alarms", "Kitchen leak")
    await blueprint.choose("People", "Anna")
    await blueprint.save()
    await until_enabled(connection, 1)
    async with simulator.control() as control:
        keys = [{"after": 3, "keys": "1"}]
        await control.script(ANNA, talk_for=None, keys=keys)

    await connection.act("input_boolean.turn_on", {"entity_id": "input_boolean.leak"})

    async def is_acknowledged() -> bool:
        state = await connection.state(CHAIN)
        return bool(state["state"] == "acknowledged")

    await until(is_acknowledged)
    assert (await connection.state(CHAIN))["attributes"]["contact"] == "Anna"
