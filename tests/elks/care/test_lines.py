"""The numbers of lines: watched, set again, and given back."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.elks.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import AccountNumber, Dialect, Fault, FaultKind, Simulator

from ..cloud import HOOK, Cloud
from ..conftest import (
    LINE,
    LINE_KEY,
    PHONE,
    WEBHOOK_ID,
    Home,
    lead_lines_to,
    line_url,
    make_contact,
    make_line,
)
from ..repair_form import RepairForm

type Client = Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]]

PIN = "48151623"
BEFORE = "https://user:pass@voice.example.com/answer?token=secret"
SECOND = "+46766860004"
OTHER = "https://other.example.com/?token=secret"
MENU = [{"key": "1", "say": "open the gate"}]
SET = "POST /numbers/{id}"
SHOW = "GET /numbers/{id}"
LIST = "GET /numbers"


@pytest.fixture
def lines() -> list[ConfigSubentryData]:
    """Return one line, which has replaced something."""
    return [make_line("Gate", menu=MENU, pin=PIN, voice_start_before=BEFORE)]


def line_id(home: Home) -> str:
    """Return the id of the first line."""
    return next(iter(home.entry.subentries))


def shown(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the repairs of lines, by their names."""
    return {
        str(one.translation_key): one
        for key, one in ir.async_get(hass).issues.items()
        if key[0] == DOMAIN and str(one.translation_key).startswith("line")
    }


def what(hass: HomeAssistant, issue: str) -> str:
    """Return what a repair says of what answers the calls."""
    placeholders = shown(hass)[issue].translation_placeholders
    assert placeholders is not None
    assert placeholders["line"] == "Gate"
    assert placeholders["account"] == "Demo home"
    return placeholders["what"]


def standing(provider: Simulator, number: str = LINE) -> str:
    """Return what answers a number's calls at 46elks."""
    return provider.account.numbered(number).voice_start


def stands(home: Home, **fields: Any) -> None:
    """Change the number at 46elks."""
    account = home.provider.account
    account.change(account.numbered(LINE), **fields)


def sent(home: Home) -> list[dict[str, str]]:
    """Return what was to be set for numbers."""
    return [dict(one.form) for one in home.provider.requests if one.method == "POST"]


async def an_hour(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """Let the balance be asked for again."""
    freezer.tick(timedelta(hours=1))
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)


async def reload(home: Home) -> None:
    """Load the account again."""
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done(wait_background_tasks=True)


async def move(home: Home, url: str | None) -> None:
    """Change the address of the home, as its owner does in the settings."""
    await home.hass.config.async_update(external_url=url)
    await home.hass.async_block_till_done(wait_background_tasks=True)


async def remove(home: Home) -> None:
    """Remove the line."""
    home.hass.config_entries.async_remove_subentry(home.entry, line_id(home))
    await home.hass.async_block_till_done(wait_background_tasks=True)


async def test_all_well(freezer: FrozenDateTimeFactory, home: Home) -> None:
    """While calls come here nothing is set, and 46elks is asked once an hour."""
    home.provider.requests.clear()
    await reload(home)
    paths = [one.path.rpartition("/")[2] for one in home.provider.requests]
    assert paths == ["me", "numbers", home.provider.account.numbered(LINE).id]

    # A call changes figures of the account
    home.rings_on()
    await home.place_call(timeout=300)
    freezer.tick(timedelta(minutes=50))
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    asked = [one.path for one in home.provider.requests if "/numbers" in one.path]
    assert len(asked) == 2
    assert shown(home.hass) == {}


@pytest.mark.parametrize("lines", [[]])
async def test_without_lines(home: Home) -> None:
    """An account without lines is asked nothing more than before."""
    home.provider.requests.clear()

    await reload(home)

    assert [one.path.rpartition("/")[2] for one in home.provider.requests] == ["me"]


@pytest.mark.parametrize(
    ("voice_start", "named"),
    [
        (OTHER, "`https://other.example.com/`"),
        ("", "nothing"),
        ('{"connect": "+46709999999"}', "the action `connect` of 46elks"),
    ],
)
@pytest.mark.parametrize("cleared", [None, "", "none"])
@pytest.mark.parametrize("lists", [True, False])
async def test_taken(
    freezer: FrozenDateTimeFactory,
    home: Home,
    voice_start: str,
    named: str,
    cleared: str | None,
    lists: bool,
) -> None:
    """Something else in its place is shown with the next balance, until it is gone."""
    home.provider.dialect = Dialect(cleared=cleared, lists_voice_start=lists)
    ours = standing(home.provider)
    stands(home, voice_start=voice_start)
    await an_hour(home, freezer)
    assert what(home.hass, "line_taken") == named
    assert standing(home.provider) == voice_start

    stands(home, voice_start=ours)
    await an_hour(home, freezer)

    assert shown(home.hass) == {}
    assert sent(home) == []


async def test_list_that_says_less(freezer: FrozenDateTimeFactory, home: Home) -> None:
    """A list that says of a number that nothing answers is not believed."""
    data = [
        {
            **home.provider.account.numbered(LINE).as_json(),
            "voice_start": None,
        }
    ]
    home.provider.fault(
        Fault(FaultKind.WRONG_JSON, on=LIST, fields={"data": data}, times=1)
    )

    await an_hour(home, freezer)

    assert shown(home.hass) == {}


@pytest.mark.parametrize("fields", [{"active": False}, {"capabilities": ("sms",)}])
async def test_gone(
    freezer: FrozenDateTimeFactory, home: Home, fields: dict[str, Any]
) -> None:
    """A number that takes no calls any more is shown, by its masked number, until it does."""
    stands(home, voice_start=OTHER)
    await an_hour(home, freezer)
    stands(home, voice_start=line_url("https://old.example.com"), **fields)
    await an_hour(home, freezer)
    assert shown(home.hass).keys() == {"line_gone"}
    assert LINE not in str(shown(home.hass)["line_gone"])

    stands(home, active=True, capabilities=("voice",))
    await an_hour(home, freezer)

    assert shown(home.hass) == {}
    assert standing(home.provider) == line_url(str(home.hass.config.external_url))


@pytest.mark.parametrize("on", ["GET /me", LIST, SHOW])
@pytest.mark.parametrize("kind", [FaultKind.STATUS, FaultKind.HTML])
async def test_no_answer(
    freezer: FrozenDateTimeFactory, home: Home, on: str, kind: FaultKind
) -> None:
    """While 46elks does not answer, nothing is shown and nothing is lost."""
    stands(home, voice_start=OTHER)
    home.provider.fault(Fault(kind, on=on, times=None))
    await reload(home)
    assert shown(home.hass) == {}

    home.provider.clear_faults()
    await an_hour(home, freezer)

    assert shown(home.hass).keys() == {"line_taken"}


async def test_address_changed(home: Home) -> None:
    """When the home has another address, the number is set again: voice_start alone."""
    await reload(home)
    await move(home, "https://new.example.com")

    url = line_url("https://new.example.com")
    assert standing(home.provider) == url
    assert sent(home) == [{"voice_start": url}]
    # What changes nothing is no reason to ask
    asked = len(home.provider.requests)
    await move(home, "https://new.example.com")
    await home.hass.config.async_update(location_name="Villa")
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert len(home.provider.requests) == asked


async def test_address_changed_while_unloaded(home: Home) -> None:
    """What changed while the account was not loaded is made up for."""
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    await move(home, "https://new.example.com")

    await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert standing(home.provider) == line_url("https://new.example.com")


async def test_cloud(cloud: Cloud, home: Home) -> None:
    """A cloudhook is an address like others; a lost connection changes nothing."""
    await reload(home)
    home.provider.requests.clear()
    await move(home, None)
    assert standing(home.provider) == f"{HOOK}?line={LINE_KEY}"

    cloud.connected = False
    await cloud.change()
    await home.hass.async_block_till_done(wait_background_tasks=True)
    cloud.connected = True
    await cloud.change()
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert len(sent(home)) == 1


async def test_no_address(freezer: FrozenDateTimeFactory, home: Home) -> None:
    """Without an address, what stands there stays."""
    await reload(home)
    before = standing(home.provider)
    await move(home, None)
    await an_hour(home, freezer)

    assert standing(home.provider) == before
    assert sent(home) == []


async def test_address_changed_when_taken(home: Home) -> None:
    """Another's address is never replaced without a yes."""
    await reload(home)
    stands(home, voice_start=OTHER)

    await move(home, "https://new.example.com")

    assert standing(home.provider) == OTHER
    assert shown(home.hass).keys() == {"line_taken"}


@pytest.mark.parametrize(
    "lines", [[make_line("Cabin", SECOND, line_key="x"), make_line("Gate")]]
)
async def test_number_not_said(home: Home) -> None:
    """What 46elks does not say of one number keeps no other from being looked at."""
    home.provider.account.numbers += (AccountNumber(SECOND),)
    stands(home, voice_start=OTHER)
    home.provider.fault(Fault(FaultKind.STATUS, on=SHOW, status=500))

    await reload(home)

    assert what(home.hass, "line_taken") == "`https://other.example.com/`"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.STATUS, on=SET, status=503),
        Fault(FaultKind.STATUS, on=SET, status=500),
        Fault(FaultKind.STATUS, on=LIST, status=500),
    ],
)
async def test_address_not_taken(
    freezer: FrozenDateTimeFactory, home: Home, fault: Fault
) -> None:
    """If 46elks does not take the new address, it is given again with the next balance."""
    await reload(home)
    home.provider.fault(fault)
    await move(home, "https://new.example.com")
    assert standing(home.provider) != line_url("https://new.example.com")
    assert shown(home.hass) == {}

    await an_hour(home, freezer)

    assert standing(home.provider) == line_url("https://new.example.com")


@pytest.fixture
async def form(home: Home, hass_client: Client) -> RepairForm:
    """Return what fills in repairs."""
    assert await async_setup_component(home.hass, "repairs", {})
    return RepairForm(await hass_client())


async def test_take_again(home: Home, form: RepairForm) -> None:
    """The repair sets it again, and then removing the line gives back what was there last."""
    stands(home, voice_start=OTHER)
    await reload(home)
    step = await form.open(shown(home.hass)["line_taken"].issue_id)
    assert step["step_id"] == "confirm"
    assert step["description_placeholders"] == {
        "account": "Demo home",
        "line": "Gate",
        "what": "`https://other.example.com/`",
    }
    assert standing(home.provider) == OTHER

    done = await form.submit()
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert done["type"] == "create_entry"
    assert shown(home.hass) == {}
    ours = line_url(str(home.hass.config.external_url))
    assert standing(home.provider) == ours
    await remove(home)
    assert standing(home.provider) == OTHER
    assert sent(home) == [{"voice_start": ours}, {"voice_start": OTHER}]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(FaultKind.STATUS, on=SET, status=403, body="Forbidden"), "refused"),
        (Fault(FaultKind.STATUS, on=SET, status=401), "invalid_auth"),
        (Fault(FaultKind.STATUS, on=SET, status=500), "not_set"),
        (Fault(FaultKind.STATUS, on=LIST, status=500), "cannot_connect"),
        (Fault(FaultKind.WRONG_JSON, on=LIST, fields={"data": []}), "not_set"),
    ],
)
async def test_not_taken_again(
    home: Home, form: RepairForm, fault: Fault, error: str
) -> None:
    """What 46elks does not do is said in the repair, which stays and can be tried again."""
    stands(home, voice_start=OTHER)
    await reload(home)
    await form.open(shown(home.hass)["line_taken"].issue_id)
    home.provider.fault(fault)

    step = await form.submit()

    assert step["errors"] == {"base": error}
    assert step["description_placeholders"].keys() >= {"account", "line", "what"}
    assert shown(home.hass).keys() == {"line_taken"}
    done = await form.submit()
    assert done["type"] == "create_entry"


async def test_take_again_out_of_reach(home: Home, form: RepairForm) -> None:
    """A home that is not reached, or an account that is not loaded, answers no calls."""
    stands(home, voice_start=OTHER)
    await reload(home)
    await form.open(shown(home.hass)["line_taken"].issue_id)
    home.hass.config.external_url = None
    assert (await form.submit())["errors"] == {"base": "not_reachable"}

    home.hass.config.external_url = "https://home.example.com"
    await home.hass.config_entries.async_unload(home.entry.entry_id)

    assert (await form.submit())["errors"] == {"base": "not_reachable"}
    assert standing(home.provider) == OTHER


@pytest.mark.parametrize("before", [BEFORE, "", '{"connect": "+46709999999"}'])
async def test_removed(home: Home, before: str) -> None:
    """What answered before the line answers again when that is removed."""
    subentry = home.entry.subentries[line_id(home)]
    data = {**subentry.data, "voice_start_before": before}
    home.hass.config_entries.async_update_subentry(home.entry, subentry, data=data)
    await home.hass.async_block_till_done()

    await remove(home)

    assert standing(home.provider) == before
    assert [one.keys() for one in sent(home)] == [{"voice_start"}]
    assert shown(home.hass) == {}
    assert home.provider.account.given_away == []


async def test_removed_when_taken(home: Home) -> None:
    """What took its place is left as it is, and its repair goes."""
    stands(home, voice_start=OTHER)
    await reload(home)
    assert shown(home.hass).keys() == {"line_taken"}

    await remove(home)

    assert standing(home.provider) == OTHER
    assert sent(home) == []
    assert shown(home.hass) == {}


async def test_another_removed(home: Home) -> None:
    """Nothing is given back when something else is removed."""
    anna = make_contact("Anna", PHONE)
    entries = home.hass.config_entries
    flow = await entries.subentries.async_init(
        (home.entry.entry_id, "contact"), context={"source": "user"}
    )
    await entries.subentries.async_configure(
        flow["flow_id"], {"name": "Anna", "number": anna["unique_id"], "speech": {}}
    )
    await home.hass.async_block_till_done()
    entries.async_remove_subentry(home.entry, list(home.entry.subentries)[-1])
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert sent(home) == []


FAULTS = [
    Fault(FaultKind.STATUS, on=LIST, status=503, times=None),
    Fault(FaultKind.STATUS, on=LIST, status=401, times=None),
    Fault(FaultKind.RESET_BEFORE, on=SHOW, times=None),
    Fault(FaultKind.STATUS, on=SET, status=403, body=LINE, times=None),
    Fault(FaultKind.STATUS, on=SET, status=500, times=None),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_removed_while_out_of_reach(
    home: Home, form: RepairForm, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """If 46elks does not do it, a repair says what is to be done, until it was seen."""
    home.provider.fault(fault)

    await remove(home)

    assert what(home.hass, "line_not_returned") == "`https://voice.example.com/answer`"
    issue = shown(home.hass)["line_not_returned"]
    assert (issue.is_fixable, issue.is_persistent) == (True, True)
    for secret in (LINE, PIN, LINE_KEY, "pass@", "secret"):
        assert secret not in str(issue)
        assert secret not in caplog.text.replace("a-secret-of-the-line", "")
    # Also once the account is gone, when nobody is there to fill it in but Home Assistant
    await home.hass.config_entries.async_remove(home.entry.entry_id)
    await form.open(issue.issue_id)
    done = await form.submit()
    assert done["type"] == "create_entry"
    assert shown(home.hass) == {}


async def test_removed_while_stalled(home: Home) -> None:
    """Nobody waits for ever."""
    home.provider.fault(Fault(FaultKind.STALL, on=SHOW, times=None))
    home.provider.requests.clear()
    home.hass.config_entries.async_remove_subentry(home.entry, line_id(home))
    while not any("/numbers/" in one.path for one in home.provider.requests):
        await asyncio.sleep(0.01)

    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=21))
    for _ in range(10):
        await asyncio.sleep(0)

    assert shown(home.hass).keys() == {"line_not_returned"}


async def test_answer_lost_on_removal(home: Home) -> None:
    """If the answer was lost, the number is looked at; nothing is sent twice."""
    home.provider.fault(Fault(FaultKind.RESET_AFTER, on=SET))

    await remove(home)

    assert standing(home.provider) == BEFORE
    assert shown(home.hass) == {}
    assert len(sent(home)) == 1


@pytest.mark.parametrize("loaded", [True, False])
async def test_account_removed(home: Home, loaded: bool) -> None:
    """The account's numbers are given back when it is removed, loaded or not."""
    if not loaded:
        await home.hass.config_entries.async_unload(home.entry.entry_id)

    await home.hass.config_entries.async_remove(home.entry.entry_id)

    assert standing(home.provider) == BEFORE
    assert shown(home.hass) == {}


async def test_account_removed_while_out_of_reach(home: Home) -> None:
    """If that fails, the repair outlives the account; what else was shown does not."""
    stands(home, voice_start=OTHER)
    await reload(home)
    stands(home, voice_start=line_url("https://old.example.com"))
    home.provider.fault(Fault(FaultKind.STATUS, on=LIST, status=503, times=None))

    await home.hass.config_entries.async_remove(home.entry.entry_id)

    assert shown(home.hass).keys() == {"line_not_returned"}


async def test_removed_while_disabled(home: Home) -> None:
    """A line that is removed while the account is disabled is given back afterwards."""
    entries, entry_id = home.hass.config_entries, home.entry.entry_id
    stands(home, voice_start=OTHER)
    await reload(home)
    await entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)
    assert shown(home.hass) == {}
    stands(home, voice_start=line_url("https://old.example.com"))
    await remove(home)
    assert standing(home.provider) == line_url("https://old.example.com")

    await entries.async_set_disabled_by(entry_id, None)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert standing(home.provider) == BEFORE


async def test_lines_of_two_numbers(
    hass: HomeAssistant, provider: Simulator, entry: MockConfigEntry
) -> None:
    """Each line is looked after by itself; what one does not get, another does."""
    second = "+46766860004"
    provider.account.numbers += (AccountNumber(second),)
    more = make_line("Office", second, line_key="another-secret")
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Two",
        data={**entry.data},
        options={**entry.options},
        unique_id="two",
        subentries_data=[make_line("Gate"), more],
    )
    await hass.config_entries.async_remove(entry.entry_id)
    lead_lines_to(provider, other, "https://old.example.com")
    account = provider.account
    account.change(account.numbered(LINE), voice_start=OTHER)
    url = f"https://old.example.com/api/webhook/{WEBHOOK_ID}?line=another-secret"
    account.change(account.numbered(second), voice_start=url)
    hass.config.external_url = "https://new.example.com"
    other.add_to_hass(hass)

    await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert shown(hass).keys() == {"line_taken"}
    assert standing(provider, second) == url.replace("old", "new")
