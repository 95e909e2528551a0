"""The order in which listeners are notified, and that none keeps another from it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from custom_components.elks.helpers.listeners import Listeners, Stage
from homeassistant.core import HomeAssistant


@dataclass(frozen=True)
class News:
    """Something that happened."""

    name: str


@dataclass(frozen=True)
class OtherNews:
    """Something else that happened."""

    name: str


@pytest.fixture
def listeners(hass: HomeAssistant) -> Listeners:
    """Return listeners without any."""
    return Listeners(hass)


def note(listeners: Listeners, heard: list[str], *stages: Stage) -> None:
    """Write down what is heard in which stage."""

    def note_in(stage: Stage) -> Callable[[News], None]:
        return lambda news: heard.append(f"{news.name} {stage.name}")

    for stage in stages:
        listeners.async_listen(News, stage, note_in(stage))


async def test_order(listeners: Listeners) -> None:
    """Stages follow each other, whoever was registered first; within one that decides."""
    heard: list[str] = []
    note(listeners, heard, *reversed(Stage))
    listeners.async_listen(News, Stage.DECISIONS, lambda _: heard.append("later"))

    listeners.async_notify(News("one"))

    assert heard == ["one DECISIONS", "later", "one ENTITIES"]
    await asyncio.sleep(0)
    assert heard[3:] == ["one FIGURES", "one EVENTS", "one BUS", "one WAITING"]


async def test_shown_later(listeners: Listeners) -> None:
    """What need not be shown at once is decided at once, and shown before what follows."""
    heard: list[str] = []
    note(listeners, heard, *Stage)

    listeners.async_notify(News("one"), shown_at_once=False)

    assert heard == ["one DECISIONS"]
    listeners.async_notify(News("two"))
    assert heard[1:] == ["two DECISIONS", "one ENTITIES", "two ENTITIES"]
    await asyncio.sleep(0)
    assert heard[4:6] == ["one FIGURES", "two FIGURES"]


async def test_kinds(listeners: Listeners) -> None:
    """Everybody hears only the kind of news that they listen to."""
    heard: list[str] = []
    note(listeners, heard, Stage.DECISIONS)

    listeners.async_notify(OtherNews("other"))
    await asyncio.sleep(0)

    assert heard == []


async def test_news_that_a_listener_causes(listeners: Listeners) -> None:
    """No event of any news comes before all entities show all of it."""
    heard: list[str] = []
    listeners.async_listen(
        OtherNews, Stage.DECISIONS, lambda _: listeners.async_notify(News("caused"))
    )
    listeners.async_listen(
        OtherNews, Stage.EVENTS, lambda news: heard.append(f"{news.name} EVENTS")
    )
    note(listeners, heard, Stage.ENTITIES, Stage.EVENTS)

    listeners.async_notify(OtherNews("first"))
    await asyncio.sleep(0)

    assert heard == ["caused ENTITIES", "first EVENTS", "caused EVENTS"]


async def test_news_from_within_an_event(listeners: Listeners) -> None:
    """Whoever causes news in an event finds the entities as they are by then."""
    heard: list[str] = []

    def cause(_: OtherNews) -> None:
        listeners.async_notify(News("caused"))
        heard.append("goes on")

    listeners.async_listen(OtherNews, Stage.EVENTS, cause)
    note(listeners, heard, Stage.DECISIONS, Stage.ENTITIES, Stage.EVENTS)

    listeners.async_notify(OtherNews("first"))
    await asyncio.sleep(0)

    assert heard == [
        *("caused DECISIONS", "caused ENTITIES", "goes on", "caused EVENTS")
    ]


async def test_stops_listening(listeners: Listeners) -> None:
    """Who stops hears nothing more, not even what is on its way."""
    heard: list[str] = []
    stop = listeners.async_listen(
        News, Stage.EVENTS, lambda news: heard.append(news.name)
    )
    listeners.async_listen(News, Stage.DECISIONS, lambda _: stop())

    listeners.async_notify(News("one"))
    stop()
    await asyncio.sleep(0)

    assert heard == []


async def test_one_fails(
    listeners: Listeners, caplog: pytest.LogCaptureFixture
) -> None:
    """Who fails is logged, without the error's text, and keeps nobody from being notified."""
    heard: list[str] = []

    def fail(news: News) -> None:
        raise RuntimeError(news.name)

    listeners.async_listen(News, Stage.DECISIONS, fail)
    note(listeners, heard, Stage.DECISIONS, Stage.WAITING)

    listeners.async_notify(News("one"))
    await asyncio.sleep(0)
    listeners.async_notify(News("secret"))
    await asyncio.sleep(0)

    assert heard == [
        *("one DECISIONS", "one WAITING", "secret DECISIONS", "secret WAITING")
    ]
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
