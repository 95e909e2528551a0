"""A line that speaks: who knows it, and what its callers hear."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.speech import Prompt, Sound
from custom_components.elks.speech.built_in import integration_version
from custom_components.elks.speech.names import RecordingNames
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
from simulator import SimulatedCall

from ..conftest import (
    CALLBACK_KEY,
    LINE,
    PHONE,
    Home,
    line_url,
    make_contact,
    make_line,
)
from ..speech.conftest import Engine

type Action = dict[str, Any]

STRANGER = "+46709999999"
CHOSEN = "chosen"
MENU = [
    {
        "key": "1",
        "say": "open the gate",
        "actions": [
            {
                "event": CHOSEN,
                "event_data": {
                    "of": "{{ call_id }}, {{ caller }}, {{ contact }}, {{ line }}"
                },
            }
        ],
        "reply": "Welcome{% if contact %}, {{ contact }}{% endif %}!",
    },
    {"key": "2", "say": "hear more"},
]
MENU_TEXT = "Press 1 to open the gate. Press 2 to hear more."


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take speech as it is: how it sounds does not matter here."""

    async def fit(hass: HomeAssistant, source: Path, stem: Path) -> Path:
        made = stem.with_suffix(".wav")
        await hass.async_add_executor_job(shutil.copy, source, made)
        return made

    monkeypatch.setattr("custom_components.elks.speech.recordings.async_fit", fit)


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def fields() -> dict[str, Any]:
    """Return what a line has besides a menu, unless a test has others."""
    return {}


@pytest.fixture
def lines(engine: Engine, fields: dict[str, Any]) -> list[ConfigSubentryData]:
    """Return a line with a menu, at a home that has a voice."""
    return [make_line(**{"menu": MENU, **fields})]


@dataclass(frozen=True)
class Listener:
    """Knows the sounds of a home by what they say."""

    home: Home
    engine: Engine

    def heard(self, call: SimulatedCall) -> list[str]:
        """Return what a caller heard, and how the call went on: one text for each action."""
        return [self._of(action) for action in call.actions]

    def said(self, action: Action) -> list[str]:
        """Return what an action, and those in it, let a caller hear."""
        return [self._of(one) for one in chained(action)]

    @property
    def spoken(self) -> list[str]:
        """All texts that the engine was asked for."""
        return [text for text, _, _ in self.engine.asked]

    def _of(self, action: Mapping[str, Any]) -> str:
        if "connect" in action or "hangup" in action:
            verb = "connect" if "connect" in action else "hangup"
            return f"{verb} {action[verb]}"
        url = str(action.get("play") or action["ivr"])
        name = url.rpartition("/")[2]
        names = RecordingNames(CALLBACK_KEY)
        version = integration_version(self.home.hass)
        for language in ("en", "sv"):
            for sound in Sound:
                if names.built_in(language, sound, version) == name:
                    return f"<{language} {sound}>"
        words = {names.words(Prompt(text=text)): text for text in self.spoken}
        return next((words[one] for one in words if name.startswith(one)), url)


@pytest.fixture
def listener(engine: Engine, home: Home) -> Listener:
    """Return who understands what the home says."""
    return Listener(home, engine)


@dataclass
class Talking:
    """A call to the line whose callbacks a test sends, while its clock stands still."""

    home: Home
    freezer: FrozenDateTimeFactory
    action: Action = field(default_factory=dict)
    """What 46elks was answered last."""
    waited: float = 0
    """Seconds that passed by the test clock until it answered, at least."""
    call_id: str = f"c{'1':0>32}"

    async def ring(self, caller: str = PHONE) -> Action:
        """Report that somebody calls."""
        fields = {
            "direction": "incoming",
            "from": caller,
            "to": LINE,
            "created": utcnow().isoformat(),
        }
        return await self._ask(line_url(""), fields)

    async def press(self, keys: str | None = None) -> Action:
        """Report that the last action is over, and what was pressed."""
        *_, last = chained(self.action)
        return await self._ask(last["next"], {"result": keys or "failed"})

    async def go_on(self) -> Action:
        """Report that a bridge was heard, which takes four seconds."""
        self.freezer.tick(4)
        async_fire_time_changed(self.home.hass)
        return await self._ask(self.action["next"], {"result": "ok"})

    async def _ask(self, url: str, fields: dict[str, str]) -> Action:
        asking = asyncio.create_task(self._post(url, fields))
        self.waited = 0
        for _ in range(6):
            for _ in range(100):
                # The request takes its way
                await asyncio.sleep(0)
            if asking.done():
                break
            self.freezer.tick(0.5)
            self.waited += 0.5
            async_fire_time_changed(self.home.hass)
        async with asyncio.timeout(10):
            self.action = await asking
        return self.action

    async def _post(self, url: str, fields: dict[str, str]) -> Action:
        form = {"callid": self.call_id, **fields}
        path = url[url.index("/api/") :]
        async with self.home.client.post(path, data=form) as answer:
            assert answer.status == 200
            action = json.loads(await answer.read() or "{}")
        assert isinstance(action, dict)
        return action


@pytest.fixture
def talking(freezer: FrozenDateTimeFactory, engine: Engine, home: Home) -> Talking:
    """Return a call that a test leads by hand."""
    return Talking(home, freezer)


def chained(action: Action) -> Iterator[Action]:
    """Find an action, and those that follow it without anybody being asked."""
    following: object = action
    while isinstance(following, dict):
        yield following
        following = following.get("next")
