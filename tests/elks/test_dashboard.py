"""The dashboard: a home's frontend loads it, and a home without a frontend does without."""

import json
from pathlib import Path
import re

import pytest

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

from .conftest import PHONE, Home, make_contact, make_line
from .test_translations import texts

FOLDER = Path(__file__).parents[2] / "custom_components/elks"
MODULE = (FOLDER / "dashboard.js").read_text()
VERSION = json.loads((FOLDER / "manifest.json").read_text())["version"]
URL = f"/elks/{VERSION}/dashboard.js"
PAGE = "{% for module in extra_modules %}import({{ module }}){% endfor %}"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody who is shown."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line that is shown."""
    return [make_line()]


@pytest.fixture
async def frontend(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have a frontend, of which only the page that loads modules is there."""
    (tmp_path / "index.html").write_text(PAGE)
    frontend = "homeassistant.components.frontend"
    monkeypatch.setattr(f"{frontend}._frontend_root", lambda _: tmp_path)
    monkeypatch.setattr(f"{frontend}.onboarding.async_is_onboarded", lambda _: True)
    assert await async_setup_component(hass, "frontend", {})


async def get(home: Home, path: str) -> str:
    """Return what is at a path of the home."""
    async with home.client.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_frontend_loads_it(frontend: None, home: Home) -> None:
    """The frontend's page loads the dashboard, at an address of its own for each version."""
    assert await get(home, "/") == f"import({URL})"

    async with home.client.get(URL) as answer:
        assert await answer.text() == MODULE
        assert answer.content_type == "text/javascript"
        assert "max-age" in answer.headers["Cache-Control"]


async def test_once(frontend: None, home: Home) -> None:
    """It is loaded once, however often an account is."""
    await home.hass.config_entries.async_reload(home.entry.entry_id)

    assert await get(home, "/") == f"import({URL})"


async def test_stays(frontend: None, home: Home) -> None:
    """A dashboard that was made of it works until Home Assistant stops, also without an account."""
    await home.hass.config_entries.async_remove(home.entry.entry_id)

    assert await get(home, "/") == f"import({URL})"
    assert await get(home, URL) == MODULE


async def test_home_without_frontend(home: Home) -> None:
    """A home without a frontend calls all the same."""
    await home.place_call()
    await home.settle()

    assert home.last_call.state == "success"
    async with home.client.get(URL) as answer:
        assert answer.status == 404


async def test_shows_what_is_there(home: Home) -> None:
    """It finds entities by keys that they have, and names what has words."""
    registry = er.async_get(home.hass)
    entities = er.async_entries_for_config_entry(registry, home.entry.entry_id)
    keys = {entity.translation_key for entity in entities}
    words = texts("en").keys()

    assert set(re.findall(r"entities\.(\w+)", MODULE)) <= keys
    attributes = re.findall(r'attributeName\(localize, "(\w+)"\)', MODULE)
    chain = "entity.sensor.call_chain.state_attributes"
    assert {f"{chain}.{attribute}.name" for attribute in attributes} <= words
    assert "services.cancel_chain.name" in words
