"""Faults while the account or Home Assistant is restarted."""

import asyncio
from copy import deepcopy
from dataclasses import replace

from homeassistant.const import CONF_WEBHOOK_ID, EVENT_HOMEASSISTANT_STOP
from simulator import Fault, FaultKind, Outcome, Simulator
from tests.elks.conftest import PHONE, make_entry

from .row import HISTORY, LOST, PLACE, POLLED, Row, Story
from .scene import Scene

_LATE = Fault(FaultKind.CALLBACK_LATE, delay=20)
_PLACED_LATE = Fault(FaultKind.DELAY, on=PLACE, delay=5)
_ANSWERED_LATE = Fault(FaultKind.CALLBACK_EARLY, on=PLACE)
_STOPPED = "outcome_unknown"


async def _reload_unanswered(scene: Scene) -> None:
    """Reload one second after the request was sent."""
    placing = scene.begin_call()
    await asyncio.sleep(1)
    await scene.reload()
    await placing


async def _reload_answered(scene: Scene) -> None:
    await scene.place_call()
    await scene.reload()


async def _reload_waiting(scene: Scene) -> None:
    placing = scene.begin_call(wait=True)
    await asyncio.sleep(1)
    await scene.reload()
    await placing


async def _stop_waiting(scene: Scene) -> None:
    """Let Home Assistant announce that it stops."""
    placing = scene.begin_call(wait=True)
    await asyncio.sleep(1)
    scene.home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await placing


async def _reload_ringing(scene: Scene) -> None:
    scene.provider.phone(PHONE, answer_after=30)
    await scene.place_call()
    await asyncio.sleep(10)
    await scene.reload()


async def _reload_twice_ringing(scene: Scene) -> None:
    await _reload_ringing(scene)
    await asyncio.sleep(5)
    await scene.reload()


async def _reload_before_callback(scene: Scene) -> None:
    """Reload between the hangup and the callback that reports it."""
    await scene.place_call()
    await scene.call_ended()
    await asyncio.sleep(5)
    await scene.reload()


async def _reload_ended(scene: Scene) -> None:
    await scene.place_call()
    await scene.call_ended()
    await asyncio.sleep(60)
    await scene.reload()


async def _callback_while_unloaded(scene: Scene) -> None:
    """Have a callback sent again and again while nobody accepts it."""
    await scene.place_call()
    await scene.unload()
    await scene.call_ended()
    await asyncio.sleep(30)
    assert {sent.status for sent in scene.provider.callbacks} == {503}
    await scene.load()


async def _start_without_line(scene: Scene) -> None:
    await scene.place_call()
    await scene.unload()
    await scene.call_ended()
    await scene.line_down()
    await scene.load()
    await asyncio.sleep(100)
    await scene.provider.start_listening()


async def _start_with_wrong_credentials(scene: Scene) -> None:
    await scene.place_call()
    await scene.unload()
    await scene.call_ended()
    scene.provider.account.password = "another password"
    await scene.load()
    await asyncio.sleep(10)
    await scene.sign_in_again()


def _unrecorded(*, answer_after: float = 20) -> Story:
    """Cut the power before the call is stored."""

    async def story(scene: Scene) -> None:
        scene.provider.phone(PHONE, answer_after=answer_after)
        await scene.place_call()
        await scene.unload()
        scene.disk.clear()
        await scene.load()
        await asyncio.sleep(1)
        assert scene.home.last_call.state == "unknown"

    return story


async def _answer_unrecorded(scene: Scene) -> None:
    """Cut the power after the answer, before it is stored."""
    placing = scene.begin_call()
    await asyncio.sleep(1)
    before = deepcopy(scene.disk)
    await placing
    await scene.unload()
    scene.disk.clear()
    scene.disk.update(before)
    await scene.load()


async def _unrecorded_forged(scene: Scene) -> None:
    """Have a stranger report a call that never existed."""
    call = "c" + 32 * "0"
    for token in ("", "wrong", 48 * "A"):
        await scene.call_back(token=token, data={"id": call, "state": "success"})
    await asyncio.sleep(60)
    assert scene.looks == 0


async def _two_accounts(scene: Scene) -> None:
    """Call the same number from two accounts, and get no answer to either request."""
    other = Simulator(account_id="u" + 32 * "2", displayname="Cabin")
    other.phone(PHONE, outcome=Outcome.DECLINE)
    hass = scene.home.hass
    async with other.serve():
        cabin = make_entry(hass, other)
        hass.config_entries.async_update_entry(
            cabin, data={**cabin.data, CONF_WEBHOOK_ID: "the-cabin's-webhook"}
        )
        assert await hass.config_entries.async_setup(cabin.entry_id)
        reset = Fault(FaultKind.RESET_AFTER, on=PLACE)
        for provider in (scene.provider, other):
            provider.fault(reset)
        await asyncio.gather(
            scene.place_call(config_entry_id=scene.home.entry.entry_id),
            scene.home.place_call(config_entry_id=cabin.entry_id),
        )
        await asyncio.sleep(60)
        state = hass.states.get("sensor.cabin_last_call")
        assert state is not None
        assert (state.state, state.attributes["call_id"]) == ("busy", other.calls[0].id)
        assert len(other.calls) == 1
        await hass.config_entries.async_unload(cabin.entry_id)


async def _callback_at_other_account(scene: Scene) -> None:
    """Report an end at another account's webhook, with the call's own secret."""
    hass = scene.home.hass
    other = Simulator(account_id="u" + 32 * "2", displayname="Cabin")
    scene.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)
    async with other.serve():
        cabin = make_entry(hass, other)
        data = {**cabin.data, CONF_WEBHOOK_ID: "cabin", "callback_key": "another key"}
        hass.config_entries.async_update_entry(cabin, data=data)
        assert await hass.config_entries.async_setup(cabin.entry_id)
        await scene.place_call(config_entry_id=scene.home.entry.entry_id)
        secret = str(scene.provider.calls[0].whenhangup).partition("?")[2]
        form = {"id": scene.provider.calls[0].id, "state": "success"}
        await scene.home.client.post(f"/api/webhook/cabin?{secret}", data=form)
        await asyncio.sleep(10)
        state = hass.states.get("sensor.cabin_last_call")
        assert state is not None
        assert state.state == "unknown"
        assert scene.home.last_call.state == "ongoing"
        assert [request.path for request in other.requests] == ["/a1/me"]
        await hass.config_entries.async_unload(cabin.entry_id)


ROWS = (
    Row(
        name="reload-unanswered",
        goes_wrong="Reload while the request is unanswered, 4 s before the call is placed",
        faults=(_PLACED_LATE,),
        story=_reload_unanswered,
    ),
    Row(
        name="reload-unanswered-lost",
        goes_wrong="Reload while the request is unanswered, 4 s before the call is placed; no callback comes",
        faults=(_PLACED_LATE, LOST),
        story=_reload_unanswered,
        within=30,
    ),
    Row(
        name="reload-placed",
        goes_wrong="Reload when the call has been placed but the request is unanswered",
        faults=(_ANSWERED_LATE,),
        story=_reload_unanswered,
        outcome="success",
    ),
    Row(
        name="reload-placed-history",
        goes_wrong="Reload when the call has been placed but the request is unanswered, and the history fails twice; no callback comes",
        faults=(
            _ANSWERED_LATE,
            Fault(FaultKind.STATUS, on=HISTORY, status=500, times=2),
            LOST,
        ),
        story=_reload_unanswered,
        within=60,
    ),
    Row(
        name="reload-cut-off",
        goes_wrong="Reload while the request is unanswered, 14 s before the call is placed; no callback comes",
        faults=(replace(_PLACED_LATE, delay=15), LOST),
        story=_reload_unanswered,
        outcome=_STOPPED,
        within=30,
    ),
    Row(
        name="reload-answered",
        goes_wrong="Reload just after the answer",
        story=_reload_answered,
    ),
    Row(
        name="reload-ringing",
        goes_wrong="Reload while the phone rings",
        story=_reload_ringing,
    ),
    Row(
        name="reload-ringing-lost",
        goes_wrong="Reload twice while the phone rings; no callback comes",
        faults=(LOST,),
        story=_reload_twice_ringing,
        within=POLLED,
    ),
    Row(
        name="reload-before-callback",
        goes_wrong="Reload 5 s after the hangup, 15 s before its callback",
        faults=(_LATE,),
        story=_reload_before_callback,
        within=6,
    ),
    Row(
        name="reload-ended",
        goes_wrong="Reload after the end of the call",
        story=_reload_ended,
    ),
    Row(
        name="reload-waiting",
        goes_wrong="Reload while an action waits for the end of the call",
        story=_reload_waiting,
        outcome="success",
    ),
    Row(
        name="stop-waiting",
        goes_wrong="Home Assistant stops while an action waits for the end of the call",
        story=_stop_waiting,
        outcome="stopped_waiting",
    ),
    Row(
        name="callback-while-unloaded",
        goes_wrong="The callback comes while the account is not loaded, 30 s before it is loaded again",
        story=_callback_while_unloaded,
        within=31,
    ),
    Row(
        name="start-without-line",
        goes_wrong="The call ends while the account is not loaded, and 46elks is unreachable for 100 s when it is loaded again",
        story=_start_without_line,
        within=100 + 30,
        logs=("Error fetching 46elks account data",),
    ),
    Row(
        name="start-with-wrong-credentials",
        goes_wrong="The call ends while the account is not loaded, and its credentials are wrong when it is loaded again; the user signs in 10 s later",
        story=_start_with_wrong_credentials,
        within=12,
        logs=("Error fetching 46elks account data",),
    ),
    Row(
        name="unrecorded",
        goes_wrong="A power cut before the call is stored",
        story=_unrecorded(),
    ),
    Row(
        name="unrecorded-look-fails",
        goes_wrong="A power cut before the call is stored; looking the call up fails twice",
        faults=(Fault(FaultKind.STATUS, on="GET /calls/{id}", status=500, times=2),),
        story=_unrecorded(),
        within=60,
    ),
    Row(
        name="answer-unrecorded",
        goes_wrong="A power cut before the answer is stored; no callback comes",
        faults=(_PLACED_LATE, LOST),
        story=_answer_unrecorded,
        within=30,
    ),
    Row(
        name="unrecorded-forged",
        goes_wrong="A stranger reports the end of a call that never existed",
        story=_unrecorded_forged,
        calls=0,
        outcome="",
        state="unknown",
    ),
    Row(
        name="two-accounts",
        goes_wrong="Two accounts call the same number, and neither request gets an answer",
        story=_two_accounts,
    ),
    Row(
        name="other-account",
        goes_wrong="An end is reported to another account's webhook",
        story=_callback_at_other_account,
        state="failed",
    ),
)
