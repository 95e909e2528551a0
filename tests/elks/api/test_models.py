"""Reading what 46elks sends, which is not always what it documents."""

from datetime import UTC, datetime

import pytest

from custom_components.elks.api import Account, Call, CallState, Number

ENDED = {
    "id": "c1",
    "state": "success",
    "direction": "outgoing",
    "from": "+46766860001",
    "to": "+46701234567",
    "created": "2016-11-03T15:08:14.609873",
    "start": "2016-11-03T15:08:20",
    "duration": 12,
    "cost": 3900,
}


def test_call() -> None:
    """A call is read whole, its times as UTC and its cost in the currency."""
    assert Call.from_api(ENDED) == Call(
        id="c1",
        state=CallState.SUCCESS,
        direction="outgoing",
        from_number="+46766860001",
        to_number="+46701234567",
        created=datetime(2016, 11, 3, 15, 8, 14, 609873, UTC),
        start=datetime(2016, 11, 3, 15, 8, 20, tzinfo=UTC),
        duration=12,
        cost=0.39,
    )


@pytest.mark.parametrize(
    ("field", "value", "name", "read"),
    [
        ("cost", "1500,", "cost", 0.15),
        ("cost", "3900", "cost", 0.39),
        ("cost", "free", "cost", None),
        ("cost", True, "cost", None),
        ("duration", "12", "duration", 12),
        ("duration", "²", "duration", None),
        ("duration", [12], "duration", None),
        (
            "start",
            "2016-11-03T16:08:20+01:00",
            "start",
            datetime(2016, 11, 3, 15, 8, 20, tzinfo=UTC),
        ),
        ("start", "soon", "start", None),
        ("start", 1, "start", None),
        ("start", "", "start", None),
        ("to", 46701234567, "to_number", None),
    ],
)
def test_odd_values(field: str, value: object, name: str, read: object) -> None:
    """An odd value is read where its meaning is clear, else it is not known."""
    assert getattr(Call.from_api({**ENDED, field: value}), name) == read


@pytest.mark.parametrize(
    "change", [{"id": None}, {"id": 1}, {"state": None}, {"state": "x"}]
)
def test_not_a_call(change: dict[str, object]) -> None:
    """Without an id or a state there is no call."""
    with pytest.raises(ValueError, match=r"missing|not a valid"):
        Call.from_api({**ENDED, **change})


@pytest.mark.parametrize("call", [ENDED, {"id": "c1", "state": "failed"}])
def test_round_trip(call: dict[str, object]) -> None:
    """A call is read back as it was stored."""
    read = Call.from_api(call)

    assert Call.from_api(read.as_api()) == read


@pytest.mark.parametrize(
    ("active", "read"),
    [("yes", True), (True, True), ("no", False), (False, False), (None, False)],
)
def test_number(active: object, read: bool) -> None:
    """Whether a number is active was told in two ways over the years."""
    data = {
        "number": "+46766860001",
        "active": active,
        "capabilities": ["voice", "sms"],
    }

    assert Number.from_api(data) == Number(
        number="+46766860001", active=read, voice=True
    )


def test_account_without_id() -> None:
    """Without an id there is no account."""
    with pytest.raises(ValueError, match="id is missing"):
        Account.from_api({"displayname": "Demo home"})
