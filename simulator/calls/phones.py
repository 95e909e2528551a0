"""The people at the other end, and what they do when the phone rings or when they call."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What becomes of a call to a phone."""

    ANSWER = "answer"
    DECLINE = "decline"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"


class ActKind(StrEnum):
    """What a person can do with a phone."""

    ANSWER = "answer"
    DECLINE = "decline"
    PRESS = "press"
    HANG_UP = "hang_up"


@dataclass(frozen=True)
class KeyPress:
    """Keys that are pressed `after` so many seconds from the answer.

    With a `sound`, from the beginning of that sound; 1 is the first that is heard in the call.
    """

    after: float
    keys: str
    sound: int | None = None


@dataclass(frozen=True)
class PhoneScript:
    """What a person does who is called; times in seconds.

    A person who answers stays until the call ends, or for `talk_for` if that is shorter, or
    until the sound numbered `hangs_up_at` begins.
    """

    answer_after: float = 2
    talk_for: float | None = 4
    outcome: Outcome = Outcome.ANSWER
    keys: tuple[KeyPress, ...] = ()
    hangs_up_at: int | None = None

    def while_ringing(self) -> list[tuple[float, ActKind]]:
        """Return what the person does until the call is answered, and when."""
        match self.outcome:
            case Outcome.ANSWER:
                return [(self.answer_after, ActKind.ANSWER)]
            case Outcome.DECLINE:
                return [(self.answer_after, ActKind.DECLINE)]
            case Outcome.BUSY:
                return [(0, ActKind.DECLINE)]
            case Outcome.NO_ANSWER | Outcome.UNREACHABLE:
                return []


@dataclass(frozen=True, kw_only=True)
class CallerScript:
    """What a person does who calls; times in seconds.

    Without an answer they hang up after `waits`; then as in PhoneScript.
    """

    waits: float | None = None
    talk_for: float | None = None
    keys: tuple[KeyPress, ...] = ()
    hangs_up_at: int | None = None

    def while_ringing(self) -> list[tuple[float, ActKind]]:
        """Return what the person does until the call is answered, and when."""
        return [] if self.waits is None else [(self.waits, ActKind.HANG_UP)]


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
