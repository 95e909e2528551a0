"""A line: a number of the account at which the home answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from typing import Any, Self

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_LANGUAGE

from ...const import (
    ATTR_ACTIONS,
    ATTR_KEY,
    ATTR_REPLY,
    CONF_ANSWER_WITH,
    CONF_CALLERS,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_LINE_KEY,
    CONF_MENU,
    CONF_MINUTES_PER_DAY,
    CONF_NUMBER,
    CONF_OTHERS,
    CONF_PIN,
    CONF_SAY,
    SUBENTRY_LINE,
)
from ...helpers.stored_values import text, text_or_none, whole_number

DEFAULT_MINUTES_PER_DAY = 60

type Actions = list[dict[str, Any]]
"""A sequence of Home Assistant's actions, as its editor writes it."""


class Callers(StrEnum):
    """Who is let in."""

    CONTACTS = "contacts"
    EVERYONE = "everyone"


class AnswerWith(StrEnum):
    """What somebody gets who is let in."""

    MENU = "menu"
    AUTOMATION = "automation"
    """An automation decides."""
    NOTHING = "nothing"
    """The call is not picked up."""


class Others(StrEnum):
    """What all others get."""

    BUSY = "busy"
    REJECT = "reject"
    FORWARD = "forward"


@dataclass(frozen=True, kw_only=True, slots=True)
class MenuEntry:
    """Something that can be chosen by a key."""

    key: str
    say: str
    """What the menu announces, such as "open the gate"."""
    actions: Actions
    reply: str
    """A template of what is said after the actions; empty for nothing of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A number of the account at which the home answers."""

    id: str
    """Of the config subentry."""
    name: str
    number: str
    """E.164."""
    key: str
    """The secret of its address."""
    callers: Callers = Callers.CONTACTS
    pin: str | None = None
    greeting: str = ""
    """A template; empty for the name of the home."""
    menu: tuple[MenuEntry, ...] = ()
    answer_with: AnswerWith = AnswerWith.MENU
    actions: Actions
    """What is done when somebody rings who is let in."""
    others: Others = Others.BUSY
    forward_to: str | None = None
    """E.164, or the id of a contact."""
    language: str | None = None
    """None for the home's."""
    minutes_per_day: int = DEFAULT_MINUTES_PER_DAY
    """Beyond them, only contacts are let in."""

    @classmethod
    def from_subentry(cls, subentry: ConfigSubentry) -> Self:
        """Read a config subentry.

        Raises AttributeError, LookupError, TypeError or ValueError for what cannot be read.
        """
        data = subentry.data
        minutes = data.get(CONF_MINUTES_PER_DAY, DEFAULT_MINUTES_PER_DAY)
        return cls(
            id=subentry.subentry_id,
            name=subentry.title,
            number=text(data[CONF_NUMBER]),
            key=text(data[CONF_LINE_KEY]),
            callers=Callers(data.get(CONF_CALLERS, Callers.CONTACTS)),
            pin=text_or_none(data.get(CONF_PIN)),
            greeting=text(data.get(CONF_GREETING, "")),
            menu=tuple(map(_entry, data.get(CONF_MENU, ()))),
            answer_with=AnswerWith(data.get(CONF_ANSWER_WITH, AnswerWith.MENU)),
            actions=_actions(data),
            others=Others(data.get(CONF_OTHERS, Others.BUSY)),
            forward_to=text_or_none(data.get(CONF_FORWARD_TO)),
            language=text_or_none(data.get(CONF_LANGUAGE)),
            minutes_per_day=whole_number(minutes),
        )

    def chosen(self, key: str | None) -> MenuEntry | None:
        """Return what a key chooses."""
        return next((entry for entry in self.menu if entry.key == key), None)


def read_line(subentry: ConfigSubentry) -> Line | None:
    """Return the line of a config subentry; None if it cannot be read."""
    try:
        return Line.from_subentry(subentry)
    except AttributeError, LookupError, TypeError, ValueError:
        return None


def lines(entry: ConfigEntry) -> list[Line]:
    """Return the lines of an account: one that cannot be read keeps no other from working."""
    return [line for one in _subentries(entry) if (line := read_line(one))]


def unreadable_lines(entry: ConfigEntry) -> list[str]:
    """Return the names of the lines of an account that cannot be read."""
    return [one.title for one in _subentries(entry) if read_line(one) is None]


def find_line(entry: ConfigEntry, line_id: str | None) -> Line | None:
    """Return a line; None for one that has been removed, or cannot be read."""
    found = [one for one in _subentries(entry) if one.subentry_id == line_id]
    return read_line(found[0]) if found else None


def line_with_key(entry: ConfigEntry, key: str) -> Line | None:
    """Return the line with a secret in its address; it takes as long for any secret."""
    given = key.encode()
    found = [
        one
        for one in _subentries(entry)
        if compare_digest(str(one.data.get(CONF_LINE_KEY)).encode(), given)
    ]
    return read_line(found[0]) if found else None


def line_with_number(entry: ConfigEntry, number: str | None) -> Line | None:
    """Return the line at a number in E.164."""
    return next((line for line in lines(entry) if line.number == number), None)


def _subentries(entry: ConfigEntry) -> list[ConfigSubentry]:
    return [
        one for one in entry.subentries.values() if one.subentry_type == SUBENTRY_LINE
    ]


def _entry(data: Mapping[str, Any]) -> MenuEntry:
    return MenuEntry(
        key=text(data[ATTR_KEY]),
        say=text(data[CONF_SAY]),
        actions=_actions(data),
        reply=text(data.get(ATTR_REPLY, "")),
    )


def _actions(data: Mapping[str, Any]) -> Actions:
    """Read the actions that are done; whether they can be is found out when they are."""
    actions: Actions = data.get(ATTR_ACTIONS, [])
    return actions
