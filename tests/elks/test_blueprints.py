"""The blueprints, as automations that are made of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
import re
import shutil
from typing import Any

from freezegun import freeze_time
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from homeassistant.components.persistent_notification import DOMAIN as NOTIFICATIONS
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
from simulator import Fault, FaultKind, KeyPress, Outcome
from simulator.call import SimulatedCall

from .conftest import Home, make_contact, make_line
from .speech.conftest import Engine, until

BLUEPRINTS = Path(__file__).parents[2] / "blueprints/automation/elks"
ADDRESS = "https://github.com/elks-home/elks/blob/main/blueprints/automation/elks"
NAMES = sorted(path.name.split(".")[0] for path in BLUEPRINTS.glob("*.sv.yaml"))
MUST_BE_FILLED_IN = {
    "ask_before_doing": {"happens", "person", "question", "do"},
    "call_when_an_alarm_triggers": {"people"},
    "ask_callers": {"line", "question", "do_first"},
    "care_pendant": {"pressed", "people"},
    "fire_drill": {"people"},
    "gate_for_callers": {"people", "do"},
}
ANNA, BO = "+46701111111", "+46702222222"
PEOPLE = ["notify.anna", "notify.bo"]
AUTOMATION = "automation.made_of_a_blueprint"
LEAK = "binary_sensor.kitchen_leak"
BATTERY = "sensor.battery"
LEAKS = {"trigger": "state", "entity_id": LEAK, "to": "on"}
BUTTON = {"trigger": "event", "event_type": "pressed"}
DO = {"action": "test.do", "data": {"by": "{{ outcome.by if outcome is defined }}"}}
DO_NOT = {"action": "test.do_not"}
REPORT = {
    "action": "test.report",
    "data": {
        "missed": "{{ missed }}",
        "not_called": "{{ not_called }}",
        "not_heard": "{{ not_heard }}",
    },
}


def presses(key: str) -> dict[str, Any]:
    """Return somebody who picks up and presses a key."""
    return {"talk_for": None, "keys": [KeyPress(after=1, keys=key)]}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts."""
    return [make_contact("Anna", ANNA), make_contact("Bo", BO)]


@pytest.fixture(params=["", ".sv"], ids=["en", "sv"])
def suffix(request: pytest.FixtureRequest) -> str:
    """Return what follows a blueprint's name, in each language."""
    return str(request.param)


@pytest.fixture
async def house(engine: Engine, home: Home) -> AsyncIterator[Home]:
    """Return a house with a sensor in the kitchen, and the blueprints."""
    hass = home.hass
    assert await async_setup_component(hass, NOTIFICATIONS, {})
    folder = Path(hass.config.path("blueprints/automation/elks"))
    shutil.copytree(BLUEPRINTS, folder)
    kitchen = ar.async_get(hass).async_create("Kitchen")
    registry = er.async_get(hass)
    registry.async_get_or_create(
        "binary_sensor", "test", "leak", suggested_object_id="kitchen_leak"
    )
    registry.async_update_entity(LEAK, area_id=kitchen.id)
    hass.states.async_set(LEAK, "off", {"friendly_name": "Leak sensor"})
    yield home
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": AUTOMATION}, blocking=True
    )


async def automate(hass: HomeAssistant, blueprint: str, **inputs: Any) -> None:
    """Make an automation of a blueprint."""
    automation = {
        "alias": "Made of a blueprint",
        "use_blueprint": {"path": f"elks/{blueprint}.yaml", "input": inputs},
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    assert is_on(hass)


def is_on(hass: HomeAssistant) -> bool:
    """Return whether the automation waits for what triggers it."""
    return hass.states.is_state(AUTOMATION, "on")


async def run_by_hand(home: Home) -> None:
    """Run the actions of the automation, and wait until all has ended."""
    entity = {"entity_id": AUTOMATION}
    await home.hass.services.async_call("automation", "trigger", entity)
    await finish(home)


async def leak(home: Home) -> None:
    """Let water leak, and wait until all has ended."""
    home.hass.states.async_set(LEAK, "on", {"friendly_name": "Leak sensor"})
    await finish(home)


async def finish(home: Home) -> None:
    """Wait until all has ended."""
    await home.hass.async_block_till_done()
    await home.settle()


def refuse(home: Home, times: int | None = None) -> None:
    """Let the next calls be refused: so many, or all."""
    home.provider.fault(
        Fault(FaultKind.STATUS, on="POST /calls", status=400, times=times)
    )


# What all of them have in common


@pytest.mark.parametrize("name", NAMES)
def test_languages(name: str) -> None:
    """In Swedish they are the same, but for words."""
    english, swedish = (
        load_yaml_dict(str(BLUEPRINTS / f"{name}{suffix}.yaml"))
        for suffix in ("", ".sv")
    )
    for blueprint, suffix in ((english, ""), (swedish, ".sv")):
        metadata = blueprint["blueprint"]
        assert metadata.pop("source_url") == f"{ADDRESS}/{name}{suffix}.yaml"
    assert english["blueprint"]["name"] != swedish["blueprint"]["name"]
    for blueprint in (english, swedish):
        metadata = blueprint["blueprint"]
        blueprint["blueprint"] = without_words(metadata)
    assert swedish == english


def test_every_language() -> None:
    """There is each of them in both languages."""
    names = {path.name for path in BLUEPRINTS.iterdir()}
    assert names == {f"{name}{end}.yaml" for name in NAMES for end in ("", ".sv")}


@pytest.mark.parametrize("name", NAMES)
def test_little_must_be_filled_in(name: str, suffix: str) -> None:
    """All else has a default, and everything has a name."""
    blueprint = load_yaml_dict(str(BLUEPRINTS / f"{name}{suffix}.yaml"))["blueprint"]
    found = dict(inputs_of(blueprint["input"]))
    needed = {key for key, one in found.items() if "default" not in one}
    assert needed == MUST_BE_FILLED_IN[name]
    assert all(one["name"] and one["selector"] for one in found.values())


def inputs_of(written: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield all inputs, also those of sections."""
    for key, one in written.items():
        if "input" in one:
            yield from inputs_of(one["input"])
        else:
            yield key, one


def without_words(value: Any, key: str = "") -> Any:
    """Return the metadata of a blueprint without what is read or heard."""
    if isinstance(value, dict):
        is_text = not {"text", "template"}.isdisjoint(value.get("selector") or ())
        return {
            one: without_words(part, "text" if is_text and one == "default" else one)
            for one, part in value.items()
        }
    if isinstance(value, list):
        return [without_words(part, key) for part in value]
    if key in ("name", "description", "label"):
        return bool(value)
    if isinstance(value, str) and key in ("text", "title", "message"):
        expressions = re.findall(r"{[{%].*?[%}]}", value)
        return [re.sub(r"'[^']*'", "''", one) for one in expressions]
    return value


# Call when an alarm triggers


async def alarm(house: Home, suffix: str = "", **inputs: Any) -> None:
    """Make the automation that calls when an alarm triggers."""
    defaults = {
        "alarms": [LEAK],
        "people": PEOPLE,
        "taken": [DO],
        "not_taken": [DO_NOT],
        "pause": 0,
    }
    blueprint = f"call_when_an_alarm_triggers{suffix}"
    await automate(house.hass, blueprint, **{**defaults, **inputs})


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


async def test_alarm_made_before(engine: Engine, house: Home) -> None:
    """What was filled in before there were other triggers than alarms still counts."""
    done = async_mock_service(house.hass, "test", "do_not")
    house.hass.states.async_set(LEAK, "dry")
    for number in (ANNA, BO):
        house.provider.phone(number, outcome=Outcome.DECLINE)
    await automate(
        house.hass,
        "call_when_an_alarm_triggers",
        alarms=[LEAK],
        people=PEOPLE,
        at_once=1,
        message="{{ trigger.to_state.state }} here",
        taken=[],
        not_taken=[DO_NOT],
        state="wet",
        acknowledge_key="2",
        rounds=1,
        pause=0,
    )

    house.hass.states.async_set(LEAK, "wet")
    await finish(house)

    said = "wet here. Press 2 if you will take care of it."
    assert engine.asked[0][0] == said
    assert [call.to for call in house.provider.calls] == [ANNA, BO]
    assert len(done) == 1


async def test_any_trigger(engine: Engine, house: Home, suffix: str) -> None:
    """Whatever triggers it makes it call, also when nothing but that and people is chosen."""
    house.provider.phone(ANNA, **presses("1"))
    blueprint = f"call_when_an_alarm_triggers{suffix}"
    await automate(house.hass, blueprint, happens=[LEAKS, BUTTON], people=PEOPLE)

    await leak(house)
    house.hass.bus.async_fire("pressed")
    await finish(house)
    await run_by_hand(house)

    triggered = "har larmat" if suffix else "has triggered"
    said = [
        text.split(". ")[0] for text, *_ in engine.asked if f" {triggered}. " in text
    ]
    assert said == [
        f"Kitchen: Leak sensor {triggered}",
        f"Made of a blueprint {triggered}",
    ]
    assert [call.to for call in house.provider.calls] == [ANNA] * 3


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


async def test_alarm_one_is_gone(house: Home) -> None:
    """Who was removed from the contacts is left out."""
    done = async_mock_service(house.hass, "test", "do")
    house.provider.phone(BO, **presses("1"))
    await alarm(house, people=["notify.gone", "notify.bo"])

    await leak(house)

    assert [call.data["by"] for call in done] == ["Bo"]


async def test_alarm_without_voice(engine: Engine, house: Home) -> None:
    """It calls when the voice fails, and then any key accepts."""
    done = async_mock_service(house.hass, "test", "do")
    engine.answer = RuntimeError("hoarse")
    house.provider.phone(ANNA, **presses("5"))
    await alarm(house)

    await leak(house)

    assert [call.data["by"] for call in done] == ["Anna"]


async def test_alarm_action_fails(house: Home) -> None:
    """It calls again after what follows has failed."""
    async_mock_service(
        house.hass, "test", "do", raise_exception=HomeAssistantError("broken")
    )
    house.provider.phone(ANNA, **presses("1"))
    await alarm(house)

    await leak(house)
    house.hass.states.async_set(LEAK, "off")
    await leak(house)

    assert [call.to for call in house.provider.calls] == [ANNA, ANNA]
    assert is_on(house.hass)


# Ask before doing


async def ask(house: Home, suffix: str = "", **inputs: Any) -> None:
    """Make the automation that asks before it does something."""
    await automate(
        house.hass,
        f"ask_before_doing{suffix}",
        happens=[LEAKS],
        person="notify.anna",
        question="Water in the {{ area_name(trigger.entity_id) }}. Close the valve?",
        do=[DO],
        do_not=[DO_NOT],
        **inputs,
    )


@pytest.mark.parametrize(("key", "action"), [("1", "do"), ("2", "do_not")])
async def test_answer(
    engine: Engine, house: Home, key: str, action: str, suffix: str
) -> None:
    """Key 1 does it, and key 2 does not."""
    done = {
        name: async_mock_service(house.hass, "test", name) for name in ("do", "do_not")
    }
    house.provider.phone(ANNA, **presses(key))
    await ask(house, suffix)

    await leak(house)

    keys = (
        "Tryck 1 för ja eller 2 för nej." if suffix else "Press 1 for yes, or 2 for no."
    )
    said = f"Water in the Kitchen. Close the valve? {keys}"
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


async def test_others_are_asked(house: Home) -> None:
    """Without an answer others are asked, in turn."""
    done = async_mock_service(house.hass, "test", "do")
    house.provider.phone(ANNA, outcome=Outcome.DECLINE)
    house.provider.phone(BO, talk_for=None)
    await ask(house, others=["notify.bo"])

    await leak(house)
    assert [call.to for call in house.provider.calls] == [ANNA, BO] * 2
    assert done == []

    house.provider.phone(BO, **presses("1"))
    house.hass.states.async_set(LEAK, "off")
    await leak(house)
    assert [call.to for call in house.provider.calls[4:]] == [ANNA, BO]
    assert len(done) == 1


async def test_call_fails(house: Home) -> None:
    """A call that cannot be placed is no answer."""
    otherwise = async_mock_service(house.hass, "test", "otherwise")
    refuse(house)
    await ask(house, calls=1, no_answer=[{"action": "test.otherwise"}])

    await leak(house)

    assert len(otherwise) == 1


async def test_question_is_not_heard(engine: Engine, house: Home) -> None:
    """Who did not hear the question, as the voice failed, answers nothing with a key."""
    done = async_mock_service(house.hass, "test", "do")
    otherwise = async_mock_service(house.hass, "test", "otherwise")
    engine.answer = RuntimeError("hoarse")
    house.provider.phone(ANNA, **presses("1"))
    await ask(house, calls=1, no_answer=[{"action": "test.otherwise"}])

    await leak(house)

    assert done == []
    assert len(otherwise) == 1


# Fire drill


async def drill(house: Home, suffix: str = "", **inputs: Any) -> None:
    """Make the automation that holds a drill."""
    await automate(house.hass, f"fire_drill{suffix}", people=PEOPLE, **inputs)


def notifications(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return the titles and texts of persistent notifications."""
    return [
        (one["title"], one["message"])
        for one in hass.data.get(NOTIFICATIONS, {}).values()
    ]


async def test_drill_reaches_everyone(engine: Engine, house: Home, suffix: str) -> None:
    """Everybody is called, not only until the first presses the key."""
    reached = async_mock_service(house.hass, "test", "do")
    for number in (ANNA, BO):
        house.provider.phone(number, **presses("1"))
    await drill(house, suffix, all_reached=[DO])

    await run_by_hand(house)

    assert engine.asked[0][0].endswith("Tryck 1." if suffix else "Please press 1.")
    assert [call.to for call in house.provider.calls] == [ANNA, BO]
    assert len(reached) == 1
    assert notifications(house.hass) == []


async def test_drill_misses_one(house: Home, suffix: str) -> None:
    """Who does not press the key is called again, and then reported."""
    house.provider.phone(ANNA, **presses("1"))
    house.provider.phone(BO, outcome=Outcome.DECLINE)
    await drill(house, suffix)

    await run_by_hand(house)

    assert [call.to for call in house.provider.calls] == [ANNA, BO, BO]
    report = (
        ("Larmövning", "Tryckte inte på 1: Bo.")
        if suffix
        else ("Fire drill", "Did not press 1: Bo.")
    )
    assert notifications(house.hass) == [report]


async def test_drill_reaches_one_later(house: Home) -> None:
    """Who presses the key in the second call is not reported."""
    reached = async_mock_service(house.hass, "test", "do")
    house.provider.phone(ANNA, **presses("1"))
    house.provider.phone(BO, **presses("1"))
    refuse(house, times=1)
    await drill(house, all_reached=[DO])

    await run_by_hand(house)

    assert [call.to for call in house.provider.calls] == [BO, ANNA]
    assert len(reached) == 1


async def test_drill_cannot_call_one(house: Home) -> None:
    """Who cannot be called is reported as such, by what is known of them; the others are called."""
    report = async_mock_service(house.hass, "test", "report")
    house.provider.phone(BO, **presses("1"))
    refuse(house, times=1)
    await automate(
        house.hass,
        "fire_drill",
        people=["notify.anna", "notify.gone", "notify.bo"],
        calls=1,
        not_all_reached=[REPORT],
    )

    await run_by_hand(house)

    assert [call.to for call in house.provider.calls] == [BO]
    [reported] = [call.data for call in report]
    assert reported == {
        "missed": ["Anna", "notify.gone"],
        "not_called": ["Anna", "notify.gone"],
        "not_heard": [],
    }


async def test_drill_without_voice(engine: Engine, house: Home, suffix: str) -> None:
    """When the voice fails, the report says so."""
    engine.answer = RuntimeError("hoarse")
    for number in (ANNA, BO):
        house.provider.phone(number, **presses("1"))
    await drill(house, suffix, calls=1)

    await run_by_hand(house)

    assert [call.to for call in house.provider.calls] == [ANNA, BO]
    [(_, report)] = notifications(house.hass)
    assert report == (
        "Tryckte inte på 1: Anna, Bo. Hörde inte meddelandet, för rösten fungerade inte: Anna, Bo."
        if suffix
        else "Did not press 1: Anna, Bo. Could not hear the message, because the voice failed: Anna, Bo."
    )


async def test_drill_report_fails(house: Home) -> None:
    """A report that fails stops no later drill."""
    async_mock_service(
        house.hass, "test", "report", raise_exception=HomeAssistantError("broken")
    )
    for number in (ANNA, BO):
        house.provider.phone(number, outcome=Outcome.DECLINE)
    await drill(house, calls=1, not_all_reached=[REPORT])

    await run_by_hand(house)
    await run_by_hand(house)

    assert len(house.provider.calls) == 4
    assert is_on(house.hass)


@pytest.mark.parametrize(("days_before", "calls"), [(0, 2), (1, 0)])
async def test_drill_day(house: Home, days_before: int, calls: int) -> None:
    """It is held at the time that was chosen, on the day that was chosen."""
    for number in (ANNA, BO):
        house.provider.phone(number, **presses("1"))
    today = dt_util.now()
    soon = today + timedelta(minutes=1)
    await drill(
        house,
        day=(today - timedelta(days=days_before)).day,
        time=soon.strftime("%H:%M:%S"),
    )

    async_fire_time_changed(house.hass, soon + timedelta(seconds=1))
    await finish(house)

    assert len(house.provider.calls) == calls


# Care pendant


async def pendant(house: Home, suffix: str = "", **inputs: Any) -> None:
    """Make the automation that calls when somebody needs help."""
    defaults = {"pressed": [BUTTON], "people": PEOPLE, "wearer": "Cilla", "pause": 0}
    await automate(house.hass, f"care_pendant{suffix}", **{**defaults, **inputs})


async def press(house: Home) -> None:
    """Press the button, and wait until all has ended."""
    house.hass.bus.async_fire("pressed")
    await finish(house)


async def test_help_comes(engine: Engine, house: Home, suffix: str) -> None:
    """Who accepts is announced, and what else is to be done is done."""
    spoken = async_mock_service(house.hass, "tts", "speak")
    done = async_mock_service(house.hass, "test", "do")
    house.provider.phone(ANNA, outcome=Outcome.DECLINE)
    house.provider.phone(BO, **presses("1"))
    await pendant(house, suffix, speakers=["media_player.kitchen"], taken=[DO])

    await press(house)

    message = (
        "Cilla har tryckt på larmknappen och behöver hjälp."
        if suffix
        else "Cilla has pressed the care pendant and needs help."
    )
    assert engine.asked[0][0].startswith(message)
    [said] = [call.data for call in spoken]
    assert said == {
        "entity_id": ["tts.tones"],
        "media_player_entity_id": ["media_player.kitchen"],
        "message": "Bo har tagit emot larmet och är på väg."
        if suffix
        else "Bo has received your alarm and is on the way.",
    }
    assert [call.data["by"] for call in done] == ["Bo"]
    assert notifications(house.hass) == []


async def test_help_without_name_and_speaker(engine: Engine, house: Home) -> None:
    """Nothing but the button and the people must be chosen."""
    spoken = async_mock_service(house.hass, "tts", "speak")
    house.provider.phone(ANNA, **presses("1"))
    await automate(house.hass, "care_pendant", pressed=[BUTTON], people=PEOPLE)

    await press(house)

    assert engine.asked[0][0].startswith("Someone has pressed the care pendant")
    assert spoken == []


async def test_nobody_comes(house: Home, suffix: str) -> None:
    """When nobody accepts, a notification says so; also when nobody can be called."""
    for number in (ANNA, BO):
        house.provider.phone(number, outcome=Outcome.DECLINE)
    await pendant(house, suffix, rounds=2)

    await press(house)
    assert [call.to for call in house.provider.calls] == [ANNA, BO] * 2
    report = (
        (
            "Larmknapp",
            "Cilla har tryckt på larmknappen, och ingen har tagit hand om det.",
        )
        if suffix
        else (
            "Care pendant",
            "Cilla has pressed the care pendant, and nobody has accepted.",
        )
    )
    assert notifications(house.hass) == [report]

    await house.hass.config_entries.async_unload(house.entry.entry_id)
    await press(house)
    assert notifications(house.hass) == [report] * 2


async def test_help_one_cannot_be_called(house: Home) -> None:
    """Who cannot be called, or is gone, holds up nobody."""
    done = async_mock_service(house.hass, "test", "do")
    house.provider.phone(BO, **presses("1"))
    refuse(house, times=1)
    await pendant(house, people=["notify.gone", *PEOPLE], taken=[DO])

    await press(house)

    assert [call.data["by"] for call in done] == ["Bo"]


async def test_help_without_voice(engine: Engine, house: Home) -> None:
    """It calls when the voice fails."""
    done = async_mock_service(house.hass, "test", "do")
    engine.answer = RuntimeError("hoarse")
    house.provider.phone(ANNA, **presses("1"))
    await pendant(house, taken=[DO])

    await press(house)

    assert [call.data["by"] for call in done] == ["Anna"]


@pytest.mark.parametrize("broken", ["speak", "do"])
async def test_help_actions_fail(house: Home, broken: str) -> None:
    """An announcement and other actions do not depend on each other."""
    error = HomeAssistantError("broken")
    made = [
        async_mock_service(
            house.hass,
            domain,
            action,
            raise_exception=error if action == broken else None,
        )
        for domain, action in (("tts", "speak"), ("test", "do"))
    ]
    house.provider.phone(ANNA, **presses("1"))
    await pendant(house, speakers=["media_player.kitchen"], taken=[DO])

    await press(house)

    assert [len(calls) for calls in made] == [1, 1]
    assert is_on(house.hass)


async def test_button_is_pressed_again(house: Home) -> None:
    """Who presses several times starts one chain, as long as it calls people."""
    done = async_mock_service(house.hass, "test", "do")
    house.provider.phone(ANNA, answer_after=30, **presses("1"))
    house.provider.clock.speed = 20
    await pendant(house, taken=[DO])

    for _ in range(3):
        house.hass.bus.async_fire("pressed")
    await until(lambda: house.provider.calls)
    async_fire_time_changed(house.hass, dt_util.utcnow() + timedelta(seconds=6))
    await finish(house)

    assert len(house.provider.calls) == 1
    assert len(done) == 1


async def test_button_is_pressed_later(house: Home) -> None:
    """While what follows takes its time, the button works."""
    done = async_mock_service(house.hass, "test", "do")
    house.provider.phone(ANNA, **presses("1"))
    await pendant(house, taken=[DO, {"wait_template": "{{ false }}"}])
    house.hass.bus.async_fire("pressed")
    await until(lambda: done)

    house.hass.bus.async_fire("pressed")
    async_fire_time_changed(house.hass, dt_util.utcnow() + timedelta(seconds=6))
    await until(lambda: len(done) == 2)

    assert [call.to for call in house.provider.calls] == [ANNA, ANNA]
    await house.provider.settled()


@pytest.mark.parametrize(
    ("level", "minutes_late", "calls"),
    [
        ("19", 0, [ANNA]),
        ("on", 0, [ANNA]),
        ("20", 0, []),
        ("unavailable", 0, []),
        ("19", 1, []),
    ],
)
async def test_battery(
    engine: Engine,
    house: Home,
    suffix: str,
    level: str,
    minutes_late: int,
    calls: list[str],
) -> None:
    """When its battery is low, the first person hears of it, at a time of day."""
    at = dt_util.now() + timedelta(hours=1)
    house.hass.states.async_set(BATTERY, "100")
    await pendant(house, suffix, battery=BATTERY, battery_time=at.strftime("%H:%M:%S"))

    with freeze_time(at + timedelta(minutes=minutes_late), real_asyncio=True):
        name = {"friendly_name": "Pendant battery"}
        house.hass.states.async_set(BATTERY, level, name)
        # Templates are looked at in the next turn of the loop
        await asyncio.sleep(0)
    await finish(house)

    assert [call.to for call in house.provider.calls] == calls
    if calls:
        assert engine.asked[0][0].startswith(
            "Pendant battery: batteriet är svagt."
            if suffix
            else "Pendant battery: the battery is low."
        )


# What follows when somebody calls the home


class TestCallers:
    """Somebody calls the home, at a line where automations answer."""

    @pytest.fixture
    def lines(self) -> list[ConfigSubentryData]:
        """Return a line."""
        return [make_line(answer_with="automation", callers="everyone")]

    async def ask(self, house: Home, suffix: str, *keys: str) -> SimulatedCall:
        """Let Anna call, and press keys; return her call."""
        await automate(
            house.hass,
            f"ask_callers{suffix}",
            line=house.device_id("Home"),
            question="Press 1 to open, or 2 to close.",
            do_first=[DO],
            do_second=[DO_NOT],
        )
        call = house.provider.dial(
            ANNA, keys=[KeyPress(0.1, key, n) for n, key in enumerate(keys, 1)]
        )
        await finish(house)
        return call

    @pytest.mark.parametrize(
        ("keys", "done", "verbs"),
        [
            ("11", "do", ["ivr", "ivr", "play", "hangup"]),
            ("21", "do_not", ["ivr", "ivr", "play", "hangup"]),
            ("12", None, ["ivr", "ivr", "play", "hangup"]),
            ("", None, ["ivr", "hangup"]),
        ],
    )
    async def test_two_questions(
        self,
        engine: Engine,
        house: Home,
        suffix: str,
        keys: str,
        done: str | None,
        verbs: list[str],
    ) -> None:
        """What was chosen and confirmed is done."""
        runs = {
            name: async_mock_service(house.hass, "test", name)
            for name in ("do", "do_not")
        }

        call = await self.ask(house, suffix, *keys)

        assert [next(iter(one)) for one in call.actions] == verbs
        assert [name for name, calls in runs.items() for _ in calls] == (
            [done] if done else []
        )

    async def test_hangs_up(self, engine: Engine, house: Home) -> None:
        """Whoever hangs up before the second question wants nothing; it is no error."""
        done = async_mock_service(house.hass, "test", "do")
        await self.ask(house, "")
        house.provider.dial(ANNA, keys=[KeyPress(0.1, "1", 1)], hangs_up_at=2)
        await finish(house)

        assert done == []
        assert is_on(house.hass)

    async def test_gate(self, house: Home, suffix: str) -> None:
        """The gate opens for those who may; the call is not picked up, and costs nothing."""
        done = async_mock_service(house.hass, "test", "do")
        do = {"action": "test.do", "data": {"by": "{{ trigger.contact }}"}}
        await automate(
            house.hass, f"gate_for_callers{suffix}", people=["notify.anna"], do=[do]
        )

        calls = [house.provider.dial(one) for one in (ANNA, BO, "+46709999999")]
        await finish(house)

        assert [call.data["by"] for call in done] == ["Anna"]
        assert [call.actions[0]["hangup"] for call in calls] == ["busy"] * 3
        assert [call.cost for call in calls] == [None] * 3

    async def test_gate_says_so(self, engine: Engine, house: Home, suffix: str) -> None:
        """It can say that it opens."""
        done = async_mock_service(house.hass, "test", "do")
        await automate(
            house.hass,
            f"gate_for_callers{suffix}",
            people=PEOPLE,
            do=[DO],
            say="The gate opens, {{ trigger.contact }}.",
            lines=[house.device_id("Home")],
        )

        call = house.provider.dial(ANNA)
        await finish(house)

        assert len(done) == 1
        assert [next(iter(one)) for one in call.actions] == ["play", "hangup"]
        assert "The gate opens, Anna." in [text for text, *_ in engine.asked]

    @pytest.mark.parametrize(
        "inputs", [{"lines": ["another"]}, {"only_if": ["{{ false }}"]}]
    )
    async def test_gate_stays_closed(self, house: Home, inputs: dict[str, Any]) -> None:
        """It opens at the lines and under the conditions that were chosen."""
        done = async_mock_service(house.hass, "test", "do")
        await automate(house.hass, "gate_for_callers", people=PEOPLE, do=[DO], **inputs)

        call = house.provider.dial(ANNA)
        await finish(house)

        assert done == []
        assert call.actions[0]["hangup"] == "busy"
