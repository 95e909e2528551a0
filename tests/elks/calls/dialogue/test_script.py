"""What is said in a call, and what follows from the keys."""

from dataclasses import replace

import pytest

from custom_components.elks.calls import Answer, CallScript, Spoken
from custom_components.elks.calls.dialogue.script import Step
from custom_components.elks.speech import Prompt, Sound, Voice

SOUND = "https://home.example/api/elks/audio/message.wav"
NEXT = "https://home.example/api/webhook/id?token=secret"
MESSAGE = Prompt(text="Water in the kitchen. Close the valve?")
REPLY = Prompt(text="The valve is closing.", voice=Voice(language="en"))
CLOSE = Answer(key="1", id="close", reply=REPLY)
LEAVE = Answer(key="2", id="leave", reply=None)
SAID = CallScript(message=MESSAGE, repeat=3, digits=0, language="en")
ASKED = replace(SAID, digits=1, answers=(CLOSE, LEAVE))
ACKNOWLEDGED = replace(ASKED, answers=(CLOSE,), any_digit=True)


def step(script: CallScript) -> Step:
    """Return the first step of a call."""
    first = script.step(0, None, None)
    assert first is not None
    return first


def test_message() -> None:
    """A message is played as often as it was asked for."""
    play = {"play": SOUND}

    assert step(SAID).prompt == MESSAGE
    assert step(SAID).action(SOUND, NEXT).as_json() == {
        **play,
        "next": {**play, "next": play},
    }


def test_question() -> None:
    """A question is repeated by 46elks itself, which then calls back with the keys."""
    question = {"ivr": SOUND, "digits": 1, "timeout": 10, "repeat": 3, "next": NEXT}

    assert step(ASKED).action(SOUND, NEXT).as_json() == question
    assert ASKED.step(1, "7", None) == step(ASKED)


def test_no_address_for_keys() -> None:
    """Where keys have nowhere to go, the message is played all the same."""
    assert "play" in step(ASKED).action(SOUND, None).as_json()


def test_answers() -> None:
    """A key is answered with its reply; without one, or any, the call ends."""
    replied = ASKED.step(1, "1", Spoken.MESSAGE)

    assert replied == Step(prompt=REPLY, substitute=Sound.THANKS)
    assert ASKED.step(1, "2", Spoken.MESSAGE) is None
    assert ASKED.step(1, None, Spoken.MESSAGE) is None
    assert SAID.step(1, "7", Spoken.MESSAGE) is None


def test_wrong_keys() -> None:
    """A wrong key is asked for again, as often as the message is repeated."""
    assert ASKED.step(2, "7", Spoken.MESSAGE) == step(ASKED)
    assert ASKED.step(3, "7", Spoken.MESSAGE) is None


def test_substitute_again() -> None:
    """Whoever heard the built-in sentence hears it again, and not the message after it."""
    again = ASKED.step(1, "7", Spoken.SUBSTITUTE)

    assert again is not None
    assert (again.prompt, again.substitute) == (Prompt(), Sound.SUBSTITUTE)


def test_keys_of_the_substitute() -> None:
    """With the built-in sentence keys are asked for only where any digit will do."""
    asked, acknowledged = step(ASKED), step(ACKNOWLEDGED)

    assert "play" in asked.action(SOUND, NEXT, Spoken.SUBSTITUTE).as_json()
    assert "ivr" in acknowledged.action(SOUND, NEXT, Spoken.SUBSTITUTE).as_json()
    assert "ivr" in asked.action(SOUND, NEXT, Spoken.MESSAGE).as_json()


@pytest.mark.parametrize("key", ["0", "1", "9"])
def test_any_digit(key: str) -> None:
    """Any digit acknowledges when the built-in sentence asked for one."""
    assert ACKNOWLEDGED.answer(key, Spoken.SUBSTITUTE) == CLOSE
    assert step(ACKNOWLEDGED).substitute is Sound.SUBSTITUTE_ACKNOWLEDGE


@pytest.mark.parametrize(
    ("keys", "spoken"),
    [
        ("7", Spoken.MESSAGE),
        ("7", None),
        ("*", Spoken.SUBSTITUTE),
        (None, "substitute"),
    ],
)
def test_not_any_digit(keys: str | None, spoken: Spoken | None) -> None:
    """Otherwise only the key that was named does."""
    assert ACKNOWLEDGED.answer(keys, spoken) is None


def test_prompts() -> None:
    """What may be played comes in the order in which it is needed."""
    assert ASKED.prompts == [MESSAGE, REPLY]


def test_round_trip() -> None:
    """A script is read back as it was stored."""
    assert CallScript.from_dict(ASKED.as_dict(with_prompts=True)) == ASKED


def test_no_text_left() -> None:
    """Of a call that is over nothing of what was said is stored, but what keys meant."""
    stored = ASKED.as_dict(with_prompts=False)

    assert MESSAGE.text not in str(stored) and REPLY.text not in str(stored)
    read = CallScript.from_dict(stored)
    assert read.answer("1", None) == replace(CLOSE, reply=None)


def test_stored_before() -> None:
    """The URLs that older versions stored are played as they are."""
    read = CallScript.from_dict({"message": SOUND, "answers": []})

    assert step(read).prompt == Prompt(url=SOUND)
