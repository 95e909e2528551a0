"""What is said in a call, and what follows from the keys."""

from custom_components.elks.api import HangUp, Play
from custom_components.elks.calls import Answer, CallScript

MESSAGE = "https://home.example/api/elks/audio/message.wav"
REPLY = "https://home.example/api/elks/audio/reply.wav"
NEXT = "https://home.example/api/webhook/id?token=secret"
CLOSE = Answer(key="1", id="close", reply=REPLY)
LEAVE = Answer(key="2", id="leave", reply=None)
SAID = CallScript(message=MESSAGE, repeat=3, digits=0)
ASKED = CallScript(message=MESSAGE, repeat=3, digits=1, answers=(CLOSE, LEAVE))


def test_message() -> None:
    """A message is played as often as it was asked for."""
    play = {"play": MESSAGE}

    assert SAID.next_action(0, None, NEXT).as_json() == {
        **play,
        "next": {**play, "next": play},
    }


def test_question() -> None:
    """A question is repeated by 46elks itself, which then tells us the keys."""
    question = {
        "ivr": MESSAGE,
        "digits": 1,
        "timeout": 10,
        "repeat": 3,
        "next": NEXT,
    }

    assert ASKED.next_action(0, None, NEXT).as_json() == question
    assert ASKED.next_action(1, "7", NEXT).as_json() == question


def test_answers() -> None:
    """A key is answered with its reply; without one, or any, the call ends."""
    assert ASKED.next_action(1, "1", NEXT) == Play(sound=REPLY)
    assert ASKED.next_action(1, "2", NEXT) == HangUp()
    assert ASKED.next_action(1, None, NEXT) == HangUp()
    assert ASKED.next_action(1, "7", None) == HangUp()
    assert SAID.next_action(1, "7", NEXT) == HangUp()


def test_wrong_keys() -> None:
    """A wrong key is asked for again, as often as the message is repeated."""
    assert ASKED.next_action(2, "7", NEXT) == ASKED.next_action(0, None, NEXT)
    assert ASKED.next_action(3, "7", NEXT) == HangUp()


def test_sounds() -> None:
    """The sounds of a script are known by the names of their files."""
    assert ASKED.sounds == ["message.wav", "reply.wav"]


def test_round_trip() -> None:
    """A script is read back as it was stored."""
    assert CallScript.from_dict(ASKED.as_dict()) == ASKED
