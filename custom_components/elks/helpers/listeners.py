"""Who is notified of an account's news, and in which order."""

from collections.abc import Callable, Collection, Iterator
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

type _Due = tuple[Stage, int, Iterator[_Listener], object]
"""Those who are still to be notified in a stage; the number keeps the order of the news."""


@dataclass(eq=False, slots=True)
class _Listener:
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
        self._listeners: dict[type, dict[Stage, list[_Listener]]] = {}
        self._queue: list[_Due] = []
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
        listener = _Listener(notify)
        listeners = self._listeners.setdefault(news, {}).setdefault(stage, [])
        listeners.append(listener)

        @callback
        def stop() -> None:
            listener.listening = False
            if listener in listeners:
                listeners.remove(listener)

        return stop

    @callback
    def async_notify(self, news: object, *, shown_at_once: bool = True) -> None:
        """Notify everybody who listens to this kind of news.

        When this returns, the stages up to the entities are over, also for whoever calls it from
        within an event; not from within a decision, which the entities are to wait for. What need
        not be shown at once is shown in the next turn of the event loop.
        """
        for stage, listeners in self._listeners.get(type(news), {}).items():
            due = iter(tuple(listeners))
            heappush(self._queue, (stage, next(self._numbers), due, news))
        if self._stage is not Stage.DECISIONS:
            self._notify(_AT_ONCE if shown_at_once else (Stage.DECISIONS,))
        if self._queue and self._stage is None:
            self._hass.loop.call_soon(self._notify, tuple(Stage))

    def _notify(self, stages: Collection[Stage]) -> None:
        """Notify those of some stages who are in the queue."""
        outer = self._stage
        try:
            while self._queue and self._queue[0][0] in stages:
                self._stage, _, due, news = self._queue[0]
                # Who is notified may bring news, which come in between
                if (listener := next(due, None)) is None:
                    heappop(self._queue)
                elif listener.listening:
                    _notify_one(listener, news)
        finally:
            self._stage = outer


def _notify_one(listener: _Listener, news: object) -> None:
    try:
        listener.notify(news)
    except Exception as err:  # noqa: BLE001
        log_unexpected(f"notifying of a {type(news).__name__}", err)
