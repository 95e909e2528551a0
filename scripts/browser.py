"""A headless Chromium that logs in to Home Assistant and takes pictures of its pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
import shutil
from typing import Literal

from PIL import Image
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from .home_process import PASSWORD, USERNAME, HomeProcess

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 60_000
"""How long a busy computer may take to show something, in milliseconds."""
COLOURS = 128


@asynccontextmanager
async def running_browser(folder: Path) -> AsyncIterator[BrowserContext]:
    """Run this machine's Chromium, with a new profile in an empty folder."""
    expect.set_options(timeout=WAIT_MS)
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch_persistent_context(
            folder,
            executable_path=shutil.which("chromium"),
            args=OPTIONS,
            device_scale_factor=2,
            locale="en-GB",
            timezone_id="Europe/Stockholm",
            reduced_motion="reduce",
        ) as browser,
    ):
        browser.set_default_timeout(WAIT_MS)
        yield browser


async def log_in(page: Page, home: HomeProcess) -> None:
    """Log in as the home's owner."""
    await page.goto(home.url)
    await page.locator("input[name=username]").fill(USERNAME)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/home/overview")


async def take_picture(
    page: Page, path: Path, scale: Literal["css", "device"] = "device"
) -> None:
    """Save a page as a small PNG, once nothing on it changes any more.

    The scale `css` makes the file smaller and the picture less sharp.
    """
    await page.wait_for_load_state("networkidle")
    await page.evaluate("() => document.fonts.ready")
    shot = await page.screenshot(animations="disabled", scale=scale)
    picture = Image.open(BytesIO(shot))
    small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
