"""From "Add integration" to the first call heard, in Home Assistant's own frontend."""

from collections.abc import AsyncIterator, Iterator
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import BrowserContext, expect
import pytest
from pytest_socket import enable_socket

from scripts.browser import log_in
from scripts.home import ROOT, Connection, Home
from scripts.pages import PhonePage, SetUp
from scripts.simulator_process import FROM_NUMBER, SimulatorProcess

from .conftest import complaints, run, running_simulator

OWN_NUMBER = "+46700000001"
TRANSLATIONS = ROOT / "custom_components/elks/translations"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Run a Home Assistant that has no account yet."""
    enable_socket()
    home = Home(tmp_path_factory.mktemp("setup") / "home")
    try:
        run(home.start())
        yield home
    finally:
        run(home.stop())


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """Start a simulator in which a person has the time to answer."""
    (tmp_path / "simulator").mkdir()
    with running_simulator(tmp_path / "simulator") as simulator:
        yield simulator


@pytest.fixture
async def connection(home: Home, socket_enabled: None) -> AsyncIterator[Connection]:
    """Connect to Home Assistant, whose account is gone again afterwards."""
    async with home.connect() as connection:
        yield connection
    await home.remove("elks")


@pytest.mark.parametrize(
    ("language", "width", "height"), [("en", 1280, 800), ("sv", 390, 844)]
)
async def test_first_call_is_heard(
    home: Home,
    simulator: SimulatorProcess,
    browser: BrowserContext,
    connection: Connection,
    language: str,
    width: int,
    height: int,
) -> None:
    """An account is added by hand, and the person who adds it is phoned."""
    await connection.command(
        "frontend/set_user_data",
        key="language",
        value={"language": language, "number_format": "language"},
    )
    page = await browser.new_page()
    await page.set_viewport_size({"width": width, "height": height})
    await log_in(page, home)
    phone = PhonePage(await browser.new_page())
    await phone.open(simulator)
    words = texts(language)
    steps = words["step"]

    set_up = SetUp(page, language)
    await set_up.find(home)
    await expect(set_up.icon).to_have_js_property("naturalHeight", 256)
    await set_up.choose()
    await set_up.shows(steps["user"]["title"])
    await set_up.sign_in(**simulator.credentials)
    await set_up.shows(steps["number"]["title"])
    await set_up.tick_test_call()
    assert await calls(simulator) == []
    await set_up.submit()
    await phone.answer()
    await expect(phone.ended).to_have_count(1)
    await page.bring_to_front()
    await set_up.shows(words["create_entry"]["test_call"].format(number=OWN_NUMBER))
    await set_up.finish()

    [call] = await calls(simulator)
    assert (call["from"], call["to"]) == (FROM_NUMBER, OWN_NUMBER)
    assert [action["result"] for action in call["actions"]] == 3 * ["success"]
    [entry] = await connection.command("config_entries/get", domain="elks")
    assert (entry["title"], entry["state"]) == ("Demo home", "loaded")
    assert complaints(home) == []


def texts(language: str) -> dict[str, Any]:
    """Return what the set-up says."""
    read: dict[str, Any] = json.loads((TRANSLATIONS / f"{language}.json").read_text())
    words: dict[str, Any] = read["config"]
    return words


async def calls(simulator: SimulatorProcess) -> list[dict[str, Any]]:
    """Return the calls that were placed."""
    async with (
        ClientSession(simulator.url) as session,
        session.get("/control/state") as response,
    ):
        placed: list[dict[str, Any]] = (await response.json())["calls"]
    return placed
