"""What is said in a call that we placed, which keys are asked for, and what each of them leads to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from ...api import CallAction, HangUp, Ivr, Play
from ...helpers.stored_values import text, text_or_none, whole_number

_KEY_TIMEOUT = 10
"""Seconds to press a key after the message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A key that may be pressed."""

    key: str
    id: str
    """What it means, in the words of who asked."""
    reply: str | None
    """URL of the sound that is played back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallScript:
    """A message, and the keys that are asked for."""

    message: str
    """URL of the sound."""
    repeat: int
    """How many times it is played, as long as no key is pressed."""
    digits: int
    """How many keys are asked for; 0 for none."""
    answers: tuple[Answer, ...] = ()

    @property
    def sounds(self) -> list[str]:
        """The names of the sound files, as they end the URLs."""
        replies = [answer.reply for answer in self.answers if answer.reply]
        return [url.rpartition("/")[2] for url in (self.message, *replies)]

    def next_action(
        self, question: int, keys: str | None, next_url: str | None
    ) -> CallAction:
        """Return what follows the answer to a question, counted from 1; 0 is the pick-up.

        `keys` are those that were pressed, None for none. `next_url` is the address to which the
        keys go that are asked for next; without one, none are asked for.
        """
        if question == 0:
            return self._first(next_url)
        answer = self.answer(keys)
        if answer is not None and answer.reply:
            return Play(sound=answer.reply)
        is_wrong = bool(keys and self.answers and answer is None)
        if is_wrong and next_url and question < self.repeat:
            return self._ask(next_url)
        return HangUp()

    def answer(self, keys: str | None) -> Answer | None:
        """Return the answer that keys stand for."""
        return next((answer for answer in self.answers if answer.key == keys), None)

    def as_dict(self) -> dict[str, object]:
        """Return the script as JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what as_dict returned, in this version, an older or a newer one.

        What is not known is left out. Raises AttributeError, LookupError or TypeError for what
        cannot be read.
        """
        return cls(
            message=text(data["message"]),
            repeat=whole_number(data.get("repeat", 1)),
            digits=whole_number(data.get("digits", 0)),
            answers=tuple(map(_answer_from_dict, data.get("answers", ()))),
        )

    def _first(self, next_url: str | None) -> CallAction:
        if self.digits and next_url:
            return self._ask(next_url)
        action = Play(sound=self.message)
        for _ in range(self.repeat - 1):
            action = Play(sound=self.message, next=action)
        return action

    def _ask(self, next_url: str) -> CallAction:
        return Ivr(
            sound=self.message,
            digits=self.digits,
            timeout=_KEY_TIMEOUT,
            repeat=self.repeat,
            next=next_url,
        )


def _answer_from_dict(data: Mapping[str, Any]) -> Answer:
    return Answer(
        key=text(data["key"]),
        id=text(data["id"]),
        reply=text_or_none(data.get("reply")),
    )
