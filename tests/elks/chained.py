"""Chains of calls to five contacts, as tests start them and see whom they call."""

import asyncio
from collections.abc import Callable
import os
from typing import Any

from custom_components.elks.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryData
from simulator import KeyPress

from .conftest import Home, make_contact

ANNA, BO, CILLA, DAN, EVA = (f"+4670{n}111111" for n in range(1, 6))
ALL = ["Anna", "Bo", "Cilla", "Dan", "Eva"]
SECONDS = 120
CHAIN = "sensor.demo_home_call_chain"
TAKES_IT: dict[str, Any] = {"talk_for": None, "keys": [KeyPress(after=1, keys="1")]}
VOICEMAIL: dict[str, Any] = {"talk_for": None}


def five_contacts() -> list[ConfigSubentryData]:
    """Return five contacts."""
    numbers = (ANNA, BO, CILLA, DAN, EVA)
    return [
        make_contact(name, number) for name, number in zip(ALL, numbers, strict=True)
    ]


async def call_chain(home: Home, **data: Any) -> dict[str, Any]:
    """Call a chain and return its response."""
    response = await home.hass.services.async_call(
        DOMAIN,
        "call_chain",
        {"to": ALL, "message": "Water in the kitchen", "pause": 0, **data},
        blocking=True,
        return_response=True,
    )
    assert isinstance(response, dict)
    await home.hass.async_block_till_done()
    return response


def called(home: Home) -> list[str]:
    """Return the numbers that were called, in their order."""
    return [call.to for call in home.provider.calls]


async def until(check: Callable[[], bool]) -> None:
    """Wait until something is so, also when the clock of the test stands still."""
    begin = os.times().elapsed
    while not check():
        assert os.times().elapsed - begin < SECONDS
        await asyncio.sleep(0)


async def until_called(home: Home, calls: int) -> None:
    """Wait until so many calls have been placed."""
    await until(lambda: len(called(home)) >= calls)


def state(home: Home, entity_id: str) -> str:
    """Return the state of an entity."""
    state = home.hass.states.get(entity_id)
    assert state is not None
    return state.state
