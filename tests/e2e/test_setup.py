"""From "Add integration" to the first call heard, in Home Assistant's own frontend."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from playwright.async_api import BrowserContext, expect
import pytest
from pytest_socket import enable_socket

from scripts.browser import log_in
from scripts.connection import Connection
from scripts.home_process import HomeProcess
from scripts.pages import SIZES, PhonePage, SetUp
from scripts.simulator_process import FROM_NUMBER, OWN_NUMBER, SimulatorProcess

from .conftest import complaints, run, running_simulator


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeProcess]:
    """Run a Home Assistant that has no account yet."""
    enable_socket()
    home = HomeProcess(tmp_path_factory.mktemp("setup") / "home")
    try:
        run(home.start())
        yield home
    finally:
        run(home.stop())


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """Run a simulator in which a person has time to answer."""
    (tmp_path / "simulator").mkdir()
    with running_simulator(tmp_path / "simulator") as simulator:
        yield simulator


@pytest.fixture
async def connection(
    home: HomeProcess, socket_enabled: None
) -> AsyncIterator[Connection]:
    """Connect to Home Assistant; remove the account afterwards."""
    async with home.connect() as connection:
        yield connection
    await home.remove("elks")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "sv"])
async def test_first_call_is_heard(
    home: HomeProcess,
    simulator: SimulatorProcess,
    browser: BrowserContext,
    connection: Connection,
    language: str,
    size: str,
) -> None:
    """An account is added by hand, and the test call reaches the person who adds it."""
    await connection.set_language(language)
    width, height = SIZES[size]
    page = await browser.new_page()
    await page.set_viewport_size({"width": width, "height": height})
    await log_in(page, home)
    phone = PhonePage(await browser.new_page())
    await phone.open(simulator)

    set_up = SetUp(page, language)
    await set_up.find(home)
    await expect(set_up.icon).to_have_js_property("naturalHeight", 256)
    await set_up.choose()
    await set_up.shows_step("user")
    await set_up.sign_in(**simulator.credentials)
    await set_up.shows_step("number")
    await set_up.tick_test_call()
    async with simulator.control() as control:
        assert await control.calls() == []
    await set_up.submit()
    await phone.answer()
    await phone.wait_for_hangup()
    await set_up.shows_test_call()
    await set_up.finish()

    async with simulator.control() as control:
        [call] = await control.calls()
    assert (call["from"], call["to"]) == (FROM_NUMBER, OWN_NUMBER)
    assert [action["result"] for action in call["actions"]] == 3 * ["success"]
    [entry] = await connection.command("config_entries/get", domain="elks")
    assert (entry["title"], entry["state"]) == ("Demo home", "loaded")
    assert complaints(home) == []
