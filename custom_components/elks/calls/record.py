"""What is known of one call."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Self

from ..api import Call, CallState
from ..speech import Prompt, Sound
from .dialogue.script import CallScript, Spoken, Step
from .dialogue.talk import BEGIN, Talk

_REPORTED = tuple(field.name for field in fields(Call))
_TIMES = ("created", "start")
_SAME_TIME = timedelta(seconds=1)
"""The provider gives one time in several precisions, up to this far apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """A call that we placed, or one to a line, with what the provider last reported of it."""

    token: str
    """Secret of this one call, which its callbacks bring back."""
    from_number: str
    """E.164; empty for whoever withholds it."""
    to_number: str
    """E.164."""
    timeout: int
    """Seconds that the phone rings; 0 for a call to a line."""
    requested: datetime
    """When it was requested, or began to ring, by the provider's clock."""
    reported: bool
    """Whether the provider is to report to us how the call ends."""
    script: CallScript | None = None
    """What is said and asked; None when the request held all of it."""
    contact: str | None = None
    """Id of the contact who is called, or who calls; None for a number that is nobody's."""
    line: str | None = None
    """Id of the line that is called; None for a call that we placed."""
    talk: Talk = BEGIN
    """Where the talk with whoever called stands."""
    chain: str | None = None
    """Id of the chain that the call belongs to."""
    hang_up: bool = False
    """Whether the call is to end as soon as the provider asks what to do."""
    closing: Prompt | None = None
    """What is said before it ends so."""
    picked_up: bool = False
    """Whether the provider has asked us for the first action."""
    spoken: Spoken | None = None
    """What was heard of the message; None for nothing, or when it is not ours."""
    digits: str | None = None
    """The keys that were pressed last."""
    question: int = 0
    """Which question these keys answered, counted from 1; 0 for none."""
    adopted: bool = False
    """Whether the call was found in the history: a guess, which its own callback corrects."""
    call: Call | None = None
    """None until the provider has reported anything."""
    given_up: bool = False
    """Whether there was no report for so long that the end stays unknown."""
    forgotten: bool = False
    """Whether the call was never placed, as far as anybody knows."""

    @property
    def numbers(self) -> tuple[str, str]:
        """From and to: besides the time, all that distinguishes calls in the history."""
        return self.from_number, self.to_number

    @property
    def in_progress(self) -> bool:
        """Whether the provider took the call, and its end is still to come."""
        return (
            self.call is not None
            and self.call.state is CallState.ONGOING
            and not self.given_up
        )

    @property
    def ended(self) -> bool:
        """Whether the provider took the call, and nothing more is to come of it."""
        return self.call is not None and not self.in_progress

    @property
    def over(self) -> bool:
        """Whether nothing more is to come: the call has ended, or was never placed."""
        return self.ended or self.forgotten

    @property
    def placed(self) -> datetime:
        """When the provider placed the call, or else when that was requested."""
        return (self.call and self.call.created) or self.requested

    @property
    def state(self) -> CallState | None:
        """How the call stands; None when that is not known."""
        return None if self.call is None or self.given_up else self.call.state

    @property
    def answered(self) -> bool | None:
        """Whether somebody picked up; None as long as that is not known."""
        if self.picked_up or (self.call is not None and self.call.start is not None):
            return True
        if self.state is CallState.SUCCESS and self.line is None:
            return True
        return False if self.ended and not self.given_up else None

    @property
    def answer(self) -> str | None:
        """Id of the answer that the pressed keys stand for."""
        if self.script is None:
            return None
        answer = self.script.answer(self.digits, self.spoken)
        return answer.id if answer else None

    def step(self, question: int, keys: str | None) -> Step | None:
        """Return what follows the answer to a question, as CallScript.step does."""
        if self.hang_up:
            closing = self.closing
            return Step(prompt=closing, substitute=Sound.TAKEN) if closing else None
        if self.script is None:
            return None
        return self.script.step(question, keys, self.spoken)

    def can_be(self, call_id: str) -> bool:
        """Return whether what arrives with this call's secret and with an id is about it."""
        return self.call is None or self.call.id == call_id or self.adopted

    def with_report(self, call: Call) -> Self:
        """Return the record with what the provider now reports.

        An end is an end: what arrives late or out of order only fills gaps. The exception is an
        end that had been given up.
        """
        record = self._with_call(call)
        # What a caller pressed may be a PIN
        if call.pressed is None or self.line:
            return record
        return record.with_keys(*call.pressed)

    def with_keys(self, question: int, keys: str) -> Self:
        """Return the record with the keys that answered a question, counted from 1.

        What answered an earlier question, and arrives late or again, changes nothing.
        """
        if question <= self.question:
            return self
        return replace(self, digits=keys, question=question)

    def with_spoken(self, spoken: Spoken) -> Self:
        """Return the record with what is heard of the message now.

        Keys that were pressed after something else meant something else.
        """
        is_other = self.spoken is not None and spoken is not self.spoken
        digits = None if is_other else self.digits
        return replace(self, spoken=spoken, digits=digits)

    def _with_call(self, call: Call) -> Self:
        if self.call is None:
            return replace(self, call=call)
        if self.call.id != call.id:
            return replace(self, call=call, adopted=False, given_up=False)
        end_found = self.given_up and call.state is not CallState.ONGOING
        is_late = self.ended and not end_found
        older, newer = (call, self.call) if is_late else (self.call, call)
        kept = {
            name: getattr(older, name)
            for name in _REPORTED
            if getattr(newer, name) is None
        }
        for name in _TIMES:
            if _is_same_time(getattr(self.call, name), getattr(newer, name)):
                kept[name] = getattr(self.call, name)
        given_up = self.given_up and not end_found
        return replace(self, call=replace(newer, **kept), given_up=given_up)


def _is_same_time(one: datetime | None, other: datetime | None) -> bool:
    return bool(one and other and abs(one - other) < _SAME_TIME)
