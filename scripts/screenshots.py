"""Takes the pictures in README.md and docs, of a real Home Assistant and the phones it calls."""

import asyncio
from dataclasses import dataclass
from itertools import product
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from typing import Any, Literal

from playwright.async_api import BrowserContext, Page, expect

from .browser import log_in, running_browser, take_picture
from .connection import Connection
from .demo_home import ANNA, AUTOMATIONS, BO, LEAK, LINE, VALVE, running_demo_home
from .home_process import ROOT, HomeProcess, running_home
from .pages import (
    CALL,
    SIZES,
    ActionForm,
    AutomationPage,
    ElksDashboard,
    LineForm,
    PhonePage,
    SetUp,
)
from .process import ProcessError
from .simulator_process import FROM_NUMBER, SimulatorProcess, running_simulator

PEOPLE = {"Anna": "+46701111111", "Bo": "+46702222222", "Cilla": "+46703333333"}
# The person presses the key when the message is almost over
PERSON = {"talk_for": None, "keys": [{"after": 4, "keys": "1"}]}
IMAGES = ROOT / "docs/images"
WALKS = list(product(("sv", "en"), SIZES))
"""Language and window size; later pictures are in the last language."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What the alarm of the README is called."""

    call: str
    close: str
    message: str
    leak: str
    valve: str

    async def build(self, home: HomeProcess, connection: Connection) -> None:
        """Build the alarm from the automations of the demo, without the pendant."""
        for entity, name in ((LEAK, self.leak), (VALVE, self.valve)):
            await connection.command(
                "config/entity_registry/update", entity_id=entity, name=name
            )
        call, close = AUTOMATIONS["call"], AUTOMATIONS["close"]
        [_, leak], [action] = call["triggers"], call["actions"]
        action = {**action, "data": {"message": self.message}}
        call = {"alias": self.call, "triggers": [leak], "actions": [action]}
        close = {**close, "alias": self.close, "description": ""}
        await home.add_automation("call", call)
        await home.add_automation("close", close)


ALARMS = {
    "sv": Alarm(
        call="Ring oss när det läcker",
        close="Stäng av vattnet",
        message="Det läcker vatten i mammas kök.",
        leak="Läcka i köket",
        valve="Vattenventil",
    ),
    "en": Alarm(
        call="Call us when water leaks",
        close="Close the water valve",
        message="Water is leaking in Mum's kitchen.",
        leak="Kitchen leak",
        valve="Water valve",
    ),
}


async def take_pictures(folder: Path) -> None:
    """Start everything, place calls, and take the pictures."""
    async with (
        running_simulator(folder / "simulator.log") as simulator,
        running_home(folder / "home") as home,
        home.connect() as connection,
        running_browser(folder / "browser") as browser,
    ):
        page = await browser.new_page()
        await log_in(page, home)
        await pictures_of_walks(page, home, connection, folder / "walks.log")
        await add_account(page, home, simulator)
        [entry] = await connection.command("config_entries/get", domain="elks")
        await home.add_line(entry["entry_id"], number=FROM_NUMBER, **LINE)
        phone_page = await _sized(browser, 440, 720)
        phone = PhonePage(phone_page)
        await phone.open(simulator)
        await pictures_of_form_and_phone(page, home, phone_page, phone)
        for name, number in PEOPLE.items():
            await home.add_contact(entry["entry_id"], name, number)
        await picture_of_chain(page, home, connection, simulator)
        await pictures_of_demo(browser, folder)


async def pictures_of_walks(
    page: Page, home: HomeProcess, connection: Connection, output: Path
) -> None:
    """Set up an account in each language and size, and remove it again.

    The simulator is a separate one, so that its calls are not on later pictures.
    """
    async with running_simulator(output) as simulator:
        # Only the phone, not what calls the home
        phone_page = await _sized(page.context, 390, 310)
        phone = PhonePage(phone_page)
        await phone.open(simulator)
        for language, size in WALKS:
            await connection.set_language(language)
            await pictures_of_walk(page, home, simulator, phone, language, size)
            await home.remove("elks")
        await phone_page.close()


async def pictures_of_walk(
    page: Page,
    home: HomeProcess,
    simulator: SimulatorProcess,
    phone: PhonePage,
    language: str,
    size: str,
) -> None:
    """Show each step from "Add integration" to the first call."""
    walk = f"set_up/{language}_{size}"
    width, height = SIZES[size]
    await page.set_viewport_size({"width": width, "height": height})
    set_up = SetUp(page, language)
    await set_up.find(home)
    await _take(page, f"{walk}_1_choose.png", "css")
    await set_up.choose()
    await set_up.shows_step("user")
    credentials = simulator.credentials
    address = credentials.pop("url")
    await set_up.enter_credentials(**credentials)
    await _take(page, f"{walk}_2_account.png", "css")
    await set_up.enter_address(address)
    await set_up.go_on()
    await set_up.shows_step("number")
    await set_up.tick_test_call()
    await _take(page, f"{walk}_3_number.png", "css")
    await set_up.submit()
    await phone.wait_for_ring()
    if (language, size) == WALKS[0]:
        await _take(phone.page, "set_up/phone_rings.png", "css")
    await phone.answer()
    await phone.wait_for_hangup()
    await set_up.shows_test_call()
    await _take(page, f"{walk}_4_done.png", "css")
    await set_up.finish()


async def add_account(
    page: Page, home: HomeProcess, simulator: SimulatorProcess
) -> None:
    """Add the account."""
    set_up = SetUp(page)
    await set_up.find(home)
    await set_up.choose()
    await set_up.sign_in(**simulator.credentials)
    await set_up.shows_step("number")
    await set_up.submit()
    await set_up.finish()


async def pictures_of_form_and_phone(
    page: Page, home: HomeProcess, phone_page: Page, phone: PhonePage
) -> None:
    """Show the action's form, and the phone that it calls."""
    await page.set_viewport_size({"width": 1000, "height": 1200})
    form = ActionForm(page)
    await form.open(home)
    await form.fill_in({**CALL, "to": "070-123 45 67"})
    await _take(page, "action.png")
    await form.perform()
    await phone.wait_for_ring()
    await _take(phone_page, "phone_rings.png")
    await phone.answer()
    await _take(phone_page, "phone_in_call.png")
    await phone.press("1")
    await phone.wait_for_hangup()


async def picture_of_chain(
    page: Page, home: HomeProcess, connection: Connection, simulator: SimulatorProcess
) -> None:
    """Show the dashboard of Elks after a chain that the third person acknowledged."""
    scripts: tuple[dict[str, Any], ...] = (
        {"outcome": "decline"},
        {"outcome": "no_answer"},
        PERSON,
    )
    async with simulator.control() as control:
        for number, script in zip(PEOPLE.values(), scripts, strict=True):
            await control.script(number, **script)
    await page.set_viewport_size({"width": 1160, "height": 760})
    dashboard = ElksDashboard(page)
    await dashboard.open(home, connection)
    await expect(dashboard.headings.get_by_text("Cilla")).to_be_visible()
    chain = {"to": list(PEOPLE), "message": CALL["message"], "timeout": 5}
    await connection.act("elks.call_chain", chain, return_response=True)
    await expect(dashboard.tiles("Call chain").first).to_contain_text("Accepted")
    await expect(dashboard.tiles("Last call").first).to_contain_text("Answered")
    await expect(dashboard.activity).to_contain_text("Cilla")
    await _take(page, "dashboard.png")


async def pictures_of_demo(browser: BrowserContext, folder: Path) -> None:
    """Show the home of the demo after an alarm, and an alarm of one's own in each language."""
    async with (
        running_simulator(folder / "demo.log") as simulator,
        running_demo_home(folder / "demo", simulator) as home,
        home.connect() as connection,
    ):
        await connection.set_language("en")
        async with simulator.control() as control:
            await control.script(ANNA, outcome="decline")
            await control.script(BO, **PERSON)
        page = await _sized(browser, 1160, 760)
        await page.goto(home.url)
        dashboard = ElksDashboard(page)
        await dashboard.buttons.filter(has_text="pendant").click()
        valve = dashboard.buttons.filter(has_text="Water valve")
        await expect(valve).to_contain_text("Off")
        await expect(dashboard.tiles("Last call").first).to_contain_text("Answered")
        await _take(page, "demo.png")
        await pictures_of_line(page, home, simulator)
        await page.set_viewport_size({"width": 1280, "height": 820})
        for language, alarm in ALARMS.items():
            await connection.set_language(language)
            await alarm.build(home, connection)
            await pictures_of_alarm(page, home, language)


async def pictures_of_line(
    page: Page, home: HomeProcess, simulator: SimulatorProcess
) -> None:
    """Show the form of a line, a choice in its menu, and a phone that calls it."""
    await page.set_viewport_size({"width": 1000, "height": 1000})
    form = LineForm(page)
    await form.open(home)
    await _take(page, "line_form.png")
    await form.open_choice(LINE["menu"][1]["say"])
    await _take(page, "line_menu.png")
    phone_page = await _sized(page.context, 440, 800)
    phone = PhonePage(phone_page)
    await phone.open(simulator)
    await phone.dial(ANNA)
    await phone.listen()
    await _take(phone_page, "line_phone.png")
    await phone.hang_up()
    await phone_page.close()


async def pictures_of_alarm(page: Page, home: HomeProcess, language: str) -> None:
    """Show the automations of an alarm in the editor."""
    automation = AutomationPage(page)
    await automation.open(home, "call")
    await automation.select("action", "Bo")
    await _take(page, f"automation_{language}.png")
    await automation.open(home, "close")
    await automation.select("trigger", "Bo")
    await _take(page, f"reaction_{language}.png")


async def _sized(browser: BrowserContext, width: int, height: int) -> Page:
    page = await browser.new_page()
    await page.set_viewport_size({"width": width, "height": height})
    return page


async def _take(
    page: Page, name: str, scale: Literal["css", "device"] = "device"
) -> None:
    path = IMAGES / name
    path.parent.mkdir(parents=True, exist_ok=True)
    await take_picture(page, path, scale)
    print(f"{path.relative_to(ROOT)}, {path.stat().st_size // 1024} KB", flush=True)


def main() -> int:
    """Take the pictures."""
    with TemporaryDirectory(prefix="elks-") as folder:
        try:
            asyncio.run(take_pictures(Path(folder)))
        except ProcessError as error:
            print(f"No pictures were taken: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
