"""The home of the demo: two people, a pendant, a leak sensor, a valve and a line, and what connects them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from .connection import Connection
from .home_process import CONFIGURATION, HomeProcess, running_home
from .simulator_process import FROM_NUMBER, SimulatorProcess

ANNA: Final = "+46701111111"
BO: Final = "+46702222222"
PEOPLE: Final = {"Anna": ANNA, "Bo": BO}
LEAK: Final = "binary_sensor.kitchen_leak"
PENDANT: Final = "input_button.pendant"
VALVE: Final = "switch.water_valve"
LINE_CALL: Final = "event.home_call"
CHAIN: Final = "sensor.demo_home_call_chain"
LAST_CALLS: Final = {"sensor.anna_last_call": "Anna", "sensor.bo_last_call": "Bo"}

_NOTIFIERS: Final = ["notify.anna", "notify.bo"]
_PATH: Final = "elks-demo"

# It runs on loopback, so whoever opens the page may be logged in at once
_CONFIGURATION: Final = (
    CONFIGURATION.replace(
        "homeassistant:\n",
        """\
homeassistant:
  auth_providers:
    - type: trusted_networks
      trusted_networks: 127.0.0.1
      allow_bypass_login: true
    - type: homeassistant
""",
        1,
    )
    + """\
input_boolean:
  water:
    name: Water on the floor
input_button:
  pendant:
    name: Pendant
    icon: mdi:gesture-tap-button
template:
  - sensor:
      - name: Kitchen temperature
        unique_id: kitchen_temperature
        device_class: temperature
        unit_of_measurement: "°C"
        state: "21"
  - binary_sensor:
      - name: Kitchen leak
        unique_id: kitchen_leak
        device_class: moisture
        state: "{{ is_state('input_boolean.water', 'on') }}"
  - switch:
      - name: Water valve
        unique_id: water_valve
        icon: "mdi:pipe-valve"
        turn_on: []
        turn_off: []
"""
)

AUTOMATIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "call": {
        "alias": "Call Anna and Bo when water leaks",
        "description": "The pendant or the leak sensor starts a call chain.",
        "triggers": [
            {"trigger": "button.pressed", "target": {"entity_id": PENDANT}},
            {"trigger": "moisture.detected", "target": {"entity_id": LEAK}},
        ],
        "actions": [
            {
                "action": "elks.call_chain",
                "target": {"entity_id": _NOTIFIERS},
                "data": {
                    "message": "Water is leaking in Grandma's kitchen. The valve closes when someone takes care of it."
                },
            }
        ],
    },
    "close": {
        "alias": "Close the water valve",
        "description": "When someone presses 1, and also when nobody does.",
        "triggers": [
            {
                "trigger": "elks.key_pressed",
                "target": {"entity_id": _NOTIFIERS},
                "options": {"answer": ["acknowledged"]},
            },
            {
                "trigger": "elks.chain_ended",
                "target": {"entity_id": _NOTIFIERS},
                "options": {"acknowledged": False},
            },
        ],
        "actions": [{"action": "switch.turn_off", "target": {"entity_id": VALVE}}],
    },
}
"""The automations by their IDs, as the editor writes them."""


LINE: Final[Mapping[str, Any]] = {
    "name": "Home",
    "menu": [
        {
            "key": "1",
            "say": "hear how warm it is",
            "reply": "It is {{ states('sensor.kitchen_temperature') }} degrees in the kitchen.",
        },
        {
            "key": "2",
            "say": "close the water valve",
            "actions": [{"action": "switch.turn_off", "target": {"entity_id": VALVE}}],
            "reply": "The valve is closed.",
        },
    ],
    "door": {"callers": "everyone"},
}
"""What the line's form is filled in with, but for the number."""


def _button(entity: str, action: str, on: str, **options: Any) -> dict[str, Any]:
    """Return a card that performs an action when it is tapped."""
    return {
        "type": "button",
        "entity": entity,
        "show_state": True,
        "tap_action": {
            "action": "perform-action",
            "perform_action": action,
            "target": {"entity_id": on},
        },
        **options,
    }


def _view(phones: str) -> dict[str, Any]:
    """Return the dashboard of Elks, with what can be pressed above it."""
    cards = [
        _button(
            PENDANT,
            "input_button.press",
            PENDANT,
            name="Press the pendant",
            show_state=False,
        ),
        _button(LEAK, "input_boolean.toggle", "input_boolean.water"),
        _button(VALVE, "switch.toggle", VALVE),
        {
            "type": "button",
            "name": "Phones",
            "icon": "mdi:cellphone-sound",
            "tap_action": {"action": "url", "url_path": phones},
        },
    ]
    return {
        "header": {
            "card": {"type": "grid", "columns": 4, "square": False, "cards": cards}
        },
        "strategy": {"type": "custom:elks"},
    }


@asynccontextmanager
async def running_demo_home(
    folder: Path, simulator: SimulatorProcess
) -> AsyncIterator[HomeProcess]:
    """Run the home in a folder, with an account of the simulator."""
    async with running_home(folder, _CONFIGURATION) as home:
        entry = await home.add("elks", *simulator.config_flow())
        for name, number in PEOPLE.items():
            await home.add_contact(entry["entry_id"], name, number)
        await home.add_line(entry["entry_id"], number=FROM_NUMBER, **LINE)
        for automation_id, automation in AUTOMATIONS.items():
            await home.add_automation(automation_id, automation)
        async with home.connect() as connection:
            await connection.act("switch.turn_on", {"entity_id": VALVE})
            await _show_first(connection, simulator.url)
        yield home


async def _show_first(connection: Connection, phones: str) -> None:
    """Make the dashboard the page that Home Assistant opens."""
    await connection.command(
        "lovelace/dashboards/create",
        url_path=_PATH,
        title="Elks",
        icon="mdi:phone",
        mode="storage",
        show_in_sidebar=True,
    )
    await connection.command(
        "lovelace/config/save", url_path=_PATH, config={"views": [_view(phones)]}
    )
    await connection.command(
        "frontend/set_system_data", key="core", value={"default_panel": _PATH}
    )
