"""The dashboard of Elks, in Home Assistant's own frontend: it finds accounts and contacts by itself."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from playwright.async_api import Page, expect
import pytest

from homeassistant.util.yaml import parse_yaml
from scripts.connection import Connection
from scripts.home_process import ROOT, HomeProcess
from scripts.pages import ElksDashboard, open_dashboard
from scripts.simulator_process import SimulatorProcess

PAGE = (ROOT / "docs/automations.md").read_text()
EXAMPLES = [
    parse_yaml(block.split("```")[0])
    for block in PAGE.split("```yaml\n")[1:]
    if "custom:elks" in block
]
ANNA, BO = "+46701111111", "+46702222222"
ACCOUNT = "Demo home"
ACTIVITY = "Activity"


async def account(connection: Connection) -> str:
    """Return the id of the account."""
    [entry] = await connection.command("config_entries/get", domain="elks")
    entry_id: str = entry["entry_id"]
    return entry_id


async def remove_contacts(connection: Connection, *names: str) -> None:
    """Remove these contacts, or all."""
    entry_id = await account(connection)
    contacts = await connection.command(
        "config_entries/subentries/list", entry_id=entry_id
    )
    for contact in contacts:
        if not names or contact["title"] in names:
            await connection.command(
                "config_entries/subentries/delete",
                entry_id=entry_id,
                subentry_id=contact["subentry_id"],
            )


@pytest.fixture
async def dashboard(
    home: HomeProcess, connection: Connection, page: Page
) -> AsyncIterator[ElksDashboard]:
    """Return the dashboard of an account with the contact Anna, opened in a browser."""
    await remove_contacts(connection)
    await home.add_contact(await account(connection), "Anna", ANNA)
    dashboard = ElksDashboard(page)
    await dashboard.open(home, connection)
    yield dashboard
    await expect(dashboard.complaints).to_have_count(0)
    await connection.command("lovelace/dashboards/delete", dashboard_id="elks_people")


async def test_follows_contacts(
    home: HomeProcess, connection: Connection, dashboard: ElksDashboard
) -> None:
    """Who is added appears, and who is removed disappears."""
    await expect(dashboard.headings).to_have_text([ACCOUNT, "Anna", ACTIVITY])
    await expect(dashboard.tiles("Test call")).to_have_count(1)

    await home.add_contact(await account(connection), "Bo", BO)
    await expect(dashboard.headings).to_have_text([ACCOUNT, "Anna", "Bo", ACTIVITY])
    await expect(dashboard.tiles("Test call")).to_have_count(2)

    await remove_contacts(connection, "Anna")
    await expect(dashboard.headings).to_have_text([ACCOUNT, "Bo", ACTIVITY])
    await expect(dashboard.tiles("Test call")).to_have_count(1)


async def test_leaves_out_what_is_disabled(
    connection: Connection, dashboard: ElksDashboard
) -> None:
    """Nothing is shown of an entity that is disabled."""
    await expect(dashboard.tiles("Test call")).to_have_count(1)

    await connection.command(
        "config/entity_registry/update",
        entity_id="button.anna_test_call",
        disabled_by="user",
    )

    await expect(dashboard.tiles("Test call")).to_have_count(0)


async def test_shows_what_is_known(
    connection: Connection, dashboard: ElksDashboard, simulator: SimulatorProcess
) -> None:
    """What only a call can show appears with the first call to a contact, not as unknown."""
    await expect(dashboard.tiles("Test call")).to_be_visible()
    await expect(dashboard.tiles("Unknown")).to_be_hidden()

    await connection.act("elks.place_call", {"to": "Anna", "message": "Hello."})

    await expect(dashboard.tiles("Last call").last).to_contain_text("Answered")


async def test_shows_and_cancels_a_chain(
    connection: Connection, dashboard: ElksDashboard, simulator: SimulatorProcess
) -> None:
    """While people are called, it shows who and in which round, and one tap ends that."""
    async with simulator.control() as control:
        await control.script(ANNA, outcome="no_answer")
    await expect(dashboard.tiles("Call chain").first).to_contain_text("Idle")
    await expect(dashboard.tiles("Round")).to_be_hidden()

    chain = {"to": "Anna", "message": "Water is leaking.", "timeout": 300}
    calling = asyncio.create_task(
        connection.act("elks.call_chain", chain, return_response=True)
    )
    await expect(dashboard.tiles("Contact")).to_contain_text("Anna")
    await expect(dashboard.tiles("Round")).to_contain_text("1")
    await dashboard.tiles("Cancel call chains").click()

    assert (await calling)["reason"] == "cancelled"
    await expect(dashboard.tiles("Call chain").first).to_contain_text("Cancelled")
    await expect(dashboard.tiles("Cancel call chains")).to_be_hidden()


async def test_is_added_by_clicking(home: HomeProcess, page: Page) -> None:
    """Home Assistant lists it among the dashboards that can be added."""
    dashboard = ElksDashboard(page)

    await dashboard.add(home)

    await expect(dashboard.headings.first).to_have_text(ACCOUNT)


async def test_examples(home: HomeProcess, connection: Connection, page: Page) -> None:
    """What the documentation says of the raw configuration shows the account."""
    for number, example in enumerate(EXAMPLES, 1):
        await open_dashboard(
            page, home, connection, f"elks-example-{number}", cast(Any, example)
        )
        await expect(ElksDashboard(page).headings.first).to_have_text(ACCOUNT)

    assert len(EXAMPLES) == 2


async def test_places_a_test_call(
    dashboard: ElksDashboard, simulator: SimulatorProcess
) -> None:
    """The icon of a contact's test call places it, and the contact's last call shows that."""
    async with simulator.control() as control:
        await control.script(ANNA, outcome="answer")
    contact = dashboard.tiles("Last call").last
    await expect(contact).not_to_contain_text("Answered")

    await dashboard.tiles("Test call").get_by_role("button").last.click()

    await expect(contact).to_contain_text("Answered")
