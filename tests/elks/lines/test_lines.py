"""Somebody calls the home: what they hear, and what is done."""

import pytest

from homeassistant.config_entries import ConfigSubentryData

from ..conftest import PHONE, Home, make_contact, make_line


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line with a menu."""
    return [make_line(menu=[{"key": "1", "say": "open the gate"}])]


async def test_menu(home: Home) -> None:
    """A contact hears the menu; a stranger hears busy."""
    known = home.provider.dial(PHONE, talk_for=30)
    stranger = home.provider.dial("+46709999999")
    await home.settle()

    assert [next(iter(one)) for one in known.actions] == ["play", "ivr"]
    assert [next(iter(one)) for one in stranger.actions] == ["hangup"]
