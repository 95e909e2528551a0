"""Targets of actions: who is called, from which account."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import DOMAIN
from homeassistant.components import notify
from homeassistant.components.websocket_api.automation import (
    async_get_services_for_target,
)
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryData
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
    service,
)
from homeassistant.helpers.config_validation import SCRIPT_SCHEMA
from homeassistant.helpers.script import Script
from simulator import Outcome, Simulator

from ..conftest import PHONE, PLAY, Home, make_contact, make_entry, make_line
from ..speech.conftest import Engine, said

ANNA, BO, CILLA, DORA = (f"+4670{n}111111" for n in range(1, 5))
CALL: dict[str, Any] = {"voice_start": PLAY}
CHAIN: dict[str, Any] = {"message": "Leak", "rounds": 1, "pause": 0}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return three contacts."""
    return [
        make_contact("Cilla", CILLA),
        make_contact("Anna", ANNA),
        make_contact("Bo", BO),
    ]


@pytest.fixture
async def chain_home(engine: Engine, home: Home) -> Home:
    """Return a home that speaks, and whose contacts are busy."""
    for number in (ANNA, BO, CILLA, DORA, PHONE):
        home.provider.phone(number, outcome=Outcome.BUSY)
    return home


@pytest.fixture
async def second(home: Home) -> AsyncIterator[tuple[MockConfigEntry, Simulator]]:
    """Return a second account, with a contact called Dora, and its provider."""
    async with (other := Simulator(speed=1000, account_id="u" + 32 * "2")).serve():
        entry = make_entry(home.hass, other, [make_contact("Dora", DORA)])
        home.hass.config_entries.async_update_entry(
            entry,
            title="Cabin",
            data={**entry.data, "webhook_id": "another-webhook-id"},
        )
        await home.hass.config_entries.async_setup(entry.entry_id)
        await home.hass.async_block_till_done(wait_background_tasks=True)
        yield entry, other
        await other.settled()
        await home.hass.async_block_till_done(wait_background_tasks=True)


def called(home: Home) -> list[str]:
    """Return the numbers that were called, in their order."""
    return [call.to for call in home.provider.calls]


def left_out(home: Home, entry: MockConfigEntry | None = None) -> str | None:
    """Return whom a repair names that a chain left out; None if the account has no such repair."""
    repair = f"chain_left_out_{(entry or home.entry).entry_id}"
    issue = ir.async_get(home.hass).async_get_issue(DOMAIN, repair)
    return issue.translation_placeholders["people"] if issue else None  # type: ignore[index]


@pytest.fixture
def forms() -> Iterator[None]:
    """Let descriptions of actions be read where not all of Home Assistant is installed."""
    parts = {"notify": notify}
    with patch.object(service, "_base_components", return_value=parts):
        yield


def move(home: Home, *names: str | None) -> str:
    """Put the devices of contacts, or of the account, in an area; return its id."""
    area = ar.async_get(home.hass).async_create("Bedroom")
    for name in names:
        device = home.device_id(name)
        dr.async_get(home.hass).async_update_device(device, area_id=area.id)
    return area.id


async def stop(home: Home, entry: MockConfigEntry, *, disabled: bool) -> None:
    """Disable an account, or only unload it."""
    entries, entry_id = home.hass.config_entries, entry.entry_id
    if disabled:
        await entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)
    else:
        await entries.async_unload(entry_id)
    await home.hass.async_block_till_done()


async def refused(home: Home, action: str, **data: Any) -> tuple[str, str]:
    """Return the key and the text of the error with which an action is refused."""
    with pytest.raises(ServiceValidationError) as raised:
        await home.act(action, **data)
    assert called(home) == []
    return str(raised.value.translation_key), str(raised.value)


@pytest.mark.parametrize(
    "target",
    [
        {"entity_id": "notify.anna"},
        {"entity_id": ["sensor.anna_last_call", "event.anna_call"]},
        {"entity_id": "none", "device_id": "Anna"},
        {"area_id": "bedroom"},
    ],
)
async def test_one(home: Home, target: dict[str, Any]) -> None:
    """One person is called who is meant by whatever is theirs."""
    move(home, "Anna", None)
    if "device_id" in target:
        target = {**target, "device_id": home.device_id(target["device_id"])}

    await home.act("place_call", **CALL, **target, to="")
    await home.settle()

    assert called(home) == [ANNA]
    shown = home.hass.states.get("sensor.anna_last_call")
    assert shown is not None
    assert shown.state == "success"


async def test_disabled_entity(home: Home) -> None:
    """Somebody whose entity is disabled is called all the same."""
    er.async_get(home.hass).async_update_entity(
        "notify.anna", disabled_by=er.RegistryEntryDisabler.USER
    )

    await home.act("place_call", **CALL, entity_id="notify.anna")
    await home.settle()

    assert called(home) == [ANNA]


@pytest.mark.parametrize(
    ("data", "key", "text"),
    [
        ({}, "nobody_to_call", "enter a number"),
        ({"entity_id": "none", "to": None}, "nobody_to_call", "pick a contact"),
        ({"entity_id": "all"}, "not_all", "entity_id cannot be all"),
        ({"entity_id": ["notify.anna", "notify.bo"]}, "more_than_one", "Anna, Bo"),
        ({"entity_id": "notify.anna", "to": PHONE}, "more_than_one", "Anna, +46•••••"),
        ({"entity_id": "notify.dora"}, "unknown_target", "notify.dora"),
        ({"device_id": "gone", "to": PHONE}, "unknown_target", "target gone"),
        ({"entity_id": "sensor.demo_home_balance"}, "account_targeted", "Demo home is"),
    ],
)
async def test_not_one(home: Home, data: dict[str, Any], key: str, text: str) -> None:
    """A call to nobody, to several, or to what is no person is refused in words."""
    found, said = await refused(home, "place_call", **CALL, **data)

    assert found == key
    assert text in said


async def test_in_order(chain_home: Home) -> None:
    """A chain calls entities, devices, and who is in areas, and then `to`."""
    area = move(chain_home, "Anna", None)

    await chain_home.act(
        "call_chain",
        **CHAIN,
        area_id=[area],
        device_id=chain_home.device_id("Cilla"),
        entity_id="notify.bo, event.bo_call",
        to=PHONE,
    )
    await chain_home.settle()

    assert called(chain_home) == [BO, CILLA, ANNA, PHONE]
    assert left_out(chain_home) is None


async def test_groups_in_each_other(chain_home: Home) -> None:
    """Groups that hold each other, which have no end, are left out, and the others are called."""
    hass = chain_home.hass
    for one, other in (("inner", "outer"), ("outer", "inner")):
        members = {"entity_id": [f"group.{other}", "notify.anna"]}
        hass.states.async_set(f"group.{one}", "unknown", members)

    await chain_home.act("call_chain", **CHAIN, entity_id=["group.inner", "notify.bo"])
    await chain_home.settle()

    assert called(chain_home) == [BO]
    assert left_out(chain_home) == "group.inner"


async def test_excluded(chain_home: Home) -> None:
    """Who is excluded from an area is not called."""
    area = move(chain_home, "Anna", "Bo", "Cilla")

    await chain_home.act(
        "call_chain", **CHAIN, area_id=area, exclude={"entity_id": ["notify.bo"]}
    )
    await chain_home.settle()

    assert called(chain_home) == [ANNA, CILLA]


async def test_left_out(chain_home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Who cannot be called is left out of a chain with a repair, and the others are called."""
    await chain_home.act(
        "call_chain",
        **CHAIN,
        entity_id=["notify.gone", "notify.bo"],
        device_id=chain_home.device_id(),
        to=["Xenia"],
    )
    await chain_home.settle()

    assert called(chain_home) == [BO]
    assert "leaves out: target, target, to #1" in caplog.text
    assert left_out(chain_home) == "notify.gone, Demo home, Xenia"


async def test_contact_that_cannot_be_called(chain_home: Home) -> None:
    """A contact without a possible number is left out by name."""
    anna = next(
        one for one in chain_home.entry.subentries.values() if one.title == "Anna"
    )
    chain_home.hass.config_entries.async_update_subentry(
        chain_home.entry, anna, data={**anna.data, "number": "+46"}
    )

    await chain_home.act("call_chain", **CHAIN, entity_id=["notify.anna", "notify.bo"])
    await chain_home.settle()

    assert called(chain_home) == [BO]
    assert left_out(chain_home) == "Anna"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "nobody_to_call"),
        ({"to": [], "entity_id": []}, "nobody_to_call"),
        ({"to": " "}, "nobody_to_call"),
        ({"entity_id": "ALL", "to": [PHONE]}, "not_all"),
        ({"entity_id": "notify.dora"}, "unknown_target"),
        ({"entity_id": "sensor.demo_home_balance"}, "account_targeted"),
    ],
)
async def test_nobody(chain_home: Home, data: dict[str, Any], key: str) -> None:
    """A chain with nobody to call is refused in words."""
    found, _ = await refused(chain_home, "call_chain", **CHAIN, **data)

    assert found == key
    assert left_out(chain_home) is None


async def test_account_of_the_target(
    home: Home, second: tuple[MockConfigEntry, Simulator]
) -> None:
    """In a home with several accounts, the one whose contact is targeted calls."""
    _, other = second
    await home.act("place_call", **CALL, entity_id="notify.dora")
    await home.act("place_call", **CALL, entity_id="notify.anna")
    await home.settle()

    assert [call.to for call in other.calls] == [DORA]
    assert called(home) == [ANNA]


async def test_one_of_contradictory_accounts(
    home: Home, second: tuple[MockConfigEntry, Simulator]
) -> None:
    """A call to somebody of another account than the rest, or than is named, is refused in words."""
    entry, other = second
    both = {"entity_id": ["notify.anna", "notify.dora"]}

    key, text = await refused(home, "place_call", **CALL, **both)
    assert (key, "Demo home, Cabin" in text) == ("several_accounts", True)

    named = {"config_entry_id": entry.entry_id}
    key, text = await refused(
        home, "place_call", **CALL, **named, entity_id="notify.anna"
    )
    assert key == "other_account"
    assert "Anna is not a contact of the account Cabin" in text
    assert other.calls == []


@pytest.mark.parametrize(
    ("data", "numbers", "numbers_of_other"),
    [
        ({"entity_id": ["notify.anna", "notify.dora"]}, [ANNA], []),
        ({"entity_id": ["notify.dora", "notify.anna"], "to": PHONE}, [], [DORA, PHONE]),
        ({"entity_id": "notify.anna", "area_id": "bedroom"}, [ANNA, BO], []),
        ({"area_id": "bedroom"}, [BO], []),
    ],
)
async def test_chain_of_several_accounts(
    chain_home: Home,
    second: tuple[MockConfigEntry, Simulator],
    caplog: pytest.LogCaptureFixture,
    data: dict[str, Any],
    numbers: list[str],
    numbers_of_other: list[str],
) -> None:
    """The account of the first target calls its own people; the others are left out with a repair."""
    entry, other = second
    area = move(chain_home, "Bo")
    er.async_get(chain_home.hass).async_update_entity("event.dora_call", area_id=area)
    for number in (DORA, PHONE):
        other.phone(number, outcome=Outcome.BUSY)

    response = await chain_home.act("call_chain", **CHAIN, **data)
    await chain_home.settle()

    assert response["reason"] == "unanswered"
    assert called(chain_home) == numbers
    assert [call.to for call in other.calls] == numbers_of_other
    if numbers:
        assert left_out(chain_home) == "Dora (Cabin)"
    else:
        assert left_out(chain_home, entry) == "Anna (Demo home)"
    assert said(caplog, "A call chain cannot call, and leaves out: ") == ["target"]


@pytest.mark.parametrize("disabled", [True, False])
@pytest.mark.parametrize(
    ("data", "numbers"),
    [
        ({"entity_id": ["notify.dora", "notify.anna"]}, [ANNA]),
        ({"entity_id": "notify.dora", "to": PHONE}, [PHONE]),
        ({"entity_id": "notify.dora", "to": "Bo"}, [BO]),
    ],
)
async def test_chain_of_an_account_that_is_not_loaded(
    chain_home: Home,
    second: tuple[MockConfigEntry, Simulator],
    data: dict[str, Any],
    numbers: list[str],
    disabled: bool,
) -> None:
    """Who is listed of an account that cannot call is left out, and the others are called."""
    await stop(chain_home, second[0], disabled=disabled)

    await chain_home.act("call_chain", **CHAIN, **data)
    await chain_home.settle()

    assert called(chain_home) == numbers
    assert left_out(chain_home) == "Dora (Cabin)"


@pytest.mark.parametrize(
    ("data", "is_named"), [({"entity_id": "notify.dora"}, False), ({"to": PHONE}, True)]
)
async def test_chain_with_nobody_left(
    chain_home: Home,
    second: tuple[MockConfigEntry, Simulator],
    data: dict[str, Any],
    is_named: bool,
) -> None:
    """Where the one account that is meant cannot call, a chain is refused in words."""
    entry, _ = second
    await stop(chain_home, entry, disabled=False)
    named = {"config_entry_id": entry.entry_id} if is_named else {}

    key, text = await refused(chain_home, "call_chain", **CHAIN, **data, **named)

    assert key == "service_config_entry_not_loaded"
    assert "Cabin" in text
    assert left_out(chain_home) is None


async def test_chain_without_any_account(
    chain_home: Home, second: tuple[MockConfigEntry, Simulator]
) -> None:
    """Where no account is loaded, the error names the one whose contact comes first."""
    for entry in (chain_home.entry, second[0]):
        await stop(chain_home, entry, disabled=False)
    people = {"entity_id": ["notify.dora", "notify.anna"], "to": PHONE}

    key, text = await refused(chain_home, "call_chain", **CHAIN, **people)

    assert key == "service_config_entry_not_loaded"
    assert "Cabin" in text


async def test_named_account_of_a_chain(
    chain_home: Home, second: tuple[MockConfigEntry, Simulator]
) -> None:
    """The account that is named calls; in a place it means its own people, and no repair is shown."""
    entry, other = second
    other.phone(DORA, outcome=Outcome.BUSY)
    area = move(chain_home, "Bo")
    er.async_get(chain_home.hass).async_update_entity("event.dora_call", area_id=area)
    named = {**CHAIN, "config_entry_id": entry.entry_id}

    key, text = await refused(chain_home, "call_chain", **named, entity_id="notify.bo")
    assert key == "other_account"
    assert "Bo is not a contact of the account Cabin" in text

    await chain_home.act("call_chain", **named, area_id=area)
    assert left_out(chain_home, entry) is None

    await chain_home.act("call_chain", **named, area_id=area, entity_id="notify.anna")
    await chain_home.settle()

    assert [call.to for call in other.calls] == [DORA, DORA]
    assert called(chain_home) == []
    assert left_out(chain_home, entry) == "Anna (Demo home)"


async def test_account_removed_while_a_chain_waits(
    chain_home: Home, second: tuple[MockConfigEntry, Simulator]
) -> None:
    """Somebody whose account is removed just then is left out, and the others are called."""
    entry, _ = second
    hass = chain_home.hass
    async with entry.setup_lock:
        removing = hass.async_create_task(
            hass.config_entries.async_remove(entry.entry_id)
        )
        acting = hass.async_create_task(
            chain_home.act(
                "call_chain", **CHAIN, entity_id=["notify.dora", "notify.anna"]
            )
        )
        for _ in range(9):
            await asyncio.sleep(0)
        assert called(chain_home) == []
    await removing
    await acting
    await chain_home.settle()

    assert called(chain_home) == [ANNA]
    assert left_out(chain_home) == "notify.dora"


async def test_area_of_several_accounts(
    home: Home, second: tuple[MockConfigEntry, Simulator]
) -> None:
    """Of an area, the account that is named calls its own contacts."""
    entry, other = second
    area = move(home, "Anna")
    er.async_get(home.hass).async_update_entity("event.dora_call", area_id=area)

    key, _ = await refused(home, "place_call", **CALL, area_id=area)
    assert key == "several_accounts"

    await home.act("place_call", **CALL, area_id=area, config_entry_id=entry.entry_id)
    assert [call.to for call in other.calls] == [DORA]
    assert called(home) == []


async def test_disabled_account_in_an_area(
    chain_home: Home, second: tuple[MockConfigEntry, Simulator]
) -> None:
    """Of an area, an account that is disabled keeps no other from calling its contacts."""
    entry, other = second
    area = move(chain_home, "Anna")
    er.async_get(chain_home.hass).async_update_entity("event.dora_call", area_id=area)
    await stop(chain_home, entry, disabled=True)

    await chain_home.act("call_chain", **CHAIN, area_id=area)
    await chain_home.settle()

    assert called(chain_home) == [ANNA]
    assert other.calls == []
    assert left_out(chain_home) is None


@pytest.mark.parametrize(
    ("action", "numbers"),
    [
        ({"target": {"entity_id": "{{ people }}"}}, [BO, ANNA]),
        ({"target": "{{ {'entity_id': people} }}"}, [BO, ANNA]),
        ({"target": {"entity_id": ["notify.anna", "notify.bo"]}}, [ANNA, BO]),
        ({"target": {}, "data": {"to": "{{ 'Bo', 'Anna' }}"}}, [BO, ANNA]),
        ({"data": {"entity_id": "{{ 'notify.bo', 'notify.anna' }}"}}, [BO, ANNA]),
        # As a blueprint does whose inputs are left empty
        ({"target": {}, "data": {"to": ["Cilla"]}}, [CILLA]),
        ({"target": {"entity_id": []}, "data": {"to": "Cilla"}}, [CILLA]),
        ({"target": {"entity_id": "notify.bo"}, "data": {"to": []}}, [BO]),
        ({"target": {"entity_id": "notify.bo"}, "data": {"to": ""}}, [BO]),
        # As in YAML of before there were targets
        ({"data": {"to": ["Anna", "notify.bo", PHONE]}}, [ANNA, BO, PHONE]),
    ],
)
async def test_in_a_script(
    chain_home: Home, action: dict[str, Any], numbers: list[str]
) -> None:
    """Targets are what scripts and automations make of them: lists, templates, nothing."""
    data = {**CHAIN, **action.get("data", {})}
    step = {
        **action,
        "action": "elks.call_chain",
        "data": data,
        "response_variable": "x",
    }
    script = Script(chain_home.hass, SCRIPT_SCHEMA([step]), "Test", "test")

    await script.async_run({"people": ["notify.bo", "notify.anna"]})
    await chain_home.settle()

    assert called(chain_home) == numbers


async def test_add_action(forms: None, home: Home) -> None:
    """Home Assistant offers both actions where a contact is picked, and not for the account."""
    both = {"elks.place_call", "elks.call_chain"}

    for contact in ({"device_id": home.device_id("Anna")}, {"entity_id": "notify.bo"}):
        offered = await async_get_services_for_target(home.hass, contact, True)
        assert both <= offered
    account = {"device_id": home.device_id()}
    offered = await async_get_services_for_target(home.hass, account, True)
    assert not both & offered


async def test_each_contact_is_offered_once(forms: None, home: Home) -> None:
    """Only notify entities and contacts' devices can be picked."""
    descriptions = (await service.async_get_all_descriptions(home.hass))[DOMAIN]

    for action in ("place_call", "call_chain"):
        target = descriptions[action]["target"]
        assert target["entity"] == [{"integration": "elks", "domain": ["notify"]}]
        assert target["device"] == [{"integration": "elks", "model": "Contact"}]
    assert "target" not in descriptions["cancel_chain"]


async def test_form_as_it_begins(forms: None, home: Home) -> None:
    """What the form holds before anything is filled in keeps nobody from being connected."""
    descriptions = (await service.async_get_all_descriptions(home.hass))[DOMAIN]
    fields = dict(descriptions["place_call"]["fields"])
    for section in ("instead", "voice", "more"):
        fields |= fields.pop(section)["fields"]
    data = {name: one["default"] for name, one in fields.items() if "default" in one}
    assert data == {"to": "", "message": "", "wait": True, "repeat": 2}

    await home.act("place_call", **data | {"to": "Anna", "connect": PHONE})
    await home.settle()

    assert called(home)[0] == ANNA
    with pytest.raises(ServiceValidationError, match="Message is empty"):
        await home.act("place_call", **data | {"to": "Anna"})


class TestLines:
    """A line is no person."""

    @pytest.fixture
    def lines(self) -> list[ConfigSubentryData]:
        """Return a line."""
        return [make_line("Gate")]

    @pytest.mark.parametrize("action", ["place_call", "call_chain"])
    async def test_line_alone(self, chain_home: Home, action: str) -> None:
        """A line cannot be called."""
        fields = CALL if action == "place_call" else CHAIN
        with pytest.raises(
            ServiceValidationError, match="Gate is a line, not a person"
        ):
            await chain_home.act(action, entity_id="event.gate_call", **fields)

        assert chain_home.provider.calls == []

    async def test_line_beside_others(self, chain_home: Home) -> None:
        """A chain leaves it out, and calls the others."""
        targets = ["event.gate_call", "notify.anna"]
        response = await chain_home.act("call_chain", entity_id=targets, **CHAIN)

        assert [one["contact"] for one in response["calls"]] == ["Anna"]
        await chain_home.settle()

    async def test_line_in_an_area(self, chain_home: Home) -> None:
        """In an area it does no harm."""
        registry = dr.async_get(chain_home.hass)
        area = ar.async_get(chain_home.hass).async_create("Hall").id
        for one in ("Gate", "Anna"):
            registry.async_update_device(chain_home.device_id(one), area_id=area)

        await chain_home.act("place_call", area_id=area, **CALL)

        assert [call.to for call in chain_home.provider.calls] == [ANNA]
        await chain_home.settle()
