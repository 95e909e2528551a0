"""What goes wrong with requests and callbacks, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .traffic import CallbackKind

_PLACE = "POST /calls"
REQUESTS = (
    *("GET /me", "GET /numbers", "GET /numbers/{id}", "POST /numbers/{id}"),
    *(_PLACE, "GET /calls", "GET /calls/{id}"),
)


class FaultKind(StrEnum):
    """What can go wrong with the answer to a request, or with a callback."""

    # The request is not carried out
    RESET_BEFORE = "reset_before"
    STATUS = "status"
    # The request is carried out
    DELAY = "delay"
    RESET_AFTER = "reset_after"
    STATUS_AFTER = "status_after"
    HTML = "html"
    TRUNCATED = "truncated"
    WRONG_JSON = "wrong_json"
    HUGE = "huge"
    STALL = "stall"
    # The call's last callback comes before the answer to the request that placed it
    CALLBACK_EARLY = "callback_early"
    # A callback
    CALLBACK_DROPPED = "callback_dropped"
    # It comes again once it was answered; the second answer counts
    CALLBACK_DOUBLED = "callback_doubled"
    # It comes twice at the same time
    CALLBACK_SIMULTANEOUS = "callback_simultaneous"
    # It is accepted, and comes again after the fault's delay; the first answer counts
    CALLBACK_REPEATED = "callback_repeated"
    CALLBACK_LATE = "callback_late"
    # It comes after the call's last one, too late to be of any use
    CALLBACK_OUT_OF_ORDER = "callback_out_of_order"
    CALLBACK_FIELDS = "callback_fields"


_OF_CALLBACKS = {
    FaultKind.CALLBACK_DROPPED,
    FaultKind.CALLBACK_DOUBLED,
    FaultKind.CALLBACK_SIMULTANEOUS,
    FaultKind.CALLBACK_REPEATED,
    FaultKind.CALLBACK_LATE,
    FaultKind.CALLBACK_OUT_OF_ORDER,
    FaultKind.CALLBACK_FIELDS,
}


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    `on` is one of REQUESTS or a kind of callback, `number` the number called, or the number
    of the account that a request is about; None matches any. The fault occurs `times` times, None without end, each time after `delay` simulated
    seconds. `status`, `headers` and `body` make up the answer. `fields` replace fields of the
    answer's JSON or of the callback; those that are None are removed.
    """

    kind: FaultKind
    on: str | None = None
    number: str | None = None
    times: int | None = 1
    delay: float = 0
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError for a fault that could never occur."""
        if self.on is not None and self.on not in self._occasions:
            raise ValueError(
                f"{self.kind} happens on one of {', '.join(self._occasions)}"
            )
        if self.times is not None and self.times < 1:
            raise ValueError(f"{self.kind} happens at least once")

    @property
    def _occasions(self) -> tuple[str, ...]:
        if self.kind in _OF_CALLBACKS:
            return tuple(CallbackKind)
        return (_PLACE,) if self.kind is FaultKind.CALLBACK_EARLY else REQUESTS

    def matches(self, on: str, number: str | None) -> bool:
        """Return whether the fault applies to a request or callback about a number."""
        return (
            on in self._occasions
            and self.on in (None, on)
            and self.number in (None, number)
        )


class Faults:
    """The faults that are still to occur."""

    def __init__(self) -> None:
        """Start without faults."""
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Add a fault, after those that are waiting."""
        self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Remove all faults."""
        self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """Return the faults that are still to occur, the next first."""
        return [fault for fault, _ in self._waiting]

    def take(self, on: str, number: str | None) -> Fault | None:
        """Use up and return the first fault that applies to a request or callback, if any."""
        for index, (fault, times) in enumerate(self._waiting):
            if not fault.matches(on, number):
                continue
            if times == 1:
                del self._waiting[index]
            elif times:
                self._waiting[index] = (fault, times - 1)
            return fault
        return None


def with_fields(
    values: Mapping[str, Any], replaced: Mapping[str, Any]
) -> dict[str, Any]:
    """Return values with some replaced, and without those replaced by None."""
    return {
        name: value
        for name, value in {**values, **replaced}.items()
        if name not in replaced or value is not None
    }
