"""A Home Assistant with Elks and a simulator, each a process, for the tests of a module."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_socket import enable_socket

from scripts.home import CONFIGURATION, Connection, Home
from scripts.simulator_process import SimulatorProcess

MENTION = re.compile(r"custom_components[./]elks|integration '?elks|elks integration")
NOT_TESTED = "We found a custom integration elks which has not been tested"


def complaints(home: Home) -> list[str]:
    """Return what Home Assistant has logged of Elks since it was first started."""
    lines = home.output.read_text().splitlines()
    return [line for line in lines if MENTION.search(line) and NOT_TESTED not in line]


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run something in a loop of its own, which outlives no test and replaces none."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(coroutine)


@contextmanager
def running_simulator(folder: Path, *options: str) -> Iterator[SimulatorProcess]:
    """Start a simulator with options of its command line."""
    process = SimulatorProcess(folder / "output.log", *options)
    try:
        run(process.started())
        yield process
    finally:
        run(process.stop())


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Start a simulator in which time passes quickly."""
    folder = tmp_path_factory.mktemp("simulator")
    with running_simulator(folder, "--speed", "10") as simulator:
        yield simulator


@contextmanager
def running_home(
    folder: Path, simulator: SimulatorProcess, configuration: str = CONFIGURATION
) -> Iterator[Home]:
    """Start Home Assistant and add the simulator's account to it."""
    enable_socket()
    home = Home(folder, configuration)
    try:
        run(home.start())
        run(home.add("elks", *simulator.config_flow()))
        yield home
    finally:
        run(home.stop())


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorProcess
) -> Iterator[Home]:
    """Run a Home Assistant that calls through the simulator."""
    with running_home(tmp_path_factory.mktemp("e2e") / "home", simulator) as home:
        yield home


@pytest.fixture
async def connection(home: Home, socket_enabled: None) -> AsyncIterator[Connection]:
    """Connect to Home Assistant."""
    async with home.connect() as connection:
        yield connection
