"""The choices the provider could make where its documentation is silent or contradicts itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
import random
from typing import Any, Self

from ..call import CallState, Direction
from ..times import Times

_SEED = "seed"
_NO_NUMBER = "Invalid from number"


class FailedCall(StrEnum):
    """Which details a call has that was never answered, besides how it ended."""

    NOTHING = "nothing"
    ZERO = "zero"
    EVERYTHING = "everything"


class HangupFields(StrEnum):
    """Which fields the callback at the end of a call has."""

    KNOWN = "known"
    # Those that every call has from the start
    BASIC = "basic"
    BARE = "bare"


_OTHERS: Mapping[str, tuple[Any, ...]] = {
    "answer_times": (Times.MILLISECONDS, Times.SECONDS, Times.UNREADABLE),
    "history_times": (Times.MICROSECONDS, Times.SECONDS, Times.ZULU),
    "callback_times": (
        *(Times.MILLISECONDS, Times.SECONDS, Times.ZULU),
        *(Times.BLANK, Times.UNREADABLE),
    ),
    "failed_call": (FailedCall.ZERO, FailedCall.EVERYTHING),
    "hangup_fields": (HangupFields.BASIC, HangupFields.BARE),
    "hangup_id": ("callid",),
    "next_id": ("id",),
    "picked_up": (None, "answered"),
    "played": ("success",),
    "hung_up": ("hangup",),
    "refused_status": (400, 404),
    "unknown_status": (403, 400),
    "foreign_number": ("Forbidden",),
    "no_credits": ("creditslow",),
    "listed_after": (1.0,),
    "declined": (CallState.FAILED,),
    "not_answered": (CallState.BUSY,),
    "cleared": ("", "none"),
    "incoming_id": ("id",),
    "incoming_result": ("newincoming",),
    "withheld": (None, "anonymous", "hidden", "+anonymous"),
    "rings_for": (3.0,),
    "rejected": (CallState.FAILED,),
}
"""The values a field can have besides its default; those of a bool are obvious."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How the provider expresses itself; the defaults are what most of its examples show.

    Every field has a few possible values, see `choices`.
    """

    answer_times: Times = Times.MICROSECONDS
    """In the answer to a request for a call."""
    history_times: Times = Times.MILLISECONDS
    """In the history, and in a single call that is looked up."""
    callback_times: Times = Times.MICROSECONDS
    start_before_created: bool = False
    """Whether a call that the account placed starts 22 ms before it was created."""
    failed_call: FailedCall = FailedCall.NOTHING
    includes_actions: bool = True
    """Whether a call includes the actions that were carried out."""
    includes_timeout: bool = True
    includes_owner: bool = True
    plain_actions: bool = False
    """Whether an action without a result is a string rather than an object."""
    numbers_as_text: bool = False
    """Whether the numbers in answers are strings too, as they are in callbacks."""
    old_numbers: bool = False
    """Whether the account's numbers have no category, and are active as true or false."""
    hangup_fields: HangupFields = HangupFields.KNOWN
    hangup_id: str = "id"
    """The name of the call's id in the callback at its end."""
    next_id: str = "callid"
    """The name of the call's id in a callback that requests the next action."""
    bare_next: bool = False
    """Whether a callback that requests the next action has just the call's id and the result."""
    picked_up: str | None = "newoutgoing"
    """The result with which the first action is requested."""
    played: str = "ok"
    """The result of a sound that was played."""
    reports_skipping_key: bool = False
    """Whether the result of a sound is the key that skipped it."""
    reports_why: bool = True
    """Whether the reason is given when no key was pressed."""
    hung_up: str = "failed"
    """The result of an `ivr` action during which the person hung up."""
    retries_next: bool = False
    """Whether an action that did not come is requested again; otherwise the call ends."""
    charset: bool = False
    """Whether a callback's content type names the charset, and spaces are not sent as pluses."""
    refused_status: int = 403
    """The status for a request with a missing or invalid parameter."""
    unknown_status: int = 404
    """The status for a call that does not exist."""
    json_errors: bool = False
    """Whether the reason for a refusal is JSON rather than plain text."""
    foreign_number: str = _NO_NUMBER
    """The reason for refusing a number that the account may not call from."""
    no_credits: str = "Not enough credits"
    listed_after: float = 0.0
    """Simulated seconds until a new call can be looked up."""
    fails_at_once: bool = True
    """Whether the first answer already says that a phone cannot be reached."""
    declined: CallState = CallState.BUSY
    """How a call ends that was declined, or that found the phone busy."""
    not_answered: CallState = CallState.FAILED
    """How a call ends that nobody answered in time."""
    lists_voice_start: bool = False
    """Whether the list of numbers says what answers their calls, as a single number does."""
    cleared: str | None = None
    """How a field of a number is written that is not set; None leaves it out."""
    incoming_id: str = "callid"
    """The name of the call's id in the callback that reports a call to the account."""
    incoming_result: str | None = None
    """The result with which it is reported."""
    incoming_created: bool = True
    """Whether it says when the call was created."""
    withheld: str | None = ""
    """How the number of a caller is written who withholds it; None leaves it out."""
    incoming_retried: bool = True
    """Whether it is sent again, for hours, when it was not accepted."""
    rings_for: float = 30.0
    """Simulated seconds that a caller hears ringing while the first action does not come.

    While the customer answers, they pass at normal speed.
    """
    incoming_starts_early: bool = True
    """Whether a call to the account starts 22 ms before it was created."""
    rejected: CallState = CallState.BUSY
    """How a call to the account ends that is rejected or signalled as busy."""
    rejected_costs: bool = False
    """Whether that costs as much as a second."""

    @classmethod
    def choices(cls) -> dict[str, tuple[Any, ...]]:
        """Return the possible values of each field, the default first."""
        return {
            one.name: (one.default, *_OTHERS.get(one.name, (not one.default,)))
            for one in fields(cls)
        }

    @classmethod
    def chosen(cls, seed: int | str) -> Self:
        """Return a random dialect, always the same for the same seed."""
        chance = random.Random(str(seed))
        return cls(**{name: chance.choice(of) for name, of in cls.choices().items()})

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Self:
        """Read a dialect from its fields; with a `seed`, the other fields are random.

        Raises ValueError for a field or value that does not exist.
        """
        own = dict(options)
        seed = own.pop(_SEED, None)
        dialect = cls() if seed is None else cls.chosen(seed)
        return replace(dialect, **{name: cls._read(name, own[name]) for name in own})

    def others(self, *names: str) -> Iterator[tuple[str, Self]]:
        """Yield each dialect that differs from this one in one of the fields, with a label."""
        for name in names or self.choices():
            for value in self.choices()[name]:
                if value != getattr(self, name):
                    yield f"{name}={value}", replace(self, **{name: value})

    def start(
        self, direction: Direction, created: datetime, start: datetime
    ) -> datetime:
        """Return when a call started, according to this dialect."""
        incoming = direction is Direction.INCOMING
        early = self.incoming_starts_early if incoming else self.start_before_created
        return created - timedelta(milliseconds=22) if early else start

    @classmethod
    def _read(cls, name: str, value: object) -> Any:
        for choice in cls.choices().get(name, ()):
            if choice == value and isinstance(value, bool) is isinstance(choice, bool):
                return choice
        raise ValueError(f"There is no {name} of {value!r}")
