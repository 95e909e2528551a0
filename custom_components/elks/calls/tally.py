"""How many calls ended in a month, and what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from homeassistant.util import dt as dt_util

from ..helpers.stored_values import text, whole_number
from .record import CallRecord

_DECIMALS = 4
"""The provider counts in 1/10000 of the currency."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """The calls of one month of the home's time that ended."""

    month: str = ""
    """Such as "2026-11"; empty before the first call."""
    calls: int = 0
    cost: float = 0.0
    """In the account's currency."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what asdict returned; raises LookupError, TypeError or ValueError."""
        return cls(
            month=text(data["month"]),
            calls=whole_number(data["calls"]),
            cost=float(data["cost"]),
        )

    def counted(self, before: CallRecord | None, now: CallRecord) -> Tally:
        """Return the tally after what is known of a call has changed.

        A call counts in the month in which it ended, however late that is learnt.
        """
        calls = _is_over(now) - _is_over(before)
        cost = price(now) - price(before)
        if not (calls or cost):
            return self
        month = month_of(end_of(now))
        if month < self.month:
            return self
        if month > self.month:
            return Tally(month=month, calls=calls, cost=cost)
        return Tally(
            month=month,
            calls=self.calls + calls,
            cost=round(self.cost + cost, _DECIMALS),
        )

    def of(self, month: str) -> Tally:
        """Return the tally of a month: this one, or an empty one."""
        return self if self.month == month else Tally(month=month)


def month_of(moment: datetime) -> str:
    """Return the month of a moment, in the home's time."""
    return dt_util.as_local(moment).strftime("%Y-%m")


def price(record: CallRecord | None) -> float:
    """Return what a call cost, as far as that is known, in the account's currency."""
    return (record.call.cost or 0.0) if record and record.call else 0.0


def _is_over(record: CallRecord | None) -> bool:
    return record is not None and record.ended and not record.given_up


def end_of(record: CallRecord) -> datetime:
    """Return when a call ended, as far as that is known: not after now."""
    start = record.call.start if record.call else None
    duration = record.call.duration if record.call else None
    begin, now = start or record.placed, dt_util.utcnow()
    lasted = min(duration or 0, max(0.0, (now - begin).total_seconds()))
    return min(now, begin + timedelta(seconds=lasted))
