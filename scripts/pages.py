"""The pages on which people use calls: Home Assistant's dialogs and dashboards, and the phones."""

from collections.abc import Mapping
import json
from typing import Any

from playwright.async_api import Locator, Page, expect

from .connection import Connection
from .home_process import ROOT, HomeProcess
from .simulator_process import OWN_NUMBER_AS_WRITTEN, SimulatorProcess

TRANSLATIONS = ROOT / "custom_components/elks/translations"
SENSOR = "sensor.demo_home_last_call"
ANSWER = "I will take care of it"
CALL = {
    "to": "+46701234567",
    "message": "Water is leaking in the kitchen. Press 1 if you will take care of it.",
    "answers": [{"key": "1", "id": ANSWER, "reply": "Thank you. Good luck!"}],
    "wait": True,
}
"""A call that speaks and asks."""
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
"""Width and height of a window."""
FRONTEND_WORDS = {
    "en": ("Add integration", "Next", "Submit", "Skip and finish"),
    "sv": ("Lägg till integration", "Nästa", "Bekräfta", "Hoppa över och slutför"),
}
"""The labels of Home Assistant's own buttons: add, next, submit, skip."""


class SetUp:
    """The dialog that adds an account, in the user's language."""

    def __init__(self, page: Page, language: str = "en") -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page
        self._add, self._next, self._submit, self._skip = FRONTEND_WORDS[language]
        translations = (TRANSLATIONS / f"{language}.json").read_text()
        self._words: dict[str, Any] = json.loads(translations)["config"]
        self._dialog = page.locator("dialog-data-entry-flow")
        self.icon = page.locator("dialog-add-integration img")
        """The icon of Elks in the list of integrations."""

    async def find(self, home: HomeProcess) -> None:
        """Search for Elks among the integrations that can be added."""
        await self._page.bring_to_front()
        await self._page.goto(f"{home.url}/config/integrations/dashboard")
        await self._page.get_by_role("button", name=self._add).click()
        integrations = self._page.locator("dialog-add-integration")
        await integrations.get_by_role("textbox").fill("elks")
        await integrations.get_by_text("Elks", exact=True).wait_for()

    async def choose(self) -> None:
        """Choose Elks."""
        integrations = self._page.locator("dialog-add-integration")
        await integrations.get_by_text("Elks", exact=True).click()

    async def sign_in(self, username: str, password: str, url: str) -> None:
        """Fill in the credentials and the address, and go on."""
        await self.enter_credentials(username, password)
        await self.enter_address(url)
        await self.go_on()

    async def enter_credentials(self, username: str, password: str) -> None:
        """Fill in the credentials."""
        await self._dialog.locator("input[name=username]").fill(username)
        await self._dialog.locator("input[name=password]").fill(password)

    async def enter_address(self, url: str) -> None:
        """Fill in the address of the simulator."""
        await self._dialog.locator("ha-expansion-panel").click()
        await self._dialog.locator("input[type=url]").fill(url)

    async def shows_step(self, step: str) -> None:
        """Wait until a step is shown, with its title, description and hints."""
        words = self._words["step"][step]
        first_line, *_ = words["description"].splitlines()
        for text in (words["title"], first_line, *words["data_description"].values()):
            await self._shows(text.format(number=OWN_NUMBER_AS_WRITTEN))

    async def shows_test_call(self) -> None:
        """Wait until the last page mentions the test call."""
        await self._page.bring_to_front()
        text: str = self._words["create_entry"]["test_call"]
        await self._shows(text.format(number=OWN_NUMBER_AS_WRITTEN))

    async def go_on(self) -> None:
        """Go on to the next step."""
        await self._button(self._next).click()

    async def tick_test_call(self) -> None:
        """Ask for a test call."""
        await self._dialog.locator("ha-switch, ha-checkbox").click()

    async def submit(self) -> None:
        """Submit the last step."""
        await self._page.bring_to_front()
        await self._button(self._submit).click()

    async def finish(self) -> None:
        """Keep the device's name and close the dialog."""
        await self._button(self._skip).click()
        await expect(self._dialog).to_be_hidden()

    async def _shows(self, text: str) -> None:
        await expect(self._dialog.get_by_text(text, exact=True)).to_be_visible()

    def _button(self, name: str) -> Locator:
        return self._page.get_by_role("button", name=name, exact=True)


class ActionForm:
    """The form of `elks.place_call` at Settings > Tools > Actions."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page
        self.response = page.locator("tools-action .cm-content").last
        """The action's response, as YAML."""

    async def open(self, home: HomeProcess) -> None:
        """Choose the action."""
        # A page behind another one is hardly drawn, and slow to click
        await self._page.bring_to_front()
        await self._page.goto(f"{home.url}/config/tools/action")
        picker = self._page.locator("ha-service-picker")
        await picker.click()
        await picker.get_by_role("textbox").fill("place_call")
        await picker.get_by_text("elks.place_call").click()

    async def fill_in(self, call: Mapping[str, Any]) -> None:
        """Fill in a call that speaks and asks for a key; the form waits for its end."""
        await self._row("Number").get_by_role("textbox").fill(call["to"])
        await self._row("Message").get_by_role("textbox").fill(call["message"])
        for answer in call["answers"]:
            await self._add_answer(answer)

    async def perform(self) -> None:
        """Perform the action."""
        await self._page.get_by_role("button", name="Perform action").click()

    async def _add_answer(self, answer: Mapping[str, str]) -> None:
        row = self._row("Answers")
        await row.get_by_role("button", name="Add").click()
        for name, value in zip(("Key", "ID", "Reply"), answer.values(), strict=True):
            await self._page.get_by_role("textbox", name=name).fill(value)
        footer = self._page.locator("ha-dialog-footer")
        await footer.get_by_role("button", name="Add").click()
        await expect(row).to_contain_text(answer["id"])
        await expect(footer).to_be_hidden()

    def _row(self, name: str) -> Locator:
        rows = self._page.locator("ha-settings-row")
        return rows.filter(has=self._page.get_by_text(name, exact=True))


class LineForm:
    """The form of a line, at Settings > Devices & services > Elks."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page
        self._dialog = page.locator("dialog-data-entry-flow")
        self._choice = page.locator("dialog-form")

    async def open(self, home: HomeProcess) -> None:
        """Open the form that changes the only line."""
        await self._page.bring_to_front()
        await self._page.goto(f"{home.url}/config/integrations/integration/elks")
        await self._page.get_by_role("button", name="Change line").click()
        await expect(self._dialog.get_by_role("textbox").first).to_be_visible()

    async def open_choice(self, said: str) -> None:
        """Open the dialog of a choice in the menu."""
        choices = self._dialog.locator("ha-selector-object").get_by_role("listitem")
        # Beside it is a button that removes it
        edit = choices.filter(has_text=said).locator("ha-icon-button").first
        await edit.click()
        await expect(self._choice.locator("ha-form").first).to_be_visible()


class AutomationPage:
    """The editor of an automation."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page

    async def open(self, home: HomeProcess, automation_id: str) -> None:
        """Open an automation by its ID."""
        await self._page.goto(f"{home.url}/config/automation/edit/{automation_id}")

    async def select(self, row: str, person: str) -> None:
        """Select the first trigger or action (`row`), and wait until a person in its target is shown."""
        rows = self._page.locator(f"ha-automation-{row}-row ha-automation-row")
        await rows.first.click()
        sidebar = self._page.locator("ha-automation-sidebar")
        await expect(sidebar.get_by_text(person, exact=True).first).to_be_visible()


class PhonePage:
    """The simulator's page, on which phones ring."""

    def __init__(self, page: Page) -> None:
        """Use a page for nothing else."""
        self.page = page
        self.ringing = page.locator("article", has_text="Ringing")
        """The phones that ring."""

    async def open(self, simulator: SimulatorProcess) -> None:
        """Let all phones ring here."""
        await self.page.goto(simulator.url)
        await self.page.get_by_label("Answer calls myself").check()

    async def wait_for_ring(self) -> None:
        """Wait until a phone rings."""
        await self.page.bring_to_front()
        await self.ringing.wait_for()

    async def answer(self, number: str | None = None) -> None:
        """Answer when the phone rings, and wait until a sound is played.

        The number is needed only if several phones ring.
        """
        await self.page.bring_to_front()
        phone = self._phone(number)
        await phone.get_by_role("button", name="Answer").click()
        await phone.get_by_text("Listening to the message").wait_for()

    async def dial(self, caller: str) -> None:
        """Call the home from a number."""
        await self.page.bring_to_front()
        await self.page.get_by_label("Call from").fill(caller)
        await self.page.get_by_role("button", name="Call", exact=True).click()

    async def listen(self) -> None:
        """Wait until a phone plays a sound."""
        await self._phone(None).get_by_text("Listening to the message").wait_for()

    async def hang_up(self) -> None:
        """Hang up the only phone in a call, and wait until the call has ended."""
        await self._phone(None).get_by_role("button", name="Hang up").click()
        await self.wait_for_hangup()

    async def decline(self, number: str | None = None) -> None:
        """Decline when the phone rings; the number is needed only if several ring."""
        await self.page.bring_to_front()
        await self._phone(number).get_by_role("button", name="Decline").click()

    async def press(self, key: str, number: str | None = None) -> None:
        """Press a key on the phone; the number is needed only if several are in calls."""
        button = self._phone(number).get_by_role("button", name=key, exact=True)
        await button.click()

    def sound(self, number: str) -> Locator:
        """Return what plays the sounds of a phone."""
        return self._phone(number).locator("audio")

    async def wait_for_hangup(self) -> None:
        """Wait until all calls have ended."""
        await self.page.get_by_text("No phone is ringing").wait_for()

    def _phone(self, number: str | None) -> Locator:
        return self.page.get_by_role("article", name=number)


class Dashboard:
    """A dashboard with the last call, the activity, and a button that places a call."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page
        self.state = self._row("State")
        self.keys_pressed = self._row("Keys pressed")
        self.activity = page.locator("hui-logbook-card")

    async def open(self, home: HomeProcess, connection: Connection) -> None:
        """Create the dashboard and show it."""
        await open_dashboard(
            self._page, home, connection, "elks-calls", {"views": [VIEW]}
        )

    async def call(self) -> None:
        """Press the button."""
        await self._page.locator("hui-button-card").click()

    def _row(self, name: str) -> Locator:
        rows = self._page.locator("hui-entities-card #states > div")
        return rows.filter(has_text=name)


class ElksDashboard:
    """The dashboard of Elks, which finds accounts and contacts by itself."""

    def __init__(self, page: Page) -> None:
        """Use a page that is logged in to Home Assistant."""
        self._page = page
        self.headings = page.locator("hui-heading-card")
        """The account, its contacts by name, and the activity."""
        self.activity = page.locator("hui-logbook-card")
        self.buttons = page.locator("hui-button-card")
        """What can be pressed in the home of the demo."""
        self.complaints = page.locator("hui-warning, hui-error-card")
        """What cannot be shown, such as an entity that is not found."""

    async def open(self, home: HomeProcess, connection: Connection) -> None:
        """Create the dashboard and show it."""
        strategy = {"strategy": {"type": "custom:elks"}}
        await open_dashboard(
            self._page, home, connection, "elks-people", strategy, title="Elks"
        )

    async def add(self, home: HomeProcess) -> None:
        """Create the dashboard by hand, and show it."""
        await self._page.bring_to_front()
        await self._page.goto(f"{home.url}/config/lovelace/dashboards")
        await self._page.get_by_role("button", name="Add dashboard").click()
        await self._page.get_by_role("button", name="Elks").click()
        await self._page.get_by_role("button", name="Create").click()
        await self._page.get_by_role("link", name="Elks").click()

    def tiles(self, name: str) -> Locator:
        """Return the tiles with a name, the account's before those of its contacts."""
        return self._page.locator("hui-tile-card", has_text=name)


async def open_dashboard(
    page: Page,
    home: HomeProcess,
    connection: Connection,
    path: str,
    config: Mapping[str, Any],
    title: str = "Calls",
) -> None:
    """Create a dashboard and show it."""
    await page.bring_to_front()
    await connection.command(
        "lovelace/dashboards/create",
        url_path=path,
        title=title,
        icon="mdi:phone",
        mode="storage",
        show_in_sidebar=True,
    )
    await connection.command("lovelace/config/save", url_path=path, config=config)
    await page.goto(f"{home.url}/{path}")


def _attribute(attribute: str, icon: str, **options: str) -> dict[str, Any]:
    row = {"type": "attribute", "entity": SENSOR, "attribute": attribute}
    return {**row, "icon": f"mdi:{icon}", **options}


LAST_CALL = [
    {"entity": SENSOR, "name": "State", "secondary_info": "last-changed"},
    _attribute("to", "account", name="To"),
    _attribute("start", "phone-in-talk", name="Answered at", format="time"),
    _attribute("duration", "timer-outline", name="Duration", suffix=" s"),
    _attribute("digits", "dialpad", name="Keys pressed"),
    _attribute("cost", "cash", name="Cost", suffix=" SEK"),
]
VIEW: dict[str, Any] = {
    "type": "sections",
    "title": "Calls",
    "max_columns": 2,
    "sections": [
        {
            "type": "grid",
            "cards": [
                {"type": "heading", "heading": "Last call", "icon": "mdi:phone"},
                {"type": "entities", "entities": LAST_CALL},
            ],
        },
        {
            "type": "grid",
            "cards": [
                {"type": "heading", "heading": "Activity", "icon": "mdi:history"},
                {
                    "type": "logbook",
                    "target": {"entity_id": SENSOR},
                    "grid_options": {"columns": 12, "rows": 4},
                },
                {
                    "type": "button",
                    "name": "Call me",
                    "icon": "mdi:phone-outgoing",
                    "grid_options": {"columns": 12, "rows": 2},
                    "tap_action": {
                        "action": "perform-action",
                        "perform_action": "elks.place_call",
                        "data": CALL,
                    },
                },
            ],
        },
    ],
}
