"""Where the sources on 46elks differ, or are silent: which of the possible answers this one gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
import random
from typing import Any, Self

from .models import CallState

_SEED = "seed"
_NO_NUMBER = "Invalid from number"


class Times(StrEnum):
    """The ways in which times are written, all in UTC."""

    MICROSECONDS = "microseconds"
    # In six digits, cut and not rounded
    MILLISECONDS = "milliseconds"
    SECONDS = "seconds"
    ZULU = "zulu"
    # Instead of the T
    BLANK = "blank"
    UNREADABLE = "unreadable"

    def write(self, moment: datetime) -> str:
        """Write a time."""
        text = moment.strftime("%Y-%m-%dT%H:%M:%S")
        match self:
            case Times.MICROSECONDS:
                return f"{text}.{moment.microsecond:06}"
            case Times.MILLISECONDS:
                return f"{text}.{moment.microsecond // 1000:03}000"
            case Times.SECONDS:
                return text
            case Times.ZULU:
                return f"{text}Z"
            case Times.BLANK:
                return f"{text.replace('T', ' ')}.{moment.microsecond:06}"
            case Times.UNREADABLE:
                return f"{text}:00.11"


class FailedCall(StrEnum):
    """What is told of a call that was never picked up, besides how it ended."""

    NOTHING = "nothing"
    ZERO = "zero"
    EVERYTHING = "everything"


class HangupFields(StrEnum):
    """Which fields the callback for the end of a call has."""

    KNOWN = "known"
    # Those that are always there
    SURE = "sure"
    BARE = "bare"


_OTHERS: Mapping[str, tuple[Any, ...]] = {
    "answer_times": (Times.MILLISECONDS, Times.SECONDS, Times.UNREADABLE),
    "history_times": (Times.MICROSECONDS, Times.SECONDS, Times.ZULU),
    "callback_times": (
        *(Times.MILLISECONDS, Times.SECONDS, Times.ZULU),
        *(Times.BLANK, Times.UNREADABLE),
    ),
    "failed_call": (FailedCall.ZERO, FailedCall.EVERYTHING),
    "hangup_fields": (HangupFields.SURE, HangupFields.BARE),
    "hangup_id": ("callid",),
    "question_id": ("id",),
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
}
"""What a field can be instead of what it usually is; true and false need not be told."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How the provider speaks; the defaults are what most of its examples show.

    Every field is one of a few choices, see `choices`.
    """

    answer_times: Times = Times.MICROSECONDS
    """Of the answer to the request for a call."""
    history_times: Times = Times.MILLISECONDS
    """Of a call that is asked for, and of the history."""
    callback_times: Times = Times.MICROSECONDS
    start_before_created: bool = False
    """Whether a call is said to be picked up 22 ms before it was placed, as incoming ones are."""
    failed_call: FailedCall = FailedCall.NOTHING
    tells_actions: bool = True
    """Whether what happened in a call is told."""
    tells_timeout: bool = True
    tells_owner: bool = True
    plain_actions: bool = False
    """Whether what needs no result is a text among the actions, and no object."""
    numbers_as_text: bool = False
    """Whether the numbers of answers are texts too, as they are in callbacks."""
    old_numbers: bool = False
    """Whether the account's numbers lack their category, and are active or not as true or false."""
    hangup_fields: HangupFields = HangupFields.KNOWN
    hangup_id: str = "id"
    """What the call's id is called when its end is told."""
    question_id: str = "callid"
    """What the call's id is called when its next action is asked for."""
    bare_questions: bool = False
    """Whether only the call and the result are told when its next action is asked for."""
    picked_up: str | None = "newoutgoing"
    """The result of a call that was just picked up."""
    played: str = "ok"
    """The result of a sound that was played."""
    tells_skipping_key: bool = False
    """Whether the key that skips a sound is its result."""
    tells_why: bool = True
    """Whether it is told why nothing was pressed."""
    hung_up: str = "failed"
    """The result of a question during which the person hung up."""
    asks_again: bool = False
    """Whether an action that was not answered is asked for again; else the call ends."""
    charset: bool = False
    """Whether a callback's type names its character set, and blanks are not pluses."""
    refused_status: int = 403
    """Of a request that lacks a parameter, or has a wrong one."""
    unknown_status: int = 404
    """Of a call that there is not."""
    json_errors: bool = False
    """Whether a reason is JSON, and no plain text."""
    foreign_number: str = _NO_NUMBER
    """The reason for which a number is refused that the account may not call from."""
    no_credits: str = "Not enough credits"
    listed_after: float = 0.0
    """Simulated seconds until a new call is found when it is asked for."""
    fails_at_once: bool = True
    """Whether the first answer tells that a phone cannot be reached."""
    declined: CallState = CallState.BUSY
    """How a call ends that was declined, or the phone busy."""
    not_answered: CallState = CallState.FAILED
    """How a call ends that nobody answered in time."""

    @classmethod
    def choices(cls) -> dict[str, tuple[Any, ...]]:
        """Return what each field can be, the usual first."""
        return {
            one.name: (one.default, *_OTHERS.get(one.name, (not one.default,)))
            for one in fields(cls)
        }

    @classmethod
    def chosen(cls, seed: int | str) -> Self:
        """Return a dialect chosen by chance; the same for the same seed."""
        chance = random.Random(str(seed))
        return cls(**{name: chance.choice(of) for name, of in cls.choices().items()})

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Self:
        """Read a dialect: its fields, or its `seed` and fields that differ from what is chosen.

        Raises ValueError for what cannot be chosen.
        """
        own = dict(options)
        seed = own.pop(_SEED, None)
        dialect = cls() if seed is None else cls.chosen(seed)
        return replace(dialect, **{name: cls._read(name, own[name]) for name in own})

    def others(self, *names: str) -> Iterator[tuple[str, Self]]:
        """Yield the dialects that differ from this one in one of the fields, and how they do."""
        for name in names or self.choices():
            for value in self.choices()[name]:
                if value != getattr(self, name):
                    yield f"{name}={value}", replace(self, **{name: value})

    def start(self, created: datetime, start: datetime) -> datetime:
        """Return when a call is said to have been picked up."""
        early = created - timedelta(milliseconds=22)
        return early if self.start_before_created else start

    @classmethod
    def _read(cls, name: str, value: object) -> Any:
        for choice in cls.choices().get(name, ()):
            if choice == value and isinstance(value, bool) is isinstance(choice, bool):
                return choice
        raise ValueError(f"There is no {name} of {value!r}")
