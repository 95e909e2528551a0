"""What a caller is to hear, and how the call goes on after that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from ..api import CallAction, Connect, HangUp, Ivr, Play
from ..calls.dialogue.script import Step
from ..calls.dialogue.talk import Place

_KEY_TIMEOUT: Final = 10
"""Seconds to press a key after what was said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Say:
    """Sentences that are played one after the other; keys are asked for with the last one."""

    steps: tuple[Step, ...]
    digits: int = 0
    """How many keys are asked for; 0 for none."""
    repeat: int = 1
    """How many times the last one is played, as long as no key is pressed."""
    goes_on: bool = True
    """Whether the call goes on after it."""
    is_secret: bool = False
    """Whether the keys are a PIN."""
    place: Place | None = None
    """Where the talk stands from now on; None for where it stands."""

    @classmethod
    def of(cls, step: Step) -> Self:
        """Return what says a single step."""
        return cls(steps=(step,), digits=step.digits, repeat=step.repeat)

    def action(self, sounds: Sequence[str], next_url: str | None) -> Play | Ivr:
        """Return the action that plays sounds of its sentences; the keys go to `next_url`."""
        *before, last = sounds
        following = next_url if self.goes_on else None
        made: Play | Ivr
        if self.digits and following:
            made = Ivr(
                sound=last,
                digits=self.digits,
                timeout=_KEY_TIMEOUT,
                repeat=self.repeat,
                next=following,
            )
        else:
            made = Play(sound=last, next=following)
            for _ in range(self.repeat - 1):
                made = Play(sound=last, next=made)
        for sound in reversed(before):
            made = Play(sound=sound, next=made)
        return made


type Decision = Say | Connect | HangUp
"""What a caller hears next, or what is done with the call."""


def going_on(
    action: Play | Ivr | Connect | HangUp,
    *,
    next_url: str | None,
    report_url: str | None,
) -> CallAction:
    """Return an action after which the call goes on, and whose end is reported."""
    if isinstance(action, Connect):
        action = replace(action, next=next_url)
    return replace(action, report_url=report_url)
