"""How many calls ended in a month, and what they cost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks.api import CallState
from custom_components.elks.calls import CallRecord, Tally, month_of
from homeassistant.core import HomeAssistant

from .conftest import START, Clock, make_call, make_record

BEFORE = make_record(call=make_call())


def ended(
    cost: float | None, at: datetime = datetime(2026, 11, 3, 15, tzinfo=UTC)
) -> CallRecord:
    """Return the record of a call that ended."""
    call = make_call(
        state=CallState.SUCCESS, cost=cost, created=at, start=at, duration=60
    )
    return make_record(call=call)


def test_counted_once() -> None:
    """A call counts when it has ended, and a cost that is told later is added then."""
    tally = Tally().counted(None, BEFORE)
    assert tally == Tally()

    tally = tally.counted(BEFORE, ended(None))
    assert tally == Tally(month="2026-11", calls=1)
    tally = tally.counted(ended(None), ended(0.1))
    tally = tally.counted(ended(0.1), ended(0.1))
    tally = tally.counted(BEFORE, ended(0.2))

    assert tally == Tally(month="2026-11", calls=2, cost=0.3)


def test_months(freezer: FrozenDateTimeFactory) -> None:
    """A new month begins with its first call, and a call of an old one counts no more."""
    freezer.move_to("2026-12-24")
    november, december = ended(0.1), ended(0.5, datetime(2026, 12, 1, 12, tzinfo=UTC))
    tally = Tally().counted(BEFORE, november).counted(BEFORE, december)
    assert tally == Tally(month="2026-12", calls=1, cost=0.5)

    assert tally.counted(BEFORE, november) == tally
    assert tally.of("2026-12") == tally
    assert tally.of("2027-01") == Tally(month="2027-01")


def test_end_unknown() -> None:
    """A call of which nobody knows how it ended does not count."""
    assert Tally().counted(BEFORE, replace(BEFORE, given_up=True)) == Tally()


@pytest.mark.parametrize(
    ("zone", "month"), [("UTC", "2026-11"), ("Europe/Stockholm", "2026-12")]
)
async def test_home_time(hass: HomeAssistant, zone: str, month: str) -> None:
    """A month is one of the home's time."""
    await hass.config.async_set_time_zone(zone)

    assert month_of(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)) == month


def test_odd_times(clock: Clock) -> None:
    """What cannot be true of a call's times does no harm to the month."""
    start = START + timedelta(days=99999)
    for odd in ({"duration": 10**14}, {"start": start}, {"created": start}):
        record = ended(0.1)
        assert record.call
        record = replace(record, call=replace(record.call, **odd))
        assert Tally().counted(BEFORE, record).month == "2026-11"
