"""People who call a line, and strangers who pretend that somebody does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from typing import Any

from pytest_homeassistant_custom_component.common import async_mock_service
from yarl import URL

from homeassistant.core import ServiceCall
from simulator import CallbackKind, Fault, FaultKind, KeyPress, SimulatedCall

from ..conftest import LINE, LINE_KEY, PHONE, Home, webhook_path

STRANGER = "+46709999999"
GATE: dict[str, Any] = {"answer_with": "nothing", "actions": [{"action": "gate.open"}]}
"""A line that opens a gate without a pick-up."""
MENU: dict[str, Any] = {
    "menu": [{"key": "1", "say": "open", "actions": [{"action": "gate.open"}]}]
}
"""A line whose menu opens it."""
RINGS, NEXT, END = (
    CallbackKind.NEWINCOMING,
    CallbackKind.NEXT,
    CallbackKind.WHENHANGUP,
)
DROPPED, DOUBLED, AT_ONCE, REPEATED, OUT_OF_ORDER = (
    FaultKind.CALLBACK_DROPPED,
    FaultKind.CALLBACK_DOUBLED,
    FaultKind.CALLBACK_SIMULTANEOUS,
    FaultKind.CALLBACK_REPEATED,
    FaultKind.CALLBACK_OUT_OF_ORDER,
)


def gate(home: Home) -> list[ServiceCall]:
    """Have a gate; return how often it was opened."""
    return async_mock_service(home.hass, "gate", "open")


def presses(*keys: str, first: int = 2) -> list[KeyPress]:
    """Return what somebody presses at each question; before the first one a greeting is heard."""
    return [KeyPress(0, key, sound=first + n) for n, key in enumerate(keys)]


def verbs(call: SimulatedCall) -> list[str]:
    """Return what was done in a call, and how it went."""
    return [f"{next(iter(one))} {one['result']}" for one in call.actions]


def hung_up(call: SimulatedCall) -> str | None:
    """Return with which signal a call ended that was not picked up; None if it was."""
    return call.actions[0].get("hangup") if call.actions else None


def asked(home: Home, call: SimulatedCall) -> int:
    """Return how often 46elks was asked about a call."""
    path = f"/a1/calls/{call.id}"
    return sum(one.path == path for one in home.provider.requests)


def fault(home: Home, kind: FaultKind, on: str, **more: Any) -> None:
    """Have something go wrong."""
    home.provider.fault(Fault(kind, on=on, **more))


@dataclass(frozen=True)
class Answer:
    """What a callback is answered with."""

    status: int
    body: bytes
    headers: Mapping[str, str]


async def post(home: Home, query: str = f"line={LINE_KEY}", **form: str) -> Answer:
    """Call back as anybody can."""
    path = f"{webhook_path()}?{query}"
    async with home.client.post(path, data=form) as answer:
        headers = {
            name: text for name, text in answer.headers.items() if name != "Date"
        }
        return Answer(answer.status, await answer.read(), headers)


def incoming(call_id: str, created: datetime, caller: str = PHONE) -> dict[str, str]:
    """Return the form that reports that somebody rings."""
    written = created.replace(tzinfo=None).isoformat()
    parties = {"from": caller, "to": LINE}
    return {"callid": call_id, "direction": "incoming", "created": written} | parties


def figure(home: Home, name: str) -> str:
    """Return what one of the account's sensors shows."""
    state = home.hass.states.get(f"sensor.demo_home_{name}")
    assert state is not None
    return state.state


@dataclass
class Talk:
    """A call to the line in which a test does what 46elks would."""

    home: Home
    call_id: str = f"c{7:032}"
    caller: str = PHONE
    heard: dict[str, Any] = field(default_factory=dict)
    """The action that 46elks was answered last."""

    async def ring(self) -> None:
        """Report that somebody rings."""
        form = incoming(self.call_id, datetime.now(UTC), self.caller)
        self.heard = _action(await post(self.home, **form))

    async def press(self, keys: str) -> None:
        """Report what was pressed."""
        self.heard = _action(await self.ask(self.next, keys))

    async def ask(self, query: str, keys: str = "ok", **form: str) -> Answer:
        """Ask what comes next, at an address of before."""
        form = {"callid": self.call_id, "result": keys, **form}
        return await post(self.home, query, **form)

    async def hang_up(self, **form: str) -> None:
        """Report that the call is over."""
        form = {"id": self.call_id, "to": LINE, "from": self.caller, **form}
        await post(self.home, self.end, state="success", **form)
        await self.home.hass.async_block_till_done()

    @property
    def next(self) -> str:
        """The query of the address for what is pressed."""
        action = self.heard
        while isinstance(following := action["next"], dict):
            action = following
        return URL(following).raw_query_string

    @property
    def end(self) -> str:
        """The query of the address for the end."""
        return URL(self.heard["whenhangup"]).raw_query_string

    @property
    def sounds(self) -> list[str | None]:
        """What is heard with the action."""
        found: list[str | None] = []
        action: Any = self.heard
        while isinstance(action, dict):
            found.append(action.get("ivr") or action.get("play"))
            action = action.get("next")
        return found


def _action(answer: Answer) -> dict[str, Any]:
    action: dict[str, Any] = json.loads(answer.body)
    return action
