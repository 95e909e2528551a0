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
        ("from", "anonymous", "from_number", None),
        ("from", " 46701234567", "from_number", "+46701234567"),
    ],
)
def test_odd_values(field: str, value: object, name: str, read: object) -> None:
    """An odd value is read where its meaning is clear, else it is not known."""
    assert getattr(Call.from_api({**ENDED, field: value}), name) == read


@pytest.mark.parametrize("call_id", [None, 1, ""])
def test_not_a_call(call_id: object) -> None:
    """Without an id there is no call."""
    with pytest.raises(ValueError, match="missing"):
        Call.from_api({**ENDED, "id": call_id})


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ({"state": "busy"}, CallState.BUSY),
        ({"state": "on fire"}, CallState.ONGOING),
        ({"state": None}, CallState.ONGOING),
        ({"state": "", "result": "failed"}, CallState.FAILED),
        ({"state": None, "result": "newoutgoing"}, CallState.ONGOING),
    ],
)
def test_states(words: dict[str, object], state: CallState) -> None:
    """A state that is not known is no end."""
    assert Call.from_api({**ENDED, **words}).state is state


def test_older_name_of_the_id() -> None:
    """Some reports of an end name the id as the other callbacks do."""
    assert Call.from_api({"callid": "c7", "state": "success"}).id == "c7"


@pytest.mark.parametrize(
    "written",
    [
        "2016-11-03T15:08:14.609000",
        "2016-11-03T15:08:14.609",
        "2016-11-03T15:08:14.609Z",
        "2016-11-03 15:08:14.609000",
    ],
)
def test_times(written: str) -> None:
    """A time is read in every form in which 46elks has been seen to write one."""
    read = Call.from_api({**ENDED, "created": written}).created

    assert read == datetime(2016, 11, 3, 15, 8, 14, 609000, UTC)


@pytest.mark.parametrize(
    ("actions", "pressed"),
    [
        ([{"ivr": "https://a.example/1.mp3", "result": "1"}], (1, "1")),
        ('[{"ivr": "https://a.example/1.mp3", "result": "1"}]', (1, "1")),
        ([{"result": "012#", "ivr": "x"}, {"play": "y", "result": "ok"}], (1, "012#")),
        ([{"ivr": "x", "result": "7"}, {"ivr": "x", "result": "2"}], (2, "2")),
        ([{"ivr": "x", "result": "7"}, {"ivr": "x", "result": "failed"}], (1, "7")),
        ([{"ivr": "x", "result": "failed", "why": "noinput"}], None),
        (["busy", None, 1, {}, {"ivr": 1}, {"hangup": "badsource"}], None),
        ("[{", None),
        ("{}", None),
        (None, None),
    ],
)
def test_actions(actions: object, pressed: object) -> None:
    """The keys are read from a list or its text, and what is no action is passed over."""
    assert Call.from_api({**ENDED, "actions": actions}).pressed == pressed


def test_sounds() -> None:
    """What was played is known by its URL, but for the provider's own sounds."""
    played = [{"ivr": "https://a.example/1.mp3"}, {"play": "http://b.example/2.mp3"}]
    others = [{"play": "sound/beep", "result": "ok"}, {"connect": "+46701234567"}]

    call = Call.from_api({**ENDED, "actions": played + others})

    assert call.sounds == {"https://a.example/1.mp3", "http://b.example/2.mp3"}


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


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({}, None),
        ({"voice_start": "https://a.example/call"}, "https://a.example/call"),
        ({"voice_start": '{"hangup": "busy"}'}, '{"hangup": "busy"}'),
        ({"voice_start": {"hangup": "busy"}}, '{"hangup": "busy"}'),
        *(({"voice_start": cleared}, "") for cleared in ("", " ", "none", None, 1)),
    ],
)
def test_voice_start(written: dict[str, object], read: str | None) -> None:
    """What answers calls is read as it would be set again; nothing is not the same as not said."""
    number = Number.from_api({"number": "+46766860001", **written})

    assert number.voice_start == read


@pytest.mark.parametrize(
    ("written", "read"), [("n1", "n1"), ("../me", None), ("", None), (1, None)]
)
def test_id_of_a_number(written: object, read: str | None) -> None:
    """An id that could lead elsewhere is none."""
    assert Number.from_api({"number": "+46766860001", "id": written}).id == read


def test_account_without_id() -> None:
    """Without an id there is no account."""
    with pytest.raises(ValueError, match="id is missing"):
        Account.from_api({"displayname": "Demo home"})
