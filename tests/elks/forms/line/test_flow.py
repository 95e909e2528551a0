"""Adding and changing lines, as a person does in the forms."""

import logging
from typing import cast

import pytest

from custom_components.elks.const import DOMAIN
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from simulator import AccountNumber, Dialect, Fault, FaultKind, Simulator

from ...conftest import PHONE, Home, webhook_path
from ...speech.conftest import Engine
from ..words import LINE as WORDS, in_words, suggested
from .filling_in import (
    GATE,
    NUMBER,
    PIN,
    add,
    begin,
    change,
    form,
    line,
    own_url,
    sent,
    standing,
    stands,
    submit,
)

SECOND = "+46766860004"
SET = "POST /numbers/{id}"
SHOW = "GET /numbers/{id}"
WEBSITE = "https://user:pass@voice.example.com:8443/answer?token=secret#x"


async def test_add(home: Home) -> None:
    """A line answers as soon as it is added; nothing else of the number was changed."""
    done = await add(home, form())

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Demo home"
    assert line(home).unique_id == NUMBER
    data = dict(line(home).data)
    assert len(data.pop("line_key")) > 30
    assert data == {
        "name": "Demo home",
        "number": NUMBER,
        "menu": [GATE],
        "answer_with": "menu",
        "callers": "contacts",
        "others": "busy",
        "minutes_per_day": 60,
        "voice_start_before": "",
    }
    assert standing(home) == own_url(home)
    assert sent(home) == [{"voice_start": own_url(home)}]
    call = home.provider.dial(PHONE, talk_for=30)
    await home.settle()
    assert [next(iter(one)) for one in call.actions] == ["play", "ivr"]


async def test_add_all(engine: Engine, home: Home) -> None:
    """Every field is stored as it was filled in."""
    act = [{"action": "valve.close_valve", "target": {"entity_id": "valve.water"}}]
    menu = [{**GATE, "actions": act, "reply": "{{ caller }}"}, {"key": "0", "say": "x"}]
    door = {
        "callers": "everyone",
        "pin": PIN,
        "others": "forward",
        "forward_to": "anna",
        "minutes_per_day": 5,
    }
    speech = {"greeting": "{{ contact }}", "language": "sv"}

    await add(
        home, form(name=" Gate ", menu=menu, door=door, speech=speech, actions=act)
    )

    anna = next(iter(home.entry.subentries))
    expected = {**door, **speech, "menu": menu, "actions": act, "name": "Gate"}
    expected["forward_to"] = anna
    assert expected.items() <= line(home).data.items()
    assert line(home).title == "Gate"
    # What the form shows is what it takes
    step = await change(home)
    assert suggested(step)["menu"] == menu
    shown = {key: suggested(step, key) for key in ("door", "speech", "ringing")}
    assert shown["door"]["pin"] == PIN
    before = dict(line(home).data)
    done = await submit(home, step, {**suggested(step), **shown})
    assert done["reason"] == "reconfigure_successful"
    assert dict(line(home).data) == before


async def test_numbers_offered(home: Home) -> None:
    """Active voice numbers without a line are offered, as people write them."""
    home.provider.account.numbers += (AccountNumber(SECOND, name="Office"),)

    def offered(step: SubentryFlowResult) -> list[dict[str, str]]:
        assert step["data_schema"] is not None
        return cast(
            list[dict[str, str]], step["data_schema"].schema["number"].config["options"]
        )

    assert offered(await begin(home)) == [
        {"value": NUMBER, "label": "076-686 00 01 (Demo home)"},
        {"value": SECOND, "label": "076-686 00 04 (Office)"},
    ]
    # Another window was faster
    slow = await begin(home)
    await add(home, form())
    assert [one["value"] for one in offered(await begin(home))] == [SECOND]
    step = await submit(home, slow, form())
    assert in_words(step, WORDS) == {
        "number": "There is already a line with this number."
    }
    assert len(sent(home)) == 1


async def test_only_number(home: Home) -> None:
    """The only number need not be chosen."""
    assert suggested(await begin(home)) == {"number": NUMBER}


async def test_no_number(home: Home) -> None:
    """When all numbers have a line, it says so."""
    await add(home, form())

    step = await begin(home)

    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "no_number")


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "invalid_auth"), (500, "cannot_connect")]
)
async def test_numbers_not_known(home: Home, status: int, reason: str) -> None:
    """Without an answer there is nothing to choose."""
    home.provider.fault(Fault(FaultKind.STATUS, on="GET /numbers", status=status))

    step = await begin(home)

    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, reason)


async def test_not_loaded(home: Home) -> None:
    """An account that is not loaded gets no line, and none of its lines is changed."""
    await add(home, form())
    await home.hass.config_entries.async_unload(home.entry.entry_id)

    for step in (await begin(home), await change(home)):
        assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "not_loaded")


@pytest.mark.parametrize("name", ["+46766860001", " 076-686 00 01 ", ""])
async def test_name_of_a_number(home: Home, name: str) -> None:
    """A line that 46elks calls by its number is called a line."""
    account = home.provider.account
    account.change(account.numbered(NUMBER), name=name)

    done = await add(home, form())

    assert done["title"] == "Line"


@pytest.mark.parametrize(
    ("before", "named"),
    [
        (WEBSITE, "`https://voice.example.com:8443/answer`"),
        ('{"connect": "+46709999999"}', "the action `connect` of 46elks"),
        ('{"play": "https://a.example.com/x.mp3"}', "the action `play` of 46elks"),
    ],
)
async def test_replace(home: Home, before: str, named: str) -> None:
    """What answers already is named without its secrets, and replaced after a yes alone."""
    stands(home, before)
    step = await add(home, form())
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "replace")
    placeholders = step["description_placeholders"]
    assert placeholders == {"number": "076-686 00 01", "what": named}
    assert standing(home) == before

    step = await submit(home, step, {"replace": False})
    assert (step["step_id"], standing(home)) == ("user", before)
    assert suggested(step)["menu"] == [GATE]
    step = await submit(home, step, form())
    done = await submit(home, step, {"replace": True})

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert standing(home) == own_url(home)
    assert line(home).data["voice_start_before"] == before
    assert all(one.keys() == {"voice_start"} for one in sent(home))


async def test_replaced_by_another_meanwhile(home: Home) -> None:
    """A yes is for what was named: what came in its place is named first."""
    stands(home, "https://one.example.com")
    step = await add(home, form())
    stands(home, "https://two.example.com")

    step = await submit(home, step, {"replace": True})

    assert step["step_id"] == "replace"
    assert "two" in str(step["description_placeholders"])
    await submit(home, step, {"replace": True})
    assert line(home).data["voice_start_before"] == "https://two.example.com"


async def test_own_of_before(home: Home) -> None:
    """What a removed line has left behind is replaced without a word, and never put back."""
    stands(home, f"https://old.example.com{webhook_path()}?line=removed")

    done = await add(home, form())

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert line(home).data["voice_start_before"] == ""


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (
            Fault(FaultKind.STATUS, on=SET, status=403, body="Forbidden"),
            "46elks refused",
        ),
        (Fault(FaultKind.STATUS, on=SET, status=401), "46elks does not recognize"),
        (Fault(FaultKind.STATUS, on=SET, status=503), "46elks did not answer"),
        (Fault(FaultKind.STATUS, on=SET, status=500), "46elks did not keep"),
        (Fault(FaultKind.RESET_BEFORE, on=SET), "46elks did not keep"),
        (Fault(FaultKind.STATUS, on=SHOW, status=500), "46elks did not answer"),
        (
            Fault(FaultKind.WRONG_JSON, on=SHOW, times=2, fields={"voice_start": None}),
            "46elks did not keep",
        ),
    ],
)
async def test_not_taken(home: Home, fault: Fault, error: str) -> None:
    """What 46elks does not do is said, nothing is added, and the same is tried again."""
    home.provider.fault(fault)
    step = await add(home, form())

    assert in_words(step, WORDS)["base"].startswith(error)
    assert suggested(step)["menu"] == [GATE]
    home.provider.clear_faults()
    done = await submit(home, step, form())
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert standing(home) == own_url(home)
    assert line(home).data["voice_start_before"] == ""


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET_AFTER, FaultKind.HTML, FaultKind.TRUNCATED]
)
async def test_answer_lost(home: Home, kind: FaultKind) -> None:
    """When the answer is lost, the number is looked at; nothing is sent twice."""
    home.provider.fault(Fault(kind, on=SET))

    done = await add(home, form())

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert len(sent(home)) == 1


async def test_answer_lost_after_yes(home: Home) -> None:
    """What was replaced is known also if it could not be seen that it was."""
    stands(home, "https://one.example.com")
    step = await add(home, form())
    home.provider.fault(Fault(FaultKind.STATUS_AFTER, on=SET, status=503))
    step = await submit(home, step, {"replace": True})
    assert step["errors"] == {"base": "cannot_connect"}

    done = await submit(home, step, form())

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert line(home).data["voice_start_before"] == "https://one.example.com"


@pytest.mark.parametrize(
    "dialect",
    [
        dialect
        for _, dialect in Dialect().others(
            *("cleared", "lists_voice_start", "old_numbers")
        )
    ],
)
async def test_dialects(home: Home, dialect: Dialect) -> None:
    """However 46elks writes what is set and what is not, nothing counts as nothing."""
    home.provider.dialect = dialect

    done = await add(home, form())

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert line(home).data["voice_start_before"] == ""


async def test_change(home: Home) -> None:
    """A line is changed without 46elks being asked; its number stays."""
    stands(home, "https://one.example.com")
    await submit(home, await add(home, form()), {"replace": True})
    before = dict(line(home).data)
    requests = len(home.provider.requests)
    step = await change(home)
    assert step["description_placeholders"] == {"number": "076-686 00 01"}
    assert "number" not in suggested(step)

    done = await submit(
        home, step, form(None, name="Gate", door={"callers": "everyone"})
    )

    assert done["reason"] == "reconfigure_successful"
    assert line(home).title == "Gate"
    assert dict(line(home).data) == {**before, "name": "Gate", "callers": "everyone"}
    assert len(home.provider.requests) == requests
    # Without a name it keeps its own
    await submit(home, await change(home), form(None))
    assert line(home).title == "Gate"


async def test_secrets(
    home: Home, provider: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """No PIN, no secret and no full number gets into the log or a repair."""
    caplog.set_level(logging.DEBUG)
    stands(home, WEBSITE)
    step = await add(home, form(door={"pin": "1x"}))
    step = await submit(home, step, form(door={"pin": PIN}))
    home.provider.fault(Fault(FaultKind.STATUS, on=SET, status=403, body=NUMBER))
    step = await submit(home, step, {"replace": True})
    await submit(home, step, form(door={"pin": PIN}))
    stands(home, WEBSITE)
    key = line(home).data["line_key"]
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    ours = [one for one in caplog.records if one.name.startswith("custom_components")]
    shown = "".join(one.getMessage() for one in ours)
    issues = ir.async_get(home.hass).issues
    assert (DOMAIN, f"line_taken_{line(home).subentry_id}") in issues
    shown += str([one for key, one in issues.items() if key[0] == DOMAIN])
    for secret in (PIN, NUMBER, key, "secret", "pass@"):
        assert secret not in shown
