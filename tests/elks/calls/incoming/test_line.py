"""Lines, as they are set up."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.calls.incoming.line import (
    AnswerWith,
    Callers,
    Line,
    Others,
    find_line,
    line_with_key,
    line_with_number,
    lines,
)

from ...conftest import LINE, LINE_KEY, PHONE, make_contact, make_line

ACCOUNT = MockConfigEntry(
    subentries_data=[make_contact("Anna", PHONE), make_line(), make_line("B", PHONE)]
)


def test_defaults() -> None:
    """A line of which nothing but the number is set lets contacts in."""
    line, other = lines(ACCOUNT)

    assert line == Line(id=line.id, name="Home", number=LINE, key=LINE_KEY, actions=[])
    assert (line.callers, line.answer_with, line.others) == (
        Callers.CONTACTS,
        AnswerWith.MENU,
        Others.BUSY,
    )
    assert (line.pin, line.menu, line.minutes_per_day) == (None, (), 60)
    assert other.name == "B"


def test_found() -> None:
    """A line is found by its id, its number or its secret; a contact is none."""
    line, other = lines(ACCOUNT)
    anna = next(iter(ACCOUNT.subentries.values()))

    assert find_line(ACCOUNT, other.id) == other
    assert find_line(ACCOUNT, anna.subentry_id) is None
    assert find_line(ACCOUNT, None) is None
    assert line_with_number(ACCOUNT, PHONE) == other
    assert line_with_number(ACCOUNT, "+46709999999") is None
    assert line_with_number(ACCOUNT, None) is None
    assert line_with_key(ACCOUNT, LINE_KEY) == line


@pytest.mark.parametrize("key", ["", LINE_KEY[:-1], f"{LINE_KEY} ", "å", "\x00"])
def test_wrong_secret(key: str) -> None:
    """Nothing else opens a line."""
    assert line_with_key(ACCOUNT, key) is None


def test_chosen() -> None:
    """A key chooses what stands beside it; what is done and replied may be left out."""
    menu = [{"key": "1", "say": "open"}, {"key": "2", "say": "close", "reply": "Done"}]
    [line] = lines(MockConfigEntry(subentries_data=[make_line(menu=menu)]))

    chosen = line.chosen("2")
    assert chosen
    assert (chosen.say, chosen.reply, chosen.actions) == ("close", "Done", [])
    assert line.chosen("3") is line.chosen(None) is line.chosen("") is None
