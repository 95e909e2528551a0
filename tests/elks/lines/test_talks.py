"""The talk with a caller: PIN, greeting, menu, and how it ends."""

import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event
from simulator import CallState, KeyPress, Outcome

from ..conftest import PHONE, Home, make_contact
from .conftest import CHOSEN, MENU_TEXT, STRANGER, Listener, Talking

_GREETING = "test home"
_PIN = "Please enter your PIN."
_WRONG_PIN = "That PIN is wrong."
_WRONG_KEY = "There is no such choice."
_DONE = "Done."
_GOODBYE = "Goodbye."
_BEN = "+46707777777"


async def _called(home: Home, caller: str | None = PHONE, **acts: Any) -> Any:
    """Let somebody call; return the call once it is over."""
    call = home.provider.dial(caller, **acts)
    await home.settle()
    assert call.state is not CallState.ONGOING
    return call


# The menu


async def test_choice(home: Home, listener: Listener) -> None:
    """A choice is done once, with what is known of the call; then the menu is read out again."""
    chosen = async_capture_events(home.hass, CHOSEN)

    call = await _called(home, keys=[KeyPress(0.1, "1", sound=2)], hangs_up_at=4)

    assert listener.heard(call) == [_GREETING, MENU_TEXT, "Welcome, Anna!", MENU_TEXT]
    [event] = chosen
    assert event.data["of"] == f"{call.id}, {PHONE}, Anna, Home"


@pytest.mark.parametrize("fields", [{"callers": "everyone"}])
async def test_choice_of_nobody_known(home: Home, listener: Listener) -> None:
    """Of somebody who withholds the number, neither number nor name is known."""
    chosen = async_capture_events(home.hass, CHOSEN)

    call = await _called(home, None, keys=[KeyPress(0.1, "1", sound=2)], hangs_up_at=4)

    assert listener.heard(call)[2] == "Welcome!"
    [event] = chosen
    assert event.data["of"] == f"{call.id}, None, None, Home"


@pytest.mark.parametrize(
    "fields", [{"greeting": "Hi {{ contact }} ({{ caller[-3:] }}), {{ line }} here."}]
)
async def test_greeting(home: Home, listener: Listener) -> None:
    """The greeting is a template."""
    call = await _called(home, hangs_up_at=2)

    assert listener.heard(call)[0] == "Hi Anna (567), Home here."


async def test_choices_without_anything(home: Home, listener: Listener) -> None:
    """What has neither actions nor a reply is done all the same."""
    call = await _called(home, keys=[KeyPress(0.1, "2", sound=2)], hangs_up_at=4)

    assert listener.heard(call)[2:] == [_DONE, MENU_TEXT]


async def test_once_more(home: Home, listener: Listener) -> None:
    """`*` repeats the menu, however often."""
    keys = [KeyPress(0.1, "*", sound=2 + one) for one in range(5)]

    call = await _called(home, keys=keys, hangs_up_at=7)

    assert listener.heard(call) == [_GREETING, *6 * [MENU_TEXT]]


async def test_wrong_key(home: Home, listener: Listener) -> None:
    """A key that chooses nothing is said to; after the third in a row the call ends."""
    keys = [KeyPress(0.1, "9", sound=one) for one in (2, 4, 6)]

    call = await _called(home, keys=keys)

    wrong = [_WRONG_KEY, MENU_TEXT]
    assert listener.heard(call) == [
        *(_GREETING, MENU_TEXT, *wrong, *wrong),
        *(_WRONG_KEY, _GOODBYE),
    ]
    assert call.state is CallState.SUCCESS


@pytest.mark.parametrize("right", ["1", "*"])
async def test_not_in_a_row(home: Home, listener: Listener, right: str) -> None:
    """A key that means something forgives those before it."""
    talk = [*"99", right, *"99"]
    sound, keys = 2, []
    for key in talk:
        keys.append(KeyPress(0.1, key, sound=sound))
        sound += 1 if key == "*" else 2

    call = await _called(home, keys=keys, hangs_up_at=sound)

    assert _GOODBYE not in listener.heard(call)
    assert listener.heard(call).count(_WRONG_KEY) == 4


async def test_silence(home: Home, listener: Listener) -> None:
    """Who presses nothing hears the menu twice, three times; then the call ends."""
    call = await _called(home)

    assert listener.heard(call) == [_GREETING, *3 * [MENU_TEXT], _GOODBYE]
    [caller] = home.provider.handsets(call)
    assert len(caller.heard) == 1 + 3 * 2 + 1


@pytest.mark.parametrize("fields", [{"pin": "4711"}])
@pytest.mark.parametrize("at", range(1, 8))
async def test_hung_up(home: Home, listener: Listener, at: int) -> None:
    """Whenever a caller hangs up, the call ends for us too, and the next one is answered."""
    keys = [
        KeyPress(0.1, "4711", sound=1),
        KeyPress(0.1, "9", sound=3),
        KeyPress(0.1, "1", sound=5),
    ]
    await _called(home, keys=keys, hangs_up_at=at)

    assert home.entry.runtime_data.book.open() == []
    again = await _called(home, keys=keys, hangs_up_at=3)
    assert listener.heard(again) == [_PIN, _GREETING, MENU_TEXT]


async def test_hung_up_while_it_rings(home: Home) -> None:
    """Who hangs up before anything is heard is reported late; nothing goes on."""
    call = home.provider.dial(PHONE, waits=0)
    await home.settle()

    assert call.never_answered
    assert (await _called(home, hangs_up_at=1)).state is CallState.SUCCESS


@pytest.mark.parametrize("fields", [{"menu": [], "greeting": "It is {{ 20 + 1 }} °C."}])
async def test_no_menu(home: Home, listener: Listener) -> None:
    """A line without a menu says its greeting."""
    call = await _called(home)

    assert listener.heard(call) == ["It is 21 °C.", _GOODBYE]


@pytest.mark.parametrize("fields", [{"callers": "everyone", "minutes_per_day": 1}])
@pytest.mark.parametrize(
    ("caller", "said"), [(STRANGER, [_GOODBYE]), (PHONE, [MENU_TEXT])]
)
async def test_out_of_time(
    talking: Talking, listener: Listener, caller: str, said: list[str]
) -> None:
    """Once the minutes of the day are used up, a call goes on for contacts alone."""
    await talking.ring(caller)
    talking.freezer.tick(50)
    assert listener.said(await talking.press("*")) == [MENU_TEXT]

    talking.freezer.tick(11)

    assert listener.said(await talking.press("*")) == said


@pytest.mark.parametrize("fields", [{"language": "sv"}])
async def test_language(home: Home, listener: Listener) -> None:
    """A line speaks its language, in its voice."""
    call = await _called(home, hangs_up_at=2)

    assert "1" in listener.heard(call)[1]
    assert listener.heard(call)[1] != MENU_TEXT
    assert {language for _, language, _ in listener.engine.asked} == {"sv"}


# The PIN


@pytest.mark.parametrize("fields", [{"pin": "4711"}])
async def test_pin(home: Home, listener: Listener) -> None:
    """The PIN comes before all else."""
    rings = async_capture_events(home.hass, CHOSEN)
    keys = [KeyPress(0.1, "4711", sound=1), KeyPress(0.1, "1", sound=3)]

    call = await _called(home, keys=keys, hangs_up_at=5)

    assert listener.heard(call)[:3] == [_PIN, _GREETING, MENU_TEXT]
    assert len(rings) == 1


@pytest.mark.parametrize("fields", [{"pin": "4711", "actions": [{"event": CHOSEN}]}])
async def test_wrong_pin(home: Home, listener: Listener) -> None:
    """Three wrong PINs end the call, and nothing is done."""
    rings = async_capture_events(home.hass, CHOSEN)
    keys = [KeyPress(0.1, "1234", sound=one) for one in (1, 3, 5)]

    call = await _called(home, keys=keys)

    assert listener.heard(call) == [
        *(_PIN, _WRONG_PIN, _PIN, _WRONG_PIN, _PIN),
        *(_WRONG_PIN, _GOODBYE),
    ]
    assert rings == []


@pytest.mark.parametrize("fields", [{"pin": "4711", "actions": [{"event": CHOSEN}]}])
async def test_right_pin_at_last(home: Home, listener: Listener) -> None:
    """A PIN that is right the third time lets somebody in; only then somebody rings."""
    rings = async_capture_events(home.hass, CHOSEN)
    keys = [
        KeyPress(0.1, "1234", sound=1),
        KeyPress(0.1, "12#", sound=3),
        KeyPress(0.1, "4711", sound=5),
    ]

    call = await _called(home, keys=keys, hangs_up_at=7)

    assert listener.heard(call)[-3:] == [_PIN, _GREETING, MENU_TEXT]
    assert len(rings) == 1


class TestOwnPin:
    """A contact with a PIN of their own, longer than the line's."""

    @pytest.fixture
    def contacts(self) -> list[ConfigSubentryData]:
        """Return two contacts, one of whom has a PIN."""
        return [make_contact("Anna", PHONE, pin="123456"), make_contact("Ben", _BEN)]

    @pytest.mark.parametrize("fields", [{"pin": "4711"}])
    @pytest.mark.parametrize(
        ("caller", "keys", "is_in"),
        [
            (PHONE, "123456", True),
            (PHONE, "4711#", False),
            (_BEN, "4711", True),
            (_BEN, "1234", False),
        ],
    )
    async def test_own(
        self, home: Home, listener: Listener, caller: str, keys: str, is_in: bool
    ) -> None:
        """It replaces the line's."""
        call = await _called(
            home, caller, keys=[KeyPress(0.1, keys, sound=1)], hangs_up_at=2
        )

        assert listener.heard(call)[1] == (_GREETING if is_in else _WRONG_PIN)

    async def test_no_pin_at_the_line(self, home: Home, listener: Listener) -> None:
        """A line without a PIN asks nobody for one."""
        call = await _called(home, hangs_up_at=1)

        assert listener.heard(call) == [_GREETING]


@pytest.mark.parametrize("fields", [{"pin": "4711"}])
@pytest.mark.parametrize("keys", [[], [KeyPress(0.1, "#", sound=1)]])
async def test_no_pin_entered(
    home: Home, listener: Listener, keys: list[KeyPress]
) -> None:
    """Who enters no PIN is asked three times; that is no wrong PIN."""
    call = await _called(home, keys=keys)

    assert listener.heard(call) == [_PIN, _PIN, _PIN, _GOODBYE]


@pytest.mark.parametrize("fields", [{"pin": "4711"}])
async def test_wrong_pin_is_no_silence(home: Home, listener: Listener) -> None:
    """A wrong PIN in between shows that somebody is there."""
    call = await _called(home, keys=[KeyPress(0.1, "1234", sound=5)])

    assert listener.heard(call) == [
        *(_PIN, _PIN, _PIN, _WRONG_PIN, _PIN),
        *(_PIN, _PIN, _GOODBYE),
    ]


@pytest.mark.parametrize("fields", [{"pin": "470815", "actions": [{"event": CHOSEN}]}])
async def test_pin_is_nowhere(
    home: Home, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a right nor a wrong PIN is in a URL, a state, an event, or a log."""
    caplog.set_level(logging.DEBUG)
    events: list[Event[Any]] = async_capture_events(home.hass, MATCH_ALL)
    keys = [
        KeyPress(0.1, "314159", sound=1),
        KeyPress(0.1, "470815", sound=3),
        KeyPress(0.1, "1", sound=5),
    ]

    call = await _called(home, keys=keys, hangs_up_at=7)

    assert listener.heard(call)[-1] == MENU_TEXT
    urls = [one.url for one in home.provider.callbacks]
    shown = [str(state.as_dict()) for state in home.hass.states.async_all()]
    told = [str(event.as_dict()) for event in events]
    logged = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("custom_components.elks", "homeassistant"))
    ]
    records = [str(one.digits) for one in home.entry.runtime_data.book.ended()]
    for pin in ("314159", "470815"):
        found = (*urls, *shown, *told, *logged, *records)
        assert [one for one in found if pin in one] == []


@pytest.mark.parametrize("fields", [{"pin": "470815"}])
async def test_pin_while_the_account_is_loaded_anew(talking: Talking) -> None:
    """A PIN that is entered while the account is not loaded is in no URL; it is asked for again."""
    home = talking.home
    await talking.ring()
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    waiting = await talking.press("470815")
    assert waiting["play"] == "sound/beep"
    assert "470815" not in waiting["next"]
    await home.hass.config_entries.async_setup(home.entry.entry_id)

    # With a key that skips the beep
    talking.action = waiting
    again = await talking.press("5")

    assert again["digits"] == 6
    [record] = home.entry.runtime_data.book.open()
    assert record.talk.wrong_pins == 0


# Not picked up


@pytest.mark.parametrize(
    "fields",
    [
        {
            "answer_with": "nothing",
            "actions": [{"event": CHOSEN, "event_data": {"who": "{{ contact }}"}}],
        }
    ],
)
async def test_nothing(home: Home, listener: Listener) -> None:
    """A gate that opens for free: the caller hears busy, and the actions run once."""
    chosen = async_capture_events(home.hass, CHOSEN)

    call = await _called(home)
    other = await _called(home, STRANGER)

    assert [call.state, other.state] == [CallState.BUSY, CallState.BUSY]
    assert call.never_answered
    assert [event.data["who"] for event in chosen] == ["Anna"]
    assert listener.spoken == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"actions": [{"event": CHOSEN}]}, _DONE),
        ({"actions": [{"action": "no.such_thing"}]}, "That did not work."),
    ],
)
async def test_nothing_with_a_pin(
    home: Home, listener: Listener, entry: Any, said: str
) -> None:
    """Who had to enter a PIN hears what came of it, as the call was picked up for that."""
    line = next(one for one in entry.subentries.values() if one.title == "Home")
    home.hass.config_entries.async_update_subentry(
        entry, line, data={**line.data, "answer_with": "nothing", "pin": "4711"}
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)

    call = await _called(home, keys=[KeyPress(0.1, "4711", sound=1)])

    assert listener.heard(call) == [_PIN, said, _GOODBYE]


@pytest.mark.parametrize("fields", [{"pin": "4711", "answer_with": "automation"}])
async def test_no_automation_after_the_pin(
    home: Home, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a decision, a call that was picked up for the PIN ends with a goodbye, not busy."""
    monkeypatch.setattr("custom_components.elks.lines.talks._PATIENCE_IN_CALL", 0.01)
    call = await _called(home, keys=[KeyPress(0.1, "4711", sound=1)])

    assert listener.heard(call) == [_PIN, _GOODBYE]


# All others


@pytest.mark.parametrize(
    ("fields", "signal"),
    [({}, "busy"), ({"others": "busy"}, "busy"), ({"others": "reject"}, "reject")],
)
async def test_others(home: Home, listener: Listener, signal: str) -> None:
    """Whoever is not let in is not picked up."""
    call = await _called(home, STRANGER)

    assert call.never_answered
    assert listener.heard(call) == [f"hangup {signal}"]


@pytest.mark.parametrize("fields", [{"others": "forward", "forward_to": _BEN}])
@pytest.mark.parametrize(
    "outcome", [Outcome.ANSWER, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.UNREACHABLE]
)
async def test_forward(home: Home, listener: Listener, outcome: Outcome) -> None:
    """They are connected with a number; when that is over, or nobody answers, the call ends."""
    home.provider.phone(_BEN, outcome=outcome)

    call = await _called(home, STRANGER)

    assert listener.heard(call) == [f"connect {_BEN}", "hangup reject"]
    assert len(call.legs) == (outcome is Outcome.ANSWER)
    assert home.entry.runtime_data.book.open() == []


@pytest.mark.parametrize("fields", [{"others": "forward"}])
@pytest.mark.parametrize("is_known", [True, False])
async def test_forward_to_contact(
    home: Home, listener: Listener, is_known: bool
) -> None:
    """A contact is called at the number they have now; without them, others hear busy."""
    entries, entry = home.hass.config_entries, home.entry
    by_name = {one.title: one for one in entry.subentries.values()}
    line = by_name["Home"]
    anna = by_name["Anna"].subentry_id if is_known else "somebody-who-was-removed"
    entries.async_update_subentry(entry, line, data={**line.data, "forward_to": anna})

    call = await _called(home, STRANGER)

    expected = f"connect {PHONE}" if is_known else "hangup busy"
    assert listener.heard(call)[0] == expected
