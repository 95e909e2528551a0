"""Targets of Home Assistant: whom and what entities, devices and places mean of ours."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
    ENTITY_MATCH_NONE,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    group,
    label_registry as lr,
)
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)

from ..const import DOMAIN, SUBENTRY_CONTACT, SUBENTRY_LINE

_EXCLUDE = "exclude"
"""What a target leaves out; older versions of Home Assistant have no such key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """An account, or a contact or a line of one. The account need not be loaded."""

    account: str
    """Of the config entry."""
    contact: str | None = None
    """Of the config subentry."""
    line: str | None = None
    """Of the config subentry."""

    @property
    def owner(self) -> str:
        """Return the id of what it is: the subentry's, or the account's."""
        return self.contact or self.line or self.account


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets:
    """What a target means, nothing twice."""

    named: tuple[Target, ...] = ()
    """By entity or device: entities first, then devices, each as they are listed."""
    brought: tuple[Target, ...] = ()
    """By areas, floors and labels alone: in the order of their names."""
    unknown: tuple[str, ...] = ()
    """What does not exist or has nothing of ours, by its name, or its id if it has none."""

    @property
    def found(self) -> tuple[Target, ...]:
        """Return all that is meant, in its order."""
        return self.named + self.brought


@callback
def async_find_targets(hass: HomeAssistant, written: Mapping[str, Any]) -> Targets:
    """Return what a target means; other keys than a target's are not read.

    Groups of entities mean their members, `none` means nothing, and `all` is unknown. What is to be
    excluded is left out.
    """
    ours = _Ours(hass)
    named: dict[Target, None] = {}
    brought: dict[Target, None] = {}
    unknown: dict[str, None] = {}
    for entity_id in _members(hass, _ids(written, ATTR_ENTITY_ID)):
        if target := ours.of_entity(entity_id):
            named[target] = None
        else:
            unknown[entity_id] = None
    for device_id in _ids(written, ATTR_DEVICE_ID):
        if target := ours.of_device(device_id):
            named[target] = None
        else:
            unknown[_device_name(hass, device_id)] = None
    for kind in (ATTR_AREA_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID):
        for place in _ids(written, kind):
            if within := ours.within(kind, place):
                brought |= dict.fromkeys(within)
            else:
                unknown[_place_name(hass, kind, place)] = None
    if excluded := written.get(_EXCLUDE):
        for target in async_find_targets(hass, excluded).found:
            named.pop(target, None)
            brought.pop(target, None)
    by_name = sorted(brought.keys() - named.keys(), key=ours.order)
    return Targets(named=tuple(named), brought=tuple(by_name), unknown=tuple(unknown))


class _Ours:
    """All accounts, contacts and lines, and what belongs to each."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Take up what there is now."""
        self._hass = hass
        self._names: dict[Target, str] = {}
        for entry in hass.config_entries.async_entries(DOMAIN):
            account = entry.entry_id
            self._names[Target(account=account)] = entry.title
            for id_, one in entry.subentries.items():
                if one.subentry_type == SUBENTRY_CONTACT:
                    self._names[Target(account=account, contact=id_)] = one.title
                elif one.subentry_type == SUBENTRY_LINE:
                    self._names[Target(account=account, line=id_)] = one.title
        self._owners = {target.owner: target for target in self._names}

    def of_entity(self, entity_id: str) -> Target | None:
        """Return whose entity it is, also when it is disabled; None if it is not ours."""
        entity = er.async_get(self._hass).async_get(entity_id)
        if entity is None or entity.platform != DOMAIN:
            return None
        owner = entity.config_subentry_id or entity.config_entry_id
        return self._owners.get(owner) if owner else None

    def of_device(self, device_id: str) -> Target | None:
        """Return whose device it is; None if it is not ours."""
        device = dr.async_get(self._hass).async_get(device_id)
        if device is None:
            return None
        found = (
            target
            for owner, target in self._owners.items()
            if (DOMAIN, owner) in device.identifiers
        )
        return next(found, None)

    def within(self, kind: str, place: str) -> set[Target]:
        """Return what an area, a floor or a label has of ours."""
        selected = async_extract_referenced_entity_ids(
            self._hass, TargetSelection({kind: place})
        )
        found = {
            *map(self.of_device, selected.referenced_devices),
            *map(self.of_entity, selected.indirectly_referenced),
        }
        return {target for target in found if target}

    def order(self, target: Target) -> tuple[str, ...]:
        """Return by what targets are sorted: their name, and what tells namesakes apart."""
        return self._names[target].casefold(), target.account, target.owner


def _ids(written: Mapping[str, Any], kind: str) -> list[str]:
    """Return the ids of a kind: several, one, or none."""
    ids = written.get(kind) or []
    return [
        one
        for one in ([ids] if isinstance(ids, str) else ids)
        if one.lower() != ENTITY_MATCH_NONE
    ]


def _members(hass: HomeAssistant, entity_ids: Iterable[str]) -> Iterator[str]:
    """Return entities, each group replaced by its members; not one whose members have no end."""
    for one in entity_ids:
        members: list[str] = []
        # Home Assistant does not notice groups that hold each other
        with suppress(RecursionError):
            members = group.expand_entity_ids(hass, [one])
        yield from members or [one]


def _device_name(hass: HomeAssistant, device_id: str) -> str:
    """Return the name of a device, or its id if it has none."""
    device = dr.async_get(hass).async_get(device_id)
    return (device and (device.name_by_user or device.name)) or device_id


def _place_name(hass: HomeAssistant, kind: str, place: str) -> str:
    """Return the name of an area, a floor or a label, or its id if there is no such."""
    known = {
        ATTR_AREA_ID: ar.async_get(hass).async_get_area,
        ATTR_FLOOR_ID: fr.async_get(hass).async_get_floor,
        ATTR_LABEL_ID: lr.async_get(hass).async_get_label,
    }[kind](place)
    return known.name if known else place
