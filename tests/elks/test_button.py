"""Test calls: a press calls the contact, and the contact's sensors show how that went."""

from typing import Any

import pytest

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from simulator import Fault, FaultKind, Outcome

from .conftest import Home, make_contact
from .speech.conftest import Engine

ANNA, BO = "+46701111111", "+46702222222"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts, of whom one is spoken to in Swedish."""
    return [make_contact("Anna", ANNA), make_contact("Bo", BO, language="sv")]


async def press(home: Home, name: str) -> None:
    """Press the button of a contact, as a person does."""
    await home.hass.services.async_call(
        "button",
        "press",
        {"entity_id": f"button.{name}_test_call"},
        blocking=True,
    )


def state(home: Home, entity_id: str) -> str:
    """Return the state of an entity."""
    state = home.hass.states.get(entity_id)
    assert state is not None
    return state.state


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("anna", ANNA, "This is a test call from Home Assistant."),
        ("bo", BO, "Det här är ett testsamtal från Home Assistant."),
    ],
)
async def test_says_that_it_is_a_test(
    engine: Engine, home: Home, name: str, number: str, said: str
) -> None:
    """The contact is called and hears, in their language, that this is a test."""
    home.provider.phone(number, talk_for=None)

    await press(home, name)
    await home.settle()

    assert [call.to for call in home.provider.calls] == [number]
    [text] = [text for text, *_ in engine.asked]
    assert text.startswith(said)
    assert state(home, f"sensor.{name}_last_call") == "success"


async def test_does_not_wait_for_the_end(engine: Engine, home: Home) -> None:
    """It returns when 46elks has accepted the call; the sensor shows the rest."""
    home.provider.clock.speed = 1
    home.provider.phone(ANNA, outcome=Outcome.NO_ANSWER)

    await press(home, "anna")

    assert state(home, "sensor.anna_last_call") == "ongoing"


async def test_without_a_voice(home: Home) -> None:
    """A voice that fails keeps no phone from ringing: the built-in sentence is heard."""
    home.provider.phone(ANNA, talk_for=None)

    await press(home, "anna")
    await home.settle()

    shown = home.hass.states.get("sensor.anna_last_call")
    assert shown is not None
    assert shown.attributes["spoken"] == "substitute"


async def test_refused(engine: Engine, home: Home) -> None:
    """A call that 46elks refuses is an error, with its reason and without the number."""
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body=f"Not to {ANNA}"))

    with pytest.raises(HomeAssistantError, match=r"Not to \+46•••••111") as raised:
        await press(home, "anna")

    assert raised.value.translation_key == "refused"
    assert state(home, "sensor.anna_last_call") == "unknown"


@pytest.mark.parametrize(
    ("data", "number"), [({"number": "+46703333333"}, "+46703333333"), ({}, ANNA)]
)
async def test_as_the_contact_is_now(
    engine: Engine, home: Home, data: dict[str, Any], number: str
) -> None:
    """A contact whose number was changed is called at the new one."""
    contact = next(iter(home.entry.subentries.values()))
    home.hass.config_entries.async_update_subentry(
        home.entry, contact, data={**contact.data, **data}
    )

    await press(home, "anna")
    await home.settle()

    assert [call.to for call in home.provider.calls] == [number]


async def test_on_the_page_of_the_contact(home: Home) -> None:
    """It stands among the controls of the contact, where nothing hides it."""
    button = er.async_get(home.hass).async_get("button.anna_test_call")

    assert button is not None
    assert button.device_id == home.device_id("Anna")
    assert (button.entity_category, button.disabled) == (None, False)
