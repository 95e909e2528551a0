"""What 46elks asks and reports in a call to a line: once, twice, late, out of order or forged."""

import json
from typing import Any

import pytest

from homeassistant.config_entries import ConfigSubentryData
from simulator import FaultKind, KeyPress

from ..conftest import LAST_CALL, PHONE, Home, make_contact, make_line
from ..test_reloads import until
from .callers import (
    AT_ONCE,
    DOUBLED,
    DROPPED,
    END,
    MENU,
    NEXT,
    OUT_OF_ORDER,
    REPEATED,
    Talk,
    fault,
    figure,
    gate,
    post,
    presses,
)


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return a line whose menu opens a gate."""
    return [make_line(**MENU)]


@pytest.mark.parametrize("kind", [DOUBLED, AT_ONCE, REPEATED])
async def test_key_reported_twice(home: Home, kind: FaultKind) -> None:
    """What a key does is done once, however often 46elks reports it."""
    opened = gate(home)
    fault(home, kind, NEXT, times=None, delay=3)
    call = home.provider.dial(PHONE, keys=presses("1"), talk_for=60)
    await home.settle()

    assert len(opened) == 1
    assert call.actions[1]["result"] == "1"


async def test_key_reported_after_the_end(home: Home) -> None:
    """A key that is reported when the caller has hung up does nothing."""
    opened = gate(home)
    fault(home, OUT_OF_ORDER, NEXT)
    home.provider.dial(PHONE, keys=presses("1"), talk_for=60)
    await home.settle()

    assert opened == []


async def test_older_question_again(home: Home) -> None:
    """An older answer that comes again does nothing, and leads to what is asked now."""
    opened = gate(home)
    talk = Talk(home)
    await talk.ring()
    first = talk.next
    await talk.press("1")
    await talk.press("9")
    now = talk.next

    talk.heard = json.loads((await talk.ask(first, "1")).body)

    assert len(opened) == 1
    assert talk.next == now
    await talk.press("1")
    assert len(opened) == 2


@pytest.mark.parametrize("reload", [True, False])
async def test_after_the_end(home: Home, reload: bool) -> None:
    """When the call is over, nothing is done any more."""
    opened = gate(home)
    talk = Talk(home)
    await talk.ring()
    await talk.hang_up()
    if reload:
        await home.place_call(wait=True)
        await home.hass.config_entries.async_reload(home.entry.entry_id)

    await talk.press("1")

    assert talk.heard["hangup"] == "reject"
    assert opened == []


async def test_other_ids(home: Home) -> None:
    """The secret of one call is good for no other."""
    opened = gate(home)
    talk, other = Talk(home), Talk(home, call_id=f"c{8:032}")
    await talk.ring()
    await other.ring()

    answer = await talk.ask(talk.next, "1", callid=other.call_id)
    assert json.loads(answer.body)["hangup"] == "reject"
    await post(home, talk.end, id=other.call_id, state="success")

    assert opened == []
    assert len(home.entry.runtime_data.book.open()) == 2


async def test_forged(home: Home) -> None:
    """Without the secret of the call the answer is that to any stranger."""
    opened = gate(home)
    talk = Talk(home)
    await talk.ring()
    nothing = await post(home, "")

    secret = talk.end.partition("=")[2]
    forged = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for query in ("q=1", "token=&q=1", f"token={forged}&q=1", f"token={secret[:-1]}"):
        assert await talk.ask(query, "1") == nothing
        assert await post(home, query, id=talk.call_id, state="busy") == nothing

    assert opened == []
    assert len(home.entry.runtime_data.book.open()) == 1


@pytest.mark.parametrize("kind", [None, DOUBLED, AT_ONCE, REPEATED])
async def test_end(home: Home, kind: FaultKind | None) -> None:
    """An end counts once in the month and in the balance, also after a reload."""
    if kind:
        fault(home, kind, END, delay=5)
    before = float(figure(home, "balance"))
    call = home.provider.dial(PHONE, talk_for=10)
    await home.settle()
    assert call.cost == 300

    for _ in range(2):
        assert home.entry.runtime_data.book.tally.calls == 1
        assert float(figure(home, "cost_this_month")) == 0.03
        assert float(figure(home, "balance")) == round(before - 0.03, 4)
        await home.hass.config_entries.async_reload(home.entry.entry_id)
        await home.hass.async_block_till_done(wait_background_tasks=True)


async def test_end_is_found(home: Home) -> None:
    """An end that is not reported is found, here after a reload."""
    fault(home, DROPPED, END)
    home.provider.dial(PHONE, talk_for=10)
    await home.settle()
    await until(lambda: figure(home, "calls_in_progress") == "1")

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await until(lambda: not home.entry.runtime_data.book.open())
    await home.hass.async_block_till_done()

    assert figure(home, "calls_in_progress") == "0"
    assert float(figure(home, "cost_this_month")) == 0.03
    assert home.entry.runtime_data.tracker.arrivals.missing == 0


async def test_figures_of_the_account(home: Home) -> None:
    """A call to a line is a call in progress, but not the one that was placed last."""
    placed = await home.place_call(wait=True)
    home.provider.clock.speed = 1
    home.provider.dial(PHONE, keys=[KeyPress(0, "1")])
    await until(lambda: figure(home, "calls_in_progress") == "1")
    home.provider.clock.speed = 1000
    await home.settle()

    state: Any = home.hass.states.get(LAST_CALL)
    assert state.attributes["call_id"] == placed["call_id"]
    assert figure(home, "calls_in_progress") == "0"
    assert home.entry.runtime_data.book.tally.calls == 2
