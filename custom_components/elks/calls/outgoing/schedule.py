"""When to ask how calls stand."""

from collections.abc import Callable
from datetime import timedelta

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..record import CallRecord

_GRACE = 15
"""Seconds after the ringing in which a callback may be on its way."""
_RARELY_AFTER = timedelta(minutes=5)
_OFTEN_FOR = timedelta(minutes=1)


def first_look(record: CallRecord) -> float:
    """Return after how many seconds to ask about a call that was just placed."""
    return record.timeout + _GRACE if record.reported else 3


def next_look(record: CallRecord, age: timedelta) -> float:
    """Return after how many seconds to ask again about a call of some age."""
    if record.reported:
        return 30 if age < _RARELY_AFTER else 120
    return 3 if age < _OFTEN_FOR else 10


class Schedule:
    """The calls to ask about, each at its time."""

    def __init__(self, hass: HomeAssistant, due: Callable[[str], None]) -> None:
        """Call `due` with the token of each call whose time has come."""
        self._hass = hass
        self._due = due
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._stopped = False

    def __contains__(self, token: str) -> bool:
        """Return whether a call will be asked about."""
        return token in self._timers

    @callback
    def async_set(self, token: str, delay: float) -> None:
        """Ask about a call after so many seconds, instead of what was set before."""
        self.async_drop(token)
        if self._stopped:
            return

        @callback
        def go_off(*_: object) -> None:
            del self._timers[token]
            self._due(token)

        self._timers[token] = async_call_later(
            self._hass, delay, HassJob(go_off, cancel_on_shutdown=True)
        )

    @callback
    def async_drop(self, token: str) -> None:
        """Do not ask about a call any more."""
        if cancel := self._timers.pop(token, None):
            cancel()

    @callback
    def async_stop(self) -> None:
        """Ask about nothing any more."""
        self._stopped = True
        for token in list(self._timers):
            self.async_drop(token)
