"""What automations can wait for: the triggers."""

from typing import TYPE_CHECKING, Any, ClassVar, cast, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.signal_type import SignalType

from .calls import ENDS
from .const import ATTR_DIGITS
from .helpers.text import read_text
from .people.targets import async_find_targets
from .responses.bus import (
    CALL_ENDED,
    CALL_RECEIVED,
    CHAIN_ENDED,
    KEY_PRESSED,
    Happening,
)

if TYPE_CHECKING:
    # Older versions of Home Assistant have none
    from homeassistant.helpers.trigger import TriggerNotTriggeredReporter

OPTION_ACKNOWLEDGED = "acknowledged"
OPTION_ANSWER = "answer"
OPTION_ANSWERED = "answered"
OPTION_DIGITS = ATTR_DIGITS
OPTION_STATE = "state"


def _several(read: object) -> vol.All:
    """Return a validator for a value or a list of them; none at all means any."""
    return vol.All(cv.ensure_list, [read])


def _filled(texts: list[str]) -> list[str]:
    """Return texts without those that the editor adds blank."""
    return [text for text in texts if text]


def _answer_or_digits(options: dict[str, list[str]]) -> dict[str, list[str]]:
    """Refuse what waits for an answer and for keys. Raises vol.Invalid."""
    if options.get(OPTION_ANSWER) and options.get(OPTION_DIGITS):
        raise vol.Invalid("give an answer or digits, not both")
    return options


class ElksTrigger(Trigger):
    """Waits for something that happens to calls or chains of accounts, contacts and lines.

    Which ones a target means is found out each time, and they need not be loaded before.
    """

    waits_for: ClassVar[SignalType[Happening]]
    called: ClassVar[str]
    """How traces and Activity call it."""
    options: ClassVar[Any]
    """Schema of the options, each named as what it is compared with."""

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Read the target and the options. Raises vol.Invalid."""
        schema = vol.Schema(
            {
                vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
                vol.Optional(CONF_OPTIONS, default=dict): cls.options,
            }
        )
        return cast(ConfigType, schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take up what was read."""
        super().__init__(hass, config)
        self._target = config.target or {}
        self._wanted = {
            name: values for name, values in (config.options or {}).items() if values
        }

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run an action each time, with the data of the event as variables."""

        @callback
        def happened(happening: Happening) -> None:
            if self._is_wanted(happening) and self._is_meant(happening):
                run_action(dict(happening.data), self.called)

        return async_dispatcher_connect(self._hass, self.waits_for, happened)

    def _is_wanted(self, happening: Happening) -> bool:
        """Return whether it is as the options have it."""
        data = happening.data
        return all(data[name] in values for name, values in self._wanted.items())

    def _is_meant(self, happening: Happening) -> bool:
        """Return whether it is of something that the target means now."""
        return any(
            target.owner in (happening.account, happening.line, *happening.contacts)
            for target in async_find_targets(self._hass, self._target).found
        )


class CallEndedTrigger(ElksTrigger):
    """A call ended."""

    waits_for = CALL_ENDED
    called = "call ended"
    options = {
        vol.Optional(OPTION_STATE): _several(vol.In(sorted(ENDS))),
        vol.Optional(OPTION_ANSWERED): _several(cv.boolean),
    }


class CallReceivedTrigger(ElksTrigger):
    """Somebody who is let in calls a line."""

    waits_for = CALL_RECEIVED
    called = "call received"
    options = {}


class KeyPressedTrigger(ElksTrigger):
    """A key was pressed in a call."""

    waits_for = KEY_PRESSED
    called = "key pressed"
    options = vol.All(
        {
            vol.Optional(OPTION_ANSWER): vol.All(_several(read_text), _filled),
            vol.Optional(OPTION_DIGITS): vol.All(_several(read_text), _filled),
        },
        _answer_or_digits,
    )


class ChainEndedTrigger(ElksTrigger):
    """A call chain ended."""

    waits_for = CHAIN_ENDED
    called = "call chain ended"
    options = {vol.Optional(OPTION_ACKNOWLEDGED): _several(cv.boolean)}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by their names."""
    return {
        "call_ended": CallEndedTrigger,
        "call_received": CallReceivedTrigger,
        "chain_ended": ChainEndedTrigger,
        "key_pressed": KeyPressedTrigger,
    }
