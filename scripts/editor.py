"""Home Assistant's pages on which people build an alarm: contacts, automations and blueprints."""

from enum import StrEnum
import re

from playwright.async_api import Locator, Page, expect

from .home_process import HomeProcess

SAVED = re.compile(r"/automation/edit/\d+$")
"""The address of an automation that has been saved."""


class Part(StrEnum):
    """What an automation is built of, as the buttons of the editor have it."""

    TRIGGER = "trigger"
    CONDITION = "condition"
    ACTION = "action"


class ContactPage:
    """Settings > Devices & services > Elks, where contacts are added."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page
        self._dialog = page.locator("dialog-data-entry-flow")

    async def open(self, home: HomeProcess) -> None:
        """Show the accounts and their contacts."""
        await _open(self._page, f"{home.url}/config/integrations/integration/elks")

    async def add(self, name: str, number: str) -> None:
        """Add a contact."""
        await self._page.get_by_role("button", name="Add contact").click()
        await self._dialog.get_by_role("textbox", name="Name").fill(name)
        await self._dialog.get_by_role("textbox", name="Number").fill(number)
        await self._dialog.get_by_role("button", name="Submit").click()
        await self._dialog.get_by_role("button", name="Finish").click()
        await expect(self._dialog).to_be_hidden()


class Offers:
    """The dialog that lists what can be added to an automation."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._dialog = page.locator("add-automation-element-dialog")

    async def pick(self, name: str, target: str, kind: str) -> None:
        """Search for a target, and pick what it offers."""
        await self._dialog.get_by_placeholder("Search").fill(target)
        await self._button(f"{target} {kind}").click()
        await self._button(f"{name} {target}").click()
        await expect(self._dialog).to_be_hidden()

    def _button(self, name: str) -> Locator:
        return self._dialog.get_by_role("button", name=name, exact=True)


class AutomationEditor:
    """The editor of an automation."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page
        self._offers = Offers(page)
        self._form = page.locator("ha-automation-sidebar")

    async def create(self, home: HomeProcess) -> None:
        """Start an automation from scratch."""
        await _open(self._page, f"{home.url}/config/automation/dashboard")
        await self._button("Create automation").click()
        await self._page.get_by_text("Create new automation").click()
        await self._button("Add trigger").wait_for()

    async def add(self, part: Part, name: str, target: str, kind: str) -> None:
        """Add what a target offers, such as "A call chain ended" of Anna.

        The kind is what the search lists beside the target, such as "Notifications".
        """
        await self._close_form()
        await self._button(f"Add {part}").click()
        await self._offers.pick(name, target, kind)
        await self._form.get_by_text(part.capitalize(), exact=True).wait_for()

    async def add_target(self, target: str, kind: str) -> None:
        """Add another target to what is edited."""
        await self._form.get_by_role("button", name="Add target").click()
        await self._page.get_by_role("option", name=f"{target} {kind}").click()
        targets = self._form.locator("ha-target-picker-item-row")
        await expect(targets.filter(has_text=target)).to_be_visible()

    async def fill_in(self, field: str, text: str) -> None:
        """Fill in a text or a number."""
        row = self._field(field)
        box = row.get_by_role("textbox").or_(row.get_by_role("spinbutton"))
        await box.fill(text)
        # What is changed before the editor has taken this in would undo it
        await expect(row.locator("ha-selector")).to_have_js_property(
            "value", int(text) if text.isdigit() else text
        )

    async def choose(self, field: str, option: str) -> None:
        """Choose one of the options that a field lists."""
        row = self._field(field)
        await row.get_by_text(option, exact=True).click()
        await expect(row.get_by_role("radio", name=option)).to_be_checked()

    async def save(self, name: str) -> None:
        """Save the automation under a name, and wait until it is stored."""
        await self._close_form()
        await self._button("Save").click()
        dialog = self._page.locator("ha-dialog-automation-save, dialog-automation-save")
        await dialog.get_by_role("textbox", name="Name").fill(name)
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()
        await expect(self._page).to_have_url(SAVED)

    async def _close_form(self) -> None:
        """Close the form, which hides the rest on a phone."""
        close = self._form.get_by_role("button", name="Close")
        if await close.is_visible():
            await close.click()
            await expect(close).to_be_hidden()

    def _button(self, name: str) -> Locator:
        return self._page.get_by_role("button", name=name, exact=True)

    def _field(self, name: str) -> Locator:
        rows = self._form.locator("ha-settings-row")
        return rows.filter(has=self._page.get_by_text(name, exact=True))


class BlueprintPage:
    """Settings > Automations & scenes > Blueprints, and the automation made from one."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page
        self._offers = Offers(page)
        self._rows = page.locator("blueprint-automation-editor ha-settings-row")

    async def import_from(self, home: HomeProcess, url: str) -> None:
        """Import the blueprint at a URL."""
        await _open(self._page, f"{home.url}/config/blueprint/dashboard")
        await self._page.get_by_role("button", name="Import blueprint").click()
        address = self._page.get_by_role("textbox", name="Blueprint address")
        await address.fill(url)
        await self._page.get_by_role("button", name="Preview").click()
        dialog = self._page.locator("ha-dialog-import-blueprint")
        await dialog.get_by_role("button", name="Import blueprint").click()

    async def use(self, name: str) -> None:
        """Start a new automation from a blueprint."""
        table = self._page.locator("ha-data-table")
        await table.get_by_text(name, exact=True).click()

    async def add_trigger(self, name: str, target: str, kind: str) -> None:
        """Add what a target offers, as in the editor of an automation."""
        await self._page.get_by_role("button", name="Add trigger").click()
        await self._offers.pick(name, target, kind)

    async def choose(self, field: str, entity: str) -> None:
        """Choose an entity by its name."""
        row = self._rows.filter(has=self._page.get_by_text(field, exact=True))
        picker = row.locator("ha-entity-picker").last
        await picker.get_by_role("button").first.click()
        await picker.get_by_role("textbox").fill(entity)
        choice = picker.locator("ha-combo-box-item").filter(has_text=entity)
        await choice.first.click()
        await expect(picker.get_by_role("textbox")).to_be_hidden()
        await expect(row).to_contain_text(entity)

    async def save(self) -> None:
        """Save the automation and wait until it is stored."""
        await self._page.get_by_role("button", name="Save").click()
        await expect(self._page).to_have_url(SAVED)

    async def run(self) -> None:
        """Run the actions of the automation."""
        await self._page.get_by_role("button", name="Menu").click()
        await self._page.get_by_role("menuitem", name="Run actions").click()


async def _open(page: Page, address: str) -> None:
    """Go to a page of Home Assistant."""
    await page.bring_to_front()
    # A dialog that closes goes back in the history, which would win
    await page.wait_for_function("() => !history.state?.open")
    await page.goto(address)
