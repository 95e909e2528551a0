"""Faults in the callback that reports how a call ended."""

import asyncio
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from custom_components.elks.const import DOMAIN
from homeassistant.helpers import issue_registry as ir
from simulator import Fault, FaultKind, Outcome
from tests.elks.conftest import PHONE

from .row import LOOK, LOST, POLLED, Row, Story
from .scene import Scene

_DAY = 24 * 3600
_LISTEN = {"ivr": "sound/beep", "timeout": 30, "repeat": 100}


def _call_back(method: str = "POST", *, token: str | None = None, **data: Any) -> Story:
    """Call back while the phone rings, in a way that must not change anything."""

    async def story(scene: Scene) -> None:
        scene.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)
        await scene.place_call()
        await asyncio.sleep(5)
        await scene.call_back(method=method, token=token, **data)
        await asyncio.sleep(5)
        assert scene.home.last_call.state == "ongoing"

    return story


def _report_false_end(method: str = "POST", *, token: str | None = None) -> Story:
    """Report an end of the call that is not true."""

    async def story(scene: Scene) -> None:
        scene.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)
        await scene.place_call()
        before = scene.looks
        for _ in range(20):
            form = {"id": scene.provider.calls[-1].id, "state": "success"}
            await scene.call_back(method=method, token=token, data=form)
            await asyncio.sleep(1)
        assert scene.home.last_call.state == "ongoing"
        # Two in 20 s, and none for reports that cannot be true
        assert scene.looks - before <= (2 if method == "POST" else 0)

    return story


async def _report_false_answer(scene: Scene) -> None:
    """Report, without the secret, that a phone was answered which still rings."""
    scene.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)
    await scene.place_call()
    form = {"callid": scene.provider.calls[-1].id, "result": "newoutgoing"}
    await scene.call_back(token="wrong", data=form)
    assert scene.home.last_call.attributes["answered"] is None


async def _twenty_megabytes(scene: Scene) -> None:
    """Report an end, with the call's secret, and far too much besides."""
    scene.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)
    await scene.place_call()
    form = f"id={scene.provider.calls[-1].id}&state=success&more="
    await scene.call_back(data=BytesIO(form.encode() + 20_000_000 * b"x"))
    await asyncio.sleep(5)
    assert scene.home.last_call.state == "ongoing"


async def _secret_lost(scene: Scene) -> None:
    """Let a proxy on the way remove the secret."""
    scene.faults(LOST)
    await scene.place_call()
    await scene.call_ended()
    form = {"id": scene.provider.calls[-1].id, "state": "success"}
    await scene.call_back(token="", data=form)


async def _id_of_another(scene: Scene) -> None:
    """Report the end of one call with the secret of another."""
    first, second = PHONE, "+46701234568"
    for number in (first, second):
        scene.provider.phone(number, outcome=Outcome.NO_ANSWER)
    await scene.place_call(to=first)
    await scene.place_call(to=second)
    form = {"id": scene.provider.calls[0].id, "state": "success"}
    await scene.call_back(data=form)
    await asyncio.sleep(1)
    assert scene.home.last_call.state == "ongoing"


async def _after_the_end(scene: Scene) -> None:
    await scene.place_call()
    await scene.call_ended()
    await asyncio.sleep(1)
    ended = scene.home.last_call
    known = {name: value for name, value in ended.attributes.items() if value}
    call_id = scene.provider.calls[-1].id
    for state in ("ongoing", "failed", "busy"):
        await scene.call_back(data={"id": call_id, "state": state, "duration": "99"})
    # Only what was unknown may be filled in
    assert scene.home.last_call.state == ended.state
    assert known.items() <= scene.home.last_call.attributes.items()


async def _swapped(scene: Scene) -> None:
    """Get the callback of the first call after that of the second."""
    first = Fault(FaultKind.CALLBACK_LATE, number=PHONE, delay=20)
    scene.faults(first)
    await scene.place_call()
    await scene.place_call(to="+46701234568")


def _send_raw(*lines: str) -> Story:
    """Send a callback that is not a proper request, and break the connection."""

    async def story(scene: Scene) -> None:
        await scene.place_call()
        url = scene.home.client.make_url("/")
        _, writer = await asyncio.open_connection(url.host, url.port)
        path = str(scene.provider.calls[-1].whenhangup).removeprefix(str(url))
        head = (f"POST /{path} HTTP/1.1", "Host: home", *lines)
        writer.write("\r\n".join(head).encode())
        await asyncio.sleep(1)
        writer.close()
        await writer.wait_closed()

    return story


async def _long_call(scene: Scene) -> None:
    """Let the person listen to nothing for 10 min."""
    scene.provider.phone(PHONE, talk_for=600)
    await scene.place_call(voice_start=_LISTEN)


async def _no_address(scene: Scene) -> None:
    scene.home.hass.config.external_url = None
    await scene.place_call()


async def _no_address_long(scene: Scene) -> None:
    scene.home.hass.config.external_url = None
    await _long_call(scene)


async def _wrong_address(scene: Scene) -> None:
    scene.home.hass.config.external_url = "http://127.0.0.1:1"
    await scene.place_call()


async def _own_whenhangup(scene: Scene) -> None:
    await scene.place_call(whenhangup="http://127.0.0.1:1/ended")


async def _three_unreported(scene: Scene) -> None:
    """Check that the user is warned after three calls without a callback, until one comes."""
    scene.faults(Fault(FaultKind.CALLBACK_DROPPED, times=3))
    issues = ir.async_get(scene.home.hass)
    issue = (DOMAIN, f"not_reported_{scene.home.entry.entry_id}")
    for _ in range(3):
        assert issues.async_get_issue(*issue) is None
        await scene.place_call(wait=True)
    assert issues.async_get_issue(*issue) is not None
    await scene.place_call(wait=True)
    assert issues.async_get_issue(*issue) is None


async def _wait(scene: Scene) -> None:
    await scene.place_call(wait=True)


async def _credentials_revoked(scene: Scene) -> None:
    """Sign in again as soon as Home Assistant asks for it."""
    scene.faults(LOST)
    await scene.place_call()
    scene.provider.account.password = "another password"
    await scene.sign_in_again()


async def _credentials_revoked_ignored(scene: Scene) -> None:
    """Never sign in again."""
    scene.provider.phone(PHONE, answer_after=250)
    await scene.place_call(timeout=300)
    await asyncio.sleep(10)
    scene.provider.account.password = "another password"
    await scene.call_ended()


async def _line_down_during_call(scene: Scene) -> None:
    scene.faults(LOST)
    await scene.place_call()
    await scene.provider.stop_listening()
    await asyncio.sleep(200)
    await scene.provider.start_listening()


async def _many_calls(scene: Scene) -> None:
    """Place twenty calls at once."""
    numbers = [f"+4670123456{digit}" for digit in range(10)]
    await asyncio.gather(*(scene.place_call(to=number) for number in 2 * numbers))


def _fields(fields: Mapping[str, Any]) -> Fault:
    return Fault(FaultKind.CALLBACK_FIELDS, fields=fields)


def _look(**details: Any) -> Fault:
    return Fault(FaultKind.STATUS, on=LOOK, **details)


ROWS = (
    Row(
        name="dropped",
        goes_wrong="The callback does not come",
        faults=(LOST,),
        within=POLLED,
    ),
    Row(
        name="dropped-wait",
        goes_wrong="The callback does not come; `wait: true`",
        faults=(LOST,),
        story=_wait,
        outcome="success",
        within=POLLED,
    ),
    Row(
        name="dropped-long",
        goes_wrong="The callback of a 10 min call does not come",
        faults=(LOST,),
        story=_long_call,
        within=120,
    ),
    Row(
        name="dropped-20",
        goes_wrong="Twenty calls at once; no callback comes",
        faults=(LOST,),
        story=_many_calls,
        calls=20,
        outcome=", ".join(20 * ["ongoing"]),
        within=POLLED,
    ),
    Row(
        name="doubled",
        goes_wrong="The callback comes twice",
        faults=(Fault(FaultKind.CALLBACK_DOUBLED),),
    ),
    Row(
        name="late",
        goes_wrong="The callback comes 10 min late",
        faults=(Fault(FaultKind.CALLBACK_LATE, delay=600),),
        within=POLLED,
    ),
    Row(
        name="swapped",
        goes_wrong="The callbacks of two calls come in the wrong order",
        story=_swapped,
        calls=2,
        outcome="ongoing, ongoing",
    ),
    Row(
        name="after-the-end",
        goes_wrong="More callbacks with the call's secret come after the end, with other states",
        story=_after_the_end,
    ),
    Row(
        name="wrong-secret",
        goes_wrong="A stranger reports an end every second, with a wrong secret",
        story=_report_false_end(token="wrong"),
        state="failed",
    ),
    Row(
        name="no-secret",
        goes_wrong="A stranger reports an end every second, without a secret",
        story=_report_false_end(token=""),
        state="failed",
    ),
    Row(
        name="secret-lost",
        goes_wrong="A proxy removes the secret from the callback",
        story=_secret_lost,
        within=1,
    ),
    Row(
        name="id-of-another",
        goes_wrong="A callback reports the end of one call with the secret of another",
        story=_id_of_another,
        calls=2,
        outcome="ongoing, ongoing",
        state="failed",
    ),
    Row(
        name="no-state",
        goes_wrong="The callback has no state",
        faults=(_fields({"state": None}),),
        within=POLLED,
    ),
    Row(
        name="odd-state",
        goes_wrong="The callback has a state that does not exist",
        faults=(_fields({"state": "on fire"}),),
        within=POLLED,
    ),
    Row(
        name="no-id",
        goes_wrong="The callback has no call id",
        faults=(_fields({"id": None}),),
        within=POLLED,
    ),
    Row(
        name="other-id",
        goes_wrong="The callback has another call's id",
        faults=(_fields({"id": "c" + 32 * "0"}),),
        within=POLLED,
    ),
    Row(
        name="odd-fields",
        goes_wrong="The callback's other fields make no sense",
        faults=(
            _fields(
                {
                    "start": "yesterday",
                    "duration": "long",
                    "cost": "1500,",
                    "created": "",
                    "actions": "{",
                    "from": None,
                }
            ),
        ),
    ),
    Row(
        name="still-ongoing",
        goes_wrong="The callback says that the call is still ongoing",
        faults=(_fields({"state": "ongoing"}),),
        within=POLLED,
    ),
    Row(
        name="empty",
        goes_wrong="A callback without a body",
        story=_call_back(),
        state="failed",
    ),
    Row(
        name="20-mb",
        goes_wrong="A callback of 20 MB",
        story=_twenty_megabytes,
        state="failed",
    ),
    Row(
        name="cut-off",
        goes_wrong="The connection breaks in the middle of a callback",
        story=_send_raw("Content-Length: 100", "", "id="),
    ),
    Row(
        name="bad-chunk",
        goes_wrong="A callback in chunks with an invalid size",
        story=_send_raw("Transfer-Encoding: chunked", "", "xyz", "id="),
    ),
    Row(
        name="not-gzip",
        goes_wrong="A callback that claims to be compressed but is not",
        story=_send_raw("Content-Encoding: gzip", "Content-Length: 4", "", "id=1"),
    ),
    Row(
        name="json",
        goes_wrong="A callback that is JSON rather than a form",
        story=_call_back(json={"id": "c1", "state": "success"}),
        state="failed",
    ),
    Row(
        name="no-callid",
        goes_wrong="A callback for the next action, without a call id",
        story=_call_back(data={"callid": "", "result": "newoutgoing"}),
        state="failed",
    ),
    Row(
        name="pick-up-wrong-secret",
        goes_wrong="A stranger reports that the phone was answered",
        story=_report_false_answer,
        state="failed",
    ),
    Row(
        name="binary",
        goes_wrong="A callback that is not text",
        story=_call_back(data=bytes(range(256))),
        state="failed",
    ),
    *(
        Row(
            name=method.lower(),
            goes_wrong=f"An end reported by {method}, with the call's secret",
            story=_report_false_end(method),
            state="failed",
        )
        for method in ("GET", "PUT", "HEAD")
    ),
    Row(
        name="no-address",
        goes_wrong="The home has no external address",
        story=_no_address,
        within=3,
    ),
    Row(
        name="no-address-long",
        goes_wrong="The home has no external address; a 10 min call",
        story=_no_address_long,
        within=10,
    ),
    Row(
        name="wrong-address",
        goes_wrong="The home's external address leads nowhere",
        story=_wrong_address,
        within=POLLED,
    ),
    Row(
        name="own-whenhangup",
        goes_wrong="The end is reported to the user's own URL",
        story=_own_whenhangup,
        within=3,
    ),
    Row(
        name="three-unreported",
        goes_wrong="Three calls in a row end without a callback, and the fourth with one; `wait: true`",
        story=_three_unreported,
        calls=4,
        outcome="success, success, success, success",
    ),
    Row(
        name="credentials-revoked",
        goes_wrong="The credentials are revoked during the call, and the user signs in again; no callback comes",
        story=_credentials_revoked,
        within=POLLED + 1,
    ),
    Row(
        name="credentials-revoked-ignored",
        goes_wrong="The credentials are revoked during the call, and nobody signs in again",
        story=_credentials_revoked_ignored,
    ),
    Row(
        name="line-down",
        goes_wrong="46elks is unreachable for 200 s from the start of the call; no callback comes",
        story=_line_down_during_call,
        within=200 + 30,
    ),
    Row(
        name="look-fails",
        goes_wrong="No callback comes, and looking the call up fails 3 times",
        faults=(LOST, _look(status=500, times=3)),
        within=POLLED + 3 * 30,
    ),
    Row(
        name="look-429",
        goes_wrong="No callback comes, and looking the call up returns 429 for 10 min",
        faults=(LOST, _look(status=429, times=9)),
        within=900,
    ),
    Row(
        name="look-odd",
        goes_wrong="No callback comes, and looking the call up returns nonsense twice",
        faults=(
            LOST,
            Fault(FaultKind.HTML, on=LOOK),
            Fault(FaultKind.WRONG_JSON, on=LOOK, fields={"state": 7}),
        ),
        within=POLLED + 2 * 30,
    ),
    Row(
        name="look-other-call",
        goes_wrong="No callback comes, and looking the call up returns a different call once",
        faults=(
            LOST,
            Fault(FaultKind.WRONG_JSON, on=LOOK, fields={"id": "c" + 32 * "0"}),
        ),
        within=POLLED + 30,
    ),
    Row(
        name="look-stalls",
        goes_wrong="No callback comes, and looking the call up returns an answer that never ends",
        faults=(LOST, Fault(FaultKind.STALL, on=LOOK)),
        within=POLLED + 2 * 30,
    ),
    Row(
        name="look-404",
        goes_wrong="No callback comes, and 46elks no longer knows the call",
        faults=(LOST, _look(status=404, times=None)),
        state="unknown",
        within=_DAY + 120,
        logs=("46elks did not say for a day",),
    ),
    Row(
        name="no-answer-for-a-day",
        goes_wrong="No callback comes, and looking the call up fails for a day",
        faults=(LOST, _look(status=500, times=None)),
        state="unknown",
        within=_DAY + 120,
        logs=("46elks did not say for a day",),
    ),
)
