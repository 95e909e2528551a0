"""What is known of a call that we placed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self

from ..api import Call, CallState
from ..helpers.stored import moment, text, text_or_none, whole_number
from .dialogue.script import CallScript

_REPORTED = tuple(field.name for field in fields(Call))
_TIMES = ("created", "start")
_SAME_TIME = timedelta(seconds=1)
"""The provider gives one time in several precisions, up to this far apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """A call of ours and what the provider last told of it."""

    token: str
    """Secret of this one call, which its callbacks bring back."""
    from_number: str
    """E.164."""
    to_number: str
    """E.164."""
    timeout: int
    """Seconds that the phone rings."""
    requested: datetime
    """When it was asked for, by the provider's clock."""
    reported: bool
    """Whether the provider is to tell us how the call ends."""
    script: CallScript | None = None
    """What is said and asked; None when the provider has been told all of it."""
    contact: str | None = None
    """Id of the contact who is phoned; None for a number that is nobody's."""
    chain: str | None = None
    """Id of the chain whose turn it is."""
    hang_up: bool = False
    """Whether the call is to end as soon as the provider asks what to do."""
    picked_up: bool = False
    """Whether the provider has asked us what to say to who picked up."""
    digits: str | None = None
    """The keys that were pressed last."""
    asked: int = 0
    """How many times keys had been asked for when these were pressed."""
    adopted: bool = False
    """Whether the call was found in the history: a guess, which its own callback corrects."""
    call: Call | None = None
    """None until the provider has told anything of it."""
    given_up: bool = False
    """Whether the provider did not tell for so long that the end will stay unknown."""

    @property
    def numbers(self) -> tuple[str, str]:
        """From which number to which: all that the history tells calls apart by, but the time."""
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
        """Whether nothing more is to come of the call."""
        return self.call is not None and not self.in_progress

    @property
    def placed(self) -> datetime:
        """When the provider placed the call, or else when it was asked to."""
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
        if self.state is CallState.SUCCESS:
            return True
        return False if self.ended and not self.given_up else None

    @property
    def answer(self) -> str | None:
        """What was meant by the keys that were pressed."""
        answer = self.script.answer(self.digits) if self.script else None
        return answer.id if answer else None

    def can_be(self, call_id: str) -> bool:
        """Return whether what comes with the secret of this call, and with an id, is about it."""
        return self.call is None or self.call.id == call_id or self.adopted

    def told(self, call: Call) -> Self:
        """Return the record with what the provider now reports.

        An end is an end: what comes late or out of order only fills gaps. Also one that comes
        after the end had been given up.
        """
        record = self._with_call(call)
        return record.with_keys(*call.pressed) if call.pressed else record

    def with_keys(self, question: int, keys: str) -> Self:
        """Return the record with the keys that answered the how many-th question.

        What answered an earlier question, and comes late or again, changes nothing.
        """
        if question <= self.asked:
            return self
        return replace(self, digits=keys, asked=question)

    def _with_call(self, call: Call) -> Self:
        if self.call is None:
            return replace(self, call=call)
        if self.call.id != call.id:
            return replace(self, call=call, adopted=False, given_up=False)
        learnt = self.given_up and call.state is not CallState.ONGOING
        is_late = self.ended and not learnt
        older, newer = (call, self.call) if is_late else (self.call, call)
        kept = {
            name: getattr(older, name)
            for name in _REPORTED
            if getattr(newer, name) is None
        }
        for name in _TIMES:
            if _is_same_time(getattr(self.call, name), getattr(newer, name)):
                kept[name] = getattr(self.call, name)
        given_up = self.given_up and not learnt
        return replace(self, call=replace(newer, **kept), given_up=given_up)

    def as_dict(self) -> dict[str, object]:
        """Return the record as JSON data."""
        return {
            "token": self.token,
            "from": self.from_number,
            "to": self.to_number,
            "timeout": self.timeout,
            "requested": self.requested.isoformat(),
            "reported": self.reported,
            "script": self.script.as_dict() if self.script else None,
            "contact": self.contact,
            "chain": self.chain,
            "hang_up": self.hang_up,
            "picked_up": self.picked_up,
            "digits": self.digits,
            "asked": self.asked,
            "adopted": self.adopted,
            "call": self.call.as_api() if self.call else None,
            "given_up": self.given_up,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what as_dict returned, in this version or an older one.

        Raises AttributeError, LookupError, TypeError or ValueError for what cannot be read.
        """
        return cls(
            token=text(data["token"]),
            from_number=text(data["from"]),
            to_number=text(data["to"]),
            timeout=whole_number(data["timeout"]),
            requested=moment(data["requested"]),
            reported=bool(data["reported"]),
            script=CallScript.from_dict(script)
            if (script := data.get("script"))
            else None,
            contact=text_or_none(data.get("contact")),
            chain=text_or_none(data.get("chain")),
            hang_up=bool(data.get("hang_up")),
            picked_up=bool(data.get("picked_up")),
            digits=text_or_none(data.get("digits")),
            asked=whole_number(data.get("asked", 0)),
            adopted=bool(data.get("adopted")),
            call=Call.from_api(call) if (call := data.get("call")) else None,
            given_up=bool(data.get("given_up")),
        )


def _is_same_time(one: datetime | None, other: datetime | None) -> bool:
    return bool(one and other and abs(one - other) < _SAME_TIME)
