"""Adding and changing lines, as a person does in the forms."""

import logging
from typing import Any, cast

import pytest

from custom_components.elks.const import DOMAIN, SUBENTRY_LINE
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigSubentry,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import config_validation as cv, issue_registry as ir
from simulator import AccountNumber, Dialect, Fault, FaultKind, Simulator

from ..cloud import HOOK, Cloud
from ..conftest import PHONE, Home, make_contact, make_line, webhook_path
from ..speech.conftest import Engine, tone
from .words import LINE as WORDS, in_words, is_open, languages, suggested

NUMBER = "+46766860001"
SECOND = "+46766860004"
PIN = "48151623"
GATE = {"key": "1", "say": "open the gate"}
SET = "POST /numbers/{id}"
SHOW = "GET /numbers/{id}"
NESTED = "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"
"""A template that is nested too deeply."""
WITHIN: dict[str, Any] = {"delay": 1}
for _ in range(400):
    WITHIN = {"sequence": [WITHIN]}
WEBSITE = "https://user:pass@voice.example.com:8443/answer?token=secret#x"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


def form(
    number: str | None = NUMBER,
    *,
    door: dict[str, Any] | None = None,
    speech: dict[str, Any] | None = None,
    actions: object = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return what a person fills in; a menu with one choice unless it is said otherwise."""
    return {
        **({"number": number} if number else {}),
        "menu": [GATE],
        **fields,
        "door": door or {},
        "speech": speech or {},
        "ringing": {"actions": actions} if actions is not None else {},
    }


async def begin(home: Home) -> SubentryFlowResult:
    """Open the form for a new line."""
    return await home.hass.config_entries.subentries.async_init(
        (home.entry.entry_id, SUBENTRY_LINE), context={"source": SOURCE_USER}
    )


async def submit(
    home: Home, step: SubentryFlowResult, answers: dict[str, Any]
) -> SubentryFlowResult:
    """Submit a form."""
    result = await home.hass.config_entries.subentries.async_configure(
        step["flow_id"], answers
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)
    return result


async def add(home: Home, answers: dict[str, Any]) -> SubentryFlowResult:
    """Open the form for a new line, and submit it."""
    step = await begin(home)
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "user")
    return await submit(home, step, answers)


async def change(home: Home) -> SubentryFlowResult:
    """Open the form of the line."""
    flow = home.entry.start_subentry_reconfigure_flow(home.hass, line(home).subentry_id)
    return cast(SubentryFlowResult, await flow)


def line(home: Home) -> ConfigSubentry:
    """Return the only line."""
    [found] = (
        one
        for one in home.entry.subentries.values()
        if one.subentry_type == SUBENTRY_LINE
    )
    return found


def standing(home: Home, number: str = NUMBER) -> str:
    """Return what answers a number's calls at 46elks."""
    return home.provider.account.numbered(number).voice_start


def stands(home: Home, voice_start: str) -> None:
    """Let something answer the number's calls at 46elks."""
    account = home.provider.account
    account.change(account.numbered(NUMBER), voice_start=voice_start)


def sent(home: Home) -> list[dict[str, str]]:
    """Return what was to be set for numbers."""
    return [dict(one.form) for one in home.provider.requests if one.method == "POST"]


def own_url(home: Home) -> str:
    """Return where the line's calls go."""
    base = str(home.hass.config.external_url)
    return f"{base}{webhook_path()}?line={line(home).data['line_key']}"


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


@pytest.mark.parametrize("name", [NUMBER, "Home 076-686 00 01"])
async def test_number_as_name(home: Home, name: str) -> None:
    """A name must not be a number."""
    step = await add(home, form(name=name))

    assert in_words(step, WORDS)["name"].startswith("A name cannot hold")
    assert sent(home) == []
    done = await submit(home, step, form(name="Home"))
    assert done["title"] == "Home"


@pytest.mark.parametrize(
    ("menu", "error"),
    [
        ([], "Add at least one choice to the menu"),
        (["x"], "One of the choices has no key."),
        ([{"key": "*", "say": "x"}], "One of the choices has no key."),
        ([{"key": "12", "say": "x"}], "One of the choices has no key."),
        ([GATE, GATE], "Key 1 is there twice."),
        ([{"key": "1", "say": " "}], "Key 1: enter what the menu says"),
        ([{"key": "1"}], "Key 1: enter what the menu says"),
        ([{**GATE, "reply": "{{ x"}], "Key 1: the template of the reply is not right"),
        ([{**GATE, "actions": [{"act": 1}]}], "Key 1: the actions are not right: "),
        ([{**GATE, "reply": NESTED}], "Key 1: the template of the reply is not right"),
        ([{**GATE, "actions": "open"}], "Key 1: the actions are not right: "),
        ([{**GATE, "actions": WITHIN}], "Key 1: the actions are not right: "),
    ],
)
async def test_wrong_menu(home: Home, menu: object, error: str) -> None:
    """What is wrong with the menu is said with the key; then another is taken."""
    step = await add(home, form(menu=menu))

    assert in_words(step, WORDS)["menu"].startswith(error)
    assert sent(home) == []
    done = await submit(home, step, form())
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_device_action_of_nothing(home: Home) -> None:
    """Actions are checked as an automation's are."""
    act = [{"device_id": "gone", "domain": "switch", "type": "turn_on"}]

    step = await add(home, form(actions=act))

    assert in_words(step, WORDS)["ringing"].startswith("When it rings > Actions: ")
    assert is_open(step, "ringing")


@pytest.mark.parametrize(
    ("door", "error"),
    [
        ({"pin": "123"}, "PIN: Enter 4 to 10 digits"),
        ({"pin": "12345678901"}, "PIN: Enter 4 to 10 digits"),
        ({"pin": "12 34"}, "PIN: Enter 4 to 10 digits"),
        ({"pin": "１２３４"}, "PIN: Enter 4 to 10 digits"),
        ({"minutes_per_day": 0}, "Minutes per day: Enter a whole number"),
        ({"minutes_per_day": 1.5}, "Minutes per day: Enter a whole number"),
        ({"minutes_per_day": 1441}, "Minutes per day: Enter a whole number"),
        ({"others": "forward"}, "Forward to: Choose a contact"),
        ({"others": "forward", "forward_to": " "}, "Forward to: Choose a contact"),
        ({"others": "forward", "forward_to": "Bo"}, "Forward to: This is neither"),
        ({"others": "forward", "forward_to": "112"}, "Forward to: Elks cannot call"),
        (
            {"others": "forward", "forward_to": NUMBER},
            "Forward to: This number is a line of your home",
        ),
    ],
)
async def test_wrong_door(home: Home, door: dict[str, Any], error: str) -> None:
    """Who is let in, and what others get, is checked; the section is open then."""
    step = await add(home, form(door=door))

    assert in_words(step, WORDS)["door"].startswith(f"Access > {error}")
    assert is_open(step, "door")
    assert not is_open(step, "speech")
    assert (
        suggested(step, "door").items()
        >= {key: one for key, one in door.items() if one != " "}.items()
    )
    assert sent(home) == []
    done = await submit(home, step, form())
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("minutes", [None, [], "many"])
async def test_no_minutes(home: Home, minutes: object) -> None:
    """What is no number of minutes is none."""
    step = await add(home, form(door={"minutes_per_day": minutes}))

    assert in_words(step, WORDS)["door"].startswith("Access > Minutes per day: Enter")


async def test_key_as_number(home: Home) -> None:
    """A key that YAML reads as a number is a key."""
    await add(home, form(menu=[{**GATE, "key": 1}]))

    assert line(home).data["menu"] == [GATE]


async def test_forward_to_a_number(home: Home) -> None:
    """A number is read as people write it, and shown so."""
    door = {"others": "forward", "forward_to": "070-222 22 22"}

    await add(home, form(door=door))

    assert line(home).data["forward_to"] == "+46702222222"
    step = await change(home)
    assert suggested(step, "door")["forward_to"] == "070-222 22 22"
    # Where nobody forwards, nobody is stored
    await submit(home, step, form(None))
    assert "forward_to" not in line(home).data


async def test_forward_to_somebody_removed(home: Home) -> None:
    """A contact that has been removed is not shown, and another one is asked for."""
    anna = next(iter(home.entry.subentries))
    await add(home, form(door={"others": "forward", "forward_to": anna}))
    home.hass.config_entries.async_remove_subentry(home.entry, anna)

    step = await change(home)

    assert "forward_to" not in suggested(step, "door")
    step = await submit(home, step, form(None, door=suggested(step, "door")))
    assert step["errors"] == {"door": "no_forward"}


async def test_wrong_greeting(home: Home) -> None:
    """A greeting that is no template is refused, in a section that is open."""
    step = await add(home, form(speech={"greeting": "{{ hello"}))

    assert in_words(step, WORDS)["speech"].startswith(
        "Voice > Greeting: This is not right: unexpected"
    )
    assert is_open(step, "speech")
    assert suggested(step, "speech") == {"greeting": "{{ hello"}
    step = await submit(home, step, form(speech={"greeting": NESTED}))
    assert in_words(step, WORDS)["speech"].startswith("Voice > Greeting: ")


async def test_languages(engine: Engine, home: Home) -> None:
    """The account's voice says which languages there are."""
    swedish = Engine("swedish", ("wav", tone(1)), languages=["sv-SE"])
    await home.hass.data[DATA_COMPONENT].async_add_entities([swedish])
    home.hass.config_entries.async_update_entry(
        home.entry, options={**home.entry.options, "tts_entity_id": "tts.swedish"}
    )
    assert languages(await begin(home), "speech") == ["sv-SE"]

    step = await add(home, form(speech={"language": "en"}))

    assert in_words(step, WORDS)["speech"].startswith("Voice > Language: swedish does")
    assert suggested(step, "speech") == {}


async def test_fields_for_the_frontend(home: Home) -> None:
    """The dialog of a choice has a field for each part, with selectors that are known."""
    step = await begin(home)

    assert step["data_schema"] is not None
    menu = cv.custom_serializer(step["data_schema"].schema["menu"])
    fields = menu["selector"]["object"]["fields"]
    kinds = {key: next(iter(one["selector"])) for key, one in fields.items()}
    assert kinds == {
        "key": "select",
        "say": "text",
        "actions": "action",
        "reply": "template",
    }


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


async def test_no_address(home: Home) -> None:
    """A home that 46elks does not reach gets no line, but its lines can be changed."""
    home.hass.config.external_url = None
    step = await add(home, form())
    assert in_words(step, WORDS)["base"].startswith("46elks cannot reach your home.")
    assert sent(home) == []

    home.hass.config.external_url = "https://home.example.com"
    await submit(home, step, form())
    home.hass.config.external_url = None
    done = await submit(home, await change(home), form(None, name="Gate"))

    assert done["reason"] == "reconfigure_successful"


@pytest.mark.parametrize(
    "answers",
    [
        form(),
        form(answer_with="automation"),
        form(answer_with="nothing", door={"pin": PIN}),
    ],
)
async def test_cloudhook(cloud: Cloud, home: Home, answers: dict[str, Any]) -> None:
    """A cloudhook carries no sound, so that nobody could hear anything."""
    home.hass.config.external_url = None
    await cloud.change()
    step = await add(home, answers)
    assert in_words(step, WORDS)["answer_with"].startswith(
        "46elks only reaches your home through a cloudhook"
    )

    done = await submit(home, step, form(answer_with="nothing", menu=[]))

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert standing(home) == f"{HOOK}?line={line(home).data['line_key']}"


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


@pytest.mark.parametrize("lines", [[make_line(menu=[GATE])]])
async def test_wrong_change(home: Home) -> None:
    """What is wrong is said when a line is changed, too."""
    step = await submit(home, await change(home), form(None, door={"pin": "1"}))

    assert step["step_id"] == "reconfigure"
    assert in_words(step, WORDS).keys() == {"door"}
    assert "number" in (step["description_placeholders"] or {})


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
