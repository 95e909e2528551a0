"""What is wrong with a line is said in words, before anything is set at 46elks."""

from typing import Any

import pytest

from homeassistant.data_entry_flow import FlowResultType

from ...cloud import HOOK, Cloud
from ...conftest import Home, make_line
from ..words import LINE as WORDS, in_words, is_open, suggested
from .filling_in import (
    GATE,
    NESTED,
    NUMBER,
    PIN,
    add,
    change,
    form,
    line,
    sent,
    standing,
    submit,
)


@pytest.mark.parametrize("name", [NUMBER, "Home 076-686 00 01"])
async def test_number_as_name(home: Home, name: str) -> None:
    """A name must not be a number."""
    step = await add(home, form(name=name))

    assert in_words(step, WORDS)["name"].startswith("A name cannot hold")
    assert sent(home) == []
    done = await submit(home, step, form(name="Home"))
    assert done["title"] == "Home"


async def test_device_action_of_nothing(home: Home) -> None:
    """Actions are checked as an automation's are."""
    act = [{"device_id": "gone", "domain": "switch", "type": "turn_on"}]

    step = await add(home, form(actions=act))

    assert in_words(step, WORDS)["ringing"].startswith("When it rings > Actions: ")
    assert is_open(step, "ringing")


@pytest.mark.parametrize(
    ("door", "error"),
    [
        ({"pin": "123"}, "PIN: Enter 4 to 10 digits"),
        ({"pin": "12345678901"}, "PIN: Enter 4 to 10 digits"),
        ({"pin": "12 34"}, "PIN: Enter 4 to 10 digits"),
        ({"pin": "１２３４"}, "PIN: Enter 4 to 10 digits"),
        ({"minutes_per_day": 0}, "Minutes per day: Enter a whole number"),
        ({"minutes_per_day": 1.5}, "Minutes per day: Enter a whole number"),
        ({"minutes_per_day": 1441}, "Minutes per day: Enter a whole number"),
        ({"others": "forward"}, "Forward to: Choose a contact"),
        ({"others": "forward", "forward_to": " "}, "Forward to: Choose a contact"),
        ({"others": "forward", "forward_to": "Bo"}, "Forward to: This is neither"),
        ({"others": "forward", "forward_to": "112"}, "Forward to: Elks cannot call"),
        (
            {"others": "forward", "forward_to": NUMBER},
            "Forward to: This number is a line of your home",
        ),
    ],
)
async def test_wrong_door(home: Home, door: dict[str, Any], error: str) -> None:
    """Who is let in, and what others get, is checked; the section is open then."""
    step = await add(home, form(door=door))

    assert in_words(step, WORDS)["door"].startswith(f"Access > {error}")
    assert is_open(step, "door")
    assert not is_open(step, "speech")
    assert (
        suggested(step, "door").items()
        >= {key: one for key, one in door.items() if one != " "}.items()
    )
    assert sent(home) == []
    done = await submit(home, step, form())
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("minutes", [None, [], "many"])
async def test_no_minutes(home: Home, minutes: object) -> None:
    """What is no number of minutes is none."""
    step = await add(home, form(door={"minutes_per_day": minutes}))

    assert in_words(step, WORDS)["door"].startswith("Access > Minutes per day: Enter")


async def test_forward_to_a_number(home: Home) -> None:
    """A number is read as people write it, and shown so."""
    door = {"others": "forward", "forward_to": "070-222 22 22"}

    await add(home, form(door=door))

    assert line(home).data["forward_to"] == "+46702222222"
    step = await change(home)
    assert suggested(step, "door")["forward_to"] == "070-222 22 22"
    # Where nobody forwards, nobody is stored
    await submit(home, step, form(None))
    assert "forward_to" not in line(home).data


async def test_wrong_greeting(home: Home) -> None:
    """A greeting that is no template is refused, in a section that is open."""
    step = await add(home, form(speech={"greeting": "{{ hello"}))

    assert in_words(step, WORDS)["speech"].startswith(
        "Voice > Greeting: This is not right: unexpected"
    )
    assert is_open(step, "speech")
    assert suggested(step, "speech") == {"greeting": "{{ hello"}
    step = await submit(home, step, form(speech={"greeting": NESTED}))
    assert in_words(step, WORDS)["speech"].startswith("Voice > Greeting: ")


async def test_no_address(home: Home) -> None:
    """A home that 46elks does not reach gets no line, but its lines can be changed."""
    home.hass.config.external_url = None
    step = await add(home, form())
    assert in_words(step, WORDS)["base"].startswith("46elks cannot reach your home.")
    assert sent(home) == []

    home.hass.config.external_url = "https://home.example.com"
    await submit(home, step, form())
    home.hass.config.external_url = None
    done = await submit(home, await change(home), form(None, name="Gate"))

    assert done["reason"] == "reconfigure_successful"


@pytest.mark.parametrize(
    "answers",
    [
        form(),
        form(answer_with="automation"),
        form(answer_with="nothing", door={"pin": PIN}),
    ],
)
async def test_cloudhook(cloud: Cloud, home: Home, answers: dict[str, Any]) -> None:
    """A cloudhook carries no sound, so that nobody could hear anything."""
    home.hass.config.external_url = None
    await cloud.change()
    step = await add(home, answers)
    assert in_words(step, WORDS)["answer_with"].startswith(
        "46elks only reaches your home through a cloudhook"
    )

    done = await submit(home, step, form(answer_with="nothing", menu=[]))

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert standing(home) == f"{HOOK}?line={line(home).data['line_key']}"


@pytest.mark.parametrize("lines", [[make_line(menu=[GATE])]])
async def test_wrong_change(home: Home) -> None:
    """What is wrong is said when a line is changed, too."""
    step = await submit(home, await change(home), form(None, door={"pin": "1"}))

    assert step["step_id"] == "reconfigure"
    assert in_words(step, WORDS).keys() == {"door"}
    assert "number" in (step["description_placeholders"] or {})
