"""The calls on disk."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.elks.api import CallState
from custom_components.elks.calls import CallRecord, CallStore, Spoken, Tally
from custom_components.elks.calls.dialogue.talk import Place, Talk
from custom_components.elks.calls.store import Kept, patience
from custom_components.elks.speech import Prompt, Voice
from homeassistant.core import HomeAssistant

from .conftest import PHONE, Clock, Disk, make_call, make_record, turns

ENDED = make_record(call=make_call(state=CallState.BUSY))
KEPT = Kept((make_record(call=make_call()), make_record("t2")), ("c8", "c9"))


async def test_nothing_yet(hass: HomeAssistant, disk: Disk) -> None:
    """An account without calls has nothing on disk."""
    assert await CallStore(hass, "entry").async_load() == Kept()


async def test_over_a_restart(hass: HomeAssistant, disk: Disk) -> None:
    """What is written can be read again, by the same account alone."""
    await CallStore(hass, "entry").async_save(KEPT)

    assert await CallStore(hass, "entry").async_load() == KEPT
    assert await CallStore(hass, "other").async_load() == Kept()


STORED = Path(__file__).parent / "stored"


def stored(name: str) -> dict[str, Any]:
    """Return a file as a version of the integration wrote it."""
    data: dict[str, Any] = json.loads((STORED / name).read_text())
    return data


@pytest.mark.parametrize(
    "name", ["calls_1_1.json", "calls_1_2.json", "calls_1_3.json", "calls_1_4.json"]
)
async def test_written_by_another_version(
    hass: HomeAssistant, disk: Disk, name: str
) -> None:
    """What any version wrote is read by every newer one."""
    disk.data["elks.entry"] = stored(name)

    kept = await CallStore(hass, "entry").async_load()

    placed = [record for record in kept.records if record.line is None]
    assert [record.token for record in placed] == [
        "asked",
        "ringing",
        "talking",
        "ended",
        "given_up",
        "elsewhere",
    ]
    asked, ringing, talking, ended, given_up, elsewhere = placed
    assert (asked.call, asked.ended) == (None, False)
    assert (ringing.state, ringing.contact) == ("ongoing", "01JC0NTACT0000000000000001")
    assert talking.script
    assert [answer.id for answer in talking.script.answers] == ["close", "wait"]
    assert (talking.digits, talking.hang_up, talking.picked_up) == ("2", True, True)
    assert talking.chain == "01JCHA1N00000000000000001"
    assert (ended.state, ended.answer, ended.answered) == ("success", "close", True)
    assert ended.call
    assert (ended.call.duration, ended.call.cost) == (12, 0.39)
    assert (given_up.given_up, given_up.state) == (True, None)
    assert (elsewhere.reported, elsewhere.timeout) == (False, 1)
    assert kept.ended_ids == tuple(f"{'c':0<31}{n}" for n in (8, 9))
    assert kept.tally == Tally(month="2026-11", calls=2, cost=0.78)


async def test_what_was_to_be_said(hass: HomeAssistant, disk: Disk) -> None:
    """Texts and their voices come back, and what was heard; of a call that has ended, no text."""
    disk.data["elks.entry"] = stored("calls_1_3.json")
    voice = Voice(engine="tts.piper", language="sv", options={"voice": "lisa"})
    text = "Vatten i köket. Tryck 1."
    reply = Prompt(text="Ventilen stängs.", voice=voice)

    kept = await CallStore(hass, "entry").async_load()

    asked, ringing, talking, ended, given_up, elsewhere = kept.records
    media = "media-source://media_source/local/alarm.mp3"
    assert asked.script and ringing.script and talking.script and elsewhere.script
    assert asked.script.message == Prompt(media=media, nonce="AAAAAAAAAAAAAAAAAAAAAA")
    assert ringing.script.prompts == [Prompt(text=text, voice=voice), reply]
    assert (ringing.script.language, ringing.spoken) == ("sv", None)
    assert talking.closing == Prompt(text="Bo tar redan hand om det.", voice=voice)
    # Any digit acknowledges after the built-in sentence
    assert (talking.spoken, talking.answer) == ("substitute", "close")
    assert ended.spoken == "message"
    assert elsewhere.script.message == Prompt(url="https://sounds.example/alarm.mp3")
    for record in (ended, given_up):
        assert record.script
        assert record.script.prompts == [Prompt()]


async def test_calls_to_lines(hass: HomeAssistant, disk: Disk) -> None:
    """Where the talks with callers stand comes back."""
    disk.data["elks.entry"] = stored("calls_1_4.json")

    kept = await CallStore(hass, "entry").async_load()

    in_menu, in_step, was_called = (one for one in kept.records if one.line)
    assert {one.line for one in kept.records} == {None, "01JL1NE0000000000000000001"}
    assert in_menu.talk == Talk(place=Place.MENU, question=3, wrong_pins=1, misses=2)
    assert (in_menu.contact, in_menu.in_progress, in_menu.digits) == (
        "01JC0NTACT0000000000000001",
        True,
        "2",
    )
    assert in_step.talk == Talk(place=Place.STEP, question=2, first=2, steps=1)
    assert in_step.script
    assert in_step.script.message.text == "Ska ventilen stängas?"
    assert (in_step.from_number, in_step.answered) == ("", True)
    assert (was_called.state, was_called.answered) == ("success", True)
    assert was_called.call
    assert (was_called.call.direction, was_called.call.cost) == ("incoming", 0.09)


async def test_fields_of_a_newer_version(hass: HomeAssistant, disk: Disk) -> None:
    """What a newer version added is passed over."""
    await CallStore(hass, "entry").async_save(KEPT)
    disk.data["elks.entry"]["minor_version"] = 99
    data = json.loads(json.dumps(disk.data["elks.entry"]["data"]))
    data["tally"]["texts"] = 3
    for call in data["calls"]:
        call["mood"] = "good"
    disk.data["elks.entry"]["data"] = data | {"more": [1]}

    assert await CallStore(hass, "entry").async_load() == KEPT


@pytest.mark.parametrize(
    "broken",
    [
        {},
        None,
        [],
        "t3",
        {"token": "t3"},
        {"requested": "soon"},
        {"call": {"state": "busy"}},
        {"script": "said"},
        {"call": [1]},
        {"requested": "2026-11-03T15:00:00"},
        {"token": ["x"]},
        {"from": None},
        {"timeout": "60"},
        {"contact": ["x"]},
        {"chain": 5},
        {"digits": 5},
        {"line": 5},
        {"talk": [1]},
        {"talk": {"place": 5}},
        {"talk": {"place": "menu", "question": "1"}},
        {"asked": None},
    ],
)
async def test_record_that_cannot_be_read(
    hass: HomeAssistant,
    disk: Disk,
    broken: object,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What cannot be read costs that one record, and a log line without anybody's number."""
    await CallStore(hass, "entry").async_save(KEPT)
    data = json.loads(json.dumps(disk.data["elks.entry"]["data"]))
    if isinstance(broken, dict) and broken and broken != {"token": "t3"}:
        broken = data["calls"][0] | broken
    data["calls"].insert(1, broken)
    disk.data["elks.entry"]["data"] = data

    kept = await CallStore(hass, "entry").async_load()

    assert [kept.records[0], kept.records[-1]] == list(KEPT.records)
    [line] = [line for line in caplog.records if "reading a call" in line.message]
    assert line.levelname == "ERROR"
    assert PHONE not in line.message


@pytest.mark.parametrize(
    "broken",
    [
        {"ended_ids": [["c8"]]},
        {"ended_ids": None},
        {"tally": None},
        {"tally": {"month": None, "calls": None, "cost": None}},
        {"tally": {"month": "2026-11", "calls": "3", "cost": 0.1}},
    ],
)
async def test_the_rest_cannot_be_read(
    hass: HomeAssistant, disk: Disk, broken: dict[str, object]
) -> None:
    """What cannot be read of the rest costs no call."""
    await CallStore(hass, "entry").async_save(KEPT)
    disk.data["elks.entry"]["data"] |= broken

    kept = await CallStore(hass, "entry").async_load()

    assert kept.records == KEPT.records
    assert kept.tally == Tally()


async def test_record_that_cannot_be_written(hass: HomeAssistant, disk: Disk) -> None:
    """A record that no JSON can hold keeps no other from being written."""
    store = CallStore(hass, "entry")
    await store.async_save(
        Kept((make_record("t1", digits="\ud83d"), make_record("t2")))
    )

    assert disk.tokens() == ["t2"]


async def test_file_that_cannot_be_read(hass: HomeAssistant, disk: Disk) -> None:
    """A file that only a much newer version can read costs the calls, not the account."""
    await CallStore(hass, "entry").async_save(KEPT)
    disk.data["elks.entry"]["version"] = 99

    assert await CallStore(hass, "entry").async_load() == Kept()


async def test_remove(hass: HomeAssistant, disk: Disk) -> None:
    """The calls of an account that is removed are forgotten."""
    store = CallStore(hass, "entry")
    await store.async_save(KEPT)

    await store.async_remove()

    assert disk.data == {}


async def test_begins_at_once(hass: HomeAssistant, disk: Disk) -> None:
    """Writing has begun when this returns, and nobody waits for its end."""
    disk.free.clear()

    CallStore(hass, "entry").async_save_within(0, lambda: KEPT)

    assert disk.writes == 1
    assert disk.data == {}
    disk.free.set()
    await turns()
    assert disk.tokens() == ["t1", "t2"]


async def test_waits_as_long_as_it_may(
    hass: HomeAssistant, disk: Disk, clock: Clock
) -> None:
    """What may wait is written together with what may not, and in time at the latest."""
    store = CallStore(hass, "entry")

    store.async_save_within(60, lambda: KEPT)
    await clock.passes(59)
    assert disk.writes == 0
    store.async_save_within(60, lambda: KEPT)
    await clock.passes(1)
    assert disk.writes == 1

    store.async_save_within(60, lambda: KEPT)
    store.async_save_within(0, lambda: KEPT)
    await clock.passes(120)
    assert disk.writes == 2


async def test_writes_are_joined(hass: HomeAssistant, disk: Disk, clock: Clock) -> None:
    """What changes soon after a write is written together, and nothing is lost."""
    store = CallStore(hass, "entry")
    records: list[CallRecord] = []
    for number in range(50):
        records.append(make_record(f"t{number}"))
        store.async_save_within(0, lambda: Kept(tuple(records)))

    await clock.passes(1)

    assert disk.writes == 2
    assert disk.tokens() == [record.token for record in records]


async def test_what_changes_is_written_anew(hass: HomeAssistant, disk: Disk) -> None:
    """A record is written as it is now, not as it was written before."""
    store = CallStore(hass, "entry")
    await store.async_save(Kept((make_record(), make_record("t2"))))

    await store.async_save(Kept((make_record(), make_record("t2", digits="1"))))

    kept = await CallStore(hass, "entry").async_load()
    assert [record.digits for record in kept.records] == [None, "1"]


async def test_nothing_waits_once_closed(
    hass: HomeAssistant, disk: Disk, clock: Clock
) -> None:
    """What an unloaded account leaves is not written over what the next one writes."""
    store = CallStore(hass, "entry")
    await store.async_close(Kept())

    store.async_save_within(60, lambda: KEPT)
    assert disk.writes == 2
    await clock.passes(60)
    assert disk.writes == 2


@pytest.mark.parametrize(
    ("before", "record", "alone", "seconds"),
    [
        (None, make_record(), True, 0),
        (make_record(), make_record(call=make_call()), True, 60),
        (make_record(), make_record(call=make_call()), False, 0.1),
        (make_record(), make_record(call=make_call(), digits="1"), True, 0.1),
        (
            make_record(call=make_call()),
            make_record(call=make_call(), spoken=Spoken.SUBSTITUTE),
            True,
            0.1,
        ),
        (
            make_record(call=make_call()),
            make_record(call=make_call(), talk=Talk(question=1)),
            True,
            0.1,
        ),
        (make_record(call=make_call()), ENDED, True, 0.1),
    ],
    ids=["asked for", "taken", "one of two", "key pressed", "heard", "talked", "ended"],
)
def test_patience(
    before: CallRecord | None, record: CallRecord, alone: bool, seconds: float
) -> None:
    """Only what 46elks tells again can wait."""
    assert patience(before, record, alone=alone) == seconds
