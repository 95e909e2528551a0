"""Calls to the home: from a callback to what the caller hears next, compared with an empty handler."""

import asyncio
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import count
import json
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from custom_components.elks.const import SUBENTRY_CONTACT, SUBENTRY_LINE
from custom_components.elks.responses.bus import EVENT_CALL_ENDED
from homeassistant.components import webhook
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import Event, callback

from .callbacks import EMPTY, EMPTY_PATH, do_nothing
from .caller import Request, TimedAnswer, post_in_turns
from .figures import Durations
from .home import PHONE, SPEAKS, BenchedHome, running_home
from .provider import BenchedProvider, callback_connection
from .result import Comparison, Findings, Goal, Side, at_most

_LINES = 20
_AT_ONCE = 100
"""Callers: as many as a line takes at the same time, at each."""
_ROUNDS = 30
_LIMIT = 1.5
_AUTOMATION = "3" * 64
_AUTOMATION_PATH = f"/api/webhook/{_AUTOMATION}"
_CONFIG = SPEAKS | {
    "automation": [
        {
            "alias": "Nothing",
            "triggers": {"trigger": "webhook", "webhook_id": _AUTOMATION},
            "actions": [],
        }
    ]
}
_KEY = "1"
_UNREAD = (
    "The empty handler does not even read its form, which an empty automation does. "
)
_WHY = (
    "Elks reads its form, finds the line by its secret, who calls, and whether they are let in, notes "
    "the call, and finds what is said. It shows the call after its answer. In a profile, no part of "
    "this stands out any more."
)
_WHY_KEY = (
    "Elks reads its form, finds the call by its secret, notes the key, does what it chooses, and "
    "returns what is said next with the address of this home. It shows the call after its answer. In a "
    "profile, no part of this stands out any more."
)


class _Callers:
    """Calls the lines of a home."""

    def __init__(self, home: BenchedHome) -> None:
        self._path = f"/api/webhook/{home.entry.data[CONF_WEBHOOK_ID]}"
        self._ids = count()

    def calls(self) -> list[Request]:
        """Return the first callback of a call to each line."""
        return [self.call(line) for line in range(_LINES)]

    def call(self, line: int) -> Request:
        """Return the first callback of a new call."""
        form = {
            "direction": "incoming",
            "callid": f"c{next(self._ids):0>32}",
            "from": PHONE,
            "to": _number(line),
            "created": datetime.now(UTC).replace(tzinfo=None).isoformat(),
        }
        return f"{self._path}?line={_secret(line)}", urlencode(form).encode()


async def measure(folder: Path, provider: BenchedProvider, findings: Findings) -> None:
    """Time what callers hear, then have many call at once."""
    people = (_contact(), *map(_line, range(_LINES)))
    async with running_home(folder / "lines", provider, _CONFIG, people) as home:
        await home.settled()
        webhook.async_register(home.hass, "elks", "Empty", EMPTY, do_nothing)
        callers = _Callers(home)
        context = get_context("spawn")
        with ProcessPoolExecutor(max_workers=1, mp_context=context) as caller:
            await _measure_turns(home, callers, caller, findings)
        findings.goals.append(await _many(home, callers))


async def _measure_turns(
    home: BenchedHome,
    callers: _Callers,
    caller: ProcessPoolExecutor,
    findings: Findings,
) -> None:
    firsts: list[list[TimedAnswer]] = []
    keys: list[list[TimedAnswer]] = []

    async def compare(requests: list[Request]) -> list[list[TimedAnswer]]:
        rounds = [
            [(one, form) for one in (EMPTY_PATH, path, _AUTOMATION_PATH)]
            for path, form in requests
        ]
        return await asyncio.get_running_loop().run_in_executor(
            caller, post_in_turns, home.port, [(EMPTY_PATH, b"")], rounds
        )

    for _ in range(1 + _ROUNDS):
        calls = callers.calls()
        rung = await compare(calls)
        heard = [ours.body for _, ours, _ in rung]
        pressed = await compare(list(map(_pressed, calls, heard)))
        await _end(home)
        firsts += rung
        keys += pressed
    for title, answers, why in (
        (
            "Somebody calls the home, from the callback to the first action",
            firsts,
            _WHY,
        ),
        (
            "Somebody presses a key, from the callback to what is said next",
            keys,
            _WHY_KEY,
        ),
    ):
        # The first round warms up
        columns = (
            Durations([one.seconds for one in column][_LINES:])
            for column in zip(*answers, strict=True)
        )
        names = ("Empty handler", "Elks", "Empty automation")
        sides = tuple(map(Side, names, columns))
        empty, ours, automation = sides
        findings.comparisons.append(Comparison(title, sides))
        what, _, _ = title.partition(",")
        findings.goals += [
            at_most(
                f"{what}, compared with an empty handler",
                *(ours, empty, _LIMIT, _UNREAD + why),
            ),
            at_most(
                f"{what}, compared with an empty automation",
                *(ours, automation, _LIMIT, why),
            ),
        ]


async def _many(home: BenchedHome, callers: _Callers) -> Goal:
    """Have many call at once, press a key and hang up; count those who do not get through."""
    ends: Counter[str] = Counter()

    @callback
    def note(event: Event) -> None:
        ends[event.data["call_id"]] += 1

    unsubscribe = home.hass.bus.async_listen(EVENT_CALL_ENDED, note)
    through = await asyncio.gather(
        *(_get_through(home, *callers.call(one % _LINES)) for one in range(_AT_ONCE))
    )
    ringing = home.open_calls()
    await _end(home)
    unsubscribe()
    done = sum(ends[call.call_id] == 1 for call in ringing)
    lost = _AT_ONCE - min(sum(through), done)
    what = f"Calls lost of {_AT_ONCE} at once to {_LINES} lines"
    return Goal(what, lost, 0, "", decimals=0)


async def _get_through(home: BenchedHome, path: str, form: bytes) -> bool:
    """Call, and press a key; return whether the menu was heard both times."""
    async with callback_connection(home.port) as connection:
        first = await connection.send(path, form)
        second = await connection.send(*_pressed((path, form), first))
    return all("ivr" in _last(body) for body in (first, second))


async def _end(home: BenchedHome) -> None:
    """End all calls."""
    async with callback_connection(home.port) as connection:
        for call in home.open_calls():
            await connection.post(call.path, call.end | {"direction": "incoming"})
    await home.written()


def _pressed(call: Request, heard: bytes) -> Request:
    """Return the callback when a key is pressed in a call, after what was heard."""
    _, _, path = _last(heard)["next"].partition("/api/")
    form = dict(parse_qsl(call[1].decode()))
    answer = {"callid": form["callid"], "direction": "incoming", "result": _KEY}
    return f"/api/{path}", urlencode(answer).encode()


def _last(body: bytes) -> dict[str, str]:
    """Return the last of the actions that follow each other."""
    action = json.loads(body)
    while isinstance(action.get("next"), dict):
        action = action["next"]
    found: dict[str, str] = action
    return found


def _contact() -> ConfigSubentryData:
    return {
        "data": {"name": "Anna", "number": PHONE},
        "subentry_type": SUBENTRY_CONTACT,
        "title": "Anna",
        "unique_id": PHONE,
    }


def _line(index: int) -> ConfigSubentryData:
    return {
        "data": {
            "name": f"Line {index}",
            "number": _number(index),
            "line_key": _secret(index),
            "menu": [{"key": _KEY, "say": "hear how warm it is"}],
        },
        "subentry_type": SUBENTRY_LINE,
        "title": f"Line {index}",
        "unique_id": _number(index),
    }


def _number(line: int) -> str:
    return f"+46766861{line:0>3}"


def _secret(line: int) -> str:
    return f"{line:0>32}"
