"""What is known of a call that we placed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Self, cast

from ..api import Call, CallState


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """A call of ours and what the provider last told of it."""

    number: int
    """Counts the account's calls in the order they were placed."""
    token: str
    """Secret of this one call, which its callbacks bring back."""
    from_number: str
    """E.164."""
    to_number: str
    """E.164."""
    call: Call | None = None
    """None until the provider has told anything of it."""

    @property
    def in_progress(self) -> bool:
        """Whether the call has not ended, as far as is known."""
        return self.call is None or self.call.state is CallState.ONGOING

    @property
    def answered(self) -> bool | None:
        """Whether somebody picked up; None as long as that can still happen."""
        if self.call is not None and self.call.start is not None:
            return True
        return None if self.in_progress else False

    def told(self, call: Call) -> Self:
        """Return the record with what the provider now tells.

        An end is an end: what comes late or out of order only fills gaps.
        """
        if self.call is None:
            return replace(self, call=call)
        older, newer = (self.call, call) if self.in_progress else (call, self.call)
        known = {
            field.name: value
            for field in fields(newer)
            if (value := getattr(newer, field.name)) is not None
        }
        return replace(self, call=replace(older, **known))

    def as_dict(self) -> dict[str, object]:
        """Return the record as JSON data."""
        return {
            "number": self.number,
            "token": self.token,
            "from": self.from_number,
            "to": self.to_number,
            "call": self.call.as_api() if self.call else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read what as_dict returned."""
        call = cast(Mapping[str, object] | None, data["call"])
        return cls(
            number=cast(int, data["number"]),
            token=cast(str, data["token"]),
            from_number=cast(str, data["from"]),
            to_number=cast(str, data["to"]),
            call=Call.from_api(call) if call else None,
        )
