"""What is done when somebody rings or has chosen, and what the caller hears of it."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.script import DATA_SCRIPTS
from simulator import KeyPress

from ..conftest import PHONE, Home
from ..speech.conftest import said
from .conftest import CHOSEN, Listener, Talking

_MENU = "Press 1 to go."
_NOT_DONE = "That did not work."
_FIRE = {"event": CHOSEN}
_NO = {"condition": "template", "value_template": "{{ false }}"}


def _chooses(*actions: Any) -> dict[str, Any]:
    """Return a line with a single choice."""
    return {"menu": [{"key": "1", "say": "go", "actions": list(actions)}]}


async def _reply(home: Home, listener: Listener) -> str:
    """Let somebody choose; return what they hear before the menu comes again."""
    call = home.provider.dial(PHONE, keys=[KeyPress(0.1, "1", sound=2)], hangs_up_at=4)
    await home.settle()
    _, _, reply, menu = listener.heard(call)
    assert menu == _MENU
    return reply


@pytest.mark.parametrize(
    ("fields", "reply", "fired"),
    [
        (_chooses(_FIRE), "Done.", 1),
        (_chooses(_FIRE, {"stop": "that is all"}, _FIRE), "Done.", 1),
        (_chooses({"if": [_NO], "then": [_FIRE]}), "Done.", 0),
        (_chooses(_FIRE, _NO, _FIRE), _NOT_DONE, 1),
        (_chooses(_FIRE, {"stop": "oh", "error": True}, _FIRE), _NOT_DONE, 1),
        (_chooses({"action": "no.such_thing"}, _FIRE), _NOT_DONE, 0),
        # Whose integration was deleted
        (
            _chooses(_FIRE, {"device_id": "x", "domain": "gone", "type": "go"}),
            _NOT_DONE,
            0,
        ),
        (_chooses(_FIRE, {"sing": "la"}), _NOT_DONE, 0),
    ],
)
async def test_outcome(home: Home, listener: Listener, reply: str, fired: int) -> None:
    """What stopped in the middle, failed or cannot be understood was not done, and the caller hears so."""
    events = async_capture_events(home.hass, CHOSEN)

    assert await _reply(home, listener) == reply
    assert len(events) == fired


@pytest.mark.parametrize(
    "fields",
    [
        _chooses({"variables": {"n": "{{ (caller ~ '!') | int }}"}}),
        _chooses({"action": "test.fail"}),
    ],
)
async def test_log(
    home: Home, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure is logged, without a number."""

    async def fail(call: ServiceCall) -> None:
        raise RuntimeError(f"{PHONE} is busy")

    home.hass.services.async_register("test", "fail", fail)

    assert await _reply(home, listener) == _NOT_DONE

    [line] = said(caplog, "Actions of the line Home ")
    assert line.startswith("were not done (")
    # aiohttp and the test itself show more
    ours = [one for one in caplog.records if one.name.startswith("custom_components")]
    texts = [caplog.handler.format(one) for one in ours]
    assert [one for one in texts if PHONE[1:] in one] == []
    assert [one for one in texts if "Error executing script" in one]


@pytest.mark.parametrize(
    "fields", [{**_chooses(), "actions": [{"action": "no.such_thing"}]}]
)
async def test_ringing(
    home: Home, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """Actions that fail when somebody rings keep nobody from the menu."""
    assert await _reply(home, listener) == "Done."

    assert said(caplog, "Actions of the line Home ") == [
        "were not done (ServiceNotFound)"
    ]


@pytest.mark.parametrize("fields", [_chooses(_FIRE)])
async def test_changed(home: Home, listener: Listener) -> None:
    """Actions that are changed are done as they are now."""
    other = async_capture_events(home.hass, "another")
    await _reply(home, listener)
    [line] = [one for one in home.entry.subentries.values() if one.title == "Home"]
    home.hass.config_entries.async_update_subentry(
        home.entry, line, data={**line.data, **_chooses({"event": "another"})}
    )

    assert await _reply(home, listener) == "Done."
    assert len(other) == 1


@pytest.mark.parametrize("fields", [_chooses(_FIRE)])
async def test_scripts_do_not_grow(home: Home, listener: Listener) -> None:
    """Home Assistant knows a script once, however often the account is loaded."""
    counts = set()
    for _ in range(3):
        assert await _reply(home, listener) == "Done."
        counts.add(len(home.hass.data[DATA_SCRIPTS]))
        await home.hass.config_entries.async_reload(home.entry.entry_id)

    assert len(counts) == 1


class TestSlow:
    """Actions that take longer than a caller waits."""

    @pytest.fixture
    def patience(self) -> float:
        """Return for how many seconds a call really waits for its sounds."""
        return 1.5

    @pytest.fixture
    def done(self, hass: HomeAssistant) -> asyncio.Event:
        """Return what lets the slow action end."""
        done = asyncio.Event()

        async def slow(call: ServiceCall) -> None:
            hass.bus.async_fire("began")
            await done.wait()

        hass.services.async_register("test", "slow", slow)
        return done

    @pytest.mark.parametrize("fields", [_chooses({"action": "test.slow"}, _FIRE)])
    async def test_goes_on(
        self, done: asyncio.Event, talking: Talking, listener: Listener
    ) -> None:
        """The caller hears that they go on, and they do, once."""
        hass = talking.home.hass
        began = async_capture_events(hass, "began")
        finished = async_capture_events(hass, CHOSEN)
        await talking.ring()

        first = await talking.press("1")
        second = await talking.go_on()

        assert listener.said(first) == ["<en one_moment>"]
        assert listener.said(second) == ["This takes a while and carries on.", _MENU]
        assert finished == []
        done.set()
        await hass.async_block_till_done(wait_background_tasks=True)
        assert (len(began), len(finished)) == (1, 1)

    @pytest.mark.parametrize("fields", [_chooses({"action": "test.slow"}, _FIRE)])
    async def test_soon_enough(
        self, done: asyncio.Event, talking: Talking, listener: Listener
    ) -> None:
        """What is over while the caller hears one moment was done."""
        await talking.ring()
        await talking.press("1")
        done.set()
        await talking.home.hass.async_block_till_done(wait_background_tasks=True)

        assert listener.said(await talking.go_on()) == ["Done.", _MENU]

    @pytest.mark.parametrize("fields", [_chooses({"action": "test.slow"}, _FIRE)])
    async def test_reload(
        self, done: asyncio.Event, talking: Talking, listener: Listener
    ) -> None:
        """A reload of the account stops no actions, and does not repeat them."""
        hass = talking.home.hass
        began = async_capture_events(hass, "began")
        finished = async_capture_events(hass, CHOSEN)
        await talking.ring()
        await talking.press("1")
        await hass.config_entries.async_reload(talking.home.entry.entry_id)
        again = await talking.go_on()

        assert listener.said(again) == [_MENU]
        done.set()
        await hass.async_block_till_done(wait_background_tasks=True)
        assert (len(began), len(finished)) == (1, 1)
