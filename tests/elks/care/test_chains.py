"""What repairs say of a chain that nobody took care of."""

from collections.abc import Callable, Coroutine
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp.test_utils import TestClient
import pytest

from custom_components.elks.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator import Fault, FaultKind, Outcome

from ..chained import ANNA, BO, CILLA, TAKES_IT, VOICEMAIL
from ..conftest import Home, make_contact
from ..speech.conftest import Engine

type Client = Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]]
type Seen = Callable[[str], Coroutine[Any, Any, dict[str, str] | None]]

ELSE = "+46704444444"
FIX = "/api/repairs/issues/fix"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return three contacts, one of whom is called like a number."""
    return [
        make_contact("Anna", ANNA),
        make_contact("Bo", BO),
        make_contact("Work 0701234567", CILLA),
    ]


@pytest.fixture
async def seen(home: Home, hass_client: Client) -> Seen:
    """Open the form of an account's repair, and return what it says; None if there is none."""
    await home.hass.config.async_set_time_zone("Europe/Stockholm")
    assert await async_setup_component(home.hass, "repairs", {})
    client = await hass_client()

    async def see(issue: str) -> dict[str, str] | None:
        issue_id = f"{issue}_{home.entry.entry_id}"
        if ir.async_get(home.hass).async_get_issue(DOMAIN, issue_id) is None:
            return None
        data = {"handler": DOMAIN, "issue_id": issue_id}
        async with client.post(FIX, json=data) as response:
            step = await response.json()
        async with client.post(f"{FIX}/{step['flow_id']}", json={}) as response:
            assert (await response.json())["type"] == "create_entry"
        assert ir.async_get(home.hass).async_get_issue(DOMAIN, issue_id) is None
        shown: dict[str, str] = step["description_placeholders"]
        return shown

    return see


async def call_chain(home: Home, **data: object) -> str:
    """Call a chain; return why it ended, once that is shown."""
    people = ["Anna", "Bo", "Work 0701234567", ELSE]
    more = {"to": people, "message": "Water in the kitchen", "rounds": 1, **data}
    response = await home.act("call_chain", **more)
    await home.settle()
    reason: str = response["reason"]
    return reason


def is_ignored(home: Home, issue_id: str) -> bool:
    """Return whether a repair, which there is, was ignored."""
    issue = ir.async_get(home.hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    return issue.dismissed_version is not None


async def test_unanswered(engine: Engine, home: Home, seen: Seen) -> None:
    """It says when it was, what was said, who was called, and how that went."""
    home.provider.phone(ANNA, **VOICEMAIL)
    home.provider.phone(BO, outcome=Outcome.DECLINE)
    home.provider.phone(CILLA, outcome=Outcome.NO_ANSWER)
    home.provider.fault(Fault(FaultKind.STATUS, status=400, body="No", number=ELSE))

    assert await call_chain(home) == "unanswered"

    shown = await seen("chain_unanswered")
    assert shown is not None
    assert len(shown.pop("when")) == len("2026-11-28 03:14")
    assert shown == {
        "account": "Demo home",
        "message": "Water in the kitchen.",
        "people": (
            "- Anna: answered\n"
            "- Bo: was busy or declined the call\n"
            "- Work 070•••••567: did not answer\n"
            "- +46•••••444: 46elks refused the call"
        ),
    }


async def test_when(engine: Engine, home: Home, seen: Seen) -> None:
    """The time is that of the home, by the clock of 46elks."""
    assert await call_chain(home, to="Anna") == "unanswered"
    [call] = home.provider.calls

    shown = await seen("chain_unanswered")

    assert shown is not None
    local = call.created.astimezone(ZoneInfo("Europe/Stockholm"))
    assert shown["when"] == local.strftime("%Y-%m-%d %H:%M")


async def test_stopped(engine: Engine, home: Home, seen: Seen) -> None:
    """Who was not called any more is listed as well."""
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    home.provider.fault(
        Fault(FaultKind.STATUS, status=403, body="Not enough credits", number=BO)
    )

    assert await call_chain(home, to=["Anna", "Bo", ELSE]) == "no_credit"

    shown = await seen("chain_stopped_no_credit")
    assert shown is not None
    assert shown["people"] == (
        "- Anna: was busy or declined the call\n"
        "- Bo: was not called\n"
        "- +46•••••444: was not called"
    )


async def test_acknowledged(engine: Engine, home: Home, seen: Seen) -> None:
    """What somebody took care of is no repair, and takes none of before away."""
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    home.provider.phone(BO, **TAKES_IT)

    assert await call_chain(home) == "acknowledged"
    assert await seen("chain_unanswered") is None

    assert await call_chain(home, to="Anna") == "unanswered"
    assert await call_chain(home) == "acknowledged"
    assert await seen("chain_unanswered") is not None


async def test_message_is_private(engine: Engine, home: Home, seen: Seen) -> None:
    """A message is cut off; no repair stores it, and after a reload it is forgotten."""
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    long = "Water in the kitchen, and " * 9
    assert await call_chain(home, to="Anna", message=long) == "unanswered"
    issue_id = f"chain_unanswered_{home.entry.entry_id}"
    issue = ir.async_get(home.hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.is_persistent
    assert "kitchen" not in str(issue)
    shown = await seen("chain_unanswered")
    assert shown is not None
    assert shown["message"] == f"{long[:99].rstrip()}…"

    assert await call_chain(home, to="Anna") == "unanswered"
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()

    shown = await seen("chain_unanswered")
    assert shown is not None
    assert (shown["message"], shown["people"]) == (
        "",
        "- Anna: was busy or declined the call",
    )


async def test_ignored(engine: Engine, home: Home) -> None:
    """Whoever ignores a chain sees the next one all the same."""
    issue_id = f"chain_unanswered_{home.entry.entry_id}"
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)
    assert await call_chain(home, to="Anna") == "unanswered"
    ir.async_ignore_issue(home.hass, DOMAIN, issue_id, True)

    assert await call_chain(home, to="Anna") == "unanswered"

    assert not is_ignored(home, issue_id)


async def test_ignored_people(engine: Engine, home: Home) -> None:
    """Whoever ignores who was left out sees when it is others, but not the same ones again."""
    issue_id = f"chain_left_out_{home.entry.entry_id}"
    await call_chain(home, to=["Anna", "Xenia"])
    ir.async_ignore_issue(home.hass, DOMAIN, issue_id, True)

    await call_chain(home, to=["Anna", "Xenia"])
    assert is_ignored(home, issue_id)

    await call_chain(home, to=["Anna", "Xerxes"])
    assert not is_ignored(home, issue_id)


async def test_another_while_it_is_looked_at(
    engine: Engine, home: Home, hass_client: Client
) -> None:
    """A chain that ends while another is looked at is seen as well."""
    assert await async_setup_component(home.hass, "repairs", {})
    client = await hass_client()
    issue_id = f"chain_unanswered_{home.entry.entry_id}"
    registry = ir.async_get(home.hass)
    home.provider.phone(ANNA, outcome=Outcome.DECLINE)

    async def fix(path: str, **data: str) -> dict[str, Any]:
        async with client.post(f"{FIX}{path}", json=data) as response:
            step: dict[str, Any] = await response.json()
            return step

    await call_chain(home, to="Anna", message="Water")
    first = await fix("", handler=DOMAIN, issue_id=issue_id)
    await call_chain(home, to="Anna", message="Fire")

    second = await fix(f"/{first['flow_id']}")
    assert first["description_placeholders"]["message"] == "Water."
    assert second["description_placeholders"]["message"] == "Fire."
    assert registry.async_get_issue(DOMAIN, issue_id) is not None

    assert (await fix(f"/{first['flow_id']}"))["type"] == "create_entry"
    assert registry.async_get_issue(DOMAIN, issue_id) is None
