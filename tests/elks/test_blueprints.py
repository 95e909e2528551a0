"""The blueprints, as automations that are made of them."""

from pathlib import Path
import shutil
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.setup import async_setup_component
from simulator import Fault, FaultKind, KeyPress, Outcome

from .conftest import Home, make_contact
from .speech.conftest import Engine

BLUEPRINTS = Path(__file__).parents[2] / "blueprints/automation/elks"
ANNA, BO = "+46701111111", "+46702222222"
LEAK = "binary_sensor.kitchen_leak"
DO = {"action": "test.do", "data": {"by": "{{ outcome.by if outcome is defined }}"}}
DO_NOT = {"action": "test.do_not"}


def presses(key: str) -> dict[str, Any]:
    """Return somebody who picks up and presses a key."""
    return {"talk_for": None, "keys": [KeyPress(after=1, keys=key)]}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts."""
    return [make_contact("Anna", ANNA), make_contact("Bo", BO)]


@pytest.fixture
async def house(engine: Engine, home: Home) -> Home:
    """Return a house with a sensor in the kitchen, and the blueprints."""
    hass = home.hass
    folder = Path(hass.config.path("blueprints/automation/elks"))
    shutil.copytree(BLUEPRINTS, folder)
    kitchen = ar.async_get(hass).async_create("Kitchen")
    registry = er.async_get(hass)
    registry.async_get_or_create(
        "binary_sensor", "test", "leak", suggested_object_id="kitchen_leak"
    )
    registry.async_update_entity(LEAK, area_id=kitchen.id)
    hass.states.async_set(LEAK, "off", {"friendly_name": "Leak sensor"})
    return home


async def automate(hass: HomeAssistant, blueprint: str, **inputs: Any) -> None:
    """Make an automation of a blueprint."""
    automation = {
        "alias": "Made of a blueprint",
        "use_blueprint": {"path": f"elks/{blueprint}.yaml", "input": inputs},
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    state = hass.states.get("automation.made_of_a_blueprint")
    assert state is not None
    assert state.state == "on"


async def leak(home: Home) -> None:
    """Let water leak, and wait until all has ended."""
    home.hass.states.async_set(LEAK, "on", {"friendly_name": "Leak sensor"})
    await home.hass.async_block_till_done()
    await home.settle()


async def alarm(house: Home, **inputs: Any) -> None:
    """Make the automation that calls when an alarm triggers."""
    await automate(
        house.hass,
        "call_when_an_alarm_triggers",
        alarms=[LEAK],
        people=["notify.anna", "notify.bo"],
        taken=[DO],
        not_taken=[DO_NOT],
        pause=0,
        **inputs,
    )


async def test_alarm_is_taken(engine: Engine, house: Home) -> None:
    """The alarm and its room are told, and what follows knows who took it."""
    done = async_mock_service(house.hass, "test", "do")
    house.provider.phone(ANNA, outcome=Outcome.DECLINE)
    house.provider.phone(BO, **presses("7"))
    await alarm(house, acknowledge_key="7")

    await leak(house)

    assert engine.asked[0][0] == (
        "Kitchen: Leak sensor has triggered. Press 7 if you will take care of it."
    )
    assert [call.to for call in house.provider.calls] == [ANNA, BO]
    assert [call.data["by"] for call in done] == ["Bo"]


async def test_alarm_rings_several(house: Home) -> None:
    """Several phones ring at the same time, if that was chosen."""
    done = async_mock_service(house.hass, "test", "do")
    house.provider.phone(ANNA, answer_after=100, talk_for=None)
    house.provider.phone(BO, **presses("1"))
    await alarm(house, at_once=2)

    await leak(house)

    assert sorted(call.to for call in house.provider.calls) == [ANNA, BO]
    assert [call.data["by"] for call in done] == ["Bo"]


async def test_alarm_is_not_taken(house: Home) -> None:
    """When nobody takes it, something else is done; also when no chain could be begun."""
    done = async_mock_service(house.hass, "test", "do_not")
    for number in (ANNA, BO):
        house.provider.phone(number, outcome=Outcome.DECLINE)
    await alarm(house, rounds=2)

    await leak(house)
    assert len(house.provider.calls) == 4
    assert len(done) == 1

    house.hass.states.async_set(LEAK, "off")
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    await leak(house)
    assert len(house.provider.calls) == 4
    assert len(done) == 2


async def ask(house: Home, **inputs: Any) -> None:
    """Make the automation that asks before it does something."""
    await automate(
        house.hass,
        "ask_before_doing",
        happens=[{"trigger": "state", "entity_id": LEAK, "to": "on"}],
        person="notify.anna",
        question="Water in the {{ area_name(trigger.entity_id) }}. Close the valve?",
        do=[DO],
        do_not=[DO_NOT],
        **inputs,
    )


@pytest.mark.parametrize(("key", "action"), [("1", "do"), ("2", "do_not")])
async def test_answer(engine: Engine, house: Home, key: str, action: str) -> None:
    """Key 1 does it, and key 2 does not."""
    done = {
        name: async_mock_service(house.hass, "test", name) for name in ("do", "do_not")
    }
    house.provider.phone(ANNA, **presses(key))
    await ask(house)

    await leak(house)

    said = "Water in the Kitchen. Close the valve? Press 1 for yes, or 2 for no."
    assert said in [text for text, *_ in engine.asked]
    assert [name for name, calls in done.items() if calls] == [action]
    assert len(house.provider.calls) == 1


async def test_no_answer(house: Home) -> None:
    """Without an answer the person is called again, and then something else is done."""
    done = [async_mock_service(house.hass, "test", name) for name in ("do", "do_not")]
    otherwise = async_mock_service(house.hass, "test", "otherwise")
    house.provider.phone(ANNA, talk_for=None)
    await ask(house, calls=2, no_answer=[{"action": "test.otherwise"}])

    await leak(house)

    assert len(house.provider.calls) == 2
    assert done == [[], []]
    assert len(otherwise) == 1


async def test_call_fails(house: Home) -> None:
    """A call that cannot be placed is no answer."""
    otherwise = async_mock_service(house.hass, "test", "otherwise")
    house.provider.fault(
        Fault(FaultKind.STATUS, on="POST /calls", status=400, times=None)
    )
    await ask(house, calls=1, no_answer=[{"action": "test.otherwise"}])

    await leak(house)

    assert len(otherwise) == 1
