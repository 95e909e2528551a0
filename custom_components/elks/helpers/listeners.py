"""Who is notified of an account's news, and in which order."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .unexpected import log_unexpected


class Stage(IntEnum):
    """When somebody is notified. Each stage finds complete what the ones before it do."""

    DECISIONS = 1
    """What is decided, such as who is called next; and what nobody waits for."""
    ENTITIES = 2
    """What shows it."""
    FIGURES = 3
    """What is counted and tidied up, and shows the sum of it: money, repairs, recordings."""
    EVENTS = 4
    """What others act on: event entities."""
    BUS = 5
    """Events on the bus, whose listeners may look at the event entities."""
    WAITING = 6
    """Actions that wait for it."""


_AT_ONCE = (Stage.DECISIONS, Stage.ENTITIES)
"""The other stages follow in the next turn of the event loop: whoever brings news, such as a
callback that is to be answered, need not wait for them."""


@dataclass(eq=False, slots=True)
class _Listener:
    stage: Stage
    # A listener takes the kind of news that it is registered for
    notify: Callable[[Any], None]
    listening: bool = True


class Listeners:
    """The listeners of one account: to calls, chains, and whatever else there is news of.

    No event comes before all entities show what has led to it. A listener that fails is logged,
    and keeps no other from being notified.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin without listeners."""
        self._hass = hass
        self._listeners: dict[type, list[_Listener]] = {}
        self._queue: list[tuple[Stage, int, _Listener, object]] = []
        self._numbers = count()
        self._stage: Stage | None = None
        """The one in which somebody is notified just now."""

    @callback
    def async_listen[T](
        self, news: type[T], stage: Stage, notify: Callable[[T], None]
    ) -> CALLBACK_TYPE:
        """Notify somebody of a kind of news; return what ends that.

        Within a stage, listeners are notified in the order in which they were registered.
        """
        listener = _Listener(stage, notify)
        listeners = self._listeners.setdefault(news, [])
        listeners.append(listener)

        @callback
        def stop() -> None:
            listener.listening = False
            if listener in listeners:
                listeners.remove(listener)

        return stop

    @callback
    def async_notify(self, news: object) -> None:
        """Notify everybody who listens to this kind of news.

        When this returns, the stages up to the entities are over, also for whoever calls it from
        within an event; not from within a decision, which the entities are to wait for.
        """
        for listener in self._listeners.get(type(news), ()):
            number = next(self._numbers)
            heappush(self._queue, (listener.stage, number, listener, news))
        if self._stage is not Stage.DECISIONS:
            self._notify(_AT_ONCE)
        if self._queue and self._stage is None:
            self._hass.loop.call_soon(self._notify, tuple(Stage))

    def _notify(self, stages: Collection[Stage]) -> None:
        """Notify those of some stages who are in the queue."""
        outer = self._stage
        try:
            while self._queue and self._queue[0][0] in stages:
                self._stage, _, listener, news = heappop(self._queue)
                if listener.listening:
                    _notify_one(listener, news)
        finally:
            self._stage = outer


def _notify_one(listener: _Listener, news: object) -> None:
    try:
        listener.notify(news)
    except Exception as err:  # noqa: BLE001
        log_unexpected(f"notifying of a {type(news).__name__}", err)
