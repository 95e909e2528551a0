"""What the rows of the matrix share: a home in a time of its own."""

import asyncio
from collections.abc import AsyncIterator
import logging
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator import Simulator
from tests.elks.conftest import PHONE, Home, make_contact, make_line

from .clock import let_time_jump
from .row import LineRow, Row
from .scene import Scene
from .speaker import Speaker


@pytest.fixture
async def clock(freezer: FrozenDateTimeFactory) -> AsyncIterator[None]:
    """Let time pass at once, beginning in a quiet night."""
    # In a moment that the history does not know
    freezer.move_to("2026-03-01 02:00:00.609873+00:00")
    with pytest.MonkeyPatch.context() as monkeypatch:
        let_time_jump(asyncio.get_running_loop(), freezer, monkeypatch)
        yield


@pytest.fixture
def patience() -> float:
    """Return for how many seconds a call really waits for its sounds: here time is exact."""
    return 1.5


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
def contacts(row: Row) -> list[ConfigSubentryData]:
    """Return whom the home knows, if it has a line."""
    return [make_contact("Anna", PHONE)] if isinstance(row, LineRow) else []


@pytest.fixture
def lines(row: Row) -> list[ConfigSubentryData]:
    """Return the row's line."""
    return [make_line(**row.line)] if isinstance(row, LineRow) else []


@pytest.fixture
async def voice(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give the home a voice, and media; no program looks at sounds: that takes no time of the clock."""
    hass.config.media_dirs = {"local": str(tmp_path)}
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("simulator.calls.sounds._probe", AsyncMock(return_value=2.0))
    for component in ("http", "media_source", "tts"):
        assert await async_setup_component(hass, component, {})
    await hass.data[DATA_COMPONENT].async_add_entities([Speaker()])


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
