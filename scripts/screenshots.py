"""The pictures of README.md: taken of a real Home Assistant, and of the phones it calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
import shutil
import sys
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from .demo import CALL, SENSOR, Story, first_call
from .home import PASSWORD, ROOT, USERNAME, Connection, Home
from .process import ProcessError
from .simulator_process import SimulatorProcess

IMAGES = ROOT / "docs/images"
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DASHBOARD = "elks-calls"
WAIT_MS = 30_000


def _attribute(attribute: str, icon: str, **options: str) -> dict[str, Any]:
    row = {"type": "attribute", "entity": SENSOR, "attribute": attribute}
    return {**row, "icon": f"mdi:{icon}", **options}


VIEW: dict[str, Any] = {
    "type": "sections",
    "title": "Calls",
    "max_columns": 2,
    "sections": [
        {
            "type": "grid",
            "cards": [
                {"type": "heading", "heading": "Last call", "icon": "mdi:phone"},
                {
                    "type": "entities",
                    "entities": [
                        {
                            "entity": SENSOR,
                            "name": "State",
                            "secondary_info": "last-changed",
                        },
                        _attribute("to", "account", name="To"),
                        _attribute(
                            "start", "phone-in-talk", name="Picked up", format="time"
                        ),
                        _attribute(
                            "duration", "timer-outline", name="Duration", suffix=" s"
                        ),
                        _attribute("cost", "cash", name="Cost", suffix=" SEK"),
                    ],
                },
            ],
        },
        {
            "type": "grid",
            "cards": [
                {"type": "heading", "heading": "Activity", "icon": "mdi:history"},
                {
                    "type": "logbook",
                    "target": {"entity_id": SENSOR},
                    "grid_options": {"columns": 12, "rows": 4},
                },
            ],
        },
    ],
}


async def take_pictures(folder: Path) -> None:
    """Start everything, place calls, and take the pictures."""
    async with AsyncExitStack() as stack:
        simulator = SimulatorProcess(folder / "simulator.log")
        stack.push_async_callback(simulator.stop)
        home = Home(folder / "home")
        stack.push_async_callback(home.stop)
        await simulator.started()
        await home.start()
        await home.add("elks", *simulator.config_flow())
        connection = await stack.enter_async_context(home.connect())
        browser = await stack.enter_async_context(_browser(folder / "browser"))
        await picture_of_sensor(home, connection, simulator, browser)
        await picture_of_phones(connection, simulator, browser)


async def picture_of_sensor(
    home: Home,
    connection: Connection,
    simulator: SimulatorProcess,
    browser: BrowserContext,
) -> None:
    """Show the last call on a dashboard, after the demo's call has ended."""
    await connection.command(
        "lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Calls",
        icon="mdi:phone",
        mode="storage",
        show_in_sidebar=True,
    )
    await connection.command(
        "lovelace/config/save", url_path=DASHBOARD, config={"views": [VIEW]}
    )
    await first_call(connection, simulator, Story())
    page = await browser.new_page()
    await page.set_viewport_size({"width": 1060, "height": 500})
    await _log_in(page, home)
    await page.goto(f"{home.url}/{DASHBOARD}")
    await expect(page.locator("hui-logbook-card ha-logbook")).to_contain_text("Ongoing")
    await _take(page, "last_call.png")


async def picture_of_phones(
    connection: Connection, simulator: SimulatorProcess, browser: BrowserContext
) -> None:
    """Show the simulator's phones while one rings."""
    async with ClientSession(simulator.url) as session:
        await session.post("/control/manual", json={"manual": True})
    page = await browser.new_page()
    await page.set_viewport_size({"width": 900, "height": 320})
    await page.goto(simulator.url)
    await connection.act("elks.place_call", CALL, return_response=True)
    await page.get_by_role("button", name="Answer").wait_for()
    await _take(page, "phones.png")


@asynccontextmanager
async def _browser(folder: Path) -> AsyncIterator[BrowserContext]:
    """Start the Chromium of this machine, headless and with an empty profile."""
    expect.set_options(timeout=WAIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch_persistent_context(
            folder,
            executable_path=shutil.which("chromium"),
            args=BROWSER_OPTIONS,
            device_scale_factor=2,
            locale="en-GB",
            timezone_id="Europe/Stockholm",
            reduced_motion="reduce",
        )
        try:
            yield browser
        finally:
            await browser.close()


async def _log_in(page: Page, home: Home) -> None:
    await page.goto(home.url)
    await page.locator("input[name=username]").fill(USERNAME)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/home/overview", timeout=WAIT_MS)


async def _take(page: Page, name: str) -> None:
    """Take a picture once everything stands still."""
    await page.wait_for_load_state("networkidle")
    await page.evaluate("() => document.fonts.ready")
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / name
    await page.screenshot(path=path, animations="disabled")
    print(f"{path.relative_to(ROOT)}, {path.stat().st_size // 1024} KB", flush=True)


def main() -> int:
    """Take the pictures."""
    with TemporaryDirectory(prefix="elks-") as folder:
        try:
            asyncio.run(take_pictures(Path(folder)))
        except ProcessError as error:
            print(f"No pictures: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
