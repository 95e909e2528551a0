"""The home of `scripts/demo`, used as the page invites to: without a login, reading or typing."""

from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect
import pytest

from scripts.demo_home import VALVE, running_demo_home
from scripts.home_process import HomeProcess
from scripts.pages import ElksDashboard, PhonePage
from scripts.simulator_process import SimulatorProcess, running_simulator

from .conftest import complaints, until


@pytest.fixture
async def simulator(
    tmp_path: Path, socket_enabled: None
) -> AsyncIterator[SimulatorProcess]:
    """Run a simulator in which phones wait for a hand."""
    async with running_simulator(tmp_path / "simulator.log", "--manual") as simulator:
        yield simulator


@pytest.fixture
async def home(
    tmp_path: Path, simulator: SimulatorProcess
) -> AsyncIterator[HomeProcess]:
    """Run the home."""
    async with running_demo_home(tmp_path / "home", simulator) as home:
        yield home


async def open_phones(page: Page) -> PhonePage:
    """Press the button that leads to the phones."""
    async with page.context.expect_page() as opened:
        await ElksDashboard(page).buttons.filter(has_text="Phones").click()
    return PhonePage(await opened.value)


async def test_pendant(browser: BrowserContext, home: HomeProcess) -> None:
    """The dashboard comes first; the pendant calls Anna, then Bo, who closes the valve."""
    page = await browser.new_page()
    await page.goto(home.url)
    dashboard = ElksDashboard(page)
    valve = dashboard.buttons.filter(has_text="Water valve")
    await expect(valve).to_contain_text("On")
    await expect(dashboard.headings.get_by_text("Bo")).to_be_visible()
    phones = await open_phones(page)
    await page.bring_to_front()

    await dashboard.buttons.filter(has_text="Press the pendant").click()
    await phones.wait_for_ring()
    await phones.ringing.get_by_role("button", name="Decline").click()
    await phones.answer("+46702222222")
    await phones.press("1", "+46702222222")

    await page.bring_to_front()
    await expect(valve).to_contain_text("Off")
    await expect(dashboard.tiles("Accepted by")).to_contain_text("Bo")
    await expect(dashboard.complaints).to_have_count(0)
    assert complaints(home) == []


async def test_call_home(browser: BrowserContext, home: HomeProcess) -> None:
    """Whoever presses Call is answered, and closes the valve by pressing 2."""
    page = await browser.new_page()
    await page.goto(home.url)
    phones = await open_phones(page)
    await phones.page.get_by_role("button", name="Call", exact=True).click()
    await phones.listen()

    async with home.connect() as connection:

        async def is_closed() -> bool:
            # The menu follows the greeting
            await phones.press("2")
            return bool((await connection.state(VALVE))["state"] == "off")

        await until(is_closed)

    await phones.hang_up()
    assert complaints(home) == []
