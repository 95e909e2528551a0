"""Targets: what entities, devices and places mean."""

import pytest

from custom_components.elks.people.targets import Target, Targets, async_find_targets
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)

from ..conftest import Home, make_contact, make_line


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return people, not in the order of their names."""
    return [
        make_contact("Cecilia", "+46703333333"),
        make_contact("Anna", "+46701111111"),
        make_contact("Bo", "+46702222222"),
    ]


def find(home: Home, **written: object) -> Targets:
    """Return what a target means."""
    return async_find_targets(home.hass, written)


def who(home: Home, *targets: Target) -> list[str]:
    """Return who is meant, by name."""
    assert {one.account for one in targets} <= {home.entry.entry_id}
    names = {id_: one.title for id_, one in home.entry.subentries.items()}
    return [names.get(one.contact or "", "the account") for one in targets]


def make_kitchen(home: Home) -> str:
    """Put Cecilia and Anna into a kitchen; return the id of that area."""
    area = ar.async_get(home.hass).async_create("Kitchen")
    for one in ("Cecilia", "Anna"):
        dr.async_get(home.hass).async_update_device(
            home.device_id(one), area_id=area.id
        )
    return area.id


async def test_order(home: Home) -> None:
    """Entities come first, then devices, each as listed, then who is brought, by name."""
    kitchen = make_kitchen(home)
    targets = find(
        home,
        area_id=kitchen,
        device_id=[home.device_id("Bo"), home.device_id()],
        entity_id=["sensor.bo_last_call", "event.bo_call"],
    )

    assert who(home, *targets.found) == ["Bo", "the account", "Anna", "Cecilia"]
    assert who(home, *targets.brought) == ["Anna", "Cecilia"]
    assert targets.unknown == ()


async def test_places(home: Home) -> None:
    """Areas, floors and labels bring who has a device or an entity there."""
    hass = home.hass
    floor = fr.async_get(hass).async_create("Upstairs")
    area = ar.async_get(hass).async_create("Bedroom", floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Family")
    dr.async_get(hass).async_update_device(home.device_id("Anna"), area_id=area.id)
    er.async_get(hass).async_update_entity("notify.bo", labels={label.label_id})

    assert who(home, *find(home, floor_id=[floor.floor_id]).found) == ["Anna"]
    assert who(home, *find(home, label_id=label.label_id).found) == ["Bo"]


async def test_excluded(home: Home) -> None:
    """Who is excluded is left out, however they came in; an account and its contacts are apart."""
    kitchen = make_kitchen(home)
    targets = find(
        home,
        area_id=kitchen,
        device_id=[home.device_id("Bo"), home.device_id()],
        exclude={
            "entity_id": "event.anna_call",
            "device_id": [home.device_id("Bo"), "gone"],
        },
    )

    assert who(home, *targets.found) == ["the account", "Cecilia"]
    assert targets.unknown == ()


async def test_disabled_and_not_loaded(home: Home) -> None:
    """What is disabled or not loaded is meant as well."""
    er.async_get(home.hass).async_update_entity(
        "notify.anna", disabled_by=er.RegistryEntryDisabler.USER
    )
    await home.hass.config_entries.async_unload(home.entry.entry_id)

    entities = ["notify.anna", "sensor.demo_home_last_call"]
    assert who(home, *find(home, entity_id=entities).found) == ["Anna", "the account"]


async def test_unknown(home: Home) -> None:
    """What is not there, or not ours, is named: by its name if it has one."""
    hass = home.hass
    empty = ar.async_get(hass).async_create("Attic")
    hass.states.async_set("light.kitchen", "on")

    targets = find(
        home,
        entity_id=["light.kitchen", "notify.dora"],
        device_id="gone",
        area_id=[empty.id, "no_area"],
        floor_id="no_floor",
        label_id="no_label",
    )

    assert targets.found == ()
    assert targets.unknown == (
        "light.kitchen",
        "notify.dora",
        "gone",
        "Attic",
        "no_area",
        "no_floor",
        "no_label",
    )


async def test_all_and_none(home: Home) -> None:
    """None is nothing; all is everything of every integration, so nothing of ours."""
    assert find(home, entity_id="none", area_id="none") == Targets()
    assert find(home, entity_id="all") == Targets(unknown=("all",))


async def test_groups(home: Home) -> None:
    """A group means its members, in its order."""
    members = {"entity_id": ["notify.bo", "notify.anna"]}
    home.hass.states.async_set("group.family", "unknown", members)

    targets = find(home, entity_id=["group.family", "group.gone"])

    assert who(home, *targets.found) == ["Bo", "Anna"]
    assert targets.unknown == ("group.gone",)


class TestLines:
    """Lines are targets, too."""

    @pytest.fixture
    def lines(self) -> list[ConfigSubentryData]:
        """Return a line."""
        return [make_line("Gate")]

    async def test_line(self, home: Home) -> None:
        """A line is meant by its device, its entities, and where these are; it sorts by name."""
        kitchen = make_kitchen(home)
        dr.async_get(home.hass).async_update_device(
            home.device_id("Gate"), area_id=kitchen
        )

        [by_device] = find(home, device_id=home.device_id("Gate")).found
        [by_entity] = find(home, entity_id="switch.gate_answering").found
        brought = find(home, area_id=kitchen).brought

        assert by_device == by_entity == brought[2]
        assert (by_device.line, by_device.contact) == (by_device.owner, None)
        assert home.entry.subentries[by_device.owner].title == "Gate"
        assert who(home, *brought[:2]) == ["Anna", "Cecilia"]
