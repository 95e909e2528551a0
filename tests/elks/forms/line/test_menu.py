"""What can be chosen at a line, as a person fills it in."""

from typing import Any

import pytest

from homeassistant.data_entry_flow import FlowResultType

from ...conftest import Home
from ..words import LINE as WORDS, in_words
from .filling_in import GATE, NESTED, add, form, line, sent, submit

WITHIN: dict[str, Any] = {"delay": 1}
for _ in range(400):
    WITHIN = {"sequence": [WITHIN]}


@pytest.mark.parametrize(
    ("menu", "error"),
    [
        ([], "Add at least one choice to the menu"),
        (["x"], "One of the choices has no key."),
        ([{"key": "*", "say": "x"}], "One of the choices has no key."),
        ([{"key": "12", "say": "x"}], "One of the choices has no key."),
        ([GATE, GATE], "Key 1 is there twice."),
        ([{"key": "1", "say": " "}], "Key 1: enter what the menu says"),
        ([{"key": "1"}], "Key 1: enter what the menu says"),
        ([{**GATE, "reply": "{{ x"}], "Key 1: the template of the reply is not right"),
        ([{**GATE, "actions": [{"act": 1}]}], "Key 1: the actions are not right: "),
        ([{**GATE, "reply": NESTED}], "Key 1: the template of the reply is not right"),
        ([{**GATE, "actions": "open"}], "Key 1: the actions are not right: "),
        ([{**GATE, "actions": WITHIN}], "Key 1: the actions are not right: "),
    ],
)
async def test_wrong_menu(home: Home, menu: object, error: str) -> None:
    """What is wrong with the menu is said with the key; then another is taken."""
    step = await add(home, form(menu=menu))

    assert in_words(step, WORDS)["menu"].startswith(error)
    assert sent(home) == []
    done = await submit(home, step, form())
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_key_as_number(home: Home) -> None:
    """A key that YAML reads as a number is a key."""
    await add(home, form(menu=[{**GATE, "key": 1}]))

    assert line(home).data["menu"] == [GATE]
