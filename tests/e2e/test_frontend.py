"""A call placed by hand in Home Assistant's own frontend, and answered on the phones' page."""

from collections.abc import Iterator

from playwright.async_api import BrowserContext, Page, expect
import pytest

from scripts.connection import Connection
from scripts.home_process import HomeProcess
from scripts.pages import ANSWER, CALL, ActionForm, Dashboard, PhonePage
from scripts.simulator_process import SimulatorProcess

from .conftest import running_simulator


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Run a simulator in which a person has time to answer."""
    with running_simulator(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


@pytest.fixture
async def phone(browser: BrowserContext, simulator: SimulatorProcess) -> PhonePage:
    """Return the page on which phones ring."""
    phone = PhonePage(await browser.new_page())
    await phone.open(simulator)
    return phone


async def test_action_is_performed_in_the_tools(
    home: HomeProcess, page: Page, phone: PhonePage
) -> None:
    """The form is filled in, the phone is answered, and the response has the answer."""
    form = ActionForm(page)
    await form.open(home)
    await form.fill_in({**CALL, "to": "070-123 45 67"})

    await form.perform()
    await phone.answer()
    await phone.press("1")

    await expect(form.response).to_contain_text("state: success")
    await expect(form.response).to_contain_text("digits: '1'")
    await expect(form.response).to_contain_text(f"answer: {ANSWER}")


async def test_dashboard_places_and_shows_a_call(
    home: HomeProcess, connection: Connection, page: Page, phone: PhonePage
) -> None:
    """The button places a call; the card shows it from the first ring to its end."""
    dashboard = Dashboard(page)
    await dashboard.open(home, connection)

    await dashboard.call()
    await expect(dashboard.state).to_contain_text("Ongoing")
    await phone.answer()
    await expect(dashboard.state).to_contain_text("Ongoing")
    await phone.press("1")

    await expect(dashboard.state).to_contain_text("Answered")
    await expect(dashboard.keys_pressed).to_contain_text("1")
