"""What is known of one call."""

from dataclasses import replace

import pytest

from custom_components.elks.api import CallState, TakenAction

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
    record = make_record().with_report(make_call())

    assert record.in_progress
    assert not record.ended
    assert record.state is CallState.ONGOING
    assert record.answered is None


@pytest.mark.parametrize("state", [CallState.BUSY, CallState.FAILED])
def test_ended(state: CallState) -> None:
    """Every other state is an end; without a start nobody answered."""
    record = make_record().with_report(make_call(state=state))

    assert record.ended
    assert not record.in_progress
    assert record.state is state
    assert record.answered is False
    assert (
        make_record().with_report(make_call(state=state, start=START)).answered is True
    )


def test_success_was_answered() -> None:
    """Some reports of a success lack the start, as those of calls that were connected."""
    record = make_record().with_report(make_call(state=CallState.SUCCESS, duration=7))

    assert record.answered is True


def test_given_up() -> None:
    """Of a call that was given up, neither the end nor who answered is known."""
    record = replace(make_record(call=make_call()), given_up=True)

    assert record.ended
    assert record.state is None
    assert record.answered is None


def test_newer_replaces_older() -> None:
    """What is told later is true, and what it leaves out stays."""
    record = make_record(call=make_call(created=START))

    record = record.with_report(replace(ENDED, created=None, direction=None))

    assert record.call == replace(ENDED, created=START, direction="outgoing")


def test_an_end_is_an_end() -> None:
    """What is told after the end fills gaps, and changes nothing."""
    ended = make_record(call=replace(ENDED, cost=None))

    late = ended.with_report(
        make_call(state=CallState.FAILED, duration=99, cost=0.5, created=None)
    )

    assert late.call == ENDED
    assert ended.with_report(make_call()) == ended


def test_end_after_it_was_given_up() -> None:
    """An end that is learnt after more than a day is the end."""
    record = make_record(call=make_call(), given_up=True)

    late = record.with_report(ENDED)

    assert late.call == ENDED
    assert late.state is CallState.SUCCESS
    assert record.with_report(make_call()) == record


@pytest.mark.parametrize(
    "microsecond", [609873, 609000, 610000, 0], ids=["µs", "cut", "rounded", "seconds"]
)
def test_one_time_in_several_precisions(microsecond: int) -> None:
    """A time that is reported again less precisely is the same time."""
    created = START.replace(microsecond=609873)
    record = make_record(call=make_call(created=created, start=created))

    again = created.replace(microsecond=microsecond)
    late = record.with_report(make_call(created=again, start=again))

    assert late == record


def played(*results: str) -> tuple[TakenAction, ...]:
    """Return the questions of a call, by how each was answered."""
    return tuple(
        TakenAction(verb="ivr", target="a.mp3", result=result) for result in results
    )


@pytest.mark.parametrize(
    ("heard", "results", "digits"),
    [
        (None, ["1"], "1"),
        (None, ["7", "failed"], "7"),
        (None, ["failed"], None),
        ((1, "7"), ["7", "2"], "2"),
        ((2, "2"), ["7", "2"], "2"),
        # Reported before the second question was answered
        ((2, "2"), ["7"], "2"),
    ],
)
def test_keys_in_the_report(
    heard: tuple[int, str] | None, results: list[str], digits: str | None
) -> None:
    """Keys that nobody heard are in the report of the end; an older one undoes nothing."""
    record = make_record(call=make_call())
    if heard:
        record = record.with_keys(*heard)

    assert record.with_report(replace(ENDED, actions=played(*results))).digits == digits


def test_older_keys_again() -> None:
    """Keys that answered an earlier question change nothing when they come late or again."""
    record = make_record().with_keys(1, "7").with_keys(2, "1")

    assert record.with_keys(1, "7") == record
    assert record.with_keys(2, "8") == record
    assert record.with_keys(3, "7").digits == "7"
