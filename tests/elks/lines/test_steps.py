"""An automation decides what becomes of a call: one step after the other."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import ServiceCall
from homeassistant.setup import async_setup_component
from simulator import KeyPress
from simulator.call import SimulatedCall

from ..conftest import PHONE, Home, make_contact, make_line
from ..speech.conftest import Engine

BO = "+46702222222"
STRANGER = "+46709999999"
PIN = "4711"
ANSWERS = [{"key": "1", "id": "gate", "reply": "It opens."}, {"key": "2", "id": "no"}]
NOTE = {
    "action": "test.note",
    "data": {
        "digits": "{{ got.digits }}",
        "answer": "{{ got.answer }}",
        "ended": "{{ got.ended }}",
    },
}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts."""
    return [make_contact("Anna", PHONE), make_contact("Bo", BO)]


@pytest.fixture
def line() -> dict[str, object]:
    """Return what the line has of its own, unless a test has something else."""
    return {}


@pytest.fixture
def lines(line: dict[str, object]) -> list[ConfigSubentryData]:
    """Return a line that has automations decide."""
    return [make_line(answer_with="automation", **line)]


def answer(**data: Any) -> dict[str, Any]:
    """Return a step of a call."""
    data = {"call_id": "{{ trigger.call_id }}", **data}
    return {"action": "elks.answer", "data": data, "response_variable": "got"}


def reject(**data: Any) -> dict[str, Any]:
    """Return what does not pick up."""
    return {
        "action": "elks.reject",
        "data": {"call_id": "{{ trigger.call_id }}", **data},
    }


def presses(*keys: str) -> dict[str, Any]:
    """Return a caller who presses these keys, each from the sound that asks for them on."""
    return {
        "keys": [KeyPress(0.1, key, sound) for sound, key in enumerate(keys, 1) if key]
    }


async def automate(
    home: Home, *actions: dict[str, Any], **more: Any
) -> list[ServiceCall]:
    """Have an automation take the line's calls; return what it notes."""
    notes = async_mock_service(home.hass, "test", "note")
    made = {
        "alias": "Made for a test",
        "mode": "parallel",
        "triggers": {
            "trigger": "elks.call_received",
            "target": {"device_id": home.device_id("Home")},
        },
        "actions": list(actions),
        **more,
    }
    assert await async_setup_component(home.hass, "automation", {"automation": made})
    await home.hass.async_block_till_done()
    return notes


def heard(call: SimulatedCall) -> list[str]:
    """Return which actions a caller got, and how each went."""
    return [f"{next(iter(action))} {action['result']}" for action in call.actions]


async def test_two_questions(engine: Engine, home: Home) -> None:
    """Each step returns what was pressed, and the talk goes on until it hangs up."""
    notes = await automate(
        home,
        answer(message="What do you want?", answers=ANSWERS),
        NOTE,
        answer(message="Enter two digits.", digits=2),
        NOTE,
        answer(message="Bye."),
        answer(hang_up=True),
        NOTE,
    )

    call = home.provider.dial(PHONE, **presses("1", "", "42"))
    await home.settle()

    assert heard(call) == []
    assert [dict(one.data) for one in notes] == []
