"""Who is let in at a line."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks.calls import CallBook, CallChange
from custom_components.elks.calls.dialogue.talk import Place, Talk
from custom_components.elks.calls.incoming.caller import Caller
from custom_components.elks.calls.incoming.events import LineEvent
from custom_components.elks.calls.incoming.line import Callers, Line
from custom_components.elks.lines import LineStore
from custom_components.elks.lines.door import Door, Way, expected_pin, is_pin
from custom_components.elks.people.contacts import Contact
from custom_components.elks.speech import Voice
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import ActKind, CallState, Dialect, KeyPress, SimulatedCall

from ..calls.conftest import START, make_call, make_record
from ..conftest import PHONE, Home, make_contact, make_line
from ..test_reloads import until
from .callers import (
    DROPPED,
    END,
    GATE,
    MENU,
    STRANGER,
    Talk as Talking,
    fault,
    gate,
    hung_up,
    verbs,
)

LINE = Line(id="line", name="Home", number="+46766860001", key="k", actions=[])
ANNA = Contact(id="anna", name="Anna", number=PHONE, voice=Voice(), pin="7777")
KNOWN, UNKNOWN, HIDDEN = (
    Caller(number=PHONE, contact=ANNA),
    Caller(number=STRANGER, contact=None),
    Caller(number=None, contact=None),
)
OPEN: dict[str, Any] = {"callers": "everyone"}
LOCKED: dict[str, Any] = {**OPEN, **MENU, "pin": "1234"}


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return somebody the home knows."""
    return [make_contact("Anna", PHONE)]


@pytest.fixture
def fields() -> dict[str, Any]:
    """Return what is set of the line."""
    return {}


@pytest.fixture
def lines(fields: dict[str, Any]) -> list[ConfigSubentryData]:
    """Return a line."""
    return [make_line(**fields)]


@pytest.mark.parametrize(
    ("fields", "caller", "opens"),
    [
        (GATE, PHONE, 1),
        (GATE, STRANGER, 0),
        (GATE, None, 0),
        (GATE | OPEN, PHONE, 1),
        (GATE | OPEN, STRANGER, 1),
        (GATE | OPEN, None, 1),
        (GATE | OPEN | {"minutes_per_day": 0}, STRANGER, 0),
        (GATE | OPEN | {"minutes_per_day": 0}, PHONE, 1),
    ],
)
async def test_gate(home: Home, caller: str | None, opens: int) -> None:
    """The gate opens for whoever is let in, and for nobody else; neither is picked up."""
    opened = gate(home)
    call = home.provider.dial(caller)
    await home.settle()

    assert (len(opened), hung_up(call)) == (opens, "busy")


WITHHELD = dict(Dialect().others("withheld"))


@pytest.mark.parametrize("dialect", WITHHELD.values(), ids=WITHHELD)
@pytest.mark.parametrize(("fields", "opens"), [(GATE, 0), (GATE | OPEN, 1)])
async def test_withheld(home: Home, dialect: Dialect, opens: int) -> None:
    """Whoever withholds the number is nobody the home knows, however that is written."""
    opened = gate(home)
    home.provider.dialect = dialect
    home.provider.dial(None)
    await home.settle()

    assert len(opened) == opens
    [record] = home.entry.runtime_data.book.ended()
    assert (record.from_number, record.contact) == ("", None)


@pytest.mark.parametrize(
    ("fields", "signal"), [({}, "busy"), ({"others": "reject"}, "reject")]
)
async def test_others(home: Home, signal: str) -> None:
    """Others get what the line has for them."""
    call = home.provider.dial(STRANGER)
    await home.settle()

    assert (hung_up(call), call.cost) == (signal, None)


@pytest.mark.parametrize(
    ("fields", "is_off", "done"),
    [
        ({"others": "forward", "forward_to": "+46701111111"}, False, "connect"),
        ({"others": "forward", "forward_to": "+46701111111"}, True, "hangup"),
        (
            {"others": "forward", "forward_to": PHONE, "minutes_per_day": 0},
            False,
            "hangup",
        ),
        ({"others": "forward", "forward_to": "gone"}, False, "hangup"),
    ],
)
async def test_forward(home: Home, is_off: bool, done: str) -> None:
    """Others are connected with somebody, but not when nobody is let in, or no time is left."""
    if is_off:
        [line] = (one for one in home.entry.subentries.values() if one.title == "Home")
        home.entry.runtime_data.lines.async_set_answering(line.subentry_id, False)
    call = home.provider.dial(STRANGER)
    await home.settle()

    assert [next(iter(one)) for one in call.actions][0] == done


def enters(*pins: str) -> list[KeyPress]:
    """Return who enters PINs; a sentence comes before each one but the first."""
    return [KeyPress(0, pin, sound=1 + 2 * n) for n, pin in enumerate(pins)]


async def tries(home: Home, *pins: str, caller: str = STRANGER) -> SimulatedCall:
    """Call and enter PINs."""
    call = home.provider.dial(caller, keys=enters(*pins), talk_for=60)
    await home.settle()
    return call


@pytest.mark.parametrize("fields", [LOCKED])
async def test_pin(home: Home) -> None:
    """Whoever enters the PIN is let in; three wrong ones end the call."""
    opened = gate(home)
    right = home.provider.dial(
        STRANGER, keys=[*enters("1234"), KeyPress(0, "1", sound=3)], talk_for=60
    )
    await home.settle()
    assert (len(opened), hung_up(right)) == (1, None)

    wrong = await tries(home, "0000", "1111", "2222", "1234")
    tried = [f"ivr {pin}" for pin in ("0000", "1111", "2222")]
    assert [one for one in verbs(wrong) if one.startswith("ivr")] == tried
    assert len(opened) == 1


@pytest.mark.parametrize("fields", [LOCKED])
async def test_lock(home: Home) -> None:
    """After five wrong PINs no stranger is let in, also after a reload; contacts are."""
    await tries(home, "0000", "1111", "2222")
    assert hung_up(await tries(home, "0000")) is None
    assert "ivr 1234" not in verbs(await tries(home, "0000", "1234"))

    assert hung_up(await tries(home, "1234")) == "busy"
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert hung_up(await tries(home, "1234")) == "busy"
    assert verbs(await tries(home, "1234", caller=PHONE))[0] == "ivr 1234"


@pytest.mark.parametrize("fields", [LOCKED])
async def test_lock_of_talks(home: Home) -> None:
    """Several strangers at once get no more tries than one after the other."""
    home.provider.clock.speed = 1
    last = home.provider.dial(STRANGER)
    for _ in range(5):
        home.provider.dial(STRANGER, keys=enters("0000"), hangs_up_at=2)
        await until(lambda: home.provider.calls[-1].state is CallState.SUCCESS)
    [handset] = home.provider.handsets(last)
    handset.act(ActKind.PRESS, "1234")
    await until(lambda: len(handset.heard) > 1)
    home.provider.clock.speed = 1000
    await home.settle()

    # That it was wrong, and goodbye
    assert [one.partition(" ")[0] for one in verbs(last)] == ["ivr", "play", "play"]


@pytest.mark.parametrize("fields", [LOCKED])
async def test_wrong_pins_of_contacts(home: Home) -> None:
    """Somebody whom the home knows locks nobody out."""
    for _ in range(2):
        await tries(home, "0000", "1111", "2222", caller=PHONE)

    assert hung_up(await tries(home, "1234")) is None


@pytest.mark.parametrize("fields", [MENU | {"pin": "1234"}])
async def test_contact_is_removed(home: Home) -> None:
    """Who is no contact any more, once a PIN is entered, is not let in by it."""
    call = Talking(home)
    await call.ring()
    anna = next(iter(home.entry.subentries))
    home.hass.config_entries.async_remove_subentry(home.entry, anna)

    await call.press("1234")

    [record] = home.entry.runtime_data.book.open()
    assert (record.talk.place, record.talk.wrong_pins) == (Place.EXIT, 1)


@pytest.mark.parametrize("fields", [OPEN | MENU | {"minutes_per_day": 1}])
async def test_minutes(home: Home) -> None:
    """Once the minutes of the day are used up, contacts alone are let in, also after a restart."""
    keys = [KeyPress(n * 5, "*", sound=2) for n in range(20)]
    home.provider.dial(STRANGER, keys=keys, talk_for=65)
    await home.settle()

    stranger, known = home.provider.dial(STRANGER), home.provider.dial(PHONE)
    await home.settle()
    assert (hung_up(stranger), hung_up(known)) == ("busy", None)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    stranger = home.provider.dial(STRANGER)
    await home.settle()
    assert hung_up(stranger) == "busy"


@pytest.mark.parametrize("fields", [MENU])
async def test_five_at_once(home: Home) -> None:
    """Of six who call, the last one hears busy; those who were refused count for nothing."""
    fault(home, DROPPED, END, times=10)
    strangers = [home.provider.dial(STRANGER) for _ in range(10)]
    await until(lambda: all(one.actions for one in strangers))
    home.provider.clock.speed = 1
    calls = [home.provider.dial(PHONE) for _ in range(5)]
    await until(lambda: all(one.whenhangup for one in calls))
    sixth = home.provider.dial(PHONE)
    await until(lambda: sixth.actions)
    home.provider.clock.speed = 1000
    for one in calls:
        for handset in home.provider.handsets(one):
            handset.end()

    assert hung_up(sixth) == "busy"
    assert all(hung_up(one) is None for one in calls)


@pytest.mark.parametrize(
    "fields", [{"others": "forward", "forward_to": "+46701111111", **MENU}]
)
async def test_five_forwarded(home: Home) -> None:
    """Calls that are forwarded are calls to the line, and cost money."""
    home.provider.phone("+46701111111", talk_for=None)
    home.provider.clock.speed = 1
    calls = [home.provider.dial(STRANGER) for _ in range(5)]
    await until(lambda: all(one.legs for one in calls))
    sixth, known = home.provider.dial(STRANGER), home.provider.dial(PHONE)
    await until(lambda: sixth.actions and known.actions)

    assert (hung_up(sixth), hung_up(known)) == ("busy", "busy")


@pytest.fixture
def store(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> LineStore:
    """Return how the lines stand."""
    freezer.move_to(START)
    return LineStore(hass, "entry")


@pytest.fixture
def door(store: LineStore) -> Door:
    """Return the door of an account without calls."""
    return Door(CallBook(lambda *_: None), store)


EVERYONE = Line(
    id="line", name="", number="", key="", actions=[], callers=Callers.EVERYONE, pin="1"
)


async def test_lock_lasts_an_hour(door: Door, freezer: FrozenDateTimeFactory) -> None:
    """It begins with the fifth wrong PIN of an hour, however long ago the first one was."""
    for _ in range(4):
        door.async_note_wrong_pin(EVERYONE, UNKNOWN)
        freezer.tick(14 * 60)
    assert door.way(EVERYONE, UNKNOWN) is Way.PIN
    door.async_note_wrong_pin(EVERYONE, HIDDEN)

    for caller, way in ((UNKNOWN, Way.OUT), (HIDDEN, Way.OUT), (KNOWN, Way.PIN)):
        assert door.way(EVERYONE, caller) is way
    freezer.tick(59 * 60 + 59)
    assert door.way(EVERYONE, UNKNOWN) is Way.OUT
    freezer.tick(1)
    assert door.way(EVERYONE, UNKNOWN) is Way.PIN
    # The old ones are forgotten
    for _ in range(4):
        door.async_note_wrong_pin(EVERYONE, UNKNOWN)
    assert door.way(EVERYONE, UNKNOWN) is Way.PIN


async def test_wrong_pins_are_forgotten(
    door: Door, freezer: FrozenDateTimeFactory
) -> None:
    """Five wrong PINs in more than an hour lock nothing."""
    for _ in range(5):
        door.async_note_wrong_pin(EVERYONE, UNKNOWN)
        freezer.tick(16 * 60)

    assert door.way(EVERYONE, UNKNOWN) is Way.PIN


async def test_lock_of_another_line(door: Door) -> None:
    """Each line has a lock of its own."""
    other = Line(
        id="other", name="", number="", key="", actions=[], callers=Callers.EVERYONE
    )
    for _ in range(5):
        door.async_note_wrong_pin(EVERYONE, UNKNOWN)

    assert door.way(other, UNKNOWN) is Way.IN


async def test_clock_is_set_back(door: Door, freezer: FrozenDateTimeFactory) -> None:
    """A lock of a time that has not come yet is none."""
    for _ in range(5):
        door.async_note_wrong_pin(EVERYONE, UNKNOWN)
    freezer.move_to(START - timedelta(days=365))

    assert door.way(EVERYONE, UNKNOWN) is Way.PIN


def ended(door: Door, **call: Any) -> None:
    """Let a call of the line end now."""
    record = make_record(
        line="line", timeout=0, call=make_call(**{"state": CallState.SUCCESS, **call})
    )
    door.async_call_changed(
        CallChange(record=record, moments={LineEvent.ENDED: dt_util.utcnow()})
    )


async def test_new_day(door: Door, freezer: FrozenDateTimeFactory) -> None:
    """The minutes are those of a day of the home's time."""
    freezer.move_to("2026-11-03 20:00:00-08:00")
    await dt_util.async_get_time_zone("US/Pacific")
    ended(door, duration=59 * 60)
    ended(door, duration=59)
    assert door.way(EVERYONE, UNKNOWN) is Way.PIN
    ended(door, duration=1)
    assert door.way(EVERYONE, UNKNOWN) is Way.CLOSED
    assert door.way(EVERYONE, KNOWN) is Way.PIN

    freezer.move_to("2026-11-03 23:59:59-08:00")
    assert door.way(EVERYONE, UNKNOWN) is Way.CLOSED
    freezer.move_to("2026-11-04 00:00:00-08:00")
    assert door.way(EVERYONE, UNKNOWN) is Way.PIN
    ended(door, duration=60)
    assert door.way(EVERYONE, UNKNOWN) is Way.PIN


async def test_late_end(door: Door, freezer: FrozenDateTimeFactory) -> None:
    """An end of yesterday that becomes known today takes none of today's minutes back."""
    ended(door, duration=3600)
    ended(door, duration=10, created=START - timedelta(days=1))

    assert door.way(EVERYONE, UNKNOWN) is Way.CLOSED


@pytest.mark.parametrize(("start", "way"), [(START, Way.CLOSED), (None, Way.PIN)])
async def test_unknown_length(
    door: Door, freezer: FrozenDateTimeFactory, start: object, way: Way
) -> None:
    """A call whose length is not reported lasted until its end became known, if it was answered."""
    freezer.tick(3600)
    ended(door, start=start)

    assert door.way(EVERYONE, UNKNOWN) is way


async def test_calls_that_take_up_a_line(store: LineStore) -> None:
    """Neither calls of other lines count, nor those that we placed, nor who is on the way out."""
    book = CallBook(lambda *_: None)
    door = Door(book, store)
    for n, (line, place) in enumerate(
        [
            *4 * [("line", Place.MENU)],
            *9 * [("line", Place.EXIT)],
            *9 * [("other", Place.MENU)],
            *9 * [(None, Place.DOOR)],
        ]
    ):
        call = make_call(f"c{n}")
        book.put(make_record(f"t{n}", line=line, talk=Talk(place=place), call=call))
    assert door.way(EVERYONE, UNKNOWN) is Way.PIN

    talk = Talk(place=Place.FORWARD)
    book.put(make_record("t", line="line", talk=talk, call=make_call("c")))
    assert door.way(EVERYONE, KNOWN) is Way.CLOSED


@pytest.mark.parametrize(
    ("pin", "caller", "expected"),
    [
        ("1234", UNKNOWN, "1234"),
        ("1234", KNOWN, "7777"),
        ("1234", Caller(number=PHONE, contact=None), "1234"),
        (None, UNKNOWN, ""),
    ],
)
def test_expected_pin(pin: str | None, caller: Caller, expected: str) -> None:
    """A contact with a PIN enters that one, everybody else the line's."""
    line = Line(id="line", name="", number="", key="", actions=[], pin=pin)

    assert expected_pin(line, caller) == expected
    assert is_pin(expected, expected) is bool(expected)
    assert not is_pin("", expected)
    assert not is_pin(f"{expected}1", expected)
    assert not is_pin("å", expected)
