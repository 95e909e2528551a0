"""Whom a chain calls, and whom it leaves out."""

from typing import Any

import pytest

from custom_components.elks.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from simulator import Fault, FaultKind, Outcome

from ..chained import ANNA, BO, TAKES_IT, call_chain, called, five_contacts
from ..conftest import Home
from ..speech.conftest import Engine


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return five contacts."""
    return five_contacts()


@pytest.fixture
def issues(home: Home) -> ir.IssueRegistry:
    """Return what the repairs show."""
    return ir.async_get(home.hass)


@pytest.mark.parametrize(("at_once", "times"), [(1, 2), (2, 1)])
async def test_one_phone_listed_twice(
    engine: Engine, home: Home, at_once: int, times: int
) -> None:
    """A phone never rings twice at the same time; one after the other it does."""
    home.provider.phone(ANNA, outcome=Outcome.NO_ANSWER)

    await call_chain(home, to=["Anna", f"0{ANNA[3:]}"], at_once=at_once, rounds=1)

    assert len(called(home)) == times


async def test_one_number_refused(engine: Engine, home: Home) -> None:
    """Who cannot be called is left out, and the next one is called at once."""
    home.provider.fault(Fault(FaultKind.STATUS, status=400, body="No", number=ANNA))
    home.provider.phone(BO, **TAKES_IT)

    response = await call_chain(home)

    assert response["by"] == "Bo"
    assert called(home) == [BO]


async def test_all_refused(
    engine: Engine, home: Home, issues: ir.IssueRegistry
) -> None:
    """A round in which 46elks refuses everybody is the last one."""
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body="No", times=9))

    response = await call_chain(home, to=["Anna", "Bo"])

    assert response["reason"] == "refused"
    placed = [one for one in home.provider.requests if one.method == "POST"]
    assert len(placed) == 2
    assert issues.async_get_issue(
        DOMAIN, f"chain_stopped_refused_{home.entry.entry_id}"
    )


async def test_left_out(
    engine: Engine,
    home: Home,
    issues: ir.IssueRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who cannot be called stops nobody: the log has the place, and a repair who it was."""
    too_long = "+46 70 123 45 67 89 01 23 45 67"
    people = ["Xenia", "Anna", too_long, "notify.gone", "", None, BO, 112]
    home.provider.phone(BO, **TAKES_IT)

    response = await call_chain(home, to=people)

    assert called(home) == [ANNA, BO]
    assert response["by"] == "Bo"
    assert "leaves out: to #1, to #3, to #4, to #5, to #6, to #8" in caplog.text
    issue = issues.async_get_issue(DOMAIN, f"chain_left_out_{home.entry.entry_id}")
    assert issue is not None
    assert (issue.is_fixable, issue.is_persistent) == (True, True)
    assert issue.translation_placeholders == {
        "account": "Demo home",
        "people": "Xenia, +46•••••567, notify.gone, to #5, to #6, 112",
    }


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"to": ["Xenia", "12"]}, "Numbers (to #1)"),
        ({"to": ["12"]}, "Numbers (to #1)"),
        ({"to": ["", "12"]}, "Numbers (to #1)"),
        ({"to": ["Xenia", "Anna"], "from": "12"}, "From"),
    ],
)
async def test_wrong_person(
    engine: Engine,
    home: Home,
    issues: ir.IssueRegistry,
    data: dict[str, Any],
    field: str,
) -> None:
    """Where nobody can be meant, or called from there, the field is named."""
    with pytest.raises(ServiceValidationError) as raised:
        await call_chain(home, **data)

    assert raised.value.translation_placeholders is not None
    assert raised.value.translation_placeholders["field"] == field
    assert called(home) == []
    issue = f"chain_left_out_{home.entry.entry_id}"
    assert issues.async_get_issue(DOMAIN, issue) is None
