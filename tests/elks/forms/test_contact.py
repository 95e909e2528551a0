"""Adding and changing contacts, as a person does in the forms."""

from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import SUBENTRY_CONTACT
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigSubentry,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.data_entry_flow import FlowResultType

from ..conftest import Home, make_contact

ANNA = "+46701111111"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", ANNA, language="sv")]


def form(name: str, number: str, **speech: Any) -> dict[str, Any]:
    """Return what a person fills in."""
    return {"name": name, "number": number, "speech": speech}


async def add(home: Home, answers: dict[str, Any]) -> SubentryFlowResult:
    """Open the form for a new contact, and submit it."""
    flows = home.hass.config_entries.subentries
    step = await flows.async_init(
        (home.entry.entry_id, SUBENTRY_CONTACT), context={"source": SOURCE_USER}
    )
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "user")
    result = await flows.async_configure(step["flow_id"], answers)
    await home.hass.async_block_till_done()
    return result


async def test_add(home: Home) -> None:
    """A contact can be called as soon as it is added, by the number as people write it."""
    speech = {
        "language": "de",
        "tts_entity_id": "tts.home",
        "options": {"voice": "Katja"},
    }
    done = await add(home, form(" Bo ", "070-222 22 22", **speech))

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Bo"
    assert done["data"] == {"name": "Bo", "number": "+46702222222", **speech}
    assert home.hass.states.get("notify.bo") is not None
    await home.place_call(to="Bo")
    await home.settle()
    assert home.provider.calls[-1].to == "+46702222222"


@pytest.mark.parametrize(
    ("number", "error"), [("12", "invalid_number"), ("070-111 11 11", "same_number")]
)
async def test_wrong_number(home: Home, number: str, error: str) -> None:
    """A number that cannot be, or is somebody else's, is refused; then another is taken."""
    step = await add(home, form("Bo", number))

    assert step["type"] is FlowResultType.FORM
    assert step["errors"] == {"number": error}
    if error == "same_number":
        assert step["description_placeholders"] == {"contact": "Anna"}
    done = await home.hass.config_entries.subentries.async_configure(
        step["flow_id"], form("Bo", "070-222 22 22")
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await home.hass.async_block_till_done()


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        (form("  ", "070-222 22 22"), {"name": "no_name"}),
        (form("\u200b", "070-222 22 22"), {"name": "no_name"}),
        (
            form("Bo", "070-222 22 22", options=["voice"]),
            {"base": "invalid_options"},
        ),
    ],
)
async def test_wrong_fields(
    home: Home, answers: dict[str, Any], errors: dict[str, str]
) -> None:
    """Nobody is added without a name, nor with a voice that nothing could speak with."""
    step = await add(home, answers)

    assert (step["type"], step["errors"]) == (FlowResultType.FORM, errors)


async def test_pasted(home: Home) -> None:
    """What nobody sees is no part of a name, nor of a number."""
    done = await add(home, form("\u2068Bo\u2069\n", "\ufeff+46\u00ad702222222 "))

    assert done["title"] == "Bo"
    assert done["data"]["number"] == "+46702222222"


async def test_home_without_a_country(home: Home) -> None:
    """Without a country, a number is read as the account's own number is."""
    home.hass.config.country = None

    done = await add(home, form("Bo", "0702222222"))

    assert done["data"]["number"] == "+46702222222"


async def test_change(home: Home) -> None:
    """What is stored is shown, and what is changed applies to the next call."""
    step = await home.entry.start_subentry_reconfigure_flow(
        home.hass, subentry(home.entry).subentry_id
    )
    schema = step["data_schema"]
    assert schema is not None
    suggested = {str(key): key.description for key in schema.schema}
    assert suggested["name"] == {"suggested_value": "Anna"}
    assert suggested["number"] == {"suggested_value": ANNA}

    done = await home.hass.config_entries.subentries.async_configure(
        step["flow_id"], form("Anna", "070-333 33 33")
    )
    await home.hass.async_block_till_done()

    assert done["reason"] == "reconfigure_successful"
    changed = subentry(home.entry)
    assert changed.data == MappingProxyType({"name": "Anna", "number": "+46703333333"})
    assert changed.unique_id == "+46703333333"
    await home.place_call(to="Anna")
    await home.settle()
    assert home.provider.calls[-1].to == "+46703333333"


async def test_same_name_and_number(home: Home) -> None:
    """A contact's own number is no reason to refuse a change."""
    step = await home.entry.start_subentry_reconfigure_flow(
        home.hass, subentry(home.entry).subentry_id
    )

    done = await home.hass.config_entries.subentries.async_configure(
        step["flow_id"], form("Anna Andersson", ANNA, language="sv")
    )
    await home.hass.async_block_till_done()

    assert done["reason"] == "reconfigure_successful"
    assert subentry(home.entry).title == "Anna Andersson"


def subentry(entry: MockConfigEntry) -> ConfigSubentry:
    """Return the first contact."""
    return next(iter(entry.subentries.values()))
