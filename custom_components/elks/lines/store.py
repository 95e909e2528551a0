"""What is kept of lines over a restart: whether they answer, and what limits them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..helpers.stored_values import moment, text, whole_number
from ..helpers.unexpected import going_on

_VERSION = 1
_DELAY = 1
"""Seconds until a change is on disk."""


@dataclass(frozen=True, slots=True)
class AnsweringChange:
    """News: a line answers calls from now on, or does not."""

    line: str
    """Of the config subentry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LineState:
    """How a line stands."""

    answering: bool = True
    """Whether anybody is let in."""
    day: str = ""
    """Of the home's time, such as "2026-11-28"; empty before the first call."""
    seconds: int = 0
    """How long the calls lasted of which the end became known on that day."""
    wrong_pins: tuple[datetime, ...] = ()
    """When callers who are not contacts entered wrong PINs lately."""
    locked: datetime | None = None
    """When there were too many of them."""

    def used(self, now: datetime) -> int:
        """Return how long the calls of today lasted, in seconds."""
        return self.seconds if self.day == _day(now) else 0

    def with_call(self, now: datetime, seconds: int) -> Self:
        """Return the state after a call of so many seconds, of which the end becomes known."""
        return replace(self, day=_day(now), seconds=self.used(now) + seconds)

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON data."""
        return {
            "answering": self.answering,
            "day": self.day,
            "seconds": self.seconds,
            "wrong_pins": [one.isoformat() for one in self.wrong_pins],
            "locked": self.locked and self.locked.isoformat(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what as_dict returned. Raises AttributeError, TypeError or ValueError."""
        locked = data.get("locked")
        return cls(
            answering=bool(data.get("answering", True)),
            day=text(data.get("day", "")),
            seconds=whole_number(data.get("seconds", 0)),
            wrong_pins=tuple(map(moment, data.get("wrong_pins", ()))),
            locked=None if locked is None else moment(locked),
        )


class LineStore:
    """How the lines of one account stand, kept in Home Assistant's storage."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Keep the lines of a config entry."""
        self._store: Store[dict[str, Any]] = Store(
            hass,
            _VERSION,
            f"{DOMAIN}.{entry_id}.lines",
            private=True,
            atomic_writes=True,
        )
        self._states: dict[str, LineState] = {}

    async def async_load(self, known: Collection[str]) -> None:
        """Read what was kept of the lines there are; what cannot be read costs no more than that."""
        with going_on("reading the lines on disk"):
            for line_id, data in (await self._store.async_load() or {}).items():
                if line_id not in known:
                    continue
                with going_on("reading a line on disk"):
                    # Whatever else is damaged, what is switched off stays so
                    answering = bool(data.get("answering", True))
                    self._states[line_id] = LineState(answering=answering)
                    self._states[line_id] = LineState.from_dict(data)

    def state(self, line_id: str) -> LineState:
        """Return how a line stands."""
        return self._states.get(line_id, LineState())

    @callback
    def async_set(self, line_id: str, state: LineState) -> None:
        """Keep how a line stands now."""
        self._states[line_id] = state
        self._store.async_delay_save(self._data, _DELAY)

    async def async_save(self) -> None:
        """Write; when this returns, it is written."""
        if self._states:
            await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Forget the lines of a config entry that is removed."""
        await self._store.async_remove()

    def _data(self) -> dict[str, Any]:
        return {line_id: one.as_dict() for line_id, one in self._states.items()}


def _day(now: datetime) -> str:
    return dt_util.as_local(now).strftime("%Y-%m-%d")
