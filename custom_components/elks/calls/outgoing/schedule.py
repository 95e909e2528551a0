"""When to ask how calls stand."""

from collections.abc import Callable
from datetime import timedelta
from heapq import heappop, heappush
from time import monotonic

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
    """The calls to ask about, with one timer for all of them, and none without calls.

    A timer for each would be simpler, and take half as much memory again for a call in progress.
    """

    def __init__(self, hass: HomeAssistant, due: Callable[[list[str]], None]) -> None:
        """Call `due` with the tokens of the calls whose time has come."""
        self._hass = hass
        self._due = due
        self._when: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._timer: CALLBACK_TYPE | None = None
        self._timer_at = 0.0
        self._stopped = False

    def __contains__(self, token: str) -> bool:
        """Return whether a call will be asked about."""
        return token in self._when

    @callback
    def async_set(self, token: str, delay: float) -> None:
        """Ask about a call after so many seconds, instead of what was set before."""
        if self._stopped:
            return
        self._when[token] = monotonic() + delay
        heappush(self._heap, (self._when[token], token))
        self._async_arm()

    @callback
    def async_drop(self, token: str) -> None:
        """Do not ask about a call any more."""
        if self._when.pop(token, None) is not None:
            self._async_arm()

    @callback
    def async_stop(self) -> None:
        """Ask about nothing any more."""
        self._stopped = True
        self._when.clear()
        self._async_arm()

    @callback
    def _async_arm(self) -> None:
        """Have the timer go off when the first call is due."""
        while self._heap and self._when.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        first = self._heap[0][0] if self._heap else None
        if self._timer is not None and first == self._timer_at:
            return
        if self._timer is not None:
            self._timer()
            self._timer = None
        if first is not None:
            self._timer_at = first
            self._timer = async_call_later(
                self._hass,
                max(0.0, first - monotonic()),
                HassJob(self._async_go_off, cancel_on_shutdown=True),
            )

    @callback
    def _async_go_off(self, *_: object) -> None:
        self._timer = None
        tokens: list[str] = []
        while self._heap and self._heap[0][0] <= monotonic():
            when, token = heappop(self._heap)
            if self._when.get(token) == when:
                del self._when[token]
                tokens.append(token)
        self._due(tokens)
        self._async_arm()
