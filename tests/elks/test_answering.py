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
_MENU_ONLY = {"menu": [{"key": "1", "say": "go", "reply": "{{ call_id }}"}]}


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
    assert talking.waited == 2.5
    assert bridge["whenhangup"] is None or bridge["whenhangup"]
    engine.go_on.set()
    await talking.home.hass.async_block_till_done(wait_background_tasks=True)
    greeting = await talking.go_on()
    assert listener.said(greeting) == [f"Call {talking.call_id[1:]}", MENU_TEXT]
    assert talking.waited == 0
