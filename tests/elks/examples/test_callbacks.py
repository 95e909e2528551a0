"""Callbacks as 46elks shows them, through the webhook of a home."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from simulator import Fault, FaultKind
from tests.elks.conftest import PHONE, Home, webhook_path
from tests.elks.speech.conftest import Engine

from .example import Example, each

_FORM = "application/x-www-form-urlencoded"
_TYPES = (_FORM, f"{_FORM}; charset=utf-8")
_ASKED = "&asked=1"


@dataclass(frozen=True)
class Ended:
    """What is shown of a call whose end was reported."""

    state: str
    answered: bool
    created: str | None = None
    start: str | None = None
    duration: int | None = None
    cost: float | None = None
    direction: str = "outgoing"


@dataclass(frozen=True)
class Asked:
    """What is shown of a call when its next action was asked for."""

    digits: str | None = None
    first: bool = False
    """Whether the call was just picked up."""


ENDED = {
    "cb-whenhangup-connect": Ended(
        state="success",
        answered=True,
        created="2016-11-03T08:46:00.900484",
        start="2016-11-03T08:46:00.877263",
        duration=8,
        cost=0.15,
        direction="incoming",
    ),
    "cb-whenhangup-failed": Ended(
        state="failed", answered=False, created="2023-10-04T14:32:37.123456"
    ),
    "cb-whenhangup-busy": Ended(state="busy", answered=False),
    "cb-whenhangup-success-sparse": Ended(state="success", answered=True, duration=722),
    "cb-whenhangup-failed-zero": Ended(state="failed", answered=False, duration=0),
    "cb-whenhangup-badsource": Ended(
        state="success",
        answered=True,
        created="2023-10-01T12:00:00.123456",
        start="2023-10-01T12:00:05.123456",
        duration=2,
        cost=0.35,
    ),
    "cb-whenhangup-why": Ended(
        state="success",
        answered=True,
        created="2026-02-01T12:00:00.123456",
        start="2026-02-01T12:00:00.100000",
        duration=20,
        direction="incoming",
    ),
    "cb-whenhangup-callid": Ended(state="success", answered=True, duration=30),
}

ASKED = {
    "cb-voice-start": Asked(first=True),
    "cb-voice-start-bare": Asked(first=True),
    "cb-next-ivr-digits": Asked(digits="2394623498"),
    "cb-next-ivr-docs": Asked(digits="1"),
    "cb-next-ivr-noinput": Asked(),
    "cb-next-play-ok": Asked(),
    "cb-next-play-failed": Asked(),
    "cb-next-connect-success": Asked(),
    "cb-next-connect-busy": Asked(),
    "cb-next-connect-failed": Asked(),
    "cb-next-record": Asked(),
}

NOT_OURS = {
    *("cb-incoming-swagger", "cb-incoming-docs", "cb-incoming-docs-old"),
    "cb-incoming-client",
    *("cb-record-swagger", "cb-record-docs", "cb-record-recordingid"),
    "cb-recordcall",
    *("cb-dlr-docs", "cb-dlr-swagger", "cb-dlr-postman"),
    *("cb-dlr-failed", "cb-dlr-sent"),
    *("cb-sms-docs", "cb-sms-swagger", "cb-mms-docs", "cb-mms-swagger"),
    "cb-conversation-reply",
}
"""Callbacks that nobody has asked for: no line, recording or text is ours."""


async def _place(home: Home, example: Example, **data: Any) -> str:
    """Place a call with the id of an example; return its webhook."""
    home.rings_on()
    form = dict(parse_qsl(example.form))
    call_id = form.get("id") or form["callid"]
    home.provider.fault(
        Fault(FaultKind.WRONG_JSON, on="POST /calls", fields={"id": call_id})
    )
    content = data or {"voice_start": {"play": "sound/beep"}}
    await home.act("place_call", to=PHONE, timeout=300, **content)
    url = str(home.provider.calls[-1].whenhangup)
    return url[url.index("/api/") :]


async def _send(
    home: Home, path: str, example: Example, content_type: str = _FORM
) -> tuple[int, Any]:
    """Send a callback; return the status, and the action it is answered with."""
    async with home.client.post(
        path, data=example.form.encode(), headers={"Content-Type": content_type}
    ) as answer:
        body = await answer.read()
        await home.hass.async_block_till_done()
        return answer.status, await answer.json() if body else None


@each(ENDED)
async def test_ended(home: Home, example: Example) -> None:
    """The end of a call is shown with all that was reported of it, also the second time."""
    path = await _place(home, example)
    placed, ended = home.last_call.attributes, ENDED[example.id]

    for content_type in _TYPES:
        assert (await _send(home, path, example, content_type))[0] == 200

        shown = home.last_call
        assert shown.state == ended.state
        assert {**shown.attributes} == {
            **shown.attributes,
            "call_id": placed["call_id"],
            "from": placed["from"],
            "to": placed["to"],
            "answered": ended.answered,
            "created": _time(ended.created) or placed["created"],
            "start": _time(ended.start),
            "duration": ended.duration,
            "cost": ended.cost,
            "direction": ended.direction,
            "digits": None,
        }
    assert home.entry.runtime_data.tracker.book.open() == []


@each(ASKED)
async def test_asked(engine: Engine, home: Home, example: Example) -> None:
    """A call in progress gets an action, and the keys are known as they were pressed."""
    path = await _place(home, example, message="Press a key", digits=10)
    asked = ASKED[example.id]

    for content_type in _TYPES:
        url = path if asked.first else path + _ASKED
        status, action = await _send(home, url, example, content_type)
        assert status == 200
        assert action.keys() & {"ivr", "hangup"} == {"ivr" if asked.first else "hangup"}

        shown = home.last_call
        assert shown.state == "ongoing"
        assert shown.attributes["answered"] is True
        assert shown.attributes["digits"] == asked.digits


@each(NOT_OURS)
async def test_not_ours(home: Home, example: Example) -> None:
    """What belongs to no call of ours changes nothing, and its answer is no text message."""
    home.rings_on()
    await home.place_call(timeout=300)
    before = home.last_call
    url = str(home.provider.calls[-1].whenhangup)

    for path in (webhook_path(), url[url.index("/api/") :]):
        assert await _send(home, path, example) == (200, None)

    assert home.last_call == before


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
