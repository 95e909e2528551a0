"""The people at the other end, and what they do when the phone rings."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What becomes of a call to a phone."""

    ANSWER = "answer"
    DECLINE = "decline"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class KeyPress:
    """Keys that are pressed `after` so many seconds from the answer."""

    after: float
    keys: str


@dataclass(frozen=True)
class PhoneScript:
    """What a person does; times in seconds.

    A person who answers stays until the call ends, or for `talk_for` if that is shorter.
    """

    answer_after: float = 2
    talk_for: float | None = 4
    outcome: Outcome = Outcome.ANSWER
    keys: tuple[KeyPress, ...] = ()


_BY_HAND = PhoneScript(outcome=Outcome.NO_ANSWER, talk_for=None)


class Phones:
    """What each person does, by phone number."""

    def __init__(self, *, manual: bool) -> None:
        """Start with no scripts: everybody answers, or in manual mode all phones just ring."""
        self.manual = manual
        self._scripts: dict[str, PhoneScript] = {}

    def script(self, number: str, script: PhoneScript) -> None:
        """Set what the person with a number does, from the next call on."""
        self._scripts[number] = script

    def script_of(self, number: str) -> PhoneScript:
        """Return the script that the person with a number follows."""
        return self._scripts.get(number, _BY_HAND if self.manual else PhoneScript())

    def clear(self) -> None:
        """Remove all scripts."""
        self._scripts.clear()
