"""What the rows of the matrix share: a home in a time of its own."""

import asyncio
from collections.abc import AsyncIterator
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from simulator import Simulator
from tests.elks.conftest import Home

from .clock import let_time_jump
from .scene import Scene


@pytest.fixture
async def clock(freezer: FrozenDateTimeFactory) -> AsyncIterator[None]:
    """Let time pass at once, beginning in a quiet night."""
    freezer.move_to("2026-03-01 02:00:00+00:00")
    with pytest.MonkeyPatch.context() as monkeypatch:
        let_time_jump(asyncio.get_running_loop(), freezer, monkeypatch)
        yield


@pytest.fixture
async def provider(clock: None, socket_enabled: None) -> AsyncIterator[Simulator]:
    """Return a simulated 46elks in the same time."""
    simulator = Simulator()
    async with simulator.serve():
        yield simulator


@pytest.fixture
async def scene(
    hass_storage: dict[str, Any],
    clock: None,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Scene]:
    """Return a home that phones, watched."""
    # Frozen time lacks the offset from UTC that aiohttp wants to log
    monkeypatch.setattr(logging.getLogger("aiohttp.access"), "disabled", True)
    scene = Scene(home, hass_storage, monkeypatch)
    async with scene.watched():
        yield scene
