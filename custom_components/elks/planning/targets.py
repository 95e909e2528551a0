"""From the target and `to` of an action to the people it calls, and the account it calls from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_ENTITY_ID, ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, callback

from ..api.masking import mask
from ..const import ATTR_TO
from ..errors import invalid
from ..people.contacts import Contact, contacts
from ..people.targets import Target, Targets, async_find_targets
from .callees import Whom


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """Whom a chain calls."""

    people: Mapping[str, Whom]
    """By the names of their fields, in their order."""
    left_out: tuple[str, ...]
    """What is targeted and cannot be called, by name, or by id if it has none."""


@callback
def async_targets(hass: HomeAssistant, data: Mapping[str, Any]) -> Targets:
    """Return what the target of an action means.

    Raises ServiceValidationError for all entities of the home, which nobody can mean.
    """
    if ENTITY_MATCH_ALL in map(str.lower, data.get(ATTR_ENTITY_ID, ())):
        raise invalid("not_all", field=ATTR_ENTITY_ID)
    return async_find_targets(hass, data)


@callback
def async_accounts(
    hass: HomeAssistant, data: Mapping[str, Any], targets: Targets
) -> list[str]:
    """Return the account that an action names, else those whose people it targets, in their order."""
    if named := data.get(ATTR_CONFIG_ENTRY_ID):
        return [str(named)]
    people = _people(hass, targets)
    return list(dict.fromkeys(one.account for one in people or targets.named))


@callback
def async_one_account(
    hass: HomeAssistant, data: Mapping[str, Any], targets: Targets
) -> str | None:
    """Return the one account that an action names, or whose people it targets, if any.

    Raises ServiceValidationError when it targets people of several.
    """
    accounts = async_accounts(hass, data, targets)
    if len(accounts) > 1:
        names = _names(hass, (Target(account=one) for one in accounts))
        raise invalid("several_accounts", accounts=", ".join(names))
    return next(iter(accounts), None)


@callback
def async_refuse_others(hass: HomeAssistant, targets: Targets) -> None:
    """Raise ServiceValidationError if anything but contacts is targeted."""
    if targets.unknown:
        raise invalid("unknown_target", target=mask(targets.unknown[0]))
    if others := _nobody(targets):
        [name] = _names(hass, others[:1])
        if others[0].line:
            raise invalid("line_targeted", line=name)
        raise invalid("account_targeted", account=name)


@callback
def async_one(
    hass: HomeAssistant, entry: ConfigEntry, data: Mapping[str, Any], targets: Targets
) -> Whom:
    """Return the one person whom an action calls. Raises ServiceValidationError for none or more."""
    _refuse_of_others(hass, entry, targets)
    people: list[Whom] = [*_contacts(entry, targets)]
    if to := data.get(ATTR_TO):
        people.append(to)
    if not people:
        raise invalid("nobody_to_call")
    if len(people) > 1:
        names = [one.name if isinstance(one, Contact) else str(one) for one in people]
        raise invalid("more_than_one", people=mask(", ".join(names)))
    return people[0]


@callback
def async_everybody(
    hass: HomeAssistant, entry: ConfigEntry, data: Mapping[str, Any], targets: Targets
) -> Called:
    """Return whom an action calls in turn: who is targeted, then `to`.

    What is targeted and is no contact of the account is left out. Raises ServiceValidationError for
    nobody.
    """
    targeted = _contacts(entry, targets)
    people: dict[str, Whom] = {
        **{f"target #{n}": who for n, who in enumerate(targeted, 1)},
        **{f"{ATTR_TO} #{n}": who for n, who in enumerate(data[ATTR_TO], 1)},
    }
    if not people:
        _refuse_of_others(hass, entry, targets)
        async_refuse_others(hass, targets)
        raise invalid("nobody_to_call")
    # Whoever names an account means its people alone in a place
    is_named = data.get(ATTR_CONFIG_ENTRY_ID)
    meant = targets.named if is_named else _people(hass, targets)
    left_out = (
        *targets.unknown,
        *_names(hass, _nobody(targets)),
        *_names(hass, _of_others(entry, meant), with_account=True),
    )
    return Called(people=people, left_out=left_out)


def _contacts(entry: ConfigEntry, targets: Targets) -> list[Contact]:
    """Return the contacts of an account that are targeted."""
    known = {one.id: one for one in contacts(entry)}
    return [known[one.contact] for one in targets.found if one.contact in known]


def _people(hass: HomeAssistant, targets: Targets) -> list[Target]:
    """Return the contacts that are targeted; of a disabled account, only those who are listed."""
    # An account that was given up keeps its contacts in areas and under labels
    brought = (one for one in targets.brought if not _is_disabled(hass, one))
    return [one for one in (*targets.named, *brought) if one.contact]


def _of_others(entry: ConfigEntry, targets: Iterable[Target]) -> list[Target]:
    """Return the contacts of other accounts."""
    return [one for one in targets if one.contact and one.account != entry.entry_id]


def _refuse_of_others(
    hass: HomeAssistant, entry: ConfigEntry, targets: Targets
) -> None:
    """Raise ServiceValidationError if contacts of other accounts are listed.

    Those who are merely where the target is do no harm.
    """
    if others := _of_others(entry, targets.named):
        name = _names(hass, others)[0]
        raise invalid("other_account", contact=name, account=entry.title)


def _is_disabled(hass: HomeAssistant, target: Target) -> bool:
    entry = hass.config_entries.async_get_known_entry(target.account)
    return entry.disabled_by is not None


def _nobody(targets: Targets) -> list[Target]:
    """Return the accounts and lines that are listed themselves; those in an area do no harm."""
    return [one for one in targets.named if one.contact is None]


def _names(
    hass: HomeAssistant, targets: Iterable[Target], *, with_account: bool = False
) -> list[str]:
    """Return the names of accounts, contacts and lines, without full numbers."""
    names: list[str] = []
    for one in targets:
        entry = hass.config_entries.async_get_known_entry(one.account)
        title = entry.subentries.get(one.owner, entry).title
        names.append(mask(f"{title} ({entry.title})" if with_account else title))
    return names
