"""What the rows of the matrix share: a home in a time of its own."""

import asyncio
from collections.abc import AsyncIterator
import logging
from typing import Any
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator import Simulator
from tests.elks.conftest import Home
from tests.elks.speech.conftest import Engine, tone

from .clock import let_time_jump
from .row import Row
from .scene import Scene


@pytest.fixture
async def clock(freezer: FrozenDateTimeFactory) -> AsyncIterator[None]:
    """Let time pass at once, beginning in a quiet night."""
    # In a moment that the history does not know
    freezer.move_to("2026-03-01 02:00:00.609873+00:00")
    with pytest.MonkeyPatch.context() as monkeypatch:
        let_time_jump(asyncio.get_running_loop(), freezer, monkeypatch)
        yield


@pytest.fixture
async def provider(
    row: Row, clock: None, socket_enabled: None
) -> AsyncIterator[Simulator]:
    """Return a simulated 46elks on the same clock, with the row's dialect."""
    # Shown when the row fails
    logging.getLogger(__name__).info("46elks uses %s", row.used_dialect)
    simulator = Simulator(dialect=row.used_dialect)
    async with simulator.serve():
        yield simulator


@pytest.fixture
async def voice(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the home a voice, whose sounds no program looks at: that takes no time of the clock."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("simulator.calls.sounds._probe", AsyncMock(return_value=2.0))
    for component in ("http", "media_source", "tts"):
        assert await async_setup_component(hass, component, {})
    engine = Engine("tones", ("wav", tone(1)))
    await hass.data[DATA_COMPONENT].async_add_entities([engine])


@pytest.fixture
async def scene(
    hass_storage: dict[str, Any],
    clock: None,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Scene]:
    """Return a home that places calls, and watch it."""
    # Frozen time lacks the offset from UTC that aiohttp wants to log
    monkeypatch.setattr(logging.getLogger("aiohttp.access"), "disabled", True)
    scene = Scene(home, hass_storage, monkeypatch)
    async with scene.watched():
        yield scene
