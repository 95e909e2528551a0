"""What people read in a form that was not right."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from custom_components.elks.const import DOMAIN
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import Selector

_FOLDER = Path(__file__).parents[3] / "custom_components" / DOMAIN / "translations"
CONFIG = ("config",)
CONTACT = ("config_subentries", "contact")
LINE = ("config_subentries", "line")
OPTIONS = ("options",)


def in_words(step: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, str]:
    """Return the errors of a form by their fields in English, when all languages have words for them.

    A placeholder that is not filled raises KeyError.
    """
    read: dict[str, str] = {}
    for path in sorted(_FOLDER.glob("*.json"), key=lambda path: path.stem == "en"):
        words = json.loads(path.read_text())
        for key in where:
            words = words[key]
        placeholders = step["description_placeholders"] or {}
        read = {
            field: words["error"][error].format(**placeholders)
            for field, error in step["errors"].items()
        }
    # Nothing is shown for a field that the form does not have, or has in a section
    fields = {str(key) for key in step["data_schema"].schema}
    assert read.keys() <= fields | {"base"}
    return read


def suggested(step: Mapping[str, Any], section: str | None = None) -> dict[str, Any]:
    """Return what the fields of a form hold when it is shown."""
    schema = step["data_schema"]
    if section:
        schema = schema.schema[section].schema
    return {
        str(key): key.description["suggested_value"]
        for key in schema.schema
        if key.description
    }


def is_open(step: Mapping[str, Any], section: str) -> bool:
    """Return whether a section of a form is shown unfolded."""
    return not step["data_schema"].schema[section].options["collapsed"]


def languages(step: Mapping[str, Any], section: str | None = None) -> list[str] | None:
    """Return the languages that a form offers, as the frontend gets them; None for all."""
    schema = step["data_schema"]
    if section:
        schema = schema.schema[section].schema
    selector: Selector[Any] = schema.schema["language"]
    config = cv.custom_serializer(selector)["selector"]["language"]
    assert config["native_name"] is True
    offered: list[str] | None = config.get("languages")
    return offered
