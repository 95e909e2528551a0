"""What is known of one call."""

from dataclasses import replace
from datetime import timedelta
import json

import pytest

from custom_components.elks.api import CallState

from .conftest import START, make_call, make_record

ENDED = make_call(state=CallState.SUCCESS, start=START, duration=12, cost=0.5)


def test_asked_for() -> None:
    """A call that was only asked for is neither in progress nor at its end."""
    record = make_record()

    assert not record.in_progress
    assert not record.ended
    assert record.state is None
    assert record.answered is None


def test_in_progress() -> None:
    """A call rings until the provider tells its end; who answers is not known before."""
    record = make_record().told(make_call())

    assert record.in_progress
    assert not record.ended
    assert record.state is CallState.ONGOING
    assert record.answered is None


@pytest.mark.parametrize("state", [CallState.SUCCESS, CallState.BUSY, CallState.FAILED])
def test_ended(state: CallState) -> None:
    """Every other state is an end; without a start nobody answered."""
    record = make_record().told(make_call(state=state))

    assert record.ended
    assert not record.in_progress
    assert record.state is state
    assert record.answered is False
    assert make_record().told(make_call(state=state, start=START)).answered is True


def test_given_up() -> None:
    """Of a call that was given up, neither the end nor who answered is known."""
    record = replace(make_record(call=make_call()), given_up=True)

    assert record.ended
    assert record.state is None
    assert record.answered is None


def test_newer_replaces_older() -> None:
    """What is told later is true, and what it leaves out stays."""
    record = make_record(call=make_call(created=START))

    record = record.told(replace(ENDED, created=None, direction=None))

    assert record.call == replace(ENDED, created=START, direction="outgoing")


def test_an_end_is_an_end() -> None:
    """What is told after the end fills gaps, and changes nothing."""
    ended = make_record(call=replace(ENDED, cost=None))

    late = ended.told(
        make_call(state=CallState.FAILED, duration=99, cost=0.5, created=None)
    )

    assert late.call == ENDED
    assert ended.told(make_call()) == ended


def test_given_up_is_an_end() -> None:
    """A call that was given up stays so, whatever is told of it a day later."""
    record = make_record(call=make_call(), given_up=True)

    late = record.told(ENDED)

    assert late.state is None
    assert late.call is not None
    assert late.call.duration == 12


@pytest.mark.parametrize(
    "record",
    [
        make_record(),
        make_record(call=make_call()),
        make_record(call=ENDED, reported=False, timeout=1),
        make_record(call=make_call(), given_up=True),
        make_record(requested=START + timedelta(microseconds=1)),
    ],
)
def test_over_a_restart(record: object) -> None:
    """A record comes back from JSON as it was."""
    assert isinstance(record, type(make_record()))
    assert type(record).from_dict(json.loads(json.dumps(record.as_dict()))) == record
