"""The triggers, in automations that wait for keys, calls and chains."""

from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.elks.const import SUBENTRY_CONTACT
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er, label_registry as lr
from homeassistant.helpers.trigger import (
    async_initialize_triggers,
    async_validate_trigger_config,
)
from simulator import Fault, FaultKind, KeyPress, Outcome

from .automations import (
    ANNA,
    BO,
    TO_ALL,
    TO_ANNA,
    TO_BO,
    automate,
    is_set_up,
    move_to_kitchen,
    offered,
    set_preview,
)
from .conftest import Home, make_contact, make_line
from .speech.conftest import Engine

CILLA = "+46703333333"
ANSWERS = [{"key": "1", "id": "close"}, {"key": "2", "id": "leave"}]


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts."""
    return [make_contact("Anna", ANNA), make_contact("Bo", BO)]


def when(trigger: str, target: dict[str, Any] = TO_ALL, **options: Any) -> Any:
    """Return a trigger of ours."""
    return {"trigger": f"elks.{trigger}", "target": target, "options": options}


async def ask(home: Home, person: str = "Anna", presses: str | None = "1") -> None:
    """Ask somebody for an answer, who presses these keys."""
    number = {"Anna": ANNA, "Bo": BO}.get(person, person)
    keys = [KeyPress(after=1, keys=presses)] if presses else []
    home.provider.phone(number, talk_for=None if presses else 30, keys=keys)
    await home.speak(to=person, message="Leak", answers=ANSWERS)
    await home.settle()


async def call(home: Home, person: str, outcome: Outcome) -> None:
    """Call somebody, with this outcome."""
    number = {"Anna": ANNA, "Bo": BO}.get(person, person)
    home.provider.phone(number, outcome=outcome)
    await home.place_call(to=person)
    await home.settle()


async def test_first_use(engine: Engine, home: Home) -> None:
    """When Anna answers close, something is done; nothing else needs a template."""
    anna = {"device_id": home.device_id("Anna")}
    runs = await automate(
        home.hass, when("key_pressed", anna, answer="close"), was="{{ trigger.answer }}"
    )

    await ask(home, presses="2")
    await ask(home, "Bo", presses="1")
    assert runs == []
    await ask(home, presses="1")

    assert [run.data["was"] for run in runs] == ["close"]


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ({}, "12"),
        ({"answer": "leave"}, "2"),
        ({"answer": ["close", "leave", "else"]}, "12"),
        ({"answer": ["", " close "]}, "1"),
        ({"answer": []}, "12"),
        ({"answer": ["else"]}, ""),
        ({"digits": 2}, "2"),
        ({"digits": ["1", 2]}, "12"),
        ({"digits": "3"}, ""),
        ({"digits": "1", "answer": [""]}, "1"),
        ({"answer": ""}, "12"),
    ],
)
async def test_which_key(
    engine: Engine, home: Home, options: dict[str, Any], runs: str
) -> None:
    """A trigger waits for any key, for answers or for keys."""
    noted = await automate(
        home.hass,
        when("key_pressed", TO_ANNA, **options),
        digits="{{ trigger.digits | string }}",
    )

    await ask(home, presses="1")
    await ask(home, presses="2")

    assert "".join(str(one.data["digits"]) for one in noted) == runs


async def test_keys_that_are_no_answer(engine: Engine, home: Home) -> None:
    """Keys that mean nothing are pressed, too."""
    noted = await automate(home.hass, when("key_pressed", TO_ANNA, digits="9"))

    await ask(home, presses="9")

    assert len(noted) == 1


@pytest.mark.parametrize(
    ("options", "ends"),
    [
        ({}, ["busy", "failed", "success"]),
        ({"state": "busy"}, ["busy"]),
        ({"state": ["busy", "success"]}, ["busy", "success"]),
        ({"answered": True}, ["success"]),
        ({"answered": "no"}, ["busy", "failed"]),
        ({"answered": [True, False]}, ["busy", "failed", "success"]),
        ({"answered": False, "state": "failed"}, ["failed"]),
        ({"answered": True, "state": "busy"}, []),
    ],
)
async def test_which_end(home: Home, options: dict[str, Any], ends: list[str]) -> None:
    """A trigger waits for any end of a call, or for some."""
    noted = await automate(
        home.hass, when("call_ended", **options), state="{{ trigger.state }}"
    )

    for outcome in (Outcome.DECLINE, Outcome.NO_ANSWER, Outcome.ANSWER):
        await call(home, "Anna", outcome)

    assert [one.data["state"] for one in noted] == ends


@pytest.mark.parametrize(
    ("options", "runs"),
    [({}, 2), ({"acknowledged": True}, 1), ({"acknowledged": [False]}, 1)],
)
async def test_which_chain(
    engine: Engine, home: Home, options: dict[str, Any], runs: int
) -> None:
    """A trigger waits for any end of a chain, for somebody to accept or for nobody to."""
    noted = await automate(
        home.hass, when("chain_ended", **options), by="{{ trigger.by }}"
    )

    home.provider.phone(ANNA, talk_for=None, keys=[KeyPress(after=1, keys="1")])
    await home.act("call_chain", to="Anna", message="Leak")
    home.provider.phone(ANNA, outcome=Outcome.BUSY)
    await home.act("call_chain", to="Anna", message="Leak", rounds=1)
    await home.settle()

    assert len(noted) == runs
    if options != {"acknowledged": [False]}:
        assert noted[0].data["by"] == "Anna"


async def test_chain_of_a_contact(engine: Engine, home: Home) -> None:
    """A contact's chains are those that are to call them, also if they end before."""
    noted = await automate(home.hass, when("chain_ended", TO_BO))
    home.provider.phone(ANNA, talk_for=None, keys=[KeyPress(after=1, keys="1")])

    await home.act("call_chain", to=["Anna"], message="Leak")
    await home.settle()
    assert noted == []
    await home.act("call_chain", to=["Anna", "Bo"], message="Leak")
    await home.settle()

    assert len(noted) == 1
    assert len(home.provider.calls) == 2


@pytest.mark.parametrize(
    ("target", "whom"),
    [
        (TO_ANNA, ["Anna"]),
        ({"entity_id": "notify.anna"}, ["Anna"]),
        ({"entity_id": "sensor.anna_last_call"}, ["Anna"]),
        ({"entity_id": ["event.anna_call", "notify.bo"]}, ["Anna", "Bo"]),
        (TO_ALL, ["Anna", "Bo", None]),
        (TO_ALL | {"device_id": "unknown"}, ["Anna", "Bo", None]),
        ({"entity_id": "event.somebody_call"}, []),
        ({}, []),
    ],
)
async def test_whose_calls(
    home: Home, target: dict[str, Any], whom: list[str | None]
) -> None:
    """A contact means their calls, an account all of its calls; each is told once."""
    noted = await automate(
        home.hass, when("call_ended", target), contact="{{ trigger.contact }}"
    )

    for person in ("Anna", "Bo", CILLA):
        await call(home, person, Outcome.BUSY)

    assert [one.data["contact"] for one in noted] == whom


async def test_call_is_told_once(engine: Engine, home: Home) -> None:
    """Targets that mean a call more than once have an automation run once."""
    target = {
        "entity_id": ["event.anna_call", "notify.anna", "event.demo_home_call"],
        "device_id": [home.device_id("Anna"), home.device_id()],
    }
    triggers = [when(name, target) for name in ("key_pressed", "call_ended")]
    noted = await automate(home.hass, triggers, by="{{ trigger.platform }}")

    await ask(home)
    [placed] = home.provider.calls
    await home.callback(id=placed.id, state="success")
    await home.settle()

    assert [one.data["by"] for one in noted] == ["elks.key_pressed", "elks.call_ended"]


async def test_places_are_looked_up_each_time(home: Home) -> None:
    """Who is moved into an area, or gets a label, is meant from then on."""
    label = lr.async_get(home.hass).async_create("Family").label_id
    target = {"area_id": "kitchen", "label_id": label}
    noted = await automate(
        home.hass, when("call_ended", target), contact="{{ trigger.contact }}"
    )
    await call(home, "Anna", Outcome.BUSY)
    await call(home, "Bo", Outcome.BUSY)
    assert noted == []

    assert move_to_kitchen(home.hass, home.device_id("Anna")) == "kitchen"
    er.async_get(home.hass).async_update_entity("event.bo_call", labels={label})
    await call(home, "Anna", Outcome.BUSY)
    await call(home, "Bo", Outcome.BUSY)

    assert [one.data["contact"] for one in noted] == ["Anna", "Bo"]


@pytest.mark.parametrize("by_device", [True, False])
async def test_disabled_entities(engine: Engine, home: Home, by_device: bool) -> None:
    """Triggers need no entity."""
    target = {"device_id": home.device_id("Anna")} if by_device else TO_ANNA
    triggers = [
        when(name, target) for name in ("key_pressed", "call_ended", "chain_ended")
    ]
    noted = await automate(home.hass, triggers)
    registry = er.async_get(home.hass)
    for one in er.async_entries_for_config_entry(registry, home.entry.entry_id):
        registry.async_update_entity(
            one.entity_id, disabled_by=er.RegistryEntryDisabler.USER
        )
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert home.hass.states.get("event.anna_call") is None

    home.provider.phone(ANNA, talk_for=None, keys=[KeyPress(after=1, keys="1")])
    await home.act("call_chain", to="Anna", message="Leak")
    await home.settle()

    assert len(noted) == 3


@pytest.fixture
async def early(
    engine: Engine, hass: HomeAssistant, entry: MockConfigEntry
) -> list[ServiceCall]:
    """Return the runs of an automation that was there before the account was loaded."""
    triggers = [when(name) for name in ("key_pressed", "call_ended", "chain_ended")]
    noted = await automate(hass, triggers, by="{{ trigger.platform }}")
    assert is_set_up(hass)
    return noted


async def test_waits_before_the_account_is_loaded(
    early: list[ServiceCall], home: Home
) -> None:
    """Automations are set up early at the start of Home Assistant; they miss nothing."""
    await ask(home)

    assert [one.data["by"] for one in early] == ["elks.key_pressed", "elks.call_ended"]


async def test_reload(early: list[ServiceCall], home: Home) -> None:
    """A reload makes triggers neither deaf nor doubly keen."""
    await ask(home)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    # What is shown again after a restart did not happen again
    assert len(early) == 2

    await ask(home)

    assert len(early) == 4


async def test_contacts_come_and_go(home: Home) -> None:
    """Who is added is heard without a reload of the automation; who is removed, no longer."""
    noted = await automate(
        home.hass,
        when("call_ended", {"entity_id": ["event.cilla_call", "event.anna_call"]}),
        contact="{{ trigger.contact }}",
    )
    entries = home.hass.config_entries
    anna = next(iter(home.entry.subentries))
    entries.async_remove_subentry(home.entry, anna)
    entries.async_add_subentry(
        home.entry,
        ConfigSubentry(
            data=MappingProxyType({"name": "Cilla", "number": CILLA}),
            subentry_type=SUBENTRY_CONTACT,
            title="Cilla",
            unique_id=CILLA,
        ),
    )
    await home.hass.async_block_till_done()

    await call(home, ANNA, Outcome.BUSY)
    await call(home, "Cilla", Outcome.BUSY)

    assert [one.data["contact"] for one in noted] == ["Cilla"]


async def test_end_found_after_a_restart(home: Home) -> None:
    """An end that is learnt after a start is told once, as on the bus."""
    noted = await automate(
        home.hass, when("call_ended", TO_ANNA), state="{{ trigger.state }}"
    )
    home.provider.phone(ANNA, outcome=Outcome.BUSY)
    home.provider.fault(Fault(FaultKind.CALLBACK_DROPPED, times=None))
    await home.place_call(to="Anna")
    await home.provider.settled()
    assert noted == []

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert [one.data["state"] for one in noted] == ["busy"]


async def test_entities_show_it_before(
    event_entities: None, engine: Engine, home: Home
) -> None:
    """Whoever acts on a trigger finds our entities as they are by then."""
    noted = await automate(
        home.hass,
        [when("key_pressed"), when("call_ended")],
        event="{{ state_attr('event.anna_call', 'event_type') }}",
        answer="{{ state_attr('event.demo_home_call', 'answer') }}",
        sensor="{{ states('sensor.anna_last_call') }}",
    )

    await ask(home)

    assert [dict(one.data) for one in noted] == [
        {"event": "key_pressed", "answer": "close", "sensor": "ongoing"},
        {"event": "success", "answer": "close", "sensor": "success"},
    ]


async def test_switched_off(home: Home) -> None:
    """An automation that is switched off waits for nothing."""
    noted = await automate(home.hass, when("call_ended"))
    await home.hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )

    await call(home, "Anna", Outcome.BUSY)

    assert noted == []


async def test_variables(engine: Engine, home: Home) -> None:
    """A trigger gives what the event on the bus gives, and a key what is known by then."""
    hass = home.hass
    given: dict[str, dict[str, Any]] = {}

    def note(variables: dict[str, Any], context: object = None) -> None:
        trigger = variables["trigger"]
        given[trigger["platform"]] = trigger

    names = ("call_ended", "chain_ended", "key_pressed")
    # As the automation's own schema would have it
    triggers = [when(name) | {"platform": f"elks.{name}", "id": name} for name in names]
    for one in triggers:
        del one["trigger"]
    read = await async_validate_trigger_config(hass, triggers)
    stop = await async_initialize_triggers(
        hass, read, note, "test", "test", lambda *_, **__: None
    )
    assert stop is not None
    [call_ended, chain_ended] = (
        async_capture_events(hass, f"elks_{name}") for name in names[:2]
    )
    home.provider.phone(ANNA, talk_for=None, keys=[KeyPress(after=1, keys="1")])
    await home.act("call_chain", to="Anna", message="Leak")
    await home.settle()
    stop()

    def own(name: str) -> dict[str, Any]:
        """Return the variables of ours."""
        general = {"id", "idx", "alias", "platform", "description"}
        return {
            key: value
            for key, value in given[f"elks.{name}"].items()
            if key not in general
        }

    assert own("call_ended") == call_ended[0].data
    assert own("chain_ended") == chain_ended[0].data
    ended = dict(call_ended[0].data)
    pressed = own("key_pressed")
    assert pressed.keys() == ended.keys()
    assert {key for key in ended if pressed[key] != ended[key]} == {
        "cost",
        "duration",
        "start",
        "state",
    }
    assert (pressed["digits"], pressed["answer"]) == ("1", "acknowledged")
    assert (pressed["contact"], pressed["entity_id"]) == ("Anna", "notify.anna")
    assert {one["description"] for one in given.values()} == {
        "call ended",
        "call chain ended",
        "key pressed",
    }


@pytest.mark.parametrize(
    "trigger",
    [
        when("key_pressed", answer="close", digits="1"),
        when("key_pressed", answer={"id": "close"}),
        when("key_pressed", state="busy"),
        when("call_ended", state="ongoing"),
        when("call_ended", answered="perhaps"),
        when("chain_ended", acknowledged=None, answer="close"),
        {"trigger": "elks.call_ended"},
        when("call_received", state="busy"),
    ],
)
async def test_wrong_options(
    home: Home, trigger: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be meant is refused when the automation is made."""
    await automate(home.hass, trigger)

    assert not is_set_up(home.hass)
    assert "setup triggers" in caplog.text
    assert "Error setting up" not in caplog.text


@pytest.mark.parametrize("on", [True, False])
async def test_preview(
    editor: None,
    engine: Engine,
    home: Home,
    hass_ws_client: WebSocketGenerator,
    on: bool,
) -> None:
    """Where new triggers are still a preview, ours do not depend on it."""
    await set_preview(home.hass, hass_ws_client, on=on)
    noted = await automate(home.hass, when("key_pressed", TO_ANNA, answer="close"))
    device = {"device_id": home.device_id("Anna")}

    await ask(home)

    assert len(noted) == 1
    assert len(await offered(hass_ws_client, "triggers", device)) == 4


@pytest.mark.parametrize("contact", ["Anna", None])
async def test_offered(
    editor: None, home: Home, hass_ws_client: WebSocketGenerator, contact: str | None
) -> None:
    """The editor offers the triggers under contacts and accounts."""
    device = home.device_id(contact)
    area = move_to_kitchen(home.hass, device)
    entity = "notify.anna" if contact else "event.demo_home_call"

    for target in ({"device_id": device}, {"entity_id": entity}, {"area_id": area}):
        assert await offered(hass_ws_client, "triggers", target) == {
            "elks.call_ended",
            "elks.call_received",
            "elks.chain_ended",
            "elks.key_pressed",
        }
    nothing = {"entity_id": "sensor.demo_home_balance"}
    assert await offered(hass_ws_client, "triggers", nothing) == set()


async def test_failure_is_private(
    home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a trigger fails, the log has no number."""
    await automate(home.hass, when("call_ended"))
    monkeypatch.setattr("custom_components.elks.trigger.async_find_targets", None)

    await call(home, "Anna", Outcome.BUSY)

    assert "Exception in happened" in caplog.text
    failures = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert ANNA not in "".join(failures)


class TestLine:
    """Somebody calls the home."""

    @pytest.fixture
    def line(self) -> dict[str, Any]:
        """Return what the line has of its own, unless a test has something else."""
        return {"callers": "everyone", "answer_with": "nothing"}

    @pytest.fixture
    def lines(self, line: dict[str, Any]) -> list[ConfigSubentryData]:
        """Return a line that does not pick up."""
        return [make_line(**line)]

    @pytest.mark.parametrize(
        ("target", "callers"),
        [
            ({"entity_id": "event.home_call"}, ["Anna", "Bo", None, None]),
            ({"entity_id": "switch.home_answering"}, ["Anna", "Bo", None, None]),
            ({"area_id": "kitchen"}, ["Anna", "Bo", None, None]),
            (TO_ALL, ["Anna", "Bo", None, None]),
            (TO_BO, ["Bo"]),
            (
                {"entity_id": ["notify.anna", "event.home_call"]},
                ["Anna", "Bo", None, None],
            ),
            ({}, []),
        ],
    )
    async def test_whose_calls(
        self, home: Home, target: dict[str, Any], callers: list[str | None]
    ) -> None:
        """A line means who calls it, a contact that they call, and an account all its lines."""
        move_to_kitchen(home.hass, home.device_id("Home"))
        noted = await automate(
            home.hass, when("call_received", target), who="{{ trigger.contact }}"
        )

        for caller in (ANNA, BO, CILLA, None):
            home.provider.dial(caller)
            await home.settle()

        assert [one.data["who"] for one in noted] == callers

    @pytest.mark.parametrize("line", [{"answer_with": "nothing"}])
    async def test_not_let_in(self, home: Home) -> None:
        """Who is not let in triggers nothing."""
        noted = await automate(
            home.hass, when("call_received"), who="{{ trigger.contact }}"
        )

        home.provider.dial(CILLA)
        await home.settle()
        home.provider.dial(ANNA)
        await home.settle()

        assert [one.data["who"] for one in noted] == ["Anna"]

    @pytest.mark.parametrize("caller", [ANNA, None])
    async def test_variables(self, home: Home, caller: str | None) -> None:
        """A trigger gives who calls, and which line; the entity shows it by then."""
        names = ("call_id", "caller", "contact", "line", "config_entry_id", "device_id")
        noted = await automate(
            home.hass,
            when("call_received"),
            entity_id="{{ trigger.entity_id }}",
            event="{{ state_attr('event.home_call', 'event_type') }}",
            **{name: f"{{{{ trigger.{name} }}}}" for name in names},
        )

        call = home.provider.dial(caller)
        await home.settle()

        [run] = noted
        assert run.data == {
            "call_id": call.id,
            "caller": int(caller) if caller else None,
            "contact": "Anna" if caller else None,
            "line": "Home",
            "config_entry_id": home.entry.entry_id,
            "device_id": home.device_id("Home"),
            "entity_id": "switch.home_answering",
            "event": "ringing",
        }

    @pytest.mark.parametrize("line", [{"menu": [{"key": "1", "say": "open"}]}])
    @pytest.mark.parametrize(
        ("target", "runs"),
        [
            ({"entity_id": "event.home_call"}, ["key_pressed", "call_ended"]),
            (TO_ALL, ["key_pressed", "call_ended"]),
            (TO_ANNA, []),
        ],
    )
    async def test_keys_and_ends(
        self, engine: Engine, home: Home, target: dict[str, Any], runs: list[str]
    ) -> None:
        """They are the line's and the account's; a contact means the calls to them."""
        triggers = [when(name, target) for name in ("key_pressed", "call_ended")]
        noted = await automate(home.hass, triggers, by="{{ trigger.platform }}")

        home.provider.dial(ANNA, keys=[KeyPress(0.1, "1", 2)], hangs_up_at=4)
        await home.settle()

        assert [one.data["by"] for one in noted] == [f"elks.{one}" for one in runs]

    async def test_offered(
        self, editor: None, home: Home, hass_ws_client: WebSocketGenerator
    ) -> None:
        """The editor offers the triggers under lines."""
        device = {"device_id": home.device_id("Home")}

        assert "elks.call_received" in await offered(hass_ws_client, "triggers", device)
