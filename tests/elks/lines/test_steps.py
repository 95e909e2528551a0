"""An automation decides what becomes of a call: one step after the other."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util.dt import utcnow
from simulator import KeyPress, Outcome
from simulator.call import SimulatedCall

from ..conftest import PHONE, Home, make_contact, make_line
from ..speech.conftest import Engine, until

BO = "+46702222222"
STRANGER = "+46709999999"
PIN = "4711"
ANSWERS = [{"key": "1", "id": "gate", "reply": "It opens."}, {"key": "2", "id": "no"}]
NOTE = {
    "action": "test.note",
    "data": {
        "digits": "{{ got.digits }}",
        "answer": "{{ got.answer }}",
        "ended": "{{ got.ended }}",
    },
}
BEGUN = {"action": "test.note"}
NOTHING = {"digits": None, "answer": None}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts."""
    return [make_contact("Anna", PHONE), make_contact("Bo", BO)]


@pytest.fixture
def line() -> dict[str, Any]:
    """Return what the line has of its own, unless a test has something else."""
    return {}


@pytest.fixture
def lines(line: dict[str, Any]) -> list[ConfigSubentryData]:
    """Return a line at which automations answer."""
    return [make_line(**{"answer_with": "automation", **line})]


def answer(**data: Any) -> dict[str, Any]:
    """Return a step of a call."""
    data = {"call_id": "{{ trigger.call_id }}", **data}
    return {"action": "elks.answer", "data": data, "response_variable": "got"}


def reject(**data: Any) -> dict[str, Any]:
    """Return what does not pick up."""
    data = {"call_id": "{{ trigger.call_id }}", **data}
    return {"action": "elks.reject", "data": data}


def presses(**keys: str) -> list[KeyPress]:
    """Return what a caller presses while they hear a sound, given by its number."""
    return [
        KeyPress(0.1, pressed, int(sound.removeprefix("at")))
        for sound, pressed in keys.items()
    ]


async def automate(home: Home, *actions: dict[str, Any]) -> list[ServiceCall]:
    """Have an automation take the line's calls; return what it notes."""
    notes = async_mock_service(home.hass, "test", "note")
    made = {
        "alias": "Made for a test",
        "mode": "parallel",
        "triggers": {
            "trigger": "elks.call_received",
            "target": {"device_id": home.device_id("Home")},
        },
        "actions": list(actions),
    }
    assert await async_setup_component(home.hass, "automation", {"automation": made})
    await home.hass.async_block_till_done()
    return notes


def heard(call: SimulatedCall) -> list[str]:
    """Return which actions a caller got, and how each went."""
    return [f"{next(iter(action))} {action['result']}" for action in call.actions]


def sounds(call: SimulatedCall) -> list[str]:
    """Return what a caller heard, by the names of the files."""
    return [
        str(action.get("play") or action["ivr"]).rpartition("/")[2]
        for action in call.actions
        if "play" in action or "ivr" in action
    ]


def said(engine: Engine) -> list[str]:
    """Return what was spoken besides what every line has ready."""
    texts = [text for text, _, _ in engine.asked]
    return texts[texts.index("Goodbye.") + 1 :]


async def rings(home: Home, **caller: Any) -> SimulatedCall:
    """Let Anna call; return the call as soon as an automation is asked about it."""
    asked = async_capture_events(home.hass, "state_changed")
    call = home.provider.dial(PHONE, **caller)
    await until(
        lambda: any(
            one.data["entity_id"] == "event.home_call"
            and one.data["new_state"].attributes["event_type"] == "ringing"
            for one in asked
        )
    )
    return call


async def pass_time(home: Home, seconds: float) -> None:
    """Let time go by."""
    async_fire_time_changed(home.hass, utcnow() + timedelta(seconds=seconds))
    await asyncio.sleep(0)


async def test_two_questions(engine: Engine, home: Home) -> None:
    """Each step returns what was pressed once its reply was heard, and then comes the next."""
    notes = await automate(
        home,
        answer(message="What do you want?", answers=ANSWERS),
        NOTE,
        answer(message="Enter two digits.", digits=2),
        NOTE,
        answer(message="Bye."),
        answer(hang_up=True),
        NOTE,
    )

    call = home.provider.dial(PHONE, keys=presses(at1="1", at3="42"))
    await home.settle()

    assert heard(call) == [
        "ivr 1",
        "play success",
        "ivr 42",
        "play success",
        "hangup success",
    ]
    assert [dict(one.data) for one in notes] == [
        {"digits": 1, "answer": "gate", "ended": False},
        {"digits": 42, "answer": None, "ended": False},
        NOTHING | {"ended": True},
    ]
    assert said(engine) == [
        "What do you want?",
        "It opens.",
        "Enter two digits.",
        "Bye.",
    ]


async def test_wrong_key_and_silence(engine: Engine, home: Home) -> None:
    """A wrong key has it asked again; without any key the step is over."""
    question = answer(message="Well?", answers=ANSWERS)
    notes = await automate(home, question, NOTE, question, NOTE, answer(hang_up=True))

    call = home.provider.dial(PHONE, keys=presses(at1="9", at2="2"))
    await home.settle()

    assert heard(call) == ["ivr 9", "ivr 2", "ivr failed", "hangup success"]
    assert [one.data["answer"] for one in notes] == ["no", None]
    assert notes[1].data["digits"] is None


@pytest.mark.parametrize(("fields", "times"), [({}, 1), ({"repeat": 3}, 3)])
async def test_repeat(
    engine: Engine, home: Home, fields: dict[str, Any], times: int
) -> None:
    """What asks for no keys is said once, or as often as it is wished."""
    await automate(home, answer(message="Hello.", **fields), answer(hang_up=True))

    call = home.provider.dial(PHONE)
    await home.settle()

    assert heard(call) == [*["play success"] * times, "hangup success"]


async def test_question_is_repeated(engine: Engine, home: Home) -> None:
    """A question is asked twice, if no key is pressed the first time."""
    question = answer(message="Well?", answers=ANSWERS)
    notes = await automate(home, question, NOTE, answer(hang_up=True))

    home.provider.dial(PHONE, keys=presses(at2="2"))
    await home.settle()

    assert [one.data["answer"] for one in notes] == ["no"]


async def test_media(home: Home) -> None:
    """A sound of the internet is played."""
    url = f"{home.provider.url}/nothing.mp3"
    await automate(home, answer(media=url), answer(hang_up=True))

    call = home.provider.dial(PHONE)
    await home.settle()

    assert call.actions[0]["play"] == url


@pytest.mark.parametrize("to", ["Bo", "notify.bo", "070-222 22 22"])
async def test_connect(engine: Engine, home: Home, to: str) -> None:
    """The caller talks to somebody else; when that is over comes the next step."""
    home.provider.phone(BO, talk_for=3)
    notes = await automate(
        home, answer(connect=to), NOTE, answer(message="Bye."), answer(hang_up=True)
    )

    call = home.provider.dial(PHONE)
    await home.settle()

    assert heard(call) == ["connect success", "play success", "hangup success"]
    assert [leg.to for leg in call.legs] == [BO]
    assert [dict(one.data) for one in notes] == [NOTHING | {"ended": False}]


async def test_connect_without_answer(engine: Engine, home: Home) -> None:
    """Somebody who does not answer leaves the caller to the automation."""
    home.provider.phone(BO, outcome=Outcome.BUSY)
    await automate(
        home, answer(connect="Bo"), answer(message="Bye."), answer(hang_up=True)
    )

    call = home.provider.dial(PHONE)
    await home.settle()

    assert heard(call) == ["connect busy", "play success", "hangup success"]


@pytest.mark.parametrize(
    ("fields", "signal"),
    [
        ({}, "busy"),
        ({"signal": "busy"}, "busy"),
        ({"signal": "reject"}, "reject"),
        ({"signal": "not_found"}, "404"),
    ],
)
async def test_reject(home: Home, fields: dict[str, Any], signal: str) -> None:
    """A call that rings is not picked up, and costs nothing."""
    await automate(home, reject(**fields))

    call = home.provider.dial(PHONE)
    await home.settle()

    assert call.actions[0]["hangup"] == signal
    assert (call.start, call.cost) == (None, None)


async def test_hang_up_at_once(home: Home) -> None:
    """The first step can be the end."""
    notes = await automate(home, answer(hang_up=True), NOTE)

    call = home.provider.dial(PHONE)
    await home.settle()

    assert call.actions[0]["hangup"] == "reject"
    assert [dict(one.data) for one in notes] == [NOTHING | {"ended": True}]


async def test_nobody_decides(home: Home) -> None:
    """Two seconds after it began to ring, the caller hears busy."""
    call = await rings(home)
    await pass_time(home, 1)
    assert call.actions == []
    await pass_time(home, 2)
    await home.settle()

    assert call.actions[0]["hangup"] == "busy"
    with pytest.raises(ServiceValidationError, match="no call"):
        await home.act("answer", call_id=call.id, hang_up=True)


async def test_hangs_up_in_a_step(engine: Engine, home: Home) -> None:
    """Whoever hangs up ends the step, and no other begins."""
    notes = await automate(
        home, answer(message="Well?", answers=ANSWERS), NOTE, answer(message="Bye.")
    )

    call = home.provider.dial(PHONE, hangs_up_at=1)
    await home.settle()

    assert len(call.actions) == 1
    assert [dict(one.data) for one in notes] == [NOTHING | {"ended": True}]


async def test_one_automation_wins(engine: Engine, home: Home) -> None:
    """Of two that answer the same call one is heard, and the other reads why it is not."""
    call = await rings(home, keys=presses(at1="1"))
    data = {"call_id": call.id, "message": "Well?", "answers": ANSWERS}

    results: list[Any] = await asyncio.gather(
        home.act("answer", **data),
        home.act("answer", **data | {"message": "What?"}),
        return_exceptions=True,
    )

    assert results[0] == {
        "call_id": call.id,
        "digits": "1",
        "answer": "gate",
        "ended": False,
    }
    assert isinstance(results[1], HomeAssistantError)
    assert results[1].translation_key == "step_running"
    await home.act("answer", call_id=call.id, hang_up=True)
    await home.settle()
    assert said(engine) == ["Well?", "It opens."]


async def test_reject_too_late(engine: Engine, home: Home) -> None:
    """What has been picked up can only be hung up, with or without a response."""
    call = await rings(home)
    await home.act("answer", call_id=call.id, message="Hello.")

    with pytest.raises(HomeAssistantError, match="cannot be rejected any more"):
        await home.hass.services.async_call(
            "elks", "reject", {"call_id": call.id}, blocking=True
        )
    await home.hass.services.async_call(
        "elks", "answer", {"call_id": call.id, "hang_up": True}, blocking=True
    )
    await home.settle()
    assert heard(call) == ["play success", "hangup success"]


async def test_calls_that_are_none(home: Home) -> None:
    """A call that we placed, and one that does not exist, are no calls to a line."""
    home.rings_on()
    placed = await home.place_call()

    for call_id in (placed["call_id"], "c123"):
        with pytest.raises(ServiceValidationError, match="no call"):
            await home.act("answer", call_id=call_id, hang_up=True)
    await home.callback(id=placed["call_id"], state="failed")


@pytest.mark.parametrize("line", [{"answer_with": "menu"}])
async def test_menu(engine: Engine, home: Home) -> None:
    """At a line with a menu, automations are not asked."""
    home.provider.clock.speed = 1
    call = await rings(home, talk_for=0.5)
    await until(lambda: call.start)

    with pytest.raises(HomeAssistantError, match="does not wait for an automation"):
        await home.act("answer", call_id=call.id, hang_up=True)
    await home.settle()


@pytest.mark.parametrize("line", [{"others": "forward", "forward_to": BO}])
async def test_not_let_in(home: Home) -> None:
    """Nobody decides about a caller who is not let in."""
    home.provider.clock.speed = 1
    home.provider.phone(BO, answer_after=0.5, talk_for=0.1)
    call = home.provider.dial(STRANGER)
    await until(lambda: len(home.provider.handsets(call)) > 1)

    with pytest.raises(HomeAssistantError, match="does not wait for an automation"):
        await home.act("answer", call_id=call.id, hang_up=True)
    await home.settle()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "exactly one of these fields: Message, Media, Connect to"),
        ({"hang_up": False}, "exactly one of these fields"),
        ({"message": "Hello", "connect": "Bo"}, "exactly one of these fields"),
        ({"message": " "}, "nothing to say"),
        ({"connect": "Dora"}, "no contact called"),
        ({"connect": "Bo", "digits": 1}, "only be used with a message"),
        ({"message": "Hello", "answers": ANSWERS * 2}, "only one answer"),
        ({"message": "Hello", "repeat": 0}, "from 1 to 10"),
    ],
)
async def test_fields(
    engine: Engine, home: Home, fields: dict[str, Any], words: str
) -> None:
    """What does not go together is refused, and the call still waits."""
    call = await rings(home)

    with pytest.raises(ServiceValidationError, match=words):
        await home.act("answer", call_id=call.id, **fields)

    await home.act("answer", call_id=call.id, hang_up=True)
    await home.settle()


async def test_signal(home: Home) -> None:
    """A signal that does not exist is refused."""
    with pytest.raises(ServiceValidationError, match="busy, reject, not_found"):
        await home.hass.services.async_call(
            "elks", "reject", {"call_id": "c1", "signal": "angry"}, blocking=True
        )


async def test_no_public_address(engine: Engine, home: Home) -> None:
    """A message that 46elks cannot fetch is refused; the call can be rejected all the same."""
    home.hass.config.external_url = None
    call = await rings(home)

    with pytest.raises(HomeAssistantError, match="cannot fetch sounds"):
        await home.act("answer", call_id=call.id, message="Hello.")

    await home.hass.services.async_call(
        "elks", "reject", {"call_id": call.id}, blocking=True
    )
    await home.settle()
    assert heard(call) == ["hangup success"]


async def test_voice_fails(engine: Engine, home: Home) -> None:
    """The built-in sentence asks for no keys, since nobody has heard what they mean."""
    engine.answer = RuntimeError("hoarse")
    notes = await automate(
        home, answer(message="Well?", answers=ANSWERS), NOTE, answer(hang_up=True)
    )

    call = home.provider.dial(PHONE, keys=presses(at1="1"))
    await home.settle()

    assert heard(call) == ["play success", "play success", "hangup success"]
    assert [dict(one.data) for one in notes] == [NOTHING | {"ended": False}]


@pytest.mark.parametrize(
    ("line", "fields", "language"),
    [
        ({}, {}, "en"),
        ({"language": "sv"}, {}, "sv"),
        ({"language": "sv"}, {"language": "en"}, "en"),
    ],
)
async def test_language(
    engine: Engine, home: Home, fields: dict[str, Any], language: str
) -> None:
    """The line's language is spoken, unless the action has another."""
    await automate(home, answer(message="Hello.", **fields), answer(hang_up=True))

    home.provider.dial(PHONE)
    await home.settle()

    assert ("Hello.", language) in [(text, one) for text, one, _ in engine.asked]


class TestPin:
    """The PIN comes before all else."""

    @pytest.fixture
    def line(self) -> dict[str, Any]:
        """Return a line with a PIN."""
        return {"pin": PIN}

    async def test_right(self, engine: Engine, home: Home) -> None:
        """The automation begins when it was entered."""
        notes = await automate(
            home, BEGUN, answer(message="Well?", answers=ANSWERS), answer(hang_up=True)
        )

        call = home.provider.dial(PHONE, keys=presses(at2=PIN, at3="2"))
        await home.settle()

        assert len(notes) == 1
        assert [next(iter(one)) for one in call.actions] == ["ivr", "ivr", "hangup"]

    async def test_wrong(self, engine: Engine, home: Home) -> None:
        """It does not begin, and whoever decided before reads that nobody is let in."""
        notes = await automate(home, BEGUN)
        call = await rings(home, keys=presses(at1="1", at2="2", at3="3", at4="4"))

        with pytest.raises(HomeAssistantError, match="does not wait"):
            await home.act("answer", call_id=call.id, message="Hello.")

        await home.settle()
        assert notes == []

    async def test_early(self, engine: Engine, home: Home) -> None:
        """Who decides when it rings waits while the PIN is asked for."""
        call = await rings(home, keys=presses(at1=PIN))

        got = await home.act("answer", call_id=call.id, message="Hello.")
        assert got == NOTHING | {"call_id": call.id, "ended": False}
        await home.act("answer", call_id=call.id, hang_up=True)
        await home.settle()


class TestPatience:
    """What a caller hears who waits."""

    @pytest.fixture
    def patience(self) -> float:
        """Have a caller wait for little; not so little that they have waited for ever."""
        return 0.3

    async def test_nobody_goes_on(self, engine: Engine, home: Home) -> None:
        """They do not sit in silence between two steps, and after 15 s it is goodbye."""
        await automate(home, answer(message="Hello."))
        call = home.provider.dial(PHONE)
        await until(lambda: len(call.actions) > 3)
        await pass_time(home, 16)
        await home.settle()

        first, *waits, last = sounds(call)
        assert len(set(waits)) == 1
        assert first != last != waits[0]
        assert "Goodbye." in [text for text, _, _ in engine.asked]

    async def test_nobody_is_left(self, engine: Engine, home: Home) -> None:
        """After a restart no automation goes on: the call ends with a goodbye."""
        call = await rings(home)
        await home.act("answer", call_id=call.id, message="Hello.")
        assert await home.hass.config_entries.async_reload(home.entry.entry_id)
        before = len(call.actions)
        await until(lambda: len(call.actions) > before + 2)
        await pass_time(home, 16)
        await home.settle()

        assert heard(call)[-1] == "play success"
        assert sounds(call)[-1] not in sounds(call)[:-1]

    async def test_slow_voice(self, engine: Engine, home: Home) -> None:
        """A message that takes its time is heard, though it was decided on at the last moment."""
        notes = await automate(home, answer(message="Hello."), BEGUN)
        call = home.provider.dial(PHONE)
        await until(lambda: notes)
        await until(lambda: len(call.actions) > 3)
        engine.waits_at = len(engine.asked) + 1
        acting = asyncio.create_task(
            home.act("answer", call_id=call.id, message="Still there?")
        )
        before = len(call.actions)
        await until(lambda: len(call.actions) > before + 2)
        engine.go_on.set()
        await acting
        await home.act("answer", call_id=call.id, hang_up=True)
        await home.settle()

        assert heard(call)[-1] == "hangup success"
        assert sounds(call)[-1] not in sounds(call)[:-1]


class TestReloads:
    """An account that is loaded anew, in any moment of a call."""

    async def test_in_a_step(self, engine: Engine, home: Home) -> None:
        """A step goes on, and the action that waits for it."""
        home.provider.clock.speed = 1
        call = await rings(home, keys=[KeyPress(1.5, "1")])
        step = asyncio.create_task(
            home.act("answer", call_id=call.id, message="Well?", answers=ANSWERS)
        )
        await until(lambda: call.actions)
        assert await home.hass.config_entries.async_reload(home.entry.entry_id)

        assert (await step)["answer"] == "gate"
        home.provider.clock.speed = 1000
        await home.act("answer", call_id=call.id, hang_up=True)
        await home.settle()
        assert heard(call) == ["ivr 1", "play success", "hangup success"]

    @pytest.mark.parametrize("next_step", [{"message": "Bye."}, {"connect": "Bo"}])
    async def test_between_steps(
        self, engine: Engine, home: Home, next_step: dict[str, Any]
    ) -> None:
        """What is decided before 46elks asks again is done."""
        call = await rings(home)
        await home.act("answer", call_id=call.id, message="Hello.")
        home.provider.clock.speed = 1
        assert await home.hass.config_entries.async_reload(home.entry.entry_id)
        step = asyncio.create_task(home.act("answer", call_id=call.id, **next_step))
        home.provider.clock.speed = 1000

        assert not (await step)["ended"]
        await home.act("answer", call_id=call.id, hang_up=True)
        await home.settle()
        verb = "connect" if "connect" in next_step else "play"
        assert heard(call)[-2:] == [f"{verb} success", "hangup success"]

    async def test_while_it_rings(self, engine: Engine, home: Home) -> None:
        """Who decides while the account is unloaded is heard when it is loaded again."""
        call = await rings(home)
        reload = asyncio.create_task(
            home.hass.config_entries.async_reload(home.entry.entry_id)
        )
        await asyncio.sleep(0)

        await home.act("answer", call_id=call.id, message="Hello.")
        with pytest.raises(HomeAssistantError, match="cannot be rejected"):
            await home.hass.services.async_call(
                "elks", "reject", {"call_id": call.id}, blocking=True
            )

        await home.act("answer", call_id=call.id, hang_up=True)
        await reload
        await home.settle()
        assert heard(call)[-2:] == ["play success", "hangup success"]

    async def test_disabled(self, engine: Engine, home: Home) -> None:
        """An action whose account is unloaded for good says so."""
        home.provider.clock.speed = 1
        call = await rings(home, talk_for=1)
        step = asyncio.create_task(
            home.act("answer", call_id=call.id, message="Well?", digits=1)
        )
        await until(lambda: call.actions)
        await home.hass.config_entries.async_unload(home.entry.entry_id)

        with pytest.raises(HomeAssistantError, match="no longer waits"):
            await step
