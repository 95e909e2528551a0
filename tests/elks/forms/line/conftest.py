"""Whom the home knows whose line is filled in."""

import pytest

from homeassistant.config_entries import ConfigSubentryData

from ...conftest import PHONE, make_contact


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]
