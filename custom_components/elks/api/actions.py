"""What 46elks is to do in a call: the call actions, as it documents them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from json import JSONEncoder
from typing import Final, override

BEEP: Final = "sound/beep"
"""A sound of the provider's own."""

_REPORT_TO = "whenhangup"
_JSON = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class CallAction(ABC):
    """One step of a call."""

    __slots__ = ()

    @abstractmethod
    def as_json(self) -> dict[str, object]:
        """Return the action as 46elks reads it."""

    def as_text(self) -> str:
        """Return the action as JSON text. Raises TypeError or ValueError for what JSON cannot hold."""
        return _JSON.encode(self.as_json())


@dataclass(frozen=True, kw_only=True, slots=True)
class Play(CallAction):
    """Play a sound."""

    sound: str
    """URL of a WAV, MP3 or OGG Vorbis file, or one of the provider's own sounds."""
    next: CallAction | str | None = None
    """What follows: an action, or the URL that returns it. Without any, the call ends."""
    report_url: str | None = None
    """URL to which the end of the call is reported from now on."""

    @override
    def as_json(self) -> dict[str, object]:
        """Return the action as 46elks reads it."""
        return {"play": self.sound, **_next(self.next), **_report(self.report_url)}


THREE_BEEPS: Final = Play(sound=BEEP, next=Play(sound=BEEP, next=Play(sound=BEEP)))
"""What needs nothing of ours to be heard."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ivr(CallAction):
    """Play a sound and ask for keys."""

    sound: str
    """As in Play."""
    digits: int
    """How many keys at most; "#" ends the input early."""
    timeout: int
    """Seconds to press a key, from 1 to 30."""
    repeat: int
    """How many times the sound is played as long as no key is pressed."""
    next: CallAction | str
    """As in Play; the URL gets the keys."""
    report_url: str | None = None
    """As in Play."""

    @override
    def as_json(self) -> dict[str, object]:
        """Return the action as 46elks reads it."""
        return {
            "ivr": self.sound,
            "digits": self.digits,
            "timeout": self.timeout,
            "repeat": self.repeat,
            **_next(self.next),
            **_report(self.report_url),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Connect(CallAction):
    """Call somebody else and join the two calls."""

    number: str
    """E.164."""
    next: CallAction | str | None = None
    """As in Play; it follows when the other has hung up, or did not answer."""
    report_url: str | None = None
    """As in Play."""

    @override
    def as_json(self) -> dict[str, object]:
        """Return the action as 46elks reads it."""
        return {
            "connect": self.number,
            **_next(self.next),
            **_report(self.report_url),
        }


class HangUpSignal(StrEnum):
    """What a caller gets whose call is not picked up, in the provider's words."""

    REJECT = "reject"
    BUSY = "busy"
    NOT_FOUND = "404"


@dataclass(frozen=True, kw_only=True, slots=True)
class HangUp(CallAction):
    """End the call; as its first action, leave it unanswered."""

    signal: HangUpSignal = HangUpSignal.REJECT
    """Another one than REJECT is for the first action alone."""
    report_url: str | None = None
    """As in Play."""

    @override
    def as_json(self) -> dict[str, object]:
        """Return the action as 46elks reads it."""
        return {"hangup": str(self.signal), **_report(self.report_url)}


@dataclass(frozen=True, slots=True)
class CustomAction(CallAction):
    """An action that somebody else wrote, passed on as it is."""

    data: Mapping[str, object]

    @property
    def reports_elsewhere(self) -> bool:
        """Whether it has the end of the call reported to an address of its own."""
        return _holds_key(self.data, _REPORT_TO)

    @override
    def as_json(self) -> dict[str, object]:
        """Return the action as 46elks reads it."""
        return dict(self.data)


def _next(step: CallAction | str | None) -> dict[str, object]:
    if step is None:
        return {}
    return {"next": step if isinstance(step, str) else step.as_json()}


def _report(url: str | None) -> dict[str, object]:
    return {} if url is None else {_REPORT_TO: url}


def _holds_key(value: object, key: str) -> bool:
    """Return whether a mapping, or any inside it, has a key."""
    if isinstance(value, Mapping):
        return key in value or any(_holds_key(one, key) for one in value.values())
    return isinstance(value, list) and any(_holds_key(one, key) for one in value)
