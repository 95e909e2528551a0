"""What a row of the matrix plays on: a home, its provider, and what they do to each other."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import groupby
import json
import socket
from typing import Any

from aiohttp import ClientSession
from aiohttp.abc import ResolveResult
from aiohttp.resolver import AsyncResolver
import pytest

from custom_components.elks.api import CallRequest, ElksClient
from custom_components.elks.const import DOMAIN
from custom_components.elks.speech import Prompt, RecordingNames, words_of
from custom_components.elks.speech.built_in import FOLDER
from custom_components.elks.words import async_home_words
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, MATCH_ALL
from homeassistant.core import Event, EventStateChangedData, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
from simulator import CallState, Direction, Fault, SimulatedCall, Simulator
from tests.elks.conftest import CALLBACK_KEY, LAST_CALL, PHONE, PLAY, Home, webhook_path

from .speaker import Speaker

BRIDGES = ("en/one_moment", "sound/beep")
"""After these the provider asks again."""
LAST_TO_LINE = "sensor.home_last_call"
GATE_OPENED = "gate_opened"
OPEN = {"event": GATE_OPENED, "event_data": {"call_id": "{{ call_id }}"}}
"""The action that stands for opening a gate."""


@dataclass
class Scene:
    """A home and a provider between which something goes wrong."""

    home: Home
    disk: dict[str, Any]
    """What the home has stored."""
    monkeypatch: pytest.MonkeyPatch
    outcomes: list[str] = field(default_factory=list)
    """What came of each action: the call's state, why the chain ended, or the error."""
    wanted: int = 0
    """How many calls the actions wanted."""
    errors: list[str] = field(default_factory=list)
    """The texts of the errors."""
    took: list[float] = field(default_factory=list)
    """How long the actions took that do not wait for the end of the call, in seconds."""
    shown: list[tuple[float, State]] = field(default_factory=list)
    """What the sensors of the last call, and of that to the line, showed, and since when."""
    ended: dict[str, float] = field(default_factory=dict)
    """When the provider's calls ended, by their ids."""
    ends: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the event says of each call that has ended, by their ids."""
    spoken: dict[str, str | None] = field(default_factory=dict)
    """What was heard of the messages, by the ids of the calls."""
    chains: list[dict[str, Any]] = field(default_factory=list)
    """What came of each chain."""
    news: list[str] = field(default_factory=list)
    """What all events held."""
    foreign: set[str] = field(default_factory=set)
    """The ids of the calls that another program has placed."""
    opened: list[str] = field(default_factory=list)
    """The ids of the calls to the line that opened the gate, each time."""

    @property
    def provider(self) -> Simulator:
        """The home's provider."""
        return self.home.provider

    @property
    def calls(self) -> int:
        """How many calls of the home's the provider has placed."""
        return len(self.provider.calls) - len(self.foreign) - len(self.callers)

    @property
    def callers(self) -> list[SimulatedCall]:
        """The calls to the home, oldest first."""
        incoming = Direction.INCOMING
        return [call for call in self.provider.calls if call.direction is incoming]

    @property
    def last_to_line(self) -> State:
        """The sensor of the last call to the home's line."""
        state = self.home.hass.states.get(LAST_TO_LINE)
        assert state is not None
        return state

    @property
    def voice(self) -> Speaker:
        """The home's voice."""
        voices = self.home.hass.data[DATA_COMPONENT].entities
        [voice] = [one for one in voices if isinstance(one, Speaker)]
        return voice

    @property
    def chain(self) -> str:
        """What the sensor of the chains shows."""
        state = self.home.hass.states.get("sensor.demo_home_call_chain")
        assert state is not None
        return state.state

    @property
    def looks(self) -> int:
        """How many times the home has asked for a call or the history."""
        return sum(
            request.method == "GET" and request.path.startswith("/a1/calls")
            for request in self.provider.requests
        )

    @asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """Note when calls end, and when the sensor changes."""
        loop = asyncio.get_running_loop()

        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            if state := event.data["new_state"]:
                self.shown.append((loop.time(), state))

        @callback
        def ended(event: Event[dict[str, Any]]) -> None:
            call_id = event.data["call_id"]
            assert call_id not in self.spoken
            self.ends[call_id] = event.data
            self.spoken[call_id] = event.data["spoken"]

        @callback
        def chain_ended(event: Event[dict[str, Any]]) -> None:
            self.chains.append(event.data)
            self.outcomes.append(event.data["reason"])
            self.wanted += len(event.data["calls"])

        @callback
        def opened(event: Event[dict[str, Any]]) -> None:
            self.opened.append(event.data["call_id"])

        @callback
        def happened(event: Event[Any]) -> None:
            self.news.append(str(event.data))

        hass = self.home.hass
        unsubscribe = (
            hass.bus.async_listen(GATE_OPENED, opened),
            hass.bus.async_listen(MATCH_ALL, happened),
            async_track_state_change_event(hass, [LAST_CALL, LAST_TO_LINE], changed),
            hass.bus.async_listen(f"{DOMAIN}_call_ended", ended),
            hass.bus.async_listen(f"{DOMAIN}_chain_ended", chain_ended),
        )
        watching = loop.create_task(self._note_ends())
        try:
            yield
        finally:
            for end in unsubscribe:
                end()
            watching.cancel()

    async def _note_ends(self) -> None:
        with self.provider.watchers.watching() as change:
            while await change.wait():
                change.clear()
                for call in self.provider.calls:
                    if call.state is not CallState.ONGOING:
                        now = asyncio.get_running_loop().time()
                        self.ended.setdefault(call.id, now)

    def faults(self, *faults: Fault) -> None:
        """Add faults at the provider."""
        for fault in faults:
            self.provider.fault(fault)

    async def place_call(self, **data: object) -> None:
        """Place a call as an automation does, and note what came of it."""
        await self.act(**{"voice_start": PLAY, **data})

    async def act(self, **data: object) -> dict[str, Any]:
        """Place a call that does what is wanted, and return the response, if there is one."""
        number = len(self.outcomes)
        self.outcomes.append("cancelled")
        self.wanted += 1
        began = asyncio.get_running_loop().time()
        response: dict[str, Any] = {}
        try:
            response = await self.home.act("place_call", **{"to": PHONE, **data})
            self.outcomes[number] = str(response["state"])
        except HomeAssistantError as err:
            self.errors.append(str(err))
            self.outcomes[number] = str(err.translation_key)
        if not data.get("wait"):
            self.took.append(asyncio.get_running_loop().time() - began)
        return response

    async def begin_chain(self, *to: str, **data: object) -> None:
        """Begin to call people, as an automation does that does not wait for the end."""
        await self.home.hass.services.async_call(
            DOMAIN, "call_chain", {"to": list(to), **data}, blocking=True
        )

    async def chain_ended(self) -> dict[str, Any]:
        """Wait until the chain has ended, and all calls; return what came of it."""
        while not self.chains:
            await asyncio.sleep(0.5)
        while any(call.state is CallState.ONGOING for call in self.provider.calls):
            await asyncio.sleep(0.5)
        return self.chains[-1]

    def begin_call(self, **data: object) -> asyncio.Task[None]:
        """Place a call while other things happen."""
        return self.home.hass.async_create_task(self.place_call(**data))

    async def call_ended(self) -> None:
        """Wait until the newest call has ended, and its callback has come if it does."""
        while self.provider.calls[-1].state is CallState.ONGOING:
            await asyncio.sleep(0.5)
        await asyncio.sleep(0.5)

    async def heard(self, index: int = -1) -> list[str]:
        """Return what was heard in a call whose person does not hang up.

        That is built-in sounds, by language and name, and others; or silence.
        """
        return [
            await self._heard(action) for action in self.provider.calls[index].actions
        ]

    async def _heard(self, action: dict[str, str]) -> str:
        verb, sound = next(iter(action.items()))
        if verb == "hangup":
            return verb
        if action["result"] == CallState.FAILED and "why" not in action:
            return "silence"
        if not sound.startswith("http"):
            return sound
        async with self.home.client.get(sound[sound.index("/api/") :]) as answer:
            return _built_in().get(await answer.read(), "recording")

    async def heard_at_line(self, call: SimulatedCall) -> str:
        """Return what somebody heard who called the home, for as long as they listened.

        That is what the line said, by name; built-in sounds, by language and name; the signal of a
        call that was not picked up. What bridges time is named once, however often it comes.
        """
        heard = [await self._heard_at_line(one) for one in call.actions] or ["ringing"]
        by_sound = [[sound, *same] for sound, same in groupby(heard)]
        return ", ".join(
            sound
            for [sound, *same] in by_sound
            for sound in ([sound] if sound in BRIDGES else same)
        )

    async def _heard_at_line(self, action: dict[str, str]) -> str:
        if "connect" in action:
            return "connect"
        heard = await self._heard(action)
        if heard == "hangup":
            return action[heard]
        if heard != "recording":
            return heard
        words = words_of(next(iter(action.values())))
        names = RecordingNames(CALLBACK_KEY)
        [text] = {
            text
            for text, *_ in self.voice.asked
            if names.words(Prompt(text=text)) == words
        }
        return self.texts.get(text, "reply")

    @cached_property
    def texts(self) -> dict[str, str]:
        """The names of what a line says."""
        words = async_home_words(self.home.hass)
        press = words["line_press"].format(key="1", say="open")
        return {text: name.removeprefix("sound_") for name, text in words.items()} | {
            press: "menu",
            self.home.hass.config.location_name: "home",
        }

    async def place_foreign_call(self) -> None:
        """Let another program of the same customer call the same person."""
        request = CallRequest(
            from_number=self.provider.voice_number,
            to_number=PHONE,
            voice_start=json.dumps(PLAY),
            report_url=None,
            timeout=60,
        )
        async with ClientSession() as session:
            client = ElksClient(
                session,
                self.provider.username,
                self.provider.password,
                self.provider.api_url,
            )
            self.foreign.add((await client.place_call(request)).id)

    async def call_back(
        self, *, method: str = "POST", token: str | None = None, **data: Any
    ) -> None:
        """Send a callback for the newest call, with its own secret or another."""
        if token is None:
            token = str(self.provider.calls[-1].whenhangup).partition("?token=")[2]
        async with self.home.client.request(
            method, f"{webhook_path()}?token={token}", **data
        ) as answer:
            assert (answer.status, await answer.read()) == (200, b"")

    async def line_down(self) -> None:
        """Refuse all connections to the provider, and break those there are."""
        await self.provider.stop_listening()
        await asyncio.sleep(0.1)

    async def reload(self) -> None:
        """Restart the account."""
        await self.unload()
        await self.load()

    async def kill(self) -> None:
        """Cut the power, and restart the account: what is not on disk is lost."""
        before = deepcopy(self.disk)
        await self.unload()
        self.disk.clear()
        self.disk.update(before)
        await self.load()

    async def unload(self) -> None:
        """Stop the account."""
        entry = self.home.entry
        assert await self.home.hass.config_entries.async_unload(entry.entry_id)

    async def load(self) -> None:
        """Start the account."""
        entry = self.home.entry
        assert await self.home.hass.config_entries.async_setup(entry.entry_id)

    async def sign_in_again(self) -> None:
        """Wait for the one request for new credentials, and give them."""
        flows = self.home.hass.config_entries.flow
        while not (asked := flows.async_progress()):
            await asyncio.sleep(1)
        [flow] = asked
        assert flow["context"]["source"] == "reauth"
        credentials = {
            CONF_USERNAME: self.provider.username,
            CONF_PASSWORD: self.provider.password,
        }
        done = await flows.async_configure(flow["flow_id"], credentials)
        assert done["reason"] == "reauth_successful"

    async def reach_by_name(self, *, failures: int) -> None:
        """Reach the provider by a host name that then cannot be looked up so many times."""
        entry, hass = self.home.entry, self.home.hass
        port = int(self.provider.url.rpartition(":")[2])
        left = 0

        async def resolve(*_: object, **__: object) -> list[ResolveResult]:
            nonlocal left
            left -= 1
            if left >= 0:
                raise OSError("Name or service not known")
            return [_here(port)]

        self.monkeypatch.setattr(AsyncResolver, "resolve", resolve)
        url = f"http://api.example:{port}/a1"
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_URL: url}
        )
        await self.reload()
        # Until the name is forgotten, and the connection closed
        await asyncio.sleep(60)
        left = failures


@cache
def _built_in() -> dict[bytes, str]:
    """Return the languages and names of the built-in sounds."""
    return {
        path.read_bytes(): f"{path.parent.name}/{path.stem}"
        for path in FOLDER.glob("*/*")
    }


def _here(port: int) -> ResolveResult:
    return ResolveResult(
        hostname="api.example",
        host="127.0.0.1",
        port=port,
        family=socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST,
    )
