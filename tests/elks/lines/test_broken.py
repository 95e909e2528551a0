"""A line that cannot be read, or says what cannot be said, keeps nothing else from working."""

from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.helpers import issue_registry as ir
from simulator import CallState

from ..conftest import PHONE, Home, make_contact, make_line
from ..speech.conftest import Engine
from .callers import GATE, gate

CABIN = "+46766860009"
CHOICE = {"key": "1", "say": "open"}


def broken(**fields: Any) -> ConfigSubentryData:
    """Return a line as nobody can have made it in a form; what is None is missing."""
    data = {"number": CABIN, "line_key": "of the cabin", "menu": [CHOICE], **fields}
    made = make_line("Cabin")
    known = {key: one for key, one in data.items() if one is not None}
    return {**made, "data": {"name": "Cabin", **known}, "unique_id": CABIN}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def fields() -> dict[str, Any]:
    """Return what is wrong with the line."""
    return {}


@pytest.fixture
def lines(fields: dict[str, Any]) -> list[ConfigSubentryData]:
    """Return a line that is broken, and one that is not."""
    return [make_line(**GATE), broken(**fields)]


async def goes_on(home: Home) -> None:
    """See that all else works: another line, a call, and a chain."""
    opened = gate(home)
    assert home.entry.state is ConfigEntryState.LOADED
    home.provider.dial(PHONE)
    await home.settle()
    assert len(opened) == 1
    assert (await home.place_call(to="Anna", wait=True))["state"] == "success"
    chain = await home.act("call_chain", to=["Anna"], message="Water!", rounds=1)
    assert len(chain["calls"]) == 1
    home.hass.config_entries.async_update_entry(home.entry, title="Summer house")
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert home.hass.states.get("switch.home_answering") is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"line_key": None},
        {"number": None},
        {"line_key": 5},
        {"pin": 1234},
        {"callers": "friends"},
        {"answer_with": "poem"},
        {"greeting": ["Hello"]},
        {"menu": "open"},
        {"menu": [{"key": "1"}]},
        {"menu": [{**CHOICE, "reply": 5}]},
        {"minutes_per_day": "many"},
    ],
)
async def test_unreadable(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be read of a line costs that line, and is logged once."""
    logged = caplog.get_records("setup")
    errors = [one.getMessage() for one in logged if one.levelname == "ERROR"]
    assert errors == ["The line Cabin cannot be read, and answers nobody"]

    await goes_on(home)
    assert await home.hass.config_entries.async_remove(home.entry.entry_id)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert ir.async_get(home.hass).issues == {}


DEEP = "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"


@pytest.mark.parametrize(
    "fields",
    [
        {"greeting": "{{ 1 | no_filter }} {% if", "menu": [{**CHOICE, "reply": "{{"}]},
        {"greeting": DEEP, "menu": [{**CHOICE, "reply": DEEP}]},
        {"language": "no language!"},
        {"menu": [{**CHOICE, "actions": "open"}], "actions": [5]},
    ],
)
async def test_unspeakable(home: Home) -> None:
    """What cannot be said or done at one line keeps no other from answering."""
    await goes_on(home)


@pytest.mark.parametrize("lines", [[make_line(menu=[CHOICE])]])
async def test_name_of_the_home(engine: Engine, home: Home) -> None:
    """A home whose name is half an emoji greets with it, and keeps nobody from speaking."""
    home.hass.config.location_name = "Villa \ud83c"

    call = home.provider.dial(PHONE, hangs_up_at=2)
    await home.settle()

    assert call.state is CallState.SUCCESS
    assert any(text.startswith("Villa") for text, _, _ in engine.asked)
    await home.act("place_call", to="Anna", message="Water!", wait=True)
    assert home.last_call.attributes["spoken"] == "message"
