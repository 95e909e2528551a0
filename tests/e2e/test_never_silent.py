"""A home whose voice is slow or out of order: phones ring all the same, and are never silent."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from playwright.async_api import BrowserContext, expect
import pytest

from scripts.connection import Connection
from scripts.home_process import HomeProcess
from scripts.pages import PhonePage
from scripts.simulator_process import SimulatorControl, SimulatorProcess
from scripts.voice.tts import speak

from .conftest import complaints, running_home, running_simulator, until
from .hearing import Heard, heard_in, measure

PEOPLE = {
    "Anna": "+46701111111",
    "Bo": "+46702222222",
    "Cilla": "+46703333333",
}
ANNA, BO, CILLA = PEOPLE.values()
PHONE = "+46704444444"
LEAK = "Water is leaking in the kitchen."
SMOKE = "There is smoke in the garage."
TAKEN = "Anna is already taking care of it."
ENGINE = "demo_voice"
REASON = "The voice is on holiday"
FAILED = f"{ENGINE} did not speak: {REASON}"
ONE_MOMENT = "en/one_moment"
LEAD_IN = 0.5
"""Seconds of silence before a recording."""
HELD_OPEN = 2
"""Seconds within which the home answers whatever it is asked during a call."""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Run a simulator in which time passes as it does in the home."""
    with running_simulator(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorProcess
) -> Iterator[HomeProcess]:
    """Run a Home Assistant with three contacts."""
    folder = tmp_path_factory.mktemp("never_silent") / "home"
    with running_home(folder, simulator, contacts=PEOPLE) as home:
        yield home


@pytest.fixture
async def control(
    home: HomeProcess, simulator: SimulatorProcess, socket_enabled: None
) -> AsyncIterator[SimulatorControl]:
    """Return the simulator's control API; the home may complain of the voice alone."""
    home.trouble_voice()
    async with simulator.control() as control:
        yield control
    assert [line for line in complaints(home) if FAILED not in line] == []


async def answering(control: SimulatorControl, number: str, **script: Any) -> None:
    """Let somebody pick up after 0.2 s and stay to the end."""
    await control.script(number, answer_after=0.2, talk_for=None, **script)


async def call(connection: Connection, message: str, **options: Any) -> dict[str, Any]:
    """Call a phone; return the response once the call has ended."""
    data = {"to": PHONE, "message": message, "repeat": 1, "wait": True, **options}
    response: dict[str, Any] = await connection.act(
        "elks.place_call", data, return_response=True
    )
    return response


async def call_chain(connection: Connection, **options: Any) -> dict[str, Any]:
    """Call people until one of them acknowledges; return the response."""
    data = {"message": LEAK, "rounds": 1, "timeout": 60, **options}
    response: dict[str, Any] = await connection.act(
        "elks.call_chain", data, return_response=True
    )
    return response


async def last_heard(control: SimulatorControl, number: str) -> list[Heard]:
    """Return what was heard in the last call to a number, once that has ended."""

    async def last_call() -> dict[str, Any]:
        calls = await control.calls()
        return [call for call in calls if call["to"] == number][-1]

    async def has_ended() -> bool:
        return bool((await last_call())["state"] != "ongoing")

    await until(has_ended)
    return await heard_in(control, await last_call())


def after_moments(heard: list[Heard]) -> list[Heard]:
    """Leave out the moments that somebody was asked for; on a slow computer there may be some."""
    return [one for one in heard if one.built_in != ONE_MOMENT]


def names(heard: list[Heard]) -> list[str | None]:
    """Return which of the shipped sounds were heard, None for a recording of the home."""
    return [one.built_in for one in heard]


def spoken_seconds(text: str) -> float:
    """Return how long the recording of a text is."""
    return LEAD_IN + measure(speak(text, "en")).seconds


async def failed_voices(connection: Connection) -> list[dict[str, str]]:
    """Return the repairs of voices, each with its engine and reason."""
    issues = (await connection.command("repairs/list_issues"))["issues"]
    return [
        issue["translation_placeholders"]
        for issue in issues
        if issue["translation_key"] == "voice_failed"
    ]


async def test_broken_voice(
    home: HomeProcess, connection: Connection, control: SimulatorControl
) -> None:
    """A chain calls, is heard, and is acknowledged with any digit."""
    home.trouble_voice(error=REASON)
    await control.script(ANNA, outcome="busy")
    await answering(control, BO, keys=[{"after": 3, "keys": "7"}])

    response = await call_chain(connection, to=["Anna", "Bo"])

    assert (response["acknowledged"], response["by"]) == (True, "Bo")
    assert [one["spoken"] for one in response["calls"]] == [None, "substitute"]
    assert response["calls"][1]["digits"] == "7"
    heard = after_moments(await last_heard(control, BO))
    assert names(heard) == ["en/substitute_acknowledge", "en/thanks"]
    assert all(one.is_speech for one in heard)
    assert any(FAILED in line for line in complaints(home))


async def test_voice_down_between_two_calls(
    home: HomeProcess, connection: Connection, control: SimulatorControl
) -> None:
    """What was said before is heard again; for what is new, the built-in sentence is."""
    await answering(control, PHONE)
    assert (await call(connection, LEAK))["spoken"] == "message"
    [before] = after_moments(await last_heard(control, PHONE))
    assert before.is_speech
    assert before.built_in is None
    assert await failed_voices(connection) == []

    home.trouble_voice(error=REASON)

    assert (await call(connection, LEAK))["spoken"] == "message"
    assert after_moments(await last_heard(control, PHONE)) == [before]
    assert (await call(connection, SMOKE))["spoken"] == "substitute"
    heard = after_moments(await last_heard(control, PHONE))
    assert names(heard) == ["en/substitute"]
    [repair] = await failed_voices(connection)
    assert (repair["engine"], repair["reason"]) == (ENGINE, REASON)

    home.trouble_voice()

    assert (await call(connection, SMOKE))["spoken"] == "message"
    [now] = after_moments(await last_heard(control, PHONE))
    assert now.seconds == pytest.approx(spoken_seconds(SMOKE), abs=0.05)
    assert await failed_voices(connection) == []


async def test_picked_up_before_the_voice_is_ready(
    home: HomeProcess, connection: Connection, control: SimulatorControl
) -> None:
    """Whoever picks up at once is asked for a moment, then hears the message."""
    home.trouble_voice(seconds=5)
    await answering(control, PHONE)

    response = await call(connection, "The freezer is too warm.")

    assert response["spoken"] == "message"
    *moments, message = await last_heard(control, PHONE)
    assert set(names(moments)) == {ONE_MOMENT}
    assert message.built_in is None
    assert message.is_speech
    questions = [
        callback
        for callback in await control.get("callbacks")
        if callback["call_id"] == response["call_id"]
        and callback["kind"] != "whenhangup"
    ]
    assert len(questions) == 1 + len(moments)
    asked = [*questions, *await control.get("sounds")]
    assert max(one["took"] for one in asked) < HELD_OPEN


async def test_three_phones_at_once(
    connection: Connection,
    control: SimulatorControl,
    simulator: SimulatorProcess,
    browser: BrowserContext,
) -> None:
    """Three phones ring; one person acknowledges, and the others hear who that is."""
    phones = PhonePage(await browser.new_page())
    await phones.open(simulator)
    for number in PEOPLE.values():
        await control.script(number, outcome="no_answer", talk_for=None)

    chain = asyncio.create_task(call_chain(connection, to=list(PEOPLE), at_once=3))
    await expect(phones.ringing).to_have_count(3)
    await phones.answer(ANNA)
    await expect(phones.ringing).to_have_count(2)
    await phones.press("1", ANNA)
    response = await chain
    for number in (BO, CILLA):
        await phones.answer(number)
        await expect(phones.sound(number)).to_have_js_property("paused", False)
    await phones.wait_for_hangup()

    assert (response["acknowledged"], response["by"]) == (True, "Anna")
    heard = after_moments(await last_heard(control, ANNA))
    assert names(heard) == [None, None]
    for number in (BO, CILLA):
        [taken] = after_moments(await last_heard(control, number))
        assert taken.built_in is None
        assert taken.seconds == pytest.approx(spoken_seconds(TAKEN), abs=0.05)
    called = [call["to"] for call in await control.calls()]
    assert called[-3:] == [ANNA, BO, CILLA]
