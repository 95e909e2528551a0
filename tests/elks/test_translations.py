"""The texts: every language says the same, and nothing lacks words or an icon."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
import json
from pathlib import Path
import re
from typing import Any

import pytest
import voluptuous as vol

from custom_components.elks.api import CallState, HangUpSignal
from custom_components.elks.calls import ENDS, CallEvent
from custom_components.elks.calls.incoming.events import LineEvent
from custom_components.elks.calls.incoming.line import AnswerWith, Callers, Others
from custom_components.elks.chains import ChainEnd, ChainState, Fate
from custom_components.elks.condition import async_get_conditions
from custom_components.elks.const import DOMAIN
from custom_components.elks.services import (
    ANSWER_SCHEMA,
    CALL_CHAIN_SCHEMA,
    CANCEL_CHAIN_SCHEMA,
    PLACE_CALL_SCHEMA,
    REJECT_SCHEMA,
    TARGET,
)
from custom_components.elks.trigger import ElksTrigger, async_get_triggers
from homeassistant.config_entries import SOURCE_USER, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers import entity_registry as er
from homeassistant.util.yaml import load_yaml_dict
from simulator import AccountNumber, Simulator

from .conftest import Home, make_contact, make_line

FOLDER = Path(__file__).parents[2] / "custom_components/elks"
TITLE = 32
"""Characters that fit in the title of a dialog on a phone that is 390 pixels wide."""
LANGUAGES = sorted(path.stem for path in (FOLDER / "translations").glob("*.json"))


def read(name: str) -> Any:
    """Return a JSON file of the integration."""
    return json.loads((FOLDER / name).read_text())


def leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Return the texts of a tree, each with the keys that lead to it."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield path + key, value


def texts(language: str) -> dict[str, str]:
    """Return the texts of a language by their keys."""
    return dict(leaves(read(f"translations/{language}.json")))


def placeholders(text: str) -> list[str]:
    """Return what is put into a text, whatever the order."""
    return sorted(re.findall(r"{\w+}", text))


def test_languages() -> None:
    """The languages that people were promised are there."""
    assert LANGUAGES == [
        "da",
        "de",
        "en",
        "es",
        "fi",
        "fr",
        "it",
        "nb",
        "nl",
        "pl",
        "sv",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_keys_and_placeholders(language: str) -> None:
    """Every text is there in every language, with the same placeholders."""
    english, other = texts("en"), texts(language)

    assert other.keys() == english.keys()
    for key, text in english.items():
        assert placeholders(other[key]) == placeholders(text), key
        assert other[key].strip(), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_of_repairs_fit(language: str) -> None:
    """No title of a repair is cut off on a phone, which shows it in one line."""
    titles = {
        key: text
        for key, text in texts(language).items()
        if key.startswith("issues.") and key.endswith(".title")
    }

    assert len(titles) > 10
    assert {key: text for key, text in titles.items() if len(text) > TITLE} == {}


SCHEMAS = {
    "answer": ANSWER_SCHEMA,
    "call_chain": CALL_CHAIN_SCHEMA,
    "cancel_chain": CANCEL_CHAIN_SCHEMA,
    "place_call": PLACE_CALL_SCHEMA,
    "reject": REJECT_SCHEMA,
}


def test_actions_are_described() -> None:
    """Every field of an action has a selector and words."""
    selectors = load_yaml_dict(str(FOLDER / "services.yaml"))
    words = read("translations/en.json")["services"]

    assert selectors.keys() == words.keys() == SCHEMAS.keys()
    assert read("icons.json")["services"].keys() == SCHEMAS.keys()
    for name, schema in SCHEMAS.items():
        form = selectors[name]["fields"]
        sections = {key for key, field in form.items() if "fields" in field}
        folded = {key for section in sections for key in form[section]["fields"]}
        fields = {str(marker) for marker in schema.schema.keys() - TARGET.keys()}
        assert ("target" in selectors[name]) == (TARGET.keys() <= schema.schema.keys())
        assert (form.keys() - sections) | folded == fields
        assert set(words[name]["fields"]) == fields
        assert set(words[name].get("sections", {})) == sections


def fields_of(action: str) -> dict[str, dict[str, Any]]:
    """Return the fields in the form of an action, also those in sections."""
    form = load_yaml_dict(str(FOLDER / "services.yaml"))[action]["fields"]
    fields: dict[str, dict[str, Any]] = {}
    for name, field in form.items():
        fields |= field.get("fields", {name: field})
    return fields


@pytest.mark.parametrize("action", SCHEMAS)
def test_forms_begin_with_our_defaults(action: str) -> None:
    """What a form fills in is what the action would do without it, and no number is the least."""
    fields = fields_of(action)
    shown = {name: one["default"] for name, one in fields.items() if "default" in one}
    ours = {
        str(marker): marker.default()
        for marker in SCHEMAS[action].schema
        if not isinstance(marker.default, vol.Undefined)
    }

    # Who builds an automation by clicking goes on when the call is over
    for name in (ours.keys() & shown.keys()) - {"wait"}:
        assert shown[name] == ours[name], name
    numbers = {name for name, one in fields.items() if "number" in one["selector"]}
    assert numbers - shown.keys() <= {"digits"}


def test_nothing_is_demanded_that_can_be_left_out() -> None:
    """A form demands only what every use needs, or nobody could use what replaces it."""
    demanded = {
        (action, name)
        for action in SCHEMAS
        for name, field in fields_of(action).items()
        if field.get("required")
    }

    assert demanded == {
        ("answer", "call_id"),
        ("call_chain", "message"),
        ("reject", "call_id"),
    }


def options(trigger: Any) -> set[str]:
    """Return the names of a trigger's options; a condition has none."""
    if not issubclass(trigger, ElksTrigger):
        return set()
    [schema, *_] = getattr(trigger.options, "validators", [trigger.options])
    return {str(marker) for marker in schema}


@pytest.mark.parametrize(
    ("kind", "get"),
    [("triggers", async_get_triggers), ("conditions", async_get_conditions)],
)
async def test_triggers_and_conditions_are_described(
    hass: HomeAssistant, kind: str, get: Any
) -> None:
    """Each trigger and condition, and each of its options, has a selector, words and an icon."""
    known = await get(hass)
    form = load_yaml_dict(str(FOLDER / f"{kind}.yaml"))
    words = read("translations/en.json")[kind]
    icons = read("icons.json")[kind]
    target = form.pop(".target")

    assert form.keys() == words.keys() == icons.keys() == known.keys()
    for name, one in known.items():
        fields = form[name].get("fields", {})
        assert form[name]["target"] == target
        assert icons[name].keys() == {kind.removesuffix("s")}
        assert fields.keys() == words[name].get("fields", {}).keys() == options(one)
        assert words[name].keys() - {"fields"} == {"name", "description"}
        for key, field in fields.items():
            assert field["selector"]
            assert words[name]["fields"][key].keys() == {"name", "description"}


def test_ends_can_be_picked() -> None:
    """A trigger's form has every end of a call, each with words."""
    form = load_yaml_dict(str(FOLDER / "triggers.yaml"))
    select = form["call_ended"]["fields"]["state"]["selector"]["select"]
    words = read("translations/en.json")["selector"][select["translation_key"]]

    assert set(select["options"]) == words["options"].keys() == ENDS


def test_signals_can_be_picked() -> None:
    """The form of elks.reject has every signal, labelled with its words."""
    form = load_yaml_dict(str(FOLDER / "services.yaml"))
    select = form["reject"]["fields"]["signal"]["selector"]["select"]
    words = read("translations/en.json")["selector"][select["translation_key"]]

    labels = {one["value"]: one["label"] for one in select["options"]}
    assert labels == words["options"]
    assert len(labels) == len(HangUpSignal)


@pytest.mark.parametrize(
    ("sensor", "states"),
    [("last_call", set(CallState)), ("call_chain", {"idle", *ChainState})],
)
def test_states_have_words_and_icons(sensor: str, states: set[str]) -> None:
    """Every state of a sensor has words and an icon."""
    words = read("translations/en.json")["entity"]["sensor"][sensor]["state"]
    icons = read("icons.json")["entity"]["sensor"][sensor]["state"]

    assert words.keys() == icons.keys() == states


def test_events_have_words() -> None:
    """Every event of a call, placed or to a line, has words."""
    words = read("translations/en.json")["entity"]["event"]["call"]
    events = {*CallEvent, *LineEvent}

    assert words["state_attributes"]["event_type"]["state"].keys() == events


@pytest.mark.parametrize("sensor", ["last_call", "call_chain"])
async def test_attributes_have_words(home: Home, sensor: str) -> None:
    """Everything that a sensor tells besides its state has words."""
    await home.place_call()
    await home.settle()
    words = read("translations/en.json")["entity"]["sensor"][sensor]
    # That of a line says who called
    attributes = home.attributes(sensor) | {"contact"}

    assert words["state_attributes"].keys() == attributes


def described(schema: vol.Schema | None, words: Mapping[str, Any]) -> None:
    """See that each field of a form has a name and an explanation, and nothing else does."""
    assert schema is not None
    fields = {str(marker): field for marker, field in schema.schema.items()}
    folded = {key: one for key, one in fields.items() if isinstance(one, section)}

    assert words["data"].keys() == fields.keys() - folded.keys()
    assert words["data_description"].keys() == words["data"].keys()
    assert words.get("sections", {}).keys() == folded.keys()
    for key, one in folded.items():
        described(one.schema, words["sections"][key])


async def test_forms_are_described(home: Home) -> None:
    """Every field of the account, its options, contacts and lines has words."""
    hass, entry = home.hass, home.entry
    flows, words = hass.config_entries, read("translations/en.json")

    for form in (
        await flows.flow.async_init(DOMAIN, context={"source": SOURCE_USER}),
        await entry.start_reconfigure_flow(hass),
    ):
        described(form["data_schema"], words["config"]["step"][form["step_id"]])
    options = await flows.options.async_init(entry.entry_id)
    described(options["data_schema"], words["options"]["step"][options["step_id"]])
    for subentry in entry.subentries.values():
        kind = subentry.subentry_type
        steps = words["config_subentries"][kind]["step"]
        for one in (
            await flows.subentries.async_init(
                (entry.entry_id, kind), context={"source": SOURCE_USER}
            ),
            await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id),
        ):
            described(one["data_schema"], steps[one["step_id"]])


async def test_entities_have_words_and_icons(home: Home) -> None:
    """Every entity, of the account, of a contact and of a line, has a name and an icon."""
    words, icons = read("translations/en.json")["entity"], read("icons.json")["entity"]
    registry = er.async_get(home.hass)
    entities = er.async_entries_for_config_entry(registry, home.entry.entry_id)
    keys = {(one.domain, str(one.translation_key)) for one in entities}

    assert len(keys) > 8
    assert keys == {(domain, key) for domain in icons for key in icons[domain]}
    # A contact's notify entity is called as its device is
    named = keys - {("notify", "contact")}
    assert named == {(domain, key) for domain in words for key in words[domain]}
    assert all(words[domain][key]["name"] for domain, key in named)


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", "+46701111111")]


@pytest.fixture
def lines(provider: Simulator) -> list[ConfigSubentryData]:
    """Return one line, of an account that has a number for another."""
    provider.account.numbers += (AccountNumber("+46766860004"),)
    return [make_line()]


@pytest.mark.parametrize(
    ("field", "choices"),
    [("answer_with", AnswerWith), ("callers", Callers), ("others", Others)],
)
def test_choices_have_words(field: str, choices: type[StrEnum]) -> None:
    """Everything that can be chosen for a line has words."""
    words = read("translations/en.json")["selector"][field]

    assert words["options"].keys() == set(choices)


def test_ends_have_words() -> None:
    """Every end of a call, of a chain and of somebody's turn in it has words."""
    words = read("translations/en.json")["common"]

    for state in set(CallState) - {CallState.ONGOING}:
        assert f"logbook_{state}" in words
    for end in ChainEnd:
        assert f"logbook_chain_{end}" in words
    for fate in Fate:
        assert f"chain_person_{fate}" in words


def test_errors_have_words() -> None:
    """Every error that the code can raise has words, and there are no others."""
    code = "".join(path.read_text() for path in FOLDER.rglob("*.py"))
    english = read("translations/en.json")
    raised = set(re.findall(r'(?:Error: |translation_key=)"(\w+)"', code))
    raised |= set(re.findall(r'(?:FieldError\(|reader\(.+?, )"(\w+)"', code))
    for names in re.findall(r"(?:invalid|failed)\(([^)]*)\)", code):
        raised |= set(re.findall(r'"(\w+)"', names))

    assert raised == english["exceptions"].keys()
    shown = set(re.findall(r'errors\[\S+\] = "(\w+)"', code))
    subentries = english["config_subentries"]
    forms = (english["config"], *subentries.values(), english["options"])
    assert shown == {key for form in forms for key in form["error"]}
    for issue in ("from_number", "line_taken"):
        assert english["issues"][issue]["fix_flow"]["error"].keys() <= shown
