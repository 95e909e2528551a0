"""The actions of an answered call, carried out one after another."""

from collections.abc import Mapping
import json
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from ..call import CallState, SimulatedCall
from ..traffic import CallbackKind
from ..wire.callbacks import Callbacks
from ..wire.payloads import Payloads
from .connect import Targets, connect
from .handsets import Circuit, Handset, HungUpError
from .phones import Phones
from .recordings import Recordings
from .sounds import SoundError, Sounds

_VERBS = ("play", "ivr", "connect", "record", "hangup")
_NO_INPUT = "noinput"
_NOT_UNDERSTOOD = "badsource"
# Simulated seconds
_RETRY_AFTER = (2, 5, 10)
# Actions that take no time must not go on for ever
_MOST_ACTIONS = 200

type Action = Mapping[str, Any]


def is_url(text: object) -> bool:
    """Return whether something is a URL that can be fetched."""
    if not isinstance(text, str):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def parse_action(text: str | bytes) -> Action | None:
    """Return the action that a JSON text holds, None if it holds none."""
    try:
        action = json.loads(text)
    except ValueError:
        return None
    return action if is_action(action) else None


def is_action(value: object) -> bool:
    """Return whether something is an action."""
    return isinstance(value, dict) and any(
        name in value for name in (*_VERBS, "recordcall", "next")
    )


def verb_of(action: Action) -> str | None:
    """Return what an action does, None for one that only leads to others."""
    return next((name for name in _VERBS if name in action), None)


class Conversation:
    """What happens in a call once it has been answered."""

    def __init__(
        self,
        *,
        call: SimulatedCall,
        circuit: Circuit,
        person: Handset,
        phones: Phones,
        sounds: Sounds,
        callbacks: Callbacks,
        recordings: Recordings,
        payloads: Payloads,
    ) -> None:
        """Take the parts that are needed to carry out a call's actions."""
        self._call = call
        self._circuit = circuit
        self._person = person
        self._phones = phones
        self._sounds = sounds
        self._callbacks = callbacks
        self._recordings = recordings
        self._payloads = payloads
        self._call_recording: tuple[str, float] | None = None
        """Where to report the recording of the call, and when it began."""

    async def run(self, first: Action | None = None) -> None:
        """Carry out the actions until there are no more or the person hangs up.

        The first one is given, or what the call's `voice_start` says.
        """
        try:
            action = first or await self._first()
            for _ in range(_MOST_ACTIONS):
                if action is None:
                    break
                action = await self._carry_out(action)
        except HungUpError:
            pass
        if self._call_recording:
            self._report_recording(*self._call_recording)

    async def _first(self) -> Action | None:
        start = self._call.voice_start
        if is_url(start):
            result = self._payloads.dialect.picked_up
            return await self._request(CallbackKind.NEWOUTGOING, start, result)
        return parse_action(start)

    async def _carry_out(self, action: Action) -> Action | None:
        """Carry out an action; return the next one."""
        if is_url(action.get("whenhangup")):
            self._call.whenhangup = action["whenhangup"]
        if is_url(action.get("recordcall")) and self._call_recording is None:
            self._call_recording = (action["recordcall"], self._circuit.at)
        if (verb := verb_of(action)) is None:
            return await self._follow(action.get("next"), CallState.SUCCESS)
        why = None
        match verb:
            case "play":
                result = await self._play(action)
            case "ivr":
                result, why = await self._ivr(action)
            case "connect":
                result = await self._connect(action)
            case "record":
                result = await self._record(action)
            case _:
                self._note(verb, action, CallState.SUCCESS)
                return None
        return await self._follow(action.get(result, action.get("next")), result, why)

    async def _follow(
        self, branch: object, result: str, why: str | None = None
    ) -> Action | None:
        """Return the action that a branch leads to: itself, or the answer of its URL."""
        if isinstance(branch, str) and is_url(branch):
            return await self._request(CallbackKind.NEXT, branch, result, why)
        return branch if isinstance(branch, dict) and is_action(branch) else None

    async def _request(
        self, kind: CallbackKind, url: str, result: str | None, why: str | None = None
    ) -> Action | None:
        """Return the action that a URL answers with; None ends the call."""
        form = self._payloads.next_action(self._call, result, why)
        answer = await self._callbacks.request_action(self._call, kind, url, form)
        for pause in _RETRY_AFTER:
            if answer or not self._payloads.dialect.retries_next:
                break
            await self._wait(pause)
            answer = await self._callbacks.request_action(self._call, kind, url, form)
        if not answer:
            return None
        if (action := parse_action(answer)) is None:
            self._note("hangup", {"hangup": _NOT_UNDERSTOOD}, CallState.FAILED)
        return action

    async def _wait(self, seconds: float) -> None:
        """Keep the person on the line."""
        until = self._circuit.at + seconds
        while await self._person.listen(until - self._circuit.at):
            pass

    async def _play(self, action: Action) -> str:
        """Play a sound; return the result with which the next action is requested."""
        entry = self._note("play", action, CallState.SUCCESS)
        try:
            key = await self._hear(
                action["play"], skippable=action.get("skippable", True)
            )
        except SoundError:
            entry["result"] = CallState.FAILED
            return CallState.FAILED
        if key and self._payloads.dialect.reports_skipping_key:
            entry["result"] = key
            return key
        return self._payloads.dialect.played

    async def _hear(self, url: str, *, skippable: bool = True) -> str | None:
        """Play a sound; return the key that cut it short, if any.

        Raises SoundError when it cannot be played.
        """
        sound = await self._sounds.get(str(url))
        until = self._circuit.at + sound.duration
        self._person.hear(sound)
        try:
            while key := await self._person.listen(until - self._circuit.at):
                if skippable:
                    return key
        finally:
            self._person.hear(None)
        return None

    async def _ivr(self, action: Action) -> tuple[str, str | None]:
        """Collect keys; return them, or that it failed and why."""
        entry = self._note("ivr", action, self._payloads.dialect.hung_up)
        for _ in range(_number(action, "repeat", 3, most=10)):
            try:
                key = await self._hear(action["ivr"])
            except SoundError:
                entry["result"] = CallState.FAILED
                return CallState.FAILED, None
            if digits := await self._collect(action, key):
                entry["result"] = digits
                return digits, None
        entry |= {"result": CallState.FAILED, "why": _NO_INPUT}
        return CallState.FAILED, _NO_INPUT

    async def _collect(self, action: Action, key: str | None) -> str:
        """Return the keys that are pressed, up to the number wanted or a "#"."""
        timeout = _number(action, "timeout", 10, most=30)
        most = _number(action, "digits", 1, most=100)
        digits = ""
        while key := key or await self._person.listen(timeout):
            if key == "#":
                break
            digits += key
            key = None
            if len(digits) == most:
                break
        return digits

    async def _connect(self, action: Action) -> str:
        entry = self._note("connect", action, CallState.SUCCESS)
        targets = Targets(
            numbers=[number.strip() for number in str(action["connect"]).split(",")],
            callerid=str(action.get("callerid", self._call.from_ or "")),
            timeout=_number(action, "timeout", 60, most=300),
        )
        entry["result"] = await connect(
            self._call, self._circuit, self._person, self._phones, targets
        )
        return entry["result"]

    async def _record(self, action: Action) -> str:
        """Record until a key is pressed, the person hangs up or the time is up."""
        self._note("record", action, CallState.SUCCESS)
        began = self._circuit.at
        try:
            await self._person.listen(_number(action, "timelimit", 120, most=3600))
        finally:
            self._report_recording(action["record"], began)
        return CallState.SUCCESS

    def _report_recording(self, url: str, began: float) -> None:
        seconds = ceil(round(self._circuit.at - began, 3))
        form = self._payloads.recording(
            self._call, seconds, self._recordings.add(seconds)
        )
        self._callbacks.report_recording(self._call, url, form)

    def _note(self, verb: str, action: Action, result: str) -> dict[str, str]:
        """Log an action, with the result it has if the person hangs up now."""
        entry = {verb: str(action[verb]), "result": result}
        self._call.actions.append(entry)
        return entry


def _number(action: Action, name: str, default: int, *, most: int) -> int:
    try:
        return min(max(int(action.get(name, default)), 1), most)
    except TypeError, ValueError:
        return default
