"""A caller gets an answer in time, whatever is being made."""

import pytest

from .lines.conftest import (
    MENU_TEXT,
    Listener,
    Talking,
    contacts,
    fields,
    lines,
    listener,
    quick,
    talking,
)

__all__ = ["contacts", "fields", "lines", "listener", "quick", "talking"]
_UNIQUE = "Call {{ call_id[1:] }}"


@pytest.fixture
def patience() -> float:
    """Return for how many seconds a call really waits for its sounds."""
    return 1.5


@pytest.mark.parametrize("fields", [{"greeting": _UNIQUE}])
async def test_late_greeting(talking: Talking, listener: Listener) -> None:
    """Who rings waits for a greeting as long as the door may take, then hears one moment."""
    engine = listener.engine
    engine.waits_at = len(engine.asked) + 1

    bridge = await talking.ring()

    assert listener.said(bridge) == ["<en one_moment>"]
    # The test clock may be half a second ahead
    assert 2 <= talking.waited <= 2.5
    engine.go_on.set()
    await talking.home.hass.async_block_till_done(wait_background_tasks=True)
    greeting = await talking.go_on()
    assert listener.said(greeting) == [f"Call {talking.call_id[1:]}", MENU_TEXT]
    assert talking.waited <= 0.5


@pytest.mark.parametrize("fields", [{"pin": "4711"}])
async def test_own_sentence_is_never_late(talking: Talking, listener: Listener) -> None:
    """What a built-in sound says, too, keeps nobody waiting for a voice."""
    home, engine = talking.home, listener.engine
    engine.waits_at = len(engine.asked) + 1
    hass, entry = home.hass, home.entry
    [line] = [one for one in entry.subentries.values() if one.title == "Home"]
    hass.config_entries.async_update_subentry(
        entry, line, data={**line.data, "language": "sv"}
    )
    await hass.async_block_till_done()

    action = await talking.ring()

    assert listener.said(action) == ["<sv pin>"]
    assert action["digits"] == 4
    assert talking.waited <= 0.5


async def test_broken_voice(talking: Talking, listener: Listener) -> None:
    """Without any voice the built-in sounds lead through the call."""
    home, engine = talking.home, listener.engine
    engine.answer = RuntimeError("hoarse")
    hass, entry = home.hass, home.entry
    [line] = [one for one in entry.subentries.values() if one.title == "Home"]
    hass.config_entries.async_update_subentry(
        entry, line, data={**line.data, "greeting": "Hi", "language": "sv"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    ringing = await talking.ring()
    chosen = await talking.press("2")

    # Words that were spoken in another language before are kept
    assert listener.said(ringing) == ["<sv home>", "<sv menu>"]
    assert listener.said(chosen) == ["<sv done>", "<sv menu>"]
