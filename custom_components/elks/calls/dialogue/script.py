"""What is said in a call that we placed, which keys are asked for, and what each of them leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from ...api import CallAction, Ivr, Play
from ...helpers.stored_values import text, whole_number
from ...speech import Prompt, Sound

_KEY_TIMEOUT = 10
"""Seconds to press a key after the message."""


class Spoken(StrEnum):
    """What the person who answered got to hear."""

    MESSAGE = "message"
    """The message, in whatever voice."""
    SUBSTITUTE = "substitute"
    """The built-in sentence, as the message could not be played."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A key that may be pressed."""

    key: str
    id: str
    """What it means, in the words of who asked."""
    reply: Prompt | None
    """What is played back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of a call: a prompt, and the keys that are asked for with it."""

    prompt: Prompt
    substitute: Sound
    """What is played if the prompt cannot be."""
    repeat: int = 1
    """How many times it is played, as long as no key is pressed."""
    digits: int = 0
    """How many keys are asked for; 0 for none."""
    is_message: bool = False
    """Whether this is what the call is for."""
    substitute_asks: bool = False
    """Whether keys are asked for with the substitute, too."""
    substitute_is_same: bool = False
    """Whether the substitute says the same, in another voice: nobody is kept waiting then."""

    def action(
        self, sound: str, next_url: str | None, spoken: Spoken | None = None
    ) -> CallAction:
        """Return the action that plays a sound as this step demands.

        `next_url` is the address to which the keys go; without one, none are asked for. Nor are
        they with the built-in sentence, of whoever has not heard what they mean.
        """
        is_asked = self.substitute_asks or spoken is not Spoken.SUBSTITUTE
        if self.digits and next_url and is_asked:
            return Ivr(
                sound=sound,
                digits=self.digits,
                timeout=_KEY_TIMEOUT,
                repeat=self.repeat,
                next=next_url,
            )
        action = Play(sound=sound)
        for _ in range(self.repeat - 1):
            action = Play(sound=sound, next=action)
        return action


@dataclass(frozen=True, kw_only=True, slots=True)
class CallScript:
    """A message, and the keys that are asked for."""

    message: Prompt
    repeat: int
    """How many times it is played, as long as no key is pressed."""
    digits: int
    """How many keys are asked for; 0 for none."""
    language: str
    """In which built-in sounds speak."""
    answers: tuple[Answer, ...] = ()
    any_digit: bool = False
    """Whether any digit stands for the first answer when the built-in sentence was played."""

    @property
    def prompts(self) -> list[Prompt]:
        """All that may be played, the message first."""
        return [self.message, *(one.reply for one in self.answers if one.reply)]

    def step(
        self, question: int, keys: str | None, spoken: Spoken | None
    ) -> Step | None:
        """Return what follows the answer to a question, counted from 1; 0 is the pick-up.

        `keys` are those that were pressed, None for none. After None the call ends.
        """
        if question == 0:
            return self._message_step(spoken)
        answer = self.answer(keys, spoken)
        if answer is not None and answer.reply:
            return Step(prompt=answer.reply, substitute=Sound.THANKS)
        is_wrong = bool(keys and self.answers and answer is None)
        is_asked_again = is_wrong and question < self.repeat
        return self._message_step(spoken) if is_asked_again else None

    def answer(self, keys: str | None, spoken: Spoken | None) -> Answer | None:
        """Return the answer that keys stand for, after what was heard before."""
        is_any = self.any_digit and spoken is Spoken.SUBSTITUTE
        if is_any and keys and keys.isdecimal():
            return self.answers[0]
        return next((answer for answer in self.answers if answer.key == keys), None)

    def as_dict(self, *, with_prompts: bool) -> dict[str, object]:
        """Return the script as JSON data; without the prompts, if these are never played again."""
        return {
            "message": self.message.as_dict() if with_prompts else {},
            "repeat": self.repeat,
            "digits": self.digits,
            "language": self.language,
            "answers": [_answer_as_dict(one, with_prompts) for one in self.answers],
            "any_digit": self.any_digit,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what as_dict returned, in this version, an older or a newer one.

        What is not known is left out. Raises AttributeError, LookupError or TypeError for what
        cannot be read.
        """
        answers = tuple(map(_answer_from_dict, data.get("answers", ())))
        return cls(
            message=Prompt.from_dict(data["message"]),
            repeat=whole_number(data.get("repeat", 1)),
            digits=whole_number(data.get("digits", 0)),
            language=text(data.get("language", "")),
            answers=answers,
            any_digit=bool(data.get("any_digit") and answers),
        )

    def _message_step(self, spoken: Spoken | None) -> Step:
        asks = Sound.SUBSTITUTE_ACKNOWLEDGE if self.any_digit else Sound.SUBSTITUTE
        return Step(
            # Whoever heard the built-in sentence first hears it again
            prompt=Prompt() if spoken is Spoken.SUBSTITUTE else self.message,
            substitute=asks,
            repeat=self.repeat,
            digits=self.digits,
            is_message=True,
            substitute_asks=self.any_digit,
        )


LOST_SCRIPT: Final = CallScript(message=Prompt(), repeat=2, digits=0, language="")
"""What is said in a call of which a power cut left nothing but that it was to speak."""


def _answer_as_dict(answer: Answer, with_prompts: bool) -> dict[str, object]:
    reply = answer.reply if with_prompts else None
    return {
        "key": answer.key,
        "id": answer.id,
        "reply": reply.as_dict() if reply else None,
    }


def _answer_from_dict(data: Mapping[str, Any]) -> Answer:
    reply = data.get("reply")
    return Answer(
        key=text(data["key"]),
        id=text(data["id"]),
        reply=None if reply is None else Prompt.from_dict(reply),
    )
