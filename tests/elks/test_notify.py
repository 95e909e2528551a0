"""Notifying contacts: they are called, and hear it."""

import asyncio

import pytest

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from simulator import Fault, FaultKind, Outcome

from .conftest import Home, make_contact
from .speech.conftest import Engine

ANNA, BO = "+46701111111", "+46702222222"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts."""
    return [make_contact("Anna", ANNA), make_contact("Bo", BO)]


async def notify(hass: HomeAssistant, to: str | list[str], **data: str) -> None:
    """Notify contacts, as an automation does."""
    await hass.services.async_call(
        "notify",
        "send_message",
        {"entity_id": to, "message": "Water in the kitchen", **data},
        blocking=True,
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Water in the kitchen"),
        ({"title": "Alarm"}, "Alarm. Water in the kitchen"),
        ({"title": "Alarm!\n"}, "Alarm! Water in the kitchen"),
        ({"title": " "}, "Water in the kitchen"),
        ({"title": "Alarm", "message": "\n"}, "Alarm"),
        ({"title": "\ud83d\udd25", "message": "Fire \ud83d\udd25"}, "🔥. Fire 🔥"),
        ({"message": "Fire \ud83d"}, "Fire \ufffd"),
    ],
)
async def test_message(
    engine: Engine, home: Home, data: dict[str, str], said: str
) -> None:
    """The contact is called, and hears title and message."""
    home.provider.phone(ANNA, talk_for=None)

    await notify(home.hass, "notify.anna", **data)
    await home.settle()

    assert [text for text, *_ in engine.asked] == [said]
    [call] = home.provider.calls
    assert call.to == ANNA
    assert [action["result"] for action in call.actions] == ["success", "success"]
    notified = home.hass.states.get("notify.anna")
    assert notified is not None
    assert notified.state != "unknown"


@pytest.mark.parametrize("blank", ["", " \n", "\u200b"])
@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("notify.send_message", {"entity_id": "notify.anna"}),
        ("notify.send_message", {"entity_id": "notify.anna", "title": " "}),
        ("elks.place_call", {"to": "Anna"}),
        ("elks.call_chain", {"to": "Anna"}),
    ],
)
async def test_nothing_to_say(
    engine: Engine, home: Home, action: str, data: dict[str, str], blank: str
) -> None:
    """Nobody is called to hear nothing, whoever asks for it."""
    domain, name = action.split(".")
    with pytest.raises(ServiceValidationError, match="essage is empty"):
        await home.hass.services.async_call(
            domain, name, {**data, "message": blank}, blocking=True
        )

    assert home.provider.calls == []
    assert engine.asked == []


async def test_does_not_wait_for_the_end(engine: Engine, home: Home) -> None:
    """It returns when 46elks has accepted the calls, and all are called at the same time."""
    home.provider.clock.speed = 1
    for number in (ANNA, BO):
        home.provider.phone(number, outcome=Outcome.NO_ANSWER)

    async with asyncio.timeout(30):
        await notify(home.hass, ["notify.anna", "notify.bo"])

    assert {call.to for call in home.provider.calls} == {ANNA, BO}
    assert home.last_call.state == "ongoing"


async def test_refused(engine: Engine, home: Home) -> None:
    """A call that 46elks refuses is an error, with its reason and without the number."""
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body=f"Not to {ANNA}"))

    with pytest.raises(HomeAssistantError, match=r"Not to \+46•••••111") as raised:
        await notify(home.hass, "notify.anna")

    assert raised.value.translation_key == "refused"


@pytest.fixture
async def group(hass: HomeAssistant, engine: Engine) -> None:
    """Have a group of notifiers, as configuration.yaml makes one."""
    notifier = {"action": "send_message", "data": {"entity_id": "notify.anna"}}
    group = {"platform": "group", "name": "phone_anna", "services": [notifier]}
    assert await async_setup_component(hass, "notify", {"notify": [group]})


async def test_alert(group: None, engine: Engine, home: Home) -> None:
    """An alert calls a group of contacts."""
    hass = home.hass
    home.provider.phone(ANNA, talk_for=None)
    leak = {
        "name": "Water leak",
        "entity_id": "binary_sensor.leak",
        "repeat": 30,
        "message": "Water is leaking",
        "title": "Alarm",
        "notifiers": ["phone_anna"],
    }
    assert await async_setup_component(hass, "alert", {"alert": {"leak": leak}})
    await hass.async_block_till_done()

    hass.states.async_set("binary_sensor.leak", "on")
    await hass.async_block_till_done()
    await home.settle()
    hass.states.async_set("binary_sensor.leak", "off")
    await hass.async_block_till_done()

    assert [text for text, *_ in engine.asked] == ["Alarm. Water is leaking"]
    assert [call.to for call in home.provider.calls] == [ANNA]
