"""The documentation: its examples are run as they stand there, its tables are complete, its links lead somewhere."""

import asyncio
from itertools import chain
import json
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_mock_service,
)

from custom_components.elks.api import CallState
from custom_components.elks.calls import CallEvent
from custom_components.elks.calls.incoming.events import LineEvent
from custom_components.elks.chains import ChainEnd
from custom_components.elks.condition import async_get_conditions
from custom_components.elks.responses.bus import EVENT_CALL_ENDED, EVENT_CHAIN_ENDED
from custom_components.elks.services import (
    ANSWER_SCHEMA,
    CALL_CHAIN_SCHEMA,
    PLACE_CALL_SCHEMA,
    REJECT_SCHEMA,
    TARGET,
)
from custom_components.elks.trigger import async_get_triggers
from homeassistant.components import recorder
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.script import Script
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from simulator import KeyPress, Outcome

from .conftest import PHONE, Home, make_contact, make_line
from .speech.conftest import Engine

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FOLDER = ROOT / "custom_components/elks"
TRANSLATIONS = FOLDER / "translations"
PAGES = [
    path.relative_to(ROOT) for path in sorted((*ROOT.glob("*.md"), *DOCS.glob("*.md")))
]
ANNA, BO, CILLA = "+46701111111", "+46702222222", "+46703333333"
TAKES_IT: dict[str, Any] = {"talk_for": None, "keys": [KeyPress(after=1, keys="1")]}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return the people of the examples."""
    people = {"Anna": ANNA, "Bo": BO, "Cilla": CILLA}
    return [make_contact(name, number) for name, number in people.items()]


def example(page: str, words: str) -> Any:
    """Return the only example of a page in which these words stand."""
    text = (ROOT / page).read_text()
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


def called(home: Home) -> list[str]:
    """Return the numbers that were called, in their order."""
    return [call.to for call in home.provider.calls]


async def leak(home: Home) -> None:
    """Let water leak until all calls have ended."""
    home.hass.states.async_set("binary_sensor.kitchen_leak", "off")
    home.hass.states.async_set("binary_sensor.kitchen_leak", "on")
    await home.hass.async_block_till_done()
    await home.settle()


def test_all_examples_are_run() -> None:
    """There are no more examples than those that the tests below know."""
    counts = {str(page): (ROOT / page).read_text().count("```yaml") for page in PAGES}

    assert {page: count for page, count in counts.items() if count} == {
        "README.md": 1,
        "README.sv.md": 1,
        "docs/actions.md": 2,
        "docs/automations.md": 7,
        "docs/chains.md": 3,
        "docs/contacts.md": 3,
        "docs/lines.md": 1,
        "docs/privacy_and_cost.md": 1,
        "docs/sensors_and_events.md": 2,
    }


def lines(page: str, section: str, table: int = 0) -> list[str]:
    """Return the rows of one of a section's tables, as they are written."""
    text = (DOCS / page).read_text().split(f"\n## {section}")[1].split("\n## ")[0]
    return text.split("\n\n|")[table + 1].split("\n\n")[0].splitlines()[2:]


def rows(page: str, section: str, table: int = 0) -> list[str]:
    """Return the first column of one of a section's tables."""
    return [line.split("|")[1].strip() for line in lines(page, section, table)]


def documented(page: str, section: str, table: int = 0) -> set[str]:
    """Return what stands in the first column of one of a section's tables, in code."""
    columns = rows(page, section, table)
    return {name for column in columns for name in re.findall(r"`([^`]+)`", column)}


def test_fields_are_documented() -> None:
    """Every field of an action is documented, and no others."""
    place_call = PLACE_CALL_SCHEMA.schema.keys() - TARGET.keys()
    assert documented("actions.md", "Fields") == {"target", *map(str, place_call)}

    section = "Let an automation decide"
    assert documented("lines.md", section) == {*map(str, ANSWER_SCHEMA.schema)}
    assert documented("lines.md", section, table=2) == {*map(str, REJECT_SCHEMA.schema)}

    call_chain = CALL_CHAIN_SCHEMA.schema.keys() - TARGET.keys()
    assert documented("chains.md", "Fields") == {"target", *map(str, call_chain)}


def test_lines_are_documented() -> None:
    """Every field of a line's form is documented as the form names it, and no others."""
    forms = texts("config_subentries")
    step = "line.step.user"
    labels = {*forms[f"{step}.data"].values()}
    for path, branch in forms.items():
        if path.startswith(f"{step}.sections.") and path.endswith(".data"):
            name = forms[path.removesuffix(".data")]["name"]
            labels |= {f"{name}: {label}" for label in branch.values()}
    assert {*rows("lines.md", "Set up a line")} == labels

    fields = texts("selector")
    menu = {
        branch["name"]
        for path, branch in fields.items()
        if path.startswith("menu.fields.")
    }
    assert {*rows("lines.md", "The menu")} == menu


def test_sensors_are_documented(home: Home) -> None:
    """Every sensor of the account is documented, and no others."""
    account = documented("sensors_and_events.md", "More sensors of the account")
    registry = er.async_get(home.hass)
    entities = er.async_entries_for_config_entry(registry, home.entry.entry_id)

    assert account | {"sensor.<account>_last_call"} == {
        entity.entity_id.replace("demo_home", "<account>")
        for entity in entities
        if entity.domain == "sensor" and entity.config_subentry_id is None
    }


async def test_calls_are_documented(home: Home) -> None:
    """All that is shown of a call is documented: its states, its events and its data."""
    page = "sensors_and_events.md"
    ended = async_capture_events(home.hass, EVENT_CALL_ENDED)
    response = await home.place_call(wait=True)

    assert documented("actions.md", "Response") == response.keys()
    assert documented(page, "The last call") == {*CallState, "unknown"}
    attributes = documented(page, "The last call", table=1)
    assert attributes == home.attributes("last_call")
    assert documented(page, "What happens in a call") == set(CallEvent)
    assert documented(page, "Calls to a line") == set(LineEvent)
    more = documented(page, "The events on Home Assistant's bus")
    assert more | response.keys() == ended[0].data.keys()


async def test_triggers_and_conditions_are_documented(hass: HomeAssistant) -> None:
    """Every trigger, with its options, and every condition is documented, and no others."""
    page = "automations.md"
    assert documented(page, "Triggers") == {
        f"elks.{name}" for name in await async_get_triggers(hass)
    }
    assert documented(page, "Conditions") == {
        f"elks.{name}" for name in await async_get_conditions(hass)
    }
    for kind in ("Triggers", "Conditions"):
        file = FOLDER / f"{kind.lower()}.yaml"
        descriptions: Any = parse_yaml(file.read_text())
        rows_by_name = {
            cells[1].strip(): cells
            for cells in (line.split("|") for line in lines(page, kind))
        }
        for name, description in descriptions.items():
            if name.startswith("."):
                continue
            cells = rows_by_name[f"`elks.{name}`"]
            assert cells[2].strip() == texts(kind.lower())[name]["name"]
            for option in description.get("fields", {}):
                assert f"`{option}`" in cells[4]


async def test_variables_are_documented(engine: Engine, home: Home) -> None:
    """Every variable of a trigger is documented, and no others."""
    page = "automations.md"
    calls = async_capture_events(home.hass, EVENT_CALL_ENDED)
    chains = async_capture_events(home.hass, EVENT_CHAIN_ENDED)
    home.provider.phone(ANNA, **TAKES_IT)
    await home.act("call_chain", to="Anna", message="Fire")
    await home.settle()

    assert documented(page, "Triggers", table=1) == calls[0].data.keys()
    assert documented(page, "Triggers", table=3) == chains[0].data.keys()


async def test_chains_are_documented(engine: Engine, home: Home) -> None:
    """All that is shown of a chain is documented: how it ended, why, and the sensor's data."""
    page = "chains.md"
    home.provider.phone(ANNA, **TAKES_IT)
    response = await home.act("call_chain", to="Anna", message="Fire")
    await home.settle()

    assert documented(page, "Response") == response.keys()
    assert documented(page, "Response", table=1) == set(ChainEnd)
    assert documented(page, "The sensor") == home.attributes("call_chain")


def test_states_are_named() -> None:
    """What a state is shown as is what the product says."""
    names = texts("entity")["sensor.last_call.state"]
    text = (DOCS / "sensors_and_events.md").read_text()

    for state, name in names.items():
        assert f"| `{state}` | {name} |" in text


def texts(section: str) -> dict[str, dict[str, str]]:
    """Return the texts of a section of the English translation, by the path of what holds them."""
    found: dict[str, dict[str, str]] = {}

    def walk(path: str, branch: dict[str, Any]) -> None:
        for key, value in branch.items():
            if isinstance(value, dict):
                walk(f"{path}.{key}" if path else key, value)
            else:
                found.setdefault(path, {})[key] = value

    walk("", json.loads((TRANSLATIONS / "en.json").read_text())[section])
    return found


def messages() -> dict[str, dict[str, str]]:
    """Return what people can find in Troubleshooting, by the section in which they look."""
    forms = ("config", "config_subentries")
    errors = [
        (f"{form}.{path}.{key}", text)
        for form in forms
        for path, branch in texts(form).items()
        for key, text in branch.items()
        if path.split(".")[-1] in ("error", "abort") and not key.endswith("_successful")
    ]
    return {
        "Setting up": dict(errors),
        "Placing a call": {
            key: branch["message"] for key, branch in texts("exceptions").items()
        },
        "Repairs": {
            key: branch["title"]
            for key, branch in texts("issues").items()
            if "." not in key
        },
    }


@pytest.mark.parametrize("section", ["Setting up", "Placing a call", "Repairs"])
def test_messages_are_documented(section: str) -> None:
    """Every message is quoted as the product says it, and no others."""
    tables = 3 if section == "Setting up" else 1
    quoted = chain.from_iterable(
        rows("troubleshooting.md", section, table) for table in range(tables)
    )
    patterns = {row: re.escape(row).replace("…", ".+") for row in quoted}
    said = messages()[section]

    missing = {
        key
        for key, text in said.items()
        if not any(re.match(pattern, text) for pattern in patterns.values())
    }
    outdated = {
        row
        for row, pattern in patterns.items()
        if not any(re.match(pattern, text) for text in said.values())
    }
    assert (missing, outdated) == (set(), set())


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.+)$", without_code(page))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def without_code(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links(page: Path) -> None:
    """Every link to a file or a heading of this repository leads somewhere, and pictures are there."""
    text = without_code(ROOT / page)
    links = re.findall(r"\]\(([^)]+)\)", text) + re.findall(r'src="([^"]+)"', text)

    for link in links:
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / page).parent / file if file else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_pages_are_linked() -> None:
    """Every page of the documentation is linked from the README, or from a page that is."""
    linked: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in linked:
            continue
        linked.add(page)
        links = re.findall(r"\]\(([^):#]+\.md)", page.read_text())
        waiting.extend((page.parent / link).resolve() for link in links)

    assert {ROOT / page for page in PAGES} - linked == set()


async def test_by_name(engine: Engine, home: Home) -> None:
    """Somebody is called by name."""
    await perform(home.hass, example("docs/contacts.md", "elks.place_call"))
    await home.settle()

    assert called(home) == [ANNA]
    assert engine.asked[0][0] == "The freezer is warming up."


async def test_notify(engine: Engine, home: Home) -> None:
    """Two people are notified."""
    await perform(home.hass, example("docs/contacts.md", "notify.send_message"))
    await home.settle()

    assert sorted(called(home)) == [ANNA, BO]
    assert {text for text, *_ in engine.asked} == {"Alarm. The front door is open."}


@pytest.fixture
async def group(hass: HomeAssistant, engine: Engine) -> None:
    """Have the notifiers of the example, as Home Assistant has at start."""
    assert await async_setup_component(
        hass, "notify", example("docs/contacts.md", "alert:")
    )


async def test_alert(group: None, engine: Engine, home: Home) -> None:
    """An alert calls until the problem is gone."""
    hass = home.hass
    assert await async_setup_component(
        hass, "alert", example("docs/contacts.md", "alert:")
    )
    hass.states.async_set("binary_sensor.garage_door", "on")
    await hass.async_block_till_done()
    await home.settle()
    hass.states.async_set("binary_sensor.garage_door", "off")
    await hass.async_block_till_done()

    assert called(home) == [ANNA]
    assert engine.asked[0][0] == "The garage door is still open."


async def test_call_ended(home: Home) -> None:
    """Who did not answer is noted."""
    written = async_mock_service(home.hass, "persistent_notification", "create")
    await automate(home.hass, example("docs/sensors_and_events.md", "elks_call_ended"))
    for number in (ANNA, PHONE):
        home.provider.phone(number, outcome=Outcome.DECLINE)
        await home.place_call(to=number)
        await home.settle()

    assert [call.data["message"] for call in written] == ["Anna did not answer."]


@pytest.mark.parametrize("page", ["README.md", "README.sv.md"])
async def test_first_automation(engine: Engine, home: Home, page: str) -> None:
    """Anna and Bo are called in turn, until one of them accepts."""
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    home.provider.phone(BO, **TAKES_IT)
    ended = async_capture_events(home.hass, EVENT_CHAIN_ENDED)
    await automate(home.hass, example(page, "elks.call_chain"))

    await leak(home)
    async with asyncio.timeout(10):
        while not ended:
            await home.settle()

    assert called(home) == [ANNA, BO]
    assert ended[0].data["by"] == "Bo"


async def test_somebody_else(engine: Engine, home: Home) -> None:
    """Who does not answer is followed by somebody else."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    await perform(home.hass, example("docs/actions.md", "message:"))
    await home.settle()

    assert called(home) == [PHONE, "+46707654321"]


async def test_connect(home: Home) -> None:
    """Who answers is connected to somebody else."""
    await perform(home.hass, example("docs/actions.md", "connect:"))
    await home.settle()

    [call] = home.provider.calls
    assert call.to == PHONE
    assert [action.get("connect") for action in call.actions] == ["+46812345678"]


async def test_key_closes_the_valve(engine: Engine, home: Home) -> None:
    """Key 1 closes the valve; tests/e2e plays all that can happen."""
    closed = async_mock_service(home.hass, "switch", "turn_off")
    home.provider.phone(PHONE, **TAKES_IT)
    await automate(
        home.hass, example("docs/automations.md", "Call me when water leaks")
    )

    await leak(home)

    assert called(home) == [PHONE]
    assert len(closed) == 1


def in_demo_home(words: str) -> Any:
    """Return an example of the triggers, with the account of the tests."""
    automation = example("docs/automations.md", words)
    assert automation["triggers"][0]["target"] == {"entity_id": "event.my_home_call"}
    automation["triggers"][0]["target"] = {"entity_id": "event.demo_home_call"}
    return automation


async def test_not_answered(home: Home) -> None:
    """A call that was not answered is shown."""
    shown = async_mock_service(home.hass, "persistent_notification", "create")
    await automate(home.hass, in_demo_home("elks.call_ended"))
    await home.place_call()
    await home.settle()
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    await home.place_call(to="Anna")
    await home.settle()

    assert [call.data["title"] for call in shown] == ["A call was not answered"]
    assert shown[0].data["message"].startswith("Anna did not answer at ")


async def test_key_pressed(engine: Engine, home: Home) -> None:
    """The valve closes when one of the two gives the answer."""
    closed = async_mock_service(home.hass, "switch", "turn_off")
    await automate(home.hass, example("docs/automations.md", "elks.key_pressed"))
    answers = [{"key": "1", "id": "close"}]
    for person, number in {"Bo": BO, "Cilla": CILLA}.items():
        home.provider.phone(number, **TAKES_IT)
        await home.speak(to=person, message="Leak", answers=answers)
        await home.settle()

    assert len(closed) == 1


async def test_nobody_accepts(engine: Engine, home: Home) -> None:
    """The siren sounds after a chain that nobody accepted."""
    sounded = async_mock_service(home.hass, "siren", "turn_on")
    await automate(home.hass, in_demo_home("elks.chain_ended"))
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    home.provider.phone(BO, **TAKES_IT)

    for person in ("Anna", "Bo"):
        await home.act("call_chain", to=person, message="Fire", rounds=1)
        await home.settle()

    assert len(sounded) == 1


async def test_one_chain(engine: Engine, home: Home) -> None:
    """While a chain calls Anna, the gate starts no other."""
    home.provider.phone(ANNA, answer_after=100)
    await automate(home.hass, example("docs/automations.md", "elks.chain_is_running"))

    for state in ("on", "off", "on"):
        home.hass.states.async_set("binary_sensor.garden_gate", state)
        await home.hass.async_block_till_done()

    chain = home.hass.states.get("sensor.demo_home_call_chain")
    assert chain is not None
    assert chain.attributes["running"] == 1
    await perform(home.hass, [{"action": "elks.cancel_chain"}])
    await home.settle()


def test_recorder() -> None:
    """The recorder takes what keeps numbers out of the database."""
    configuration = example("docs/privacy_and_cost.md", "recorder:")

    assert recorder.CONFIG_SCHEMA(configuration)


@pytest.mark.parametrize("taken", [True, False])
async def test_chain(engine: Engine, home: Home, taken: bool) -> None:
    """Somebody accepts, or the valve is closed."""
    closed = async_mock_service(home.hass, "switch", "turn_off")
    for number in (ANNA, BO):
        home.provider.phone(number, outcome=Outcome.DECLINE)
    if taken:
        home.provider.phone(PHONE, **TAKES_IT)
    else:
        # One round is enough, so that nobody has to wait for a second
        home.provider.phone(PHONE, talk_for=None)
    automation = example("docs/chains.md", "switch.turn_off")
    automation["actions"][0]["data"]["rounds"] = 1
    await automate(home.hass, automation)

    await leak(home)

    assert called(home) == [ANNA, BO, PHONE]
    assert len(closed) == (0 if taken else 1)


async def test_chain_ended(engine: Engine, home: Home) -> None:
    """Who takes care of it is shown."""
    shown = async_mock_service(home.hass, "persistent_notification", "create")
    await automate(home.hass, example("docs/chains.md", "elks_chain_ended"))
    home.provider.phone(ANNA, **TAKES_IT)

    data = {"to": "Anna", "message": "Fire"}
    await home.hass.services.async_call(
        "elks", "call_chain", data, blocking=True, return_response=True
    )
    await home.settle()

    assert [call.data["message"] for call in shown] == ["Anna takes care of it."]


async def test_cancel(engine: Engine, home: Home) -> None:
    """All chains are cancelled."""
    home.provider.phone(ANNA, answer_after=100)
    data = {"to": "Anna", "message": "Fire", "timeout": 300}
    await home.hass.services.async_call("elks", "call_chain", data, blocking=True)

    await perform(home.hass, example("docs/chains.md", "elks.cancel_chain\n"))
    await home.settle()

    state = home.hass.states.get("sensor.demo_home_call_chain")
    assert state is not None
    assert state.state == "cancelled"


class TestLine:
    """Somebody calls the home, which lets an automation decide."""

    @pytest.fixture
    def lines(self) -> list[ConfigSubentryData]:
        """Return the line of the example."""
        return [make_line(answer_with="automation")]

    @pytest.mark.parametrize(
        ("keys", "done"),
        [("12", "cover.small_gate"), ("2", "light.garden"), ("1", None), ("", None)],
    )
    async def test_example(
        self, engine: Engine, home: Home, keys: str, done: str | None
    ) -> None:
        """What was chosen is done, and then the call ends."""
        covers = async_mock_service(home.hass, "cover", "open_cover")
        lights = async_mock_service(home.hass, "light", "turn_on")
        responses: list[Any] = []
        home.hass.bus.async_listen(EVENT_CALL_ENDED, responses.append)
        await automate(home.hass, example("docs/lines.md", "elks.answer"))
        pressed = [
            KeyPress(after=1, keys=key, sound=n) for n, key in enumerate(keys, 1)
        ]

        call = home.provider.dial(ANNA, keys=pressed)
        async with asyncio.timeout(10):
            while not responses:
                await home.settle()

        assert [one.data["entity_id"] for one in covers + lights] == (
            [[done]] if done else []
        )
        assert next(iter(call.actions[-1])) == "hangup"

    async def test_known(self, engine: Engine, home: Home) -> None:
        """All that the trigger knows, and that a step returns, is documented."""
        known = async_mock_service(home.hass, "test", "note")
        step = {"call_id": "{{ trigger.call_id }}", "hang_up": True}
        automation = {
            "alias": "Answer",
            "triggers": {
                "trigger": "elks.call_received",
                "target": {"entity_id": "event.home_call"},
            },
            "actions": [
                {"action": "elks.answer", "data": step, "response_variable": "got"},
                {
                    "action": "test.note",
                    "data": {"got": "{{ got }}", "trigger": "{{ trigger }}"},
                },
            ],
        }
        await automate(home.hass, automation)

        home.provider.dial(ANNA)
        await home.settle()

        [note] = known
        response = documented("lines.md", "Let an automation decide", table=1)
        assert response == note.data["got"].keys()
        variables = documented("automations.md", "Triggers", table=2)
        own = {"id", "idx", "alias", "platform", "description"}
        assert variables == note.data["trigger"].keys() - own
