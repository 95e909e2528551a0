"""The records of an account's calls."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.elks.api import CallState
from custom_components.elks.calls import Answer, CallRecord, CallScript
from custom_components.elks.calls.book import CallBook
from custom_components.elks.calls.store import Kept
from custom_components.elks.speech import Prompt

from .conftest import START, make_call, make_record


@pytest.fixture
def changes() -> list[CallRecord]:
    """Return the list of what the book told."""
    return []


@pytest.fixture
def book(changes: list[CallRecord]) -> CallBook:
    """Return an empty book."""
    return CallBook(lambda _, record: changes.append(record))


def ended(number: int) -> CallRecord:
    """Return the record of a call that has ended."""
    created = START + timedelta(seconds=number)
    call = make_call(f"c{number}", state=CallState.BUSY, created=created)
    return make_record(f"t{number}", call=call)


def in_progress(number: int) -> CallRecord:
    """Return the record of a call in progress."""
    created = START + timedelta(seconds=number)
    return make_record(f"t{number}", call=make_call(f"c{number}", created=created))


def test_story_of_a_call(book: CallBook, changes: list[CallRecord]) -> None:
    """A call is open until its end, and every change is told once."""
    book.put(make_record())
    assert [record.token for record in book.open()] == ["t1"]
    assert book.last is None

    book.report("t1", make_call())
    assert book.find_open("c1") == book.find("t1") == book.last

    book.report("t1", make_call(state=CallState.BUSY))
    assert list(book.open()) == []
    assert book.find_open("c1") is None
    assert list(book.ended()) == [book.find("t1")]
    assert book.knows("c1")
    assert [record.state for record in changes] == [None, "ongoing", "busy"]


def test_nothing_new(book: CallBook, changes: list[CallRecord]) -> None:
    """What is known already is not told again."""
    book.put(in_progress(1))
    book.put(in_progress(1))
    book.report("t1", in_progress(1).call or make_call())

    assert len(changes) == 1


def test_told_of_another_call(book: CallBook, changes: list[CallRecord]) -> None:
    """A secret is good for its own call alone."""
    book.put(in_progress(1))

    book.report("t1", make_call("c2", state=CallState.BUSY))
    book.report("t2", make_call("c1", state=CallState.BUSY))

    assert book.find("t1") == in_progress(1)
    assert not book.knows("c2")
    assert len(changes) == 1


def test_forget(book: CallBook) -> None:
    """A call that was never placed leaves nothing."""
    book.put(make_record())

    book.forget("t1")

    assert book.find("t1") is None
    assert book.kept() == Kept()


def test_alone(book: CallBook) -> None:
    """A call is alone when no other open one has the same numbers."""
    book.put(make_record("t1"))
    book.put(make_record("t1", digits="1"))
    assert book.alone(make_record("t1"))

    book.put(make_record("t2"))
    book.put(make_record("t3", to_number="+46707654321"))
    assert not book.alone(make_record("t1"))

    book.forget("t2")
    assert book.alone(make_record("t1"))

    book.put(make_record("t4"))
    book.put(make_record("t4", call=make_call("c4", state=CallState.BUSY)))
    assert book.alone(make_record("t1"))


def test_last_by_the_provider(book: CallBook) -> None:
    """The last call is the one that the provider placed last, however late another ends."""
    book.put(in_progress(2))
    book.put(in_progress(1))
    assert book.last == in_progress(2)

    book.report("t1", make_call("c1", state=CallState.FAILED))
    assert book.last == in_progress(2)

    book.report("t2", make_call("c2", state=CallState.BUSY, created=None))
    assert book.last == book.find("t2")
    assert book.last
    assert book.last.state == "busy"


@pytest.mark.parametrize("earlier", [1, 873, 500_000], ids=["hair", "cut", "half"])
def test_last_is_the_same_call(book: CallBook, earlier: int) -> None:
    """The last call stays the last one when its time is reported a little earlier."""
    created = START.replace(microsecond=609873)
    asked = make_record(requested=created + timedelta(seconds=1), contact="anna")
    before = created - timedelta(microseconds=earlier)
    book.put(asked)
    book.report("t1", make_call(created=None))
    book.report("t1", make_call(created=created))

    book.report("t1", make_call(created=before, state=CallState.BUSY))

    assert book.last
    assert book.last.state == "busy"
    assert book.last_to("anna") == book.last
    after = CallBook(lambda *_: None)
    after.restore(book.kept())
    assert after.last == book.last


def test_last_is_older_than_it_seemed(book: CallBook) -> None:
    """After a power cut calls seem to be as young as their callbacks, until they are asked about."""
    for number, revived in ((2, 10), (1, 11)):
        requested = START + timedelta(minutes=revived)
        call = make_call(f"c{number}", created=None)
        book.put(
            make_record(f"t{number}", call=call, requested=requested, contact="anna")
        )
    assert book.last == book.find("t1")

    for number in (2, 1):
        created = START + timedelta(minutes=number)
        book.report(f"t{number}", make_call(f"c{number}", created=created))

    assert book.last == book.find("t2")
    assert book.last_to("anna") == book.last


def test_last_of_a_millisecond(book: CallBook) -> None:
    """Of two calls that were placed at once, the second is the last one, and stays so."""
    created = START.replace(microsecond=609873)
    for number, moment in enumerate([created, created.replace(microsecond=609000)], 1):
        call = make_call(f"c{number}", created=moment)
        book.put(make_record(f"t{number}", call=call))

    book.report("t1", make_call("c1", created=created, state=CallState.BUSY))

    assert book.last == book.find("t2")


def answered(number: int, keys: str | None = "1") -> CallRecord:
    """Return the record of a call to Anna that asks for an answer; without keys, none was given."""
    script = CallScript(
        message=Prompt(text="Close?"),
        repeat=1,
        digits=1,
        language="en",
        answers=(
            Answer(key="1", id="close", reply=None),
            Answer(key="2", id="wait", reply=None),
        ),
    )
    return replace(in_progress(number), script=script, contact="anna", digits=keys)


def test_last_answer(book: CallBook) -> None:
    """It is that of the call placed last of those with an answer, whenever it is given."""
    book.put(answered(1, keys=None))
    book.put(answered(2))
    book.put(answered(3, keys="7"))
    assert book.last_answer("anna") == book.last_answer(None) == "close"

    book.put(answered(1, keys="2"))
    assert book.last_answer("anna") == "close"
    book.put(answered(2, keys="2"))

    assert book.last_answer("anna") == book.last_answer(None) == "wait"
    assert book.last_answer("bo") is None


def test_last_answer_is_kept(book: CallBook) -> None:
    """A restart does not forget it, however many calls without an answer followed."""
    end = make_call("c1", state=CallState.SUCCESS, created=START)
    book.put(replace(answered(1), call=end))
    for number in range(2, 200):
        book.put(ended(number))

    after = CallBook(lambda *_: pytest.fail("A restart is no change"))
    after.restore(book.kept())

    assert [record.token for record in book.kept().records] == ["t199", "t1"]
    assert after.last_answer("anna") == after.last_answer(None) == "close"
    assert after.last == ended(199)


def test_last_answer_is_older_than_it_seemed(book: CallBook) -> None:
    """When a call turns out to have been placed earlier, so was its answer."""
    book.put(answered(5))
    book.put(answered(9, keys="2"))
    assert book.last_answer("anna") == "wait"

    book.report("t9", make_call("c9", created=START))

    assert book.last_answer("anna") == book.last_answer(None) == "close"


def test_end_that_was_never_learnt(book: CallBook) -> None:
    """A call whose end stayed unknown may still be taken up again; another may not."""
    book.put(in_progress(1))
    book.put(replace(in_progress(1), given_up=True))
    book.put(ended(2))

    assert not book.knows("c1")
    assert book.knows("c2")


def test_last_without_a_time(book: CallBook) -> None:
    """Where the provider does not tell when it placed a call, the request's time counts."""
    book.put(in_progress(10))
    book.put(make_record("t2", call=make_call("c2", created=None)))

    assert book.last == in_progress(10)


def test_ended_calls_are_forgotten(book: CallBook) -> None:
    """However many calls there were, what is kept of them is bounded."""
    for number in range(2500):
        book.put(ended(number))

    assert len(list(book.ended())) == 100
    assert book.find("t2399") is None
    assert book.find("t2400") == ended(2400)
    assert book.kept().ended_ids == tuple(f"c{number}" for number in range(2400, 2500))
    assert not book.knows("c499")
    assert book.knows("c500")


def test_kept(book: CallBook) -> None:
    """A restart forgets neither what is open, nor the last call, nor whose calls ended."""
    for number in range(3):
        book.put(ended(number))
    book.put(make_record("asked"))
    book.put(make_record("older", call=make_call("older")))

    kept = book.kept()
    after = CallBook(lambda *_: pytest.fail("A restart is no change"))
    after.restore(kept)

    assert [record.token for record in kept.records] == ["t2", "asked", "older"]
    assert [record.token for record in after.open()] == ["asked", "older"]
    assert after.last == ended(2)
    assert [after.knows(f"c{number}") for number in range(4)] == 3 * [True] + [False]
    assert after.find_open("older")
    assert after.kept() == kept
