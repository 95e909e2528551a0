"""The examples of the documentation, run as they stand there."""

from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.elks.api import CallState
from custom_components.elks.calls import CallEvent
from custom_components.elks.chains import ChainEnd
from custom_components.elks.services import CALL_CHAIN_SCHEMA, PLACE_CALL_SCHEMA
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.script import Script
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from simulator import KeyPress, Outcome

from .conftest import PHONE, Home, make_contact
from .speech.conftest import Engine

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ANNA, BO, CILLA = "+46701111111", "+46702222222", "+46703333333"
TAKES_IT: dict[str, Any] = {"talk_for": None, "keys": [KeyPress(after=1, keys="1")]}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return the people of the examples."""
    people = {"Anna": ANNA, "Bo": BO, "Cilla": CILLA}
    return [make_contact(name, number) for name, number in people.items()]


def example(document: str, words: str) -> Any:
    """Return the only example of a document in which these words stand."""
    text = (DOCS / document).read_text()
    blocks = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    [block] = [block for block in blocks if words in block]
    return parse_yaml(block)


async def perform(hass: HomeAssistant, actions: Any) -> None:
    """Perform actions, as a script does."""
    sequence = cv.SCRIPT_SCHEMA(actions)
    await Script(hass, sequence, "Example", "elks").async_run(context=Context())
    await hass.async_block_till_done()


async def automate(hass: HomeAssistant, automation: Any) -> None:
    """Set up an automation."""
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    assert [state.state for state in hass.states.async_all("automation")] == ["on"]


def phoned(home: Home) -> list[str]:
    """Return the numbers that were called, in their order."""
    return [call.to for call in home.provider.calls]


def test_all_examples_are_run() -> None:
    """There are no more examples than those that the tests below know."""
    counts = {
        path.name: path.read_text().count("```yaml") for path in DOCS.glob("*.md")
    }

    assert {name: count for name, count in counts.items() if count} == {
        "chains.md": 3,
        "contacts.md": 4,
    }


def documented(path: Path, section: str, table: int = 0) -> set[str]:
    """Return what stands in the first column of one of a section's tables, in code."""
    text = path.read_text().split(f"\n## {section}")[1].split("\n## ")[0]
    rows = text.split("\n\n|")[table + 1].split("\n\n")[0].splitlines()[2:]
    return {
        name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])
    }


def test_fields_are_documented() -> None:
    """Every field of an action is documented, and no others."""
    place_call = documented(ROOT / "README.md", "Placing a call")
    assert place_call == {str(field) for field in PLACE_CALL_SCHEMA.schema}

    chains = (DOCS / "chains.md").read_text()
    fields = {str(field) for field in CALL_CHAIN_SCHEMA.schema}
    assert {field for field in fields if f"`{field}`" not in chains} == set()


def test_sensors_are_documented(home: Home) -> None:
    """Every sensor of the account is documented, and no others."""
    account = documented(ROOT / "README.md", "More sensors of the account")
    registry = er.async_get(home.hass)
    entities = er.async_entries_for_config_entry(registry, home.entry.entry_id)

    assert account | {"sensor.<account>_last_call"} == {
        f"sensor.<account>_{entity.translation_key}"
        for entity in entities
        if entity.domain == "sensor" and entity.config_subentry_id is None
    }


async def test_calls_are_documented(home: Home) -> None:
    """All that is told of a call is documented: its states, its events and its data."""
    readme = ROOT / "README.md"
    response = await home.place_call(wait=True)

    assert documented(readme, "Placing a call", table=1) == response.keys()
    assert documented(readme, "The last call") == {*CallState, "unknown"}
    attributes = documented(readme, "The last call", table=1)
    assert attributes == home.attributes("last_call")
    assert documented(readme, "What happens in a call") == set(CallEvent)


async def test_chains_are_documented(engine: Engine, home: Home) -> None:
    """All that is told of a chain is documented: how it ended, why, and the sensor's data."""
    chains = DOCS / "chains.md"
    home.provider.phone(ANNA, **TAKES_IT)
    response = await home.act("call_chain", to="Anna", message="Fire")
    await home.settle()

    assert documented(chains, "What comes back") == response.keys()
    assert documented(chains, "What comes back", table=1) == set(ChainEnd)
    assert documented(chains, "The sensor") == home.attributes("call_chain")


async def test_dashboard(home: Home) -> None:
    """What the dashboard shows and does is there."""
    text = (DOCS / "dashboard.yaml").read_text()
    entities = set(re.findall(r"sensor\.\w+", text))
    actions = set(re.findall(r"perform_action: elks\.(\w+)", text))

    assert len(parse_yaml(text)["views"]) == 1  # type: ignore[call-overload,index]
    assert {one for one in entities if home.hass.states.get(one) is None} == set()
    assert actions
    assert all(home.hass.services.has_service("elks", action) for action in actions)


async def test_by_name(engine: Engine, home: Home) -> None:
    """Somebody is phoned by name."""
    await perform(home.hass, example("contacts.md", "elks.place_call"))
    await home.settle()

    assert phoned(home) == [ANNA]
    assert engine.asked[0][0] == "The freezer is warming up."


async def test_notify(engine: Engine, home: Home) -> None:
    """Two people are notified."""
    await perform(home.hass, example("contacts.md", "notify.send_message"))
    await home.settle()

    assert sorted(phoned(home)) == [ANNA, BO]
    assert {text for text, *_ in engine.asked} == {"Alarm. The front door is open."}


@pytest.fixture
async def group(hass: HomeAssistant, engine: Engine) -> None:
    """Have the notifiers of the example, as Home Assistant has at start."""
    assert await async_setup_component(hass, "notify", example("contacts.md", "alert:"))


async def test_alert(group: None, engine: Engine, home: Home) -> None:
    """An alert phones until the matter is seen to."""
    hass = home.hass
    assert await async_setup_component(hass, "alert", example("contacts.md", "alert:"))
    hass.states.async_set("binary_sensor.garage_door", "on")
    await hass.async_block_till_done()
    await home.settle()
    hass.states.async_set("binary_sensor.garage_door", "off")
    await hass.async_block_till_done()

    assert phoned(home) == [ANNA]
    assert engine.asked[0][0] == "The garage door is still open."


async def test_call_ended(home: Home) -> None:
    """Who did not answer is written down."""
    written = async_mock_service(home.hass, "persistent_notification", "create")
    await automate(home.hass, example("contacts.md", "elks_call_ended"))
    for number in (ANNA, PHONE):
        home.provider.phone(number, outcome=Outcome.DECLINE)
        await home.place_call(to=number)
        await home.settle()

    assert [call.data["message"] for call in written] == ["Anna did not answer."]


@pytest.mark.parametrize("taken", [True, False])
async def test_chain(engine: Engine, home: Home, taken: bool) -> None:
    """Somebody takes it, or the valve is closed."""
    closed = async_mock_service(home.hass, "switch", "turn_off")
    for number in (ANNA, BO):
        home.provider.phone(number, outcome=Outcome.DECLINE)
    if taken:
        home.provider.phone(PHONE, **TAKES_IT)
    else:
        # The second round is no more, so that nobody has to wait for it
        home.provider.phone(PHONE, talk_for=None)
    automation = example("chains.md", "switch.turn_off")
    automation["actions"][0]["data"]["rounds"] = 1
    await automate(home.hass, automation)

    home.hass.states.async_set("binary_sensor.kitchen_leak", "off")
    home.hass.states.async_set("binary_sensor.kitchen_leak", "on")
    await home.hass.async_block_till_done()
    await home.settle()

    assert phoned(home) == [ANNA, BO, PHONE]
    assert len(closed) == (0 if taken else 1)


async def test_chain_ended(engine: Engine, home: Home) -> None:
    """Who takes care of it is told."""
    told = async_mock_service(home.hass, "persistent_notification", "create")
    await automate(home.hass, example("chains.md", "elks_chain_ended"))
    home.provider.phone(ANNA, **TAKES_IT)

    data = {"to": "Anna", "message": "Fire"}
    await home.hass.services.async_call(
        "elks", "call_chain", data, blocking=True, return_response=True
    )
    await home.settle()

    assert [call.data["message"] for call in told] == ["Anna takes care of it."]


async def test_cancel(engine: Engine, home: Home) -> None:
    """All chains are cancelled."""
    home.provider.phone(ANNA, answer_after=100)
    data = {"to": "Anna", "message": "Fire", "timeout": 300}
    await home.hass.services.async_call("elks", "call_chain", data, blocking=True)

    await perform(home.hass, example("chains.md", "elks.cancel_chain\n"))
    await home.settle()

    state = home.hass.states.get("sensor.demo_home_call_chain")
    assert state is not None
    assert state.state == "cancelled"
