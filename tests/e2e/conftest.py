"""A Home Assistant with Elks, and a simulator, each run as a process for the tests of a module."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
)
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
import re
from types import MappingProxyType
from typing import Any

from aiohttp import web
from playwright.async_api import BrowserContext, Page
import pytest
from pytest_socket import enable_socket

from scripts.browser import log_in, running_browser
from scripts.connection import Connection
from scripts.home_process import CONFIGURATION, ROOT, HomeProcess
from scripts.simulator_process import SimulatorProcess

MENTION = re.compile(r"custom_components[./]elks|integration '?elks|elks integration")
SECONDS = 120
"""How long a busy computer may take for anything, in seconds."""
CONFIG_ENTRIES = ".storage/core.config_entries"
NOT_TESTED = "We found a custom integration elks which has not been tested"


def complaints(home: HomeProcess) -> list[str]:
    """Return what Home Assistant has logged about Elks since its first start."""
    lines = home.output.read_text().splitlines()
    return [line for line in lines if MENTION.search(line) and NOT_TESTED not in line]


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a check succeeds."""
    async with asyncio.timeout(SECONDS):
        while not await check():
            await asyncio.sleep(0.05)


async def until_enabled(connection: Connection, automations: int) -> None:
    """Wait until so many automations wait for their triggers, which the editor does not."""

    async def are_enabled() -> bool:
        states = await connection.command("get_states")
        known = [one for one in states if one["entity_id"].startswith("automation.")]
        return [one["state"] for one in known] == ["on"] * automations

    await until(are_enabled)


async def until_written(file: Path, text: str) -> None:
    """Wait until Home Assistant has written a text to a file."""

    async def is_written() -> bool:
        return file.exists() and text in file.read_text()

    await until(is_written)


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own, which does not touch pytest's."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(coroutine)


@contextmanager
def running_simulator(folder: Path, *options: str) -> Iterator[SimulatorProcess]:
    """Run a simulator with options of its command line."""
    process = SimulatorProcess(folder / "output.log", *options)
    try:
        run(process.started())
        yield process
    finally:
        run(process.stop())


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Run a simulator in which calls are over in a moment."""
    folder = tmp_path_factory.mktemp("simulator")
    with running_simulator(folder, "--speed", "20") as simulator:
        yield simulator


@contextmanager
def running_home(
    folder: Path,
    simulator: SimulatorProcess,
    configuration: str = CONFIGURATION,
    contacts: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[HomeProcess]:
    """Run Home Assistant with the simulator's account, and contacts by name and number."""
    enable_socket()
    home = HomeProcess(folder, configuration)
    try:
        run(home.start())
        entry = run(home.add("elks", *simulator.config_flow()))
        for name, number in contacts.items():
            run(home.add_contact(entry["entry_id"], name, number))
        yield home
    finally:
        run(home.stop())


@asynccontextmanager
async def served_blueprints() -> AsyncIterator[str]:
    """Serve the blueprints at an address."""
    application = web.Application()
    application.router.add_static("/", ROOT / "blueprints/automation/elks")
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorProcess
) -> Iterator[HomeProcess]:
    """Run a Home Assistant that calls through the simulator."""
    with running_home(tmp_path_factory.mktemp("e2e") / "home", simulator) as home:
        yield home


@pytest.fixture
async def connection(
    home: HomeProcess, socket_enabled: None
) -> AsyncIterator[Connection]:
    """Connect to Home Assistant."""
    async with home.connect() as connection:
        yield connection


@pytest.fixture
async def browser(
    tmp_path: Path, socket_enabled: None
) -> AsyncIterator[BrowserContext]:
    """Run a browser."""
    async with running_browser(tmp_path / "browser") as browser:
        yield browser


@pytest.fixture
async def page(browser: BrowserContext, home: HomeProcess) -> AsyncIterator[Page]:
    """Return a page that is logged in; Home Assistant must log nothing about Elks."""
    page = await browser.new_page()
    await log_in(page, home)
    yield page
    assert complaints(home) == []
