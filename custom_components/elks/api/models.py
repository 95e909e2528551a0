"""What 46elks sends and takes, as data. Tolerant in what is read."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from enum import StrEnum
import json
import re
from typing import Final, Self

from .actions import CallAction

OUTGOING: Final = "outgoing"
"""The direction of a call that the account placed."""
INCOMING: Final = "incoming"
"""The direction of a call to one of the account's numbers."""

_UNITS_PER_CURRENCY = 10_000
_MOST_DIGITS = 15
"""Of a whole number, so that it can be written as JSON and divided."""
_MOST_ACTIONS = 1000
_FIRST_YEAR = 2000
_KEYS = re.compile(r"[0-9*#]{1,64}")
_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_CLEARED = "none"
"""What a field of a number is set to so that it holds nothing."""


class CallState(StrEnum):
    """How a call stands, in the provider's words."""

    ONGOING = "ongoing"
    SUCCESS = "success"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The account that pays for the calls. A trial account can lack some fields."""

    id: str
    displayname: str | None
    mobilenumber: str | None
    """E.164."""
    currency: str | None
    balance: float | None
    """In the account's currency."""
    credit_alert: float | None
    """Balance below which the account's owner wants a warning, in its currency."""

    @classmethod
    def from_api(cls, data: Mapping[str, object]) -> Self:
        """Read the answer of `GET /me`. Raises ValueError without an id."""
        return cls(
            id=_required_text(data, "id"),
            displayname=read_text(data, "displayname"),
            mobilenumber=read_text(data, "mobilenumber"),
            currency=read_text(data, "currency"),
            balance=_money(data, "balance"),
            credit_alert=_money(data, "creditalert"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A phone number of the account."""

    number: str
    """E.164."""
    active: bool
    voice: bool
    """Whether it can place and take calls."""
    id: str | None = None
    """By which it is set; None when it is not given."""
    name: str | None = None
    voice_start: str | None = None
    """What answers its calls: a URL, or an action as JSON text; empty for nothing.

    None where it is not said: in the list of all numbers.
    """

    @classmethod
    def from_api(cls, data: Mapping[str, object]) -> Self:
        """Read a number, or an item of a list. Raises ValueError without a number."""
        capabilities = data.get("capabilities")
        number_id = read_text(data, "id")
        return cls(
            number=_required_text(data, "number"),
            # "yes"/"no", in older answers true/false
            active=data.get("active") in ("yes", True),
            voice=isinstance(capabilities, list) and "voice" in capabilities,
            id=number_id if number_id and is_id(number_id) else None,
            name=read_text(data, "name"),
            voice_start=_voice_start(data),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRequest:
    """What `POST /calls` takes."""

    from_number: str
    """E.164, a number that the account may call from."""
    to_number: str
    """E.164."""
    voice_start: CallAction | str
    """The first action, or the URL that returns it."""
    report_url: str | None
    """URL to which the end of the call is reported."""
    timeout: int
    """Seconds to ring."""

    def as_form(self) -> dict[str, str]:
        """Return the form fields of the request.

        Raises TypeError or ValueError for a first action that JSON cannot hold.
        """
        first = self.voice_start
        form = {
            "from": self.from_number,
            "to": self.to_number,
            "voice_start": first if isinstance(first, str) else first.as_text(),
            "timeout": str(self.timeout),
        }
        if self.report_url is not None:
            form["whenhangup"] = self.report_url
        return form


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenAction:
    """An action that the provider has carried out in a call."""

    verb: str
    """Such as "play" or "ivr"."""
    target: str
    """What was played or connected to."""
    result: str | None
    """The keys that were pressed, or how it went, such as "success" or "failed"."""

    @classmethod
    def from_api(cls, data: Mapping[str, object]) -> Self:
        """Read an item of a call's `actions`. Raises ValueError for what is no action.

        Of its fields, `result` and `why` say how it went, and another one what was done.
        """
        for verb in data:
            if verb not in ("result", "why") and (target := read_text(data, verb)):
                return cls(verb=verb, target=target, result=read_text(data, "result"))
        raise ValueError("not an action")


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call as the provider reports it. What is not known (yet) is None."""

    id: str
    state: CallState = CallState.ONGOING
    direction: str | None = None
    from_number: str | None = None
    """E.164."""
    to_number: str | None = None
    """E.164."""
    created: datetime | None = None
    start: datetime | None = None
    """When it was picked up; None if it never was."""
    duration: int | None = None
    """Seconds."""
    cost: float | None = None
    """In the account's currency."""
    timeout: int | None = None
    """Seconds that the phone was to ring."""
    actions: tuple[TakenAction, ...] | None = None
    """What has been done in the call, the first action first."""

    @property
    def pressed(self) -> tuple[int, str] | None:
        """The keys that were pressed last, and the how many-th question they answered."""
        answers = [one.result for one in self.actions or () if one.verb == "ivr"]
        for question, answer in reversed(list(enumerate(answers, 1))):
            if keys := read_keys(answer):
                return question, keys
        return None

    @property
    def sounds(self) -> set[str]:
        """The URLs of what has been played, without the provider's own sounds."""
        played = (one for one in self.actions or () if one.verb in ("play", "ivr"))
        return {one.target for one in played if "://" in one.target}

    @classmethod
    def from_api(cls, data: Mapping[str, object]) -> Self:
        """Read a call object or the form of a hangup callback.

        A state that is missing or not known is not the end. Raises ValueError without an id.
        """
        return cls(
            id=read_text(data, "id") or _required_text(data, "callid"),
            state=_state(data),
            direction=read_text(data, "direction"),
            from_number=read_number(data, "from"),
            to_number=read_number(data, "to"),
            created=read_time(data, "created"),
            start=read_time(data, "start"),
            duration=_integer(data, "duration"),
            cost=_money(data, "cost"),
            timeout=_integer(data, "timeout"),
            actions=_actions(data),
        )


def read_text(data: Mapping[str, object], key: str) -> str | None:
    """Read a text; half a character, which JSON can hold, could not be written anywhere."""
    value = data.get(key)
    if not isinstance(value, str) or not value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def read_number(data: Mapping[str, object], key: str) -> str | None:
    """Read a phone number in E.164, whose plus may have become a space.

    None for a withheld one, of which 46elks does not document how it is written.
    """
    text = read_text(data, key) or ""
    number = f"+{text[1:]}" if text.startswith(" ") else text
    return number if _E164.fullmatch(number) else None


def is_id(text: str) -> bool:
    """Return whether a text can be an id, so that it stays one part of a path."""
    return _ID.fullmatch(text) is not None


def as_voice_start(voice_start: str) -> str:
    """Return what sets a number's `voice_start`; an empty one is cleared."""
    return voice_start or _CLEARED


def read_keys(result: str | None) -> str | None:
    """Return the keys in the result of an action; None when none were pressed."""
    return result if result and _KEYS.fullmatch(result) else None


def _voice_start(data: Mapping[str, object]) -> str | None:
    """Read what answers calls: text, or an action; how nothing is written is not documented."""
    if "voice_start" not in data:
        return None
    value = data["voice_start"]
    text = (
        json.dumps(value) if isinstance(value, dict) else read_text(data, "voice_start")
    )
    return "" if text is None or text.strip() in ("", _CLEARED) else text


def _state(data: Mapping[str, object]) -> CallState:
    """Read a state, which some reports of an end give as their result."""
    word = read_text(data, "state") or read_text(data, "result")
    try:
        return CallState(word or CallState.ONGOING)
    except ValueError:
        return CallState.ONGOING


def _actions(data: Mapping[str, object]) -> tuple[TakenAction, ...] | None:
    """Read the actions of a call: a list, in callbacks as JSON text."""
    items = data.get("actions")
    if isinstance(items, str):
        try:
            items = json.loads(items)
        except ValueError, RecursionError:
            return None
    if not isinstance(items, list):
        return None
    actions: list[TakenAction] = []
    for item in items[:_MOST_ACTIONS]:
        with suppress(ValueError):
            actions.append(TakenAction.from_api(item if isinstance(item, dict) else {}))
    return tuple(actions)


def _required_text(data: Mapping[str, object], key: str) -> str:
    if (value := read_text(data, key)) is None:
        raise ValueError(f"{key} is missing")
    return value


def _integer(data: Mapping[str, object], key: str) -> int | None:
    """Read a whole number, which old answers give as text such as "1500,"."""
    value = data.get(key)
    if isinstance(value, str):
        value = value.strip(" ,")
        if not value.isascii() or not value.isdigit() or len(value) > _MOST_DIGITS:
            return None
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if abs(value) < 10**_MOST_DIGITS else None


def _money(data: Mapping[str, object], key: str) -> float | None:
    units = _integer(data, key)
    return None if units is None else units / _UNITS_PER_CURRENCY


def read_time(data: Mapping[str, object], key: str) -> datetime | None:
    """Read a time, which 46elks gives in UTC without saying so.

    One before telephony over HTTP stands for none, and could not be told in every time zone.
    """
    try:
        time = datetime.fromisoformat(_required_text(data, key))
        if not _FIRST_YEAR <= time.year < MAXYEAR:
            return None
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except ValueError, OverflowError:
        return None
