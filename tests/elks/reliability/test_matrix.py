"""Every row of the matrix: what goes wrong, and what comes of it nevertheless."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import logging
from typing import Any

import pytest

from homeassistant.core import State
from simulator import CallState
from tests.elks.conftest import CALLBACK_KEY, LINE_KEY, PHONE, WEBHOOK_ID

from . import (
    answer_side,
    callback_side,
    dialect_side,
    line_side,
    request_side,
    restart_side,
    speech_side,
)
from .result import PROPERTY, Group, Result
from .row import LineRow, Row
from .scene import Scene

_TABLES = {
    Group.REQUEST: request_side.ROWS,
    Group.ANSWER: answer_side.ROWS,
    Group.CALLBACK: callback_side.ROWS,
    Group.RESTART: restart_side.ROWS,
}
_SPOKEN = {
    Group.SPEECH: speech_side.ROWS,
    Group.DIALECT: dialect_side.ROWS,
}


def _params(group: Group, rows: Iterable[Row]) -> list[Any]:
    return [
        pytest.param(group, row, id=f"{group.name.lower()}-{row.name}") for row in rows
    ]


def _all(tables: Mapping[Group, Iterable[Row]]) -> list[Any]:
    return [param for group, rows in tables.items() for param in _params(group, rows)]


_LONGEST_ACTION = 45
"""Seconds, of one that does not wait for the end: the request and what is tried about it."""
_AFTERWARDS = 1800
"""Seconds in which what comes late must not change anything."""
_QUIET = 600
"""Seconds at their end in which nothing is asked, for no call is in progress."""
_LONGEST_STORY = 12 * 3600
"""Seconds that somebody who calls the home, and what comes late of it, may take."""
_PATIENCE = 3600
"""Seconds beyond what a row allows, after which it has failed."""


@pytest.mark.parametrize(("group", "row"), _all(_TABLES))
async def test_row(
    scene: Scene,
    group: Group,
    row: Row,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    """A call is placed at most once, its end is known in time, and the log is clean."""
    record_property(PROPERTY, (await _played(scene, group, row, caplog)).as_property())


@pytest.mark.parametrize(("group", "row"), _all(_SPOKEN))
async def test_spoken(
    voice: None,
    scene: Scene,
    group: Group,
    row: Row,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    """The same holds for calls that speak and ask for keys, however 46elks speaks."""
    record_property(PROPERTY, (await _played(scene, group, row, caplog)).as_property())


@pytest.mark.parametrize(("group", "row"), _params(Group.LINE, line_side.ROWS))
async def test_line(
    voice: None,
    scene: Scene,
    group: Group,
    row: LineRow,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    """Whoever calls the home opens the gate once or not at all, and hears something."""
    record_property(PROPERTY, (await _called(scene, group, row, caplog)).as_property())


async def _called(
    scene: Scene, group: Group, row: LineRow, caplog: pytest.LogCaptureFixture
) -> Result:
    """Play a row in which somebody calls the home, check it and return what came of it."""
    scene.faults(*row.faults)
    async with asyncio.timeout(_LONGEST_STORY):
        await row.story(scene)
        while scene.last_to_line.state != row.state:
            await asyncio.sleep(60)
        await asyncio.sleep(_AFTERWARDS - _QUIET)
        looks = scene.looks
        await asyncio.sleep(_QUIET)

    heard = [await scene.heard_at_line(call) for call in scene.callers]
    assert len(scene.opened) == row.opened, heard
    assert heard[-1:] == ([row.heard] if heard else [])
    assert scene.last_to_line.state == row.state
    assert not any("silence" in one for one in heard)
    assert scene.calls == row.calls
    last = scene.home.last_call.attributes.get("call_id")
    assert last not in [call.id for call in scene.callers]
    assert scene.looks == looks
    assert scene.home.entry.runtime_data.tracker.book.open() == []
    seconds = _seconds(scene, scene.last_to_line)
    assert (seconds or 0) <= row.within
    _check_ends(scene)
    _check_log(caplog, row)
    _check_secrets(scene, caplog, row.line.get("pin"))
    return Result(
        group=group,
        name=row.name,
        goes_wrong=row.goes_wrong,
        actions=row.opened,
        calls=len(scene.opened),
        outcome=row.heard,
        state=scene.last_to_line.state,
        spoken="",
        seconds=seconds,
    )


async def _played(
    scene: Scene, group: Group, row: Row, caplog: pytest.LogCaptureFixture
) -> Result:
    """Play a row, check it and return what came of it."""
    scene.faults(*row.faults)
    async with asyncio.timeout(row.within + _PATIENCE):
        await row.story(scene)
        await _until(scene, row.state)
        await asyncio.sleep(_AFTERWARDS - _QUIET)
        looks = scene.looks
        await asyncio.sleep(_QUIET)

    result = _result(scene, group, row)
    assert (result.calls, result.outcome) == (row.calls, row.outcome)
    assert (result.state, result.spoken) == (row.state, row.spoken)
    assert scene.chain == row.chain
    assert (result.seconds or 0) <= row.within
    assert scene.calls <= scene.wanted
    assert scene.looks == looks
    assert max(scene.took, default=0) <= _LONGEST_ACTION
    _check_ends(scene)
    _check_log(caplog, row)
    _check_secrets(scene, caplog)
    return result


async def _until(scene: Scene, state: str) -> None:
    """Wait until all calls have ended, and the sensor shows a state."""
    while (
        any(call.state is CallState.ONGOING for call in scene.provider.calls)
        or scene.home.last_call.state != state
    ):
        await asyncio.sleep(60)


def _result(scene: Scene, group: Group, row: Row) -> Result:
    return Result(
        group=group,
        name=row.name,
        goes_wrong=row.goes_wrong,
        actions=scene.wanted,
        calls=scene.calls,
        outcome=", ".join(scene.outcomes),
        state=scene.home.last_call.state,
        spoken=", ".join(sorted({one for one in scene.spoken.values() if one})),
        seconds=_seconds(scene, scene.home.last_call),
    )


def _seconds(scene: Scene, last: State) -> float | None:
    """Return the time from the end of the call that a sensor shows until it was right."""
    call_id = last.attributes.get("call_id")
    if call_id not in scene.ended:
        return None
    right = [
        since
        for since, state in scene.shown
        if state.attributes.get("call_id") == call_id and state.state == last.state
    ]
    return round(max(0.0, right[0] - scene.ended[call_id]), 1)


def _check_ends(scene: Scene) -> None:
    """Check that the sensor never showed another end of a call than its true one."""
    true_ends = {call.id: str(call.state) for call in scene.provider.calls}
    for _, shown in scene.shown:
        if shown.state in (CallState.SUCCESS, CallState.BUSY, CallState.FAILED):
            assert shown.state == true_ends[shown.attributes["call_id"]]


def _check_log(caplog: pytest.LogCaptureFixture, row: Row) -> None:
    """Check that nobody logged an error, and we no more than what the row names.

    What could not be fetched is an error to Home Assistant's coordinators.
    """
    ours = [
        record.getMessage() for record in _ours(caplog) if record.levelno > logging.INFO
    ]
    if isinstance(row, LineRow):
        # Each sentence of a line is one that a voice does not speak
        ours = list(dict.fromkeys(ours))
    assert len(ours) == len(row.logs), ours
    for message, begin in zip(ours, row.logs, strict=True):
        assert message.startswith(begin)
    # The server logs every request that is none, text-to-speech every failure, wherever that goes
    assert not [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR
        and record.name not in ("aiohttp.server", "homeassistant.components.tts")
        and not record.getMessage().startswith(row.logs)
    ]
    assert not [
        record
        for record in _ours(caplog)
        if record.exc_info and record.levelno > logging.DEBUG
    ]


def _check_secrets(
    scene: Scene, caplog: pytest.LogCaptureFixture, pin: object = None
) -> None:
    """Check that neither what we log nor what an action raises tells a number or a secret."""
    tokens = [
        str(call.whenhangup).partition("token=")[2] or WEBHOOK_ID
        for call in scene.provider.calls
    ]
    told = "\n".join([*(str(vars(record)) for record in _ours(caplog)), *scene.errors])
    for secret in (
        *tokens,
        WEBHOOK_ID,
        CALLBACK_KEY,
        LINE_KEY,
        scene.provider.password,
        PHONE.removeprefix("+46"),
        scene.provider.voice_number.removeprefix("+46"),
    ):
        assert secret not in told
    if pin:
        assert str(pin) not in told
        assert not [one for one in scene.news if str(pin) in one]


def _ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [
        record
        for record in caplog.records
        if record.name.startswith("custom_components.elks")
    ]
