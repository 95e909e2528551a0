"""What is said in a call, which keys are asked for, and what follows from them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self, cast

_KEY_TIMEOUT = 10
"""Seconds to press a key after the message."""

type Action = dict[str, object]

HANG_UP: Action = {"hangup": "reject"}


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

    def first(self, next_url: str | None) -> Action:
        """Return the call action for who has just picked up.

        No keys are asked for where it is not known to what address they go.
        """
        if self.digits and next_url:
            return self._ask(next_url)
        action: Action = {"play": self.message}
        for _ in range(self.repeat - 1):
            action = {"play": self.message, "next": action}
        return action

    def then(self, keys: str | None, next_url: str | None) -> Action:
        """Return the call action that follows the keys; None are pressed, the call ends.

        A wrong key is asked for again, where `next_url` tells where it goes.
        """
        answer = self.answer(keys)
        if answer is None and keys and self.answers and next_url:
            return self._ask(next_url)
        if answer is not None and answer.reply:
            return {"play": answer.reply}
        return HANG_UP

    def answer(self, keys: str | None) -> Answer | None:
        """Return what was meant by the keys."""
        return next((answer for answer in self.answers if answer.key == keys), None)

    def as_dict(self) -> dict[str, object]:
        """Return the script as JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read what as_dict returned, in this version, an older or a newer one.

        What is not known is left out. Raises LookupError or TypeError for what cannot be read.
        """
        answers = cast(list[dict[str, str]], data.get("answers", []))
        return cls(
            message=cast(str, data["message"]),
            repeat=cast(int, data.get("repeat", 1)),
            digits=cast(int, data.get("digits", 0)),
            answers=tuple(
                Answer(key=one["key"], id=one["id"], reply=one.get("reply"))
                for one in answers
            ),
        )

    def _ask(self, next_url: str) -> Action:
        return {
            "ivr": self.message,
            "digits": self.digits,
            "timeout": _KEY_TIMEOUT,
            "repeat": self.repeat,
            "next": next_url,
        }
