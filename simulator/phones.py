"""The people at the other end: what they do when the phone rings."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a call to a phone turns out."""

    ANSWER = "answer"
    DECLINE = "decline"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class KeyPress:
    """Keys pressed so many seconds after the phone was picked up."""

    after: float
    keys: str


@dataclass(frozen=True)
class PhoneScript:
    """What a person does; times in seconds.

    Somebody who answers stays until the call ends, but at most for `talk_for`; None has no limit.
    """

    answer_after: float = 2
    talk_for: float | None = 4
    outcome: Outcome = Outcome.ANSWER
    keys: tuple[KeyPress, ...] = ()


_BY_HAND = PhoneScript(outcome=Outcome.NO_ANSWER, talk_for=None)


class Phones:
    """What the people with phones do, by number."""

    def __init__(self, *, manual: bool) -> None:
        """Let all people answer, or in manual mode let all phones ring."""
        self.manual = manual
        self._scripts: dict[str, PhoneScript] = {}

    def script(self, number: str, script: PhoneScript) -> None:
        """Tell what the person with a number does from the next call on."""
        self._scripts[number] = script

    def script_of(self, number: str) -> PhoneScript:
        """Return what the person with a number does."""
        return self._scripts.get(number, _BY_HAND if self.manual else PhoneScript())

    def clear(self) -> None:
        """Forget all scripts."""
        self._scripts.clear()
