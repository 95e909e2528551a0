"""Who is notified of an account's news, and in which order."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from typing import Any

from homeassistant.core import CALLBACK_TYPE, callback

from .unexpected import going_on


class Stage(IntEnum):
    """When somebody is notified. Each stage finds complete what the ones before it do."""

    FIGURES = 1
    """What is counted, decided and tidied up."""
    ENTITIES = 2
    """What shows it."""
    EVENTS = 3
    """What others act on: event entities and events on the bus."""
    WAITING = 4
    """Actions that wait for it."""


@dataclass(eq=False, slots=True)
class _Listener:
    stage: Stage
    # A listener takes the kind of news that it is registered for
    notify: Callable[[Any], None]
    listening: bool = True


class Listeners:
    """The listeners of one account: to calls, chains, and whatever else there is news of.

    News that a listener causes waits for its own turn: no event comes before all entities show
    what has led to it. A listener that fails is logged, and keeps no other from being notified.
    """

    def __init__(self) -> None:
        """Begin without listeners."""
        self._listeners: dict[type, list[_Listener]] = {}
        self._queue: list[tuple[Stage, int, _Listener, object]] = []
        self._numbers = count()
        self._notifying = False

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

        When this is called by a listener, it returns before that is done.
        """
        for listener in self._listeners.get(type(news), ()):
            number = next(self._numbers)
            heappush(self._queue, (listener.stage, number, listener, news))
        if self._notifying:
            return
        self._notifying = True
        try:
            self._empty_queue()
        finally:
            self._notifying = False

    def _empty_queue(self) -> None:
        while self._queue:
            _, _, listener, news = heappop(self._queue)
            if listener.listening:
                with going_on(f"notifying of a {type(news).__name__}"):
                    listener.notify(news)
