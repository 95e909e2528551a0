"""Faults while somebody calls the home: a gate that opens for whoever rings, a PIN, a menu."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from aiohttp.web import SockSite, TCPSite

from custom_components.elks.calls.token import new_token
from custom_components.elks.const import CONF_KEEP_SPEECH
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
from simulator import (
    CallbackKind,
    CallState,
    Dialect,
    Fault,
    FaultKind,
    KeyPress,
    Outcome,
    SimulatedCall,
)
from tests.elks.conftest import LINE_KEY, PHONE, PLAY, webhook_path

from .row import LOOK, LOST, PLACE, LineRow, Story
from .scene import GATE_OPENED, OPEN, Scene

_FIRST = CallbackKind.NEWINCOMING
_NEXT = CallbackKind.NEXT
_END = CallbackKind.WHENHANGUP
_HOUR = 3600
_REPLY = "It opens"
_PIN = "2468135790"
_STRANGER = "+46709999999"
_LOOKED_UP = 46
"""Seconds until a call is looked up whose end is not reported, at most."""

_SLOW = {"delay": {"seconds": 8}}
_GATE: dict[str, object] = {"answer_with": "nothing", "actions": [OPEN]}
"""Opens for whoever rings, who is not charged for it."""
_MENU: dict[str, object] = {"menu": [{"key": "1", "say": "open", "actions": [OPEN]}]}
_LOCKED = {**_MENU, "pin": _PIN}
_SLOW_MENU = {"menu": [{"key": "1", "say": "open", "actions": [OPEN, _SLOW]}]}

_ONE = KeyPress(1, "1", sound=2)
"""Chooses from the menu, after the greeting."""
_CHOSEN = "home, menu, done, menu"
_ENTERED = KeyPress(1, _PIN, sound=1)
_THEN_ONE = KeyPress(1, "1", sound=3)
_LET_IN = f"pin, {_CHOSEN}"

type _Act = Callable[[Scene], Awaitable[object]]


def _dials(*keys: KeyPress, caller: str | None = PHONE, **more: Any) -> Story:
    """Let somebody call the home, and wait until they have hung up."""

    async def story(scene: Scene) -> None:
        call = scene.provider.dial(caller, keys=keys, **more)
        await _ended(call)

    return story


_rings = _dials()
_chooses = _dials(_ONE, hangs_up_at=4)
_enters = _dials(_ENTERED, _THEN_ONE, hangs_up_at=5)


async def _ended(call: SimulatedCall) -> None:
    while call.state is CallState.ONGOING:
        await asyncio.sleep(0.5)


def _then(seconds: float, act: _Act, story: Story = _chooses) -> Story:
    """Do something so many seconds after somebody has begun to call."""

    async def both(scene: Scene) -> None:
        calling = asyncio.ensure_future(story(scene))
        await asyncio.sleep(seconds)
        await act(scene)
        await calling

    return both


def _away(seconds: float) -> _Act:
    async def act(scene: Scene) -> None:
        await scene.unload()
        await asyncio.sleep(seconds)
        await scene.load()

    return act


async def _reload(scene: Scene) -> None:
    await scene.reload()


async def _kill(scene: Scene) -> None:
    await scene.kill()


async def _lose_record(scene: Scene) -> None:
    """Cut the power before anything of the call is on disk."""
    await scene.unload()
    scene.disk.clear()
    await scene.load()


def _unreachable(seconds: float) -> Story:
    """Let somebody ring while the home cannot be reached."""

    async def story(scene: Scene) -> None:
        server = scene.home.client.server
        runner = server.runner
        assert runner is not None
        for site in tuple(runner.sites):
            assert isinstance(site, SockSite)
            await site.stop()
        call = scene.provider.dial(PHONE)
        await asyncio.sleep(seconds)
        assert server.port is not None
        await TCPSite(runner, server.host, server.port).start()
        await _ended(call)
        # Until 46elks gives up
        await asyncio.sleep(7 * _HOUR)

    return story


async def _long_ago(scene: Scene) -> None:
    """Hear only now of a call of three hours ago."""
    scene.provider.dial(PHONE, ago=3 * _HOUR)
    await asyncio.sleep(60)


async def _post(scene: Scene, query: str, **fields: str) -> tuple[int, bytes]:
    path = f"{webhook_path()}?{query}"
    async with scene.home.client.post(path, data=fields) as answer:
        return answer.status, await answer.read()


async def _ring_forged(scene: Scene) -> None:
    """Let strangers report calls that nobody makes."""
    form = {"direction": "incoming", "callid": "c" + 32 * "0", "from": PHONE}
    own = urlencode({"token": new_token("another key")})
    for query in ("", "line=", "line=wrong", f"line={LINE_KEY[:-1]}", own):
        assert await _post(scene, query, **form) == (200, b"")
    assert scene.looks == 0


def _forged(**fields: str) -> _Act:
    """Let strangers press a key in the newest call, or say that it has ended."""

    async def act(scene: Scene) -> None:
        call = scene.callers[-1]
        token = str(call.whenhangup).partition("token=")[2]
        before = scene.last_to_line.state, tuple(scene.opened)
        for query in (
            "",
            "token=",
            f"token={token[:-1]}",
            f"token={new_token('another key')}",
            f"line={LINE_KEY[:-1]}",
        ):
            form = {**fields, "callid": call.id}
            answer = await _post(scene, f"{query}&asked=1", **form)
            assert answer == (200, b"")
        other = {**fields, "callid": "c" + 32 * "0"}
        status, body = await _post(scene, f"token={token}&asked=1", **other)
        assert (status, b"next" in body) == (200, False)
        assert (scene.last_to_line.state, tuple(scene.opened)) == before

    return act


async def _again(scene: Scene) -> None:
    """Get all callbacks of a call again, when it is over."""
    await _chooses(scene)
    await asyncio.sleep(1)
    for sent in tuple(scene.provider.callbacks):
        query = sent.url.partition("?")[2]
        status, body = await _post(scene, query, **dict(sent.form))
        assert (status, b"next" in body) == (200, False)


async def _another_persons(scene: Scene) -> None:
    """Press a key in the call of one caller with the secret of another."""
    calls = [scene.provider.dial(PHONE) for _ in range(2)]
    await asyncio.sleep(5)
    token = str(calls[0].whenhangup).partition("token=")[2]
    form = {"callid": calls[1].id, "result": "1"}
    _, body = await _post(scene, f"token={token}&asked=1", **form)
    assert b"next" not in body
    for call in calls:
        await _ended(call)


async def _home_calls_too(scene: Scene) -> None:
    """Call somebody who calls the home at the same time; the request is not answered."""
    scene.faults(Fault(FaultKind.RESET_AFTER, on=PLACE))
    scene.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)
    placing = scene.begin_call()
    await _chooses(scene)
    await placing
    [placed] = [one for one in scene.provider.calls if one not in scene.callers]
    await _ended(placed)
    await asyncio.sleep(1)
    shown = scene.home.last_call
    assert (shown.state, shown.attributes["call_id"]) == (placed.state, placed.id)


async def _calls_itself(scene: Scene) -> None:
    """Lose a call from the number to itself, and another to it of which nothing is reported."""
    own = scene.provider.voice_number
    scene.faults(Fault(FaultKind.RESET_BEFORE, on=PLACE), _DROPPED)
    await scene.act(to=own, voice_start=PLAY)
    scene.provider.dial(own, ago=1)
    await asyncio.sleep(_HOUR)


def _replies(seconds: float | None) -> Story:
    """Let the voice take so long for a reply; None for a reply that it cannot speak."""

    async def story(scene: Scene) -> None:
        scene.voice.takes[_REPLY] = seconds
        await _dials(_ONE, hangs_up_at=20)(scene)

    return story


async def _never_spoke(scene: Scene) -> None:
    """Let the voice fail from the beginning."""
    entry = scene.home.entry
    scene.voice.answer = RuntimeError("hoarse")
    scene.home.hass.config_entries.async_update_entry(
        entry, options={**entry.options, CONF_KEEP_SPEECH: False}
    )
    await scene.reload()
    await _chooses(scene)


async def _seven(scene: Scene) -> None:
    """Let more people call at once than a line takes."""
    calls = [scene.provider.dial(PHONE, keys=[_ONE], hangs_up_at=4) for _ in range(7)]
    for call in calls:
        await _ended(call)
    assert [call.state for call in calls] == 5 * ["success"] + 2 * ["busy"]
    assert len(set(scene.opened)) == len(scene.opened)


def _asks(story: Story) -> Story:
    """Have an automation ask whoever rings, and open the gate for whoever presses 1."""

    async def asking(scene: Scene) -> None:
        hass, act = scene.home.hass, scene.home.act

        async def ask(call_id: str) -> None:
            answers = [{"key": "1", "id": "gate", "reply": "It opens."}]
            got = await act("answer", call_id=call_id, message="Yes?", answers=answers)
            if got["answer"] == "gate":
                hass.bus.async_fire(GATE_OPENED, {"call_id": call_id})
            with suppress(HomeAssistantError):
                await act("answer", call_id=call_id, hang_up=True)

        @callback
        def rings(event: Event[EventStateChangedData]) -> None:
            state = event.data["new_state"]
            if state and state.attributes.get("event_type") == "ringing":
                hass.async_create_task(ask(state.attributes["call_id"]))

        stop = async_track_state_change_event(hass, ["event.home_call"], rings)
        await story(scene)
        stop()

    return asking


def _row(
    name: str,
    goes_wrong: str,
    *faults: Fault,
    story: Story = _chooses,
    line: Mapping[str, Any] = _MENU,
    heard: str = _CHOSEN,
    **more: Any,
) -> LineRow:
    return LineRow(
        name=name,
        goes_wrong=goes_wrong,
        faults=faults,
        story=story,
        line=line,
        heard=heard,
        **more,
    )


def _gate(name: str, goes_wrong: str, *faults: Fault, **more: Any) -> LineRow:
    """Return a row in which somebody rings, and hears busy when the gate has opened."""
    expected: dict[str, Any] = {
        "story": _rings,
        "line": _GATE,
        "heard": "busy",
        "state": "busy",
    }
    return _row(name, goes_wrong, *faults, **{**expected, **more})


def _nobody_there(name: str, goes_wrong: str, *faults: Fault, **more: Any) -> LineRow:
    """Return a row in which the gate stays closed, and the home notes no call."""
    expected: dict[str, Any] = {"opened": 0, "state": "unknown"}
    return _gate(name, goes_wrong, *faults, **{**expected, **more})


def _pin(name: str, goes_wrong: str, *faults: Fault, **more: Any) -> LineRow:
    """Return a row in which somebody enters a PIN, and then chooses."""
    expected: dict[str, Any] = {"story": _enters, "line": _LOCKED, "heard": _LET_IN}
    return _row(name, goes_wrong, *faults, **{**expected, **more})


_DOUBLED = Fault(FaultKind.CALLBACK_DOUBLED, on=_FIRST)
_AT_ONCE = Fault(FaultKind.CALLBACK_SIMULTANEOUS, on=_FIRST)
_AGAIN = Fault(FaultKind.CALLBACK_REPEATED, on=_FIRST, delay=10)
_DROPPED = Fault(FaultKind.CALLBACK_DROPPED, on=_FIRST)
_LATE = Fault(FaultKind.CALLBACK_LATE, on=_FIRST, delay=20)
_NO_ANSWER = Fault(FaultKind.STATUS, on=LOOK, status=500, times=None)
_NO_TIME = Fault(FaultKind.CALLBACK_FIELDS, on=_FIRST, fields={"created": None})
_UNASKED = ("46elks does not say whether a call still rings",)

FIRST = (
    _gate("ring-doubled", "The first callback comes twice", _DOUBLED),
    _gate("ring-simultaneous", "The first callback comes twice at once", _AT_ONCE),
    _gate("ring-again", "The first callback comes again after 10 s", _AGAIN),
    _gate(
        "ring-again-hours",
        "The first callback comes again after 5 h",
        replace(_AGAIN, delay=5 * _HOUR),
    ),
    _nobody_there(
        "ring-dropped",
        "The first callback does not come",
        _DROPPED,
        heard="ringing",
    ),
    _gate("ring-late-5", "The first callback is 5 s late", replace(_LATE, delay=5)),
    _gate("ring-late", "The first callback is 20 s late", _LATE),
    _nobody_there(
        "ring-late-unasked",
        "The first callback is 20 s late, and 46elks does not say whether the phone still rings",
        _LATE,
        _NO_ANSWER,
        logs=_UNASKED,
    ),
    _gate(
        "ring-late-unasked-once",
        "The first callback is 20 s late, and 46elks says only when asked twice whether the phone still rings",
        _LATE,
        replace(_NO_ANSWER, times=1),
    ),
    _nobody_there(
        "ring-late-stalled",
        "The first callback is 20 s late, and 46elks takes 20 s to say whether the phone still rings",
        _LATE,
        Fault(FaultKind.DELAY, on=LOOK, delay=20),
        logs=_UNASKED,
    ),
    _nobody_there(
        "ring-too-late",
        "The first callback comes 70 s after the call began: its caller has given up",
        replace(_LATE, delay=40),
        heard="ringing",
    ),
    _nobody_there(
        "ring-over",
        "The first callback comes 20 s after the caller has given up",
        _LATE,
        story=_dials(waits=15),
        heard="ringing",
    ),
    _nobody_there(
        "ring-hours-late",
        "The first callback is 5 h late",
        replace(_LATE, delay=5 * _HOUR),
        heard="ringing",
    ),
    _nobody_there(
        "ring-long-ago",
        "The first callback is about a call of three hours ago",
        story=_long_ago,
        heard="ringing",
    ),
    _gate(
        "ring-old",
        "The first callback says that the phone has been ringing for an hour, and 46elks that it has not",
        Fault(
            FaultKind.CALLBACK_FIELDS,
            on=_FIRST,
            fields={"created": "2026-03-01T01:00:00.000000"},
        ),
    ),
    _gate("ring-no-time", "The first callback does not say when it was", _NO_TIME),
    _nobody_there(
        "ring-no-time-unasked",
        "The first callback does not say when it was, and 46elks does not either",
        _NO_TIME,
        _NO_ANSWER,
        logs=_UNASKED,
    ),
    _gate(
        "home-unreachable-3-s",
        "The home cannot be reached for 3 s",
        story=_unreachable(3),
    ),
    _nobody_there(
        "home-unreachable",
        "The home cannot be reached for 2 min: 46elks reports the call then",
        story=_unreachable(120),
        heard="ringing",
    ),
    _nobody_there(
        "home-unreachable-hours",
        "The home cannot be reached for 2 h: 46elks reports the call then",
        story=_unreachable(2 * _HOUR),
        heard="ringing",
    ),
    _nobody_there(
        "ring-forged",
        "Strangers report calls without the secret of the line",
        story=_ring_forged,
        heard="",
    ),
    _gate(
        "caller-gives-up",
        "The caller hangs up 2 s before the first callback, which is 5 s late; no other comes",
        replace(_LATE, delay=5),
        LOST,
        story=_dials(waits=3),
        heard="ringing",
        state="failed",
        within=_LOOKED_UP,
        dialect=Dialect(),
    ),
    _gate(
        "ring-stranger",
        "Somebody calls whom the home does not know",
        story=_dials(caller=_STRANGER),
        opened=0,
    ),
    _gate(
        "ring-withheld",
        "Somebody calls who withholds their number",
        story=_dials(caller=None),
        opened=0,
    ),
    _nobody_there(
        "ring-unloaded",
        "Somebody calls while the account is not loaded",
        story=_then(-1, _away(30), _rings),
    ),
)
_ASKED = Fault(FaultKind.DELAY, on=LOOK, delay=1)
MIDDLE = (
    _row(
        "key-doubled",
        "A key is reported twice",
        Fault(FaultKind.CALLBACK_DOUBLED, on=_NEXT),
    ),
    _row(
        "key-simultaneous",
        "A key is reported twice at once",
        Fault(FaultKind.CALLBACK_SIMULTANEOUS, on=_NEXT),
    ),
    _row(
        "key-again",
        "A key is reported again after 3 s, when the menu is read out again",
        Fault(FaultKind.CALLBACK_REPEATED, on=_NEXT, delay=3),
    ),
    _row(
        "key-again-hours",
        "A key is reported again after 5 h",
        Fault(FaultKind.CALLBACK_REPEATED, on=_NEXT, delay=5 * _HOUR),
    ),
    _row(
        "key-late",
        "A key is reported 20 s late",
        Fault(FaultKind.CALLBACK_LATE, on=_NEXT, delay=20),
    ),
    _row(
        "key-dropped",
        "A key is not reported: 46elks ends the call",
        Fault(FaultKind.CALLBACK_DROPPED, on=_NEXT),
        opened=0,
        heard="home, menu",
    ),
    _row(
        "key-out-of-order",
        "A key is reported after the end of the call",
        Fault(FaultKind.CALLBACK_OUT_OF_ORDER, on=_NEXT),
        opened=0,
        heard="home, menu",
    ),
    _row(
        "key-forged",
        "Strangers report that a key was pressed",
        story=_then(3, _forged(result="1"), _dials()),
        opened=0,
        heard="home, menu, menu, menu, goodbye",
    ),
    _row(
        "key-of-another",
        "A key is reported with the secret of another call",
        story=_another_persons,
        opened=0,
        heard="home, menu, menu, menu, goodbye",
    ),
    _row(
        "key-slow",
        "What a key does takes 8 s, and the key is reported again meanwhile",
        Fault(FaultKind.CALLBACK_REPEATED, on=_NEXT, delay=1),
        line=_SLOW_MENU,
        heard="home, menu, en/one_moment, goes_on, menu",
        story=_dials(_ONE, hangs_up_at=5),
    ),
    _row(
        "callbacks-again",
        "All callbacks come again when the call is over",
        story=_again,
    ),
    _row(
        "no-key",
        "Nobody presses a key",
        story=_dials(),
        opened=0,
        heard="home, menu, menu, menu, goodbye",
    ),
    _pin(
        "pin-doubled", "A PIN comes twice", Fault(FaultKind.CALLBACK_DOUBLED, on=_NEXT)
    ),
    _pin(
        "pin-again",
        "A PIN comes again after 3 s",
        Fault(FaultKind.CALLBACK_REPEATED, on=_NEXT, delay=3),
    ),
    _pin(
        "pin-wrong-doubled",
        "A wrong PIN comes twice, twice, and then the right one",
        Fault(FaultKind.CALLBACK_DOUBLED, on=_NEXT, times=2),
        story=_dials(
            KeyPress(1, 10 * "1", sound=1),
            KeyPress(1, 10 * "2", sound=3),
            KeyPress(1, _PIN, sound=5),
            KeyPress(1, "1", sound=7),
            hangs_up_at=9,
        ),
        heard=f"pin, wrong_pin, pin, wrong_pin, {_LET_IN}",
    ),
    _pin(
        "pin-dropped",
        "A PIN does not come: 46elks ends the call",
        Fault(FaultKind.CALLBACK_DROPPED, on=_NEXT),
        opened=0,
        heard="pin",
    ),
    _pin(
        "pin-out-of-order",
        "A PIN comes after the end of the call",
        Fault(FaultKind.CALLBACK_OUT_OF_ORDER, on=_NEXT),
        opened=0,
        heard="pin",
    ),
    _pin(
        "pin-late",
        "A PIN comes 20 s late",
        Fault(FaultKind.CALLBACK_LATE, on=_NEXT, delay=20),
    ),
    _pin(
        "pin-forged",
        "Strangers report the right PIN",
        story=_then(3, _forged(result=_PIN), _dials()),
        opened=0,
        heard="pin, pin, pin, goodbye",
    ),
    _pin(
        "pin-guessed",
        "Three wrong PINs",
        story=_dials(
            KeyPress(1, 10 * "1", sound=1),
            KeyPress(1, 10 * "2", sound=3),
            KeyPress(1, 10 * "3", sound=5),
        ),
        opened=0,
        heard="pin, wrong_pin, pin, wrong_pin, pin, wrong_pin, goodbye",
    ),
)
LAST = (
    _row(
        "end-doubled", "The end comes twice", Fault(FaultKind.CALLBACK_DOUBLED, on=_END)
    ),
    _row(
        "end-dropped",
        "The end is not reported",
        Fault(FaultKind.CALLBACK_DROPPED, on=_END),
        within=_LOOKED_UP,
    ),
    _row(
        "end-late",
        "The end is reported 20 s late",
        Fault(FaultKind.CALLBACK_LATE, on=_END, delay=20),
        within=20,
    ),
    _row(
        "end-hours-late",
        "The end is reported 5 h late",
        Fault(FaultKind.CALLBACK_LATE, on=_END, delay=5 * _HOUR),
        within=_LOOKED_UP,
    ),
    _gate(
        "end-of-ring-dropped",
        "The end of a call that is not picked up is not reported",
        Fault(FaultKind.CALLBACK_DROPPED, on=_END),
        within=_LOOKED_UP,
    ),
    _row(
        "end-unasked",
        "The end is not reported, and 46elks cannot be asked twice",
        Fault(FaultKind.CALLBACK_DROPPED, on=_END),
        replace(_NO_ANSWER, times=2),
        within=_LOOKED_UP + 60,
    ),
    _row(
        "end-forged",
        "Strangers report the end",
        story=_then(2.5, _forged(state="failed", direction="incoming")),
    ),
)
RESTARTS = (
    _row("reload-menu", "Reload while the menu is read out", story=_then(3, _reload)),
    _row(
        "kill-menu", "A power cut while the menu is read out", story=_then(2.5, _kill)
    ),
    _row(
        "kill-key",
        "A power cut just after a key was pressed, which is reported again after 1 s",
        Fault(FaultKind.CALLBACK_REPEATED, on=_NEXT, delay=1),
        story=_then(3.5, _kill),
    ),
    _row(
        "away-key",
        "A key is pressed while the account is not loaded",
        story=_then(2.5, _away(5), _dials(_ONE, talk_for=11)),
        heard="home, menu, sound/beep, done, menu",
    ),
    _row(
        "reload-actions",
        "Reload while what a key does takes 8 s",
        line=_SLOW_MENU,
        story=_then(4, _reload, _dials(_ONE, hangs_up_at=5)),
        heard="home, menu, sound/beep, menu",
    ),
    _row(
        "kill-end",
        "A power cut just before the end",
        story=_then(7.5, _kill, _chooses),
    ),
    _row(
        "end-unloaded",
        "The call ends while the account is not loaded",
        story=_then(5, _away(60)),
        within=61,
    ),
    _row(
        "kill-unrecorded",
        "A power cut before the call is on disk; a key is pressed then",
        story=_then(1, _lose_record),
        opened=0,
        heard="home, menu, reject",
        dialect=Dialect(hung_up="hangup"),
    ),
    _pin(
        "reload-pin",
        "Reload while a PIN is asked for",
        story=_then(0.5, _reload, _enters),
    ),
    _pin(
        "kill-pin",
        "A power cut while a PIN is asked for",
        story=_then(0.5, _kill, _enters),
    ),
    _pin(
        "kill-pin-entered",
        "A power cut just after a PIN was entered",
        story=_then(1.5, _kill, _enters),
    ),
    _pin(
        "away-pin",
        "A PIN is entered while the account is not loaded, and again when it is asked for again",
        story=_then(
            0.5,
            _away(5),
            _dials(
                _ENTERED,
                KeyPress(8.5, _PIN),
                KeyPress(11.5, "1"),
                talk_for=14,
            ),
        ),
        heard=f"pin, sound/beep, {_LET_IN}",
    ),
    _gate(
        "reload-asking",
        "Reload while 46elks is asked whether the phone still rings",
        _LATE,
        _ASKED,
        story=_then(20.5, _reload, _rings),
    ),
    _gate(
        "kill-ring",
        "A power cut just after the gate opened; the first callback comes again",
        _AGAIN,
        story=_then(0.2, _kill, _rings),
    ),
    _gate(
        "reload-ring",
        "Reload just after the gate opened; the first callback comes again",
        _AGAIN,
        story=_then(0.2, _reload, _rings),
    ),
)
_AUTOMATION: dict[str, object] = {"answer_with": "automation"}
_PRESSES_ONE = _dials(KeyPress(1, "1", sound=1))
DECIDED = (
    _row(
        "answer-doubled",
        "An automation asks, and the key is reported twice",
        Fault(FaultKind.CALLBACK_DOUBLED, on=_NEXT),
        story=_asks(_PRESSES_ONE),
        line=_AUTOMATION,
        heard="reply, reply, reject",
    ),
    _row(
        "answer-again",
        "An automation asks, and the first callback and the key are reported again after 1 s",
        replace(_AGAIN, delay=1),
        Fault(FaultKind.CALLBACK_REPEATED, on=_NEXT, delay=1),
        story=_asks(_PRESSES_ONE),
        line=_AUTOMATION,
        heard="reply, reply, reject",
    ),
    _row(
        "answer-reload",
        "Reload while an automation asks",
        story=_then(1.5, _reload, _asks(_PRESSES_ONE)),
        line=_AUTOMATION,
        heard="reply, reply, reject",
    ),
    _row(
        "answer-dropped",
        "An automation asks, and the key is not reported: 46elks ends the call",
        Fault(FaultKind.CALLBACK_DROPPED, on=_NEXT),
        story=_asks(_PRESSES_ONE),
        line=_AUTOMATION,
        opened=0,
        heard="reply",
    ),
    _gate(
        "nobody-decides",
        "No automation decides about a call",
        line=_AUTOMATION,
        opened=0,
    ),
    _row(
        "forwarded",
        "Somebody is connected to another, and the end is not reported",
        Fault(FaultKind.CALLBACK_DROPPED, on=_END),
        story=_dials(caller=_STRANGER),
        line={"others": "forward", "forward_to": "+46701111111"},
        opened=0,
        heard="connect, reject",
        within=_LOOKED_UP,
    ),
    _gate(
        "seven-at-once",
        "Seven people call at once: a line takes five",
        story=_seven,
        line=_MENU,
        opened=5,
    ),
)
MIXED = (
    _row(
        "calls-each-other",
        "The home calls somebody who calls it at the same time, and its request is not answered",
        story=_home_calls_too,
        calls=1,
    ),
    _gate(
        "calls-itself",
        "A call from the number to itself is lost; somebody with a forged number calls just then, and nothing is reported of it",
        story=_calls_itself,
        opened=0,
        heard="ringing",
        state="unknown",
    ),
)
_REPLIES: dict[str, Any] = {
    "line": {
        "menu": [
            {
                "key": "1",
                "say": "open",
                "actions": [OPEN],
                "reply": f"{_REPLY} {{{{ call_id }}}}",
            }
        ]
    }
}


def _dialects(
    name: str, goes_wrong: str, *fields: str, part: Story, **more: Any
) -> LineRow:
    """Return a row in which somebody calls in each dialect that differs in one of the fields."""
    dialects = [dialect for _, dialect in Dialect(hung_up="hangup").others(*fields)]

    async def story(scene: Scene) -> None:
        for dialect in dialects:
            scene.provider.dialect = dialect
            await part(scene)
            await asyncio.sleep(_LOOKED_UP)
            state = scene.callers[-1].state
            assert scene.last_to_line.state == state, dialect

    expected: dict[str, Any] = {"story": story, "opened": len(dialects)}
    return _row(name, goes_wrong, dialect=Dialect(), **{**expected, **more})


async def _unreported(scene: Scene) -> None:
    scene.faults(Fault(FaultKind.CALLBACK_DROPPED, on=_END))
    await _chooses(scene)


DIALECTS = (
    _dialects(
        "dialects-first",
        "The first callback has other fields, or none that says when the call began; how long callers hear ringing",
        *("incoming_id", "incoming_result", "incoming_created", "callback_times"),
        *("incoming_retried", "rings_for", "charset"),
        part=_rings,
        line=_GATE,
        heard="busy",
        state="busy",
    ),
    _dialects(
        "dialects-withheld",
        "A withheld number is written in another way",
        "withheld",
        part=_dials(caller=None),
        line={**_GATE, "callers": "everyone"},
        heard="busy",
        state="busy",
    ),
    _dialects(
        "dialects-rejected",
        "A call that is not picked up ends in another way, or costs something",
        *("rejected_costs", "failed_call", "rejected"),
        part=_rings,
        line=_GATE,
        heard="busy",
        state="failed",
    ),
    _dialects(
        "dialects-keys",
        "PIN and keys are reported in another way",
        *("next_id", "bare_next", "picked_up", "played", "reports_skipping_key"),
        *("reports_why", "retries_next", "charset"),
        part=_enters,
        line=_LOCKED,
        heard=_LET_IN,
    ),
    _dialects(
        "dialects-end",
        "The end is reported in another way",
        *("hangup_fields", "hangup_id", "callback_times", "incoming_starts_early"),
        *("includes_actions", "plain_actions", "failed_call"),
        part=_chooses,
    ),
    _dialects(
        "dialects-looked-up",
        "The end is not reported, and looked up in another way",
        *("history_times", "incoming_starts_early", "numbers_as_text"),
        *("includes_actions", "plain_actions", "includes_owner"),
        part=_unreported,
        within=_LOOKED_UP,
    ),
    _gate(
        "not-listed",
        "The first callback does not say when it was, and 46elks knows the call only after 1 s",
        dialect=Dialect(incoming_created=False, listed_after=1.0),
    ),
    _row(
        "key-retried",
        "A key is not reported at first",
        Fault(FaultKind.CALLBACK_DROPPED, on=_NEXT),
        dialect=Dialect(hung_up="hangup", retries_next=True),
    ),
)
VOICE = (
    _row(
        "reply-slow",
        "It takes 6 s to speak a reply",
        story=_replies(6),
        heard="home, menu, en/one_moment, reply, menu, menu, menu, goodbye",
        **_REPLIES,
    ),
    _row(
        "reply-hangs",
        "A reply is not spoken",
        story=_replies(_HOUR),
        heard="home, menu, en/one_moment, en/done, menu, menu, menu, goodbye",
        logs=("tts.tones did not speak",),
        **_REPLIES,
    ),
    _row(
        "reply-fails",
        "A reply cannot be spoken",
        story=_replies(None),
        heard="home, menu, en/done, menu, menu, menu, goodbye",
        logs=("tts.tones did not speak",),
        **_REPLIES,
    ),
    _row(
        "voice-fails",
        "The voice does not speak at all",
        story=_never_spoke,
        heard="en/home, en/menu, en/done, en/menu",
        logs=("tts.tones did not speak",),
    ),
)
ROWS = (*FIRST, *MIDDLE, *LAST, *RESTARTS, *VOICE, *DIALECTS, *DECIDED, *MIXED)
