"""Somebody rings: a call is one call, and opens nothing unless it surely still rings."""

from datetime import UTC, datetime, timedelta
import json
from types import MappingProxyType

import pytest

from custom_components.elks.helpers.listeners import Stage
from custom_components.elks.lines import AnsweringChange
from homeassistant.config_entries import (
    ConfigEntryDisabler,
    ConfigSubentry,
    ConfigSubentryData,
)
from simulator import CallState, Dialect, FaultKind, SimulatedCall

from ..conftest import LINE_KEY, PHONE, Home, make_contact, make_line
from ..test_reloads import Reload, turns, until
from .callers import (
    AT_ONCE,
    DOUBLED,
    DROPPED,
    GATE,
    REPEATED,
    RINGS,
    STRANGER,
    asked,
    fault,
    gate,
    hung_up,
    incoming,
    post,
)

ASK = "GET /calls/{id}"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line that opens a gate."""
    return [make_line(**GATE)]


def rang(home: Home, ago: float) -> SimulatedCall:
    """Let somebody ring for some time already, in seconds, before it is reported."""
    call = home.provider.dial(PHONE)
    call.created -= timedelta(seconds=ago)
    return call


async def test_gate(home: Home) -> None:
    """A contact opens the gate, and nothing is asked for; it is not picked up, and costs nothing."""
    opened = gate(home)
    call = home.provider.dial(PHONE)
    await home.settle()

    assert (len(opened), hung_up(call), call.cost) == (1, "busy", None)
    assert asked(home, call) == 0


async def test_context(home: Home) -> None:
    """All that a call causes has one context until it is over, and another call has another."""
    opened = gate(home)
    home.provider.dial(PHONE)
    home.provider.dial(PHONE)
    await home.settle()

    one, other = (each.context.id for each in opened)
    assert one != other


async def test_context_until_the_end(home: Home) -> None:
    """Who shows a call asks for the context with which its actions run."""
    opened = gate(home)
    fault(home, DROPPED, "whenhangup")
    home.provider.dial(PHONE)
    await home.settle()

    [record] = home.entry.runtime_data.book.open()
    context = home.entry.runtime_data.lines.context(record.token)
    assert [one.context for one in opened] == [context]
    form = {"id": home.provider.calls[0].id, "state": "busy"}
    await post(home, f"token={record.token}", **form)
    await home.hass.async_block_till_done()
    assert home.entry.runtime_data.lines.context(record.token) != context


@pytest.mark.parametrize("kind", [DOUBLED, AT_ONCE, REPEATED])
async def test_reported_twice(home: Home, kind: FaultKind) -> None:
    """A call is one call, however often it is reported."""
    opened = gate(home)
    fault(home, kind, RINGS, delay=5)
    call = home.provider.dial(PHONE)
    await home.settle()

    assert (len(opened), hung_up(call)) == (1, "busy")
    answers = [one for one in home.provider.callbacks if one.kind == RINGS]
    assert [one.status for one in answers] == [200, 200]


async def test_reported_twice_while_asking(home: Home) -> None:
    """Neither does a call become two while 46elks is asked about it."""
    opened = gate(home)
    fault(home, AT_ONCE, RINGS)
    rang(home, ago=30)
    await home.settle()

    assert len(opened) == 1


@pytest.mark.parametrize("reload", [True, False])
async def test_reported_after_its_end(home: Home, reload: bool) -> None:
    """A call that is over opens nothing, also one that ended before a reload."""
    opened = gate(home)
    call = home.provider.dial(PHONE)
    await home.settle()
    if reload:
        # A later call takes its place among those that are shown
        home.provider.dial(PHONE)
        await home.settle()
        await home.hass.config_entries.async_reload(home.entry.entry_id)
    before = len(opened)

    answer = await post(home, **incoming(call.id, call.created))

    assert json.loads(answer.body) == {"hangup": "busy"}
    assert len(opened) == before


@pytest.mark.parametrize(
    ("ago", "opens"), [(-5, 1), (-30, 1), (5, 1), (30, 1), (55, 1), (70, 0), (-70, 0)]
)
async def test_late(home: Home, ago: int, opens: int) -> None:
    """After 10 s 46elks is asked whether it still rings; after a minute nothing opens."""
    opened = gate(home)
    call = rang(home, ago=ago)
    await home.settle()

    assert (len(opened), hung_up(call)) == (opens, "busy")
    assert asked(home, call) == (abs(ago) > 10)


@pytest.mark.parametrize("ago", [20, 50, 90, 4 * 3600])
async def test_over(home: Home, ago: int) -> None:
    """A call that is reported when its caller has given up opens nothing."""
    opened = gate(home)
    call = home.provider.dial(PHONE, ago=ago)
    await home.settle()

    assert (opened, asked(home, call)) == ([], 1)
    assert home.entry.runtime_data.book.open() == []


@pytest.mark.parametrize("field", ["direction", "to"])
async def test_field_is_missing(home: Home, field: str) -> None:
    """What is reported to a line is a call to it, also when it is not said to be one."""
    opened = gate(home)
    form = incoming("c1", datetime.now(UTC))
    del form[field]

    answer = await post(home, **form)
    await home.hass.async_block_till_done()

    assert json.loads(answer.body)["hangup"] == "busy"
    assert len(opened) == 1


async def test_provider_fails(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When 46elks does not say whether it still rings, nothing opens, and the caller hears so soon."""
    opened = gate(home)
    monkeypatch.setattr("custom_components.elks.lines.lines._LONGEST_ASK", 0.1)
    fault(home, FaultKind.STATUS, ASK, times=None, status=500)
    call = rang(home, ago=30)
    await home.settle()

    assert (opened, hung_up(call)) == ([], "busy")
    assert "does not say whether a call still rings" in caplog.text
    assert PHONE not in caplog.text


async def test_provider_stalls(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits longer for it than a caller would."""
    opened = gate(home)
    monkeypatch.setattr("custom_components.elks.lines.lines._LONGEST_ASK", 0.1)
    fault(home, FaultKind.STALL, ASK)
    call = rang(home, ago=30)
    await home.settle()

    assert (opened, hung_up(call)) == ([], "busy")


async def test_provider_fails_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that 46elks does not list yet is asked for again."""
    opened = gate(home)
    monkeypatch.setattr("custom_components.elks.lines.lines._ASK_AGAIN", 0.01)
    fault(home, FaultKind.STATUS, ASK, status=404)
    call = rang(home, ago=30)
    await home.settle()

    assert (len(opened), asked(home, call)) == (1, 2)


@pytest.mark.parametrize("lines", [[make_line(answer_with="automation")]])
async def test_asked_for_long(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody picks up while an automation decides, however long 46elks was asked before."""
    door = "_PATIENCE_AT_DOOR"
    monkeypatch.setattr(f"custom_components.elks.answering.{door}", 0.3)
    monkeypatch.setattr(f"custom_components.elks.lines.talks.{door}", 0.1)
    fault(home, FaultKind.DELAY, ASK, delay=400)
    call = rang(home, ago=30)
    await home.settle()

    assert hung_up(call) == "busy"


async def test_credentials_are_wrong(home: Home) -> None:
    """Whoever can no longer ask is to sign in again."""
    opened = gate(home)
    fault(home, FaultKind.STATUS, ASK, status=401)
    call = rang(home, ago=30)
    await home.settle()

    assert (opened, hung_up(call)) == ([], "busy")
    [flow] = home.hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"


DIALECTS = dict(
    Dialect().others(
        *("incoming_id", "incoming_result", "incoming_created", "callback_times"),
        *("history_times", "incoming_starts_early", "rejected", "rejected_costs"),
        *("hangup_fields", "hangup_id", "numbers_as_text", "charset", "failed_call"),
    )
)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
async def test_dialects(home: Home, dialect: Dialect) -> None:
    """However 46elks reports that somebody rings, they are let in, and it ends."""
    opened = gate(home)
    home.provider.dialect = dialect
    call = home.provider.dial(PHONE)
    await home.settle()
    await until(lambda: not home.entry.runtime_data.book.open())

    assert (len(opened), hung_up(call)) == (1, "busy")
    assert asked(home, call) <= 2


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)])
async def test_clock_is_off(home: Home, ahead: timedelta) -> None:
    """A minute is counted by the clock of 46elks, which is asked when it seems to be over."""
    opened = gate(home)
    home.provider.clock.offset = ahead
    call = home.provider.dial(PHONE)
    await home.settle()
    late = home.provider.dial(PHONE, ago=30 * 60)
    await home.settle()

    assert (len(opened), asked(home, call), asked(home, late)) == (1, 1, 1)


async def test_clock_is_unknown(home: Home) -> None:
    """As long as nobody knows how late it is, 46elks is asked about each call."""
    opened = gate(home)
    await home.provider.stop_listening()
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.provider.start_listening()
    call = home.provider.dial(PHONE)
    await home.settle()

    assert (len(opened), asked(home, call)) == (1, 1)


@pytest.mark.parametrize("kept", [True, False])
async def test_answers_to_strangers(home: Home, kept: bool) -> None:
    """Without a line's secret the answer is the same as to any stranger, also when nothing is loaded."""
    opened = gate(home)
    if not kept:
        await home.hass.config_entries.async_unload(home.entry.entry_id)
    form = incoming("c1", datetime.now(UTC))

    nothing = await post(home, "")

    assert (nothing.status, nothing.body) == (200, b"")
    secrets = ("wrong", "", LINE_KEY[:-1], f"{LINE_KEY}x", "%ED%A0%80", "%00", "å")
    for query in ("", "line", *(f"line={one}" for one in secrets), f"token={LINE_KEY}"):
        assert await post(home, query, **form) == nothing
    assert await post(home, f"line={LINE_KEY}") == nothing
    assert opened == []


async def test_secret_of_another_line(home: Home) -> None:
    """A call belongs to the line that reported it first."""
    opened = gate(home)
    other = make_line("Cabin", "+46766860009", **GATE, callers="everyone")
    data = MappingProxyType({**other["data"], "line_key": "another secret"})
    home.hass.config_entries.async_add_subentry(
        home.entry,
        ConfigSubentry(
            data=data, subentry_type="line", title="Cabin", unique_id="+46766860009"
        ),
    )
    fault(home, DROPPED, "whenhangup")
    call = home.provider.dial(PHONE)
    await home.settle()

    answer = await post(
        home, "line=another%20secret", **incoming(call.id, call.created)
    )

    assert json.loads(answer.body) == {"hangup": "busy"}
    assert len(opened) == 1


async def test_not_loaded(home: Home) -> None:
    """While the account is not loaded a caller hears busy; then the line answers again."""
    opened = gate(home)
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    call = home.provider.dial(PHONE)
    await home.provider.settled()
    assert (opened, hung_up(call)) == ([], "busy")

    await home.hass.config_entries.async_setup(home.entry.entry_id)
    home.provider.dial(PHONE)
    await home.settle()
    assert len(opened) == 1


async def test_while_reloaded(home: Home) -> None:
    """Whoever rings during a reload hears ringing until it is over."""
    opened = gate(home)
    reload = Reload(home)
    await reload.in_its_middle()
    call = home.provider.dial(PHONE)
    await until(lambda: home.provider.callbacks)
    await turns()
    await reload.go_on()
    await home.settle()

    assert (len(opened), hung_up(call)) == (1, "busy")


@pytest.mark.parametrize("lines", [[make_line(**GATE, others="reject")]])
@pytest.mark.parametrize(
    ("caller", "opens", "signal"), [(PHONE, 1, "busy"), (STRANGER, 0, "reject")]
)
async def test_reloaded_while_asking(
    home: Home, caller: str, opens: int, signal: str
) -> None:
    """A reload costs no call, picks none up, and lets nobody in who is not."""
    opened = gate(home)
    fault(home, FaultKind.DELAY, ASK, delay=200)
    call = home.provider.dial(caller)
    call.created -= timedelta(seconds=30)
    await until(lambda: asked(home, call))
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.settle()

    assert (len(opened), hung_up(call)) == (opens, signal)


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ([make_line(**GATE)], ("hangup", "busy")),
        ([make_line(others="reject")], ("hangup", "reject")),
        (
            [make_line(others="forward", forward_to="+46701111111")],
            ("connect", "+46701111111"),
        ),
    ],
)
async def test_refused_again(home: Home, answer: tuple[str, str]) -> None:
    """Who was refused is refused in the same way when it is reported again after a reload."""
    opened = gate(home)
    fault(home, DROPPED, "whenhangup", times=None)
    home.provider.phone("+46701111111", talk_for=None)
    call = home.provider.dial(STRANGER)
    await until(lambda: call.actions)
    await home.provider.stop_listening()
    await home.hass.config_entries.async_reload(home.entry.entry_id)

    again = await post(home, **incoming(call.id, call.created, STRANGER))

    action = json.loads(again.body)
    assert action.get(answer[0]) == answer[1]
    assert opened == []


@pytest.mark.parametrize("gone", ["disabled", "removed", "line removed"])
async def test_gone(home: Home, gone: str) -> None:
    """A line that is no more answers nothing: 46elks ends the call."""
    opened = gate(home)
    entries, entry = home.hass.config_entries, home.entry
    if gone == "disabled":
        disabler = ConfigEntryDisabler.USER
        await entries.async_set_disabled_by(entry.entry_id, disabler)
    elif gone == "removed":
        await entries.async_remove(entry.entry_id)
    else:
        [line] = (one for one in entry.subentries.values() if one.title == "Home")
        entries.async_remove_subentry(entry, line.subentry_id)
    call = home.provider.dial(PHONE)
    await home.settle()

    assert (opened, call.actions) == ([], [])
    assert call.state is CallState.FAILED


async def test_switch(home: Home) -> None:
    """A line that does not answer lets nobody in, also after a reload; the switch follows."""
    opened = gate(home)
    [line] = (one for one in home.entry.subentries.values() if one.title == "Home")
    data = home.entry.runtime_data
    news: list[AnsweringChange] = []
    data.listeners.async_listen(AnsweringChange, Stage.ENTITIES, news.append)

    assert data.lines.is_answering(line.subentry_id)
    data.lines.async_set_answering(line.subentry_id, False)
    data.lines.async_set_answering(line.subentry_id, False)

    assert news == [AnsweringChange(line.subentry_id)]
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    call = home.provider.dial(PHONE)
    await home.settle()
    assert (opened, hung_up(call)) == ([], "busy")
    lines = home.entry.runtime_data.lines
    assert not lines.is_answering(line.subentry_id)
    lines.async_set_answering(line.subentry_id, True)
    home.provider.dial(PHONE)
    await home.settle()
    assert len(opened) == 1
