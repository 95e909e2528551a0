"""The texts: every language says the same, and nothing lacks words or an icon."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.elks.api import CallState
from custom_components.elks.services import PLACE_CALL_SCHEMA
from homeassistant.util.yaml import load_yaml_dict

FOLDER = Path(__file__).parents[2] / "custom_components/elks"
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


def test_languages() -> None:
    """English is there, and Swedish."""
    assert {"en", "sv"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_keys_and_placeholders(language: str) -> None:
    """Every text is there in every language, with the same placeholders."""
    english, other = texts("en"), texts(language)

    assert other.keys() == english.keys()
    for key, text in english.items():
        assert re.findall(r"{\w+}", other[key]) == re.findall(r"{\w+}", text), key
        assert other[key].strip(), key


def test_actions_are_described() -> None:
    """Every field of an action has a selector and words."""
    fields = {str(marker) for marker in PLACE_CALL_SCHEMA.schema}
    selectors = load_yaml_dict(str(FOLDER / "services.yaml"))
    words = read("translations/en.json")["services"]

    assert selectors.keys() == words.keys() == read("icons.json")["services"].keys()
    form = selectors["place_call"]["fields"]
    sections = {name for name, field in form.items() if "fields" in field}
    in_sections = {name for section in sections for name in form[section]["fields"]}
    assert (form.keys() - sections) | in_sections == fields
    assert set(words["place_call"]["fields"]) == fields
    assert set(words["place_call"]["sections"]) == sections


def test_states_have_words_and_icons() -> None:
    """Every state of the last call has words and an icon."""
    words = read("translations/en.json")["entity"]["sensor"]["last_call"]["state"]
    icons = read("icons.json")["entity"]["sensor"]["last_call"]["state"]

    assert words.keys() == icons.keys() == set(CallState)


def test_errors_have_words() -> None:
    """Every error that the code can raise has words, and there are no others."""
    code = "".join(path.read_text() for path in FOLDER.rglob("*.py"))
    english = read("translations/en.json")
    raised = set(re.findall(r'(?:Error: |translation_key=)"(\w+)"', code))
    for names in re.findall(r"invalid\(([^)]*)\)", code):
        raised |= set(re.findall(r'"(\w+)"', names))

    assert raised == english["exceptions"].keys()
    shown = set(re.findall(r'errors\[\S+\] = "(\w+)"', code))
    assert shown == english["config"]["error"].keys()
    assert set(english["options"]["error"]) <= shown
