"""What is done when somebody rings, or has chosen: actions of Home Assistant, run as a script."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
import logging
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import (
    SCRIPT_MODE_PARALLEL,
    Script,
    async_validate_actions_config,
)
from homeassistant.helpers.trace import script_execution_get, trace_clear
from homeassistant.util.hass_dict import HassKey

from ..api.masking import mask
from ..calls.incoming.line import Actions, Line
from ..const import DOMAIN, LOGGER
from ..helpers.waiting import async_at_most
from .contexts import CallContexts

_PATIENCE = 3
"""Seconds that a caller waits until the actions are over."""
_MOST_RUNS = 10
_FINISHED = "finished"
"""How a script ends that was not stopped by a condition or an error."""
_SCRIPT_LOGGER = logging.getLogger(__name__)


def _mask(record: logging.LogRecord) -> bool:
    """Make the numbers unreadable that actions were about when they failed."""
    record.msg, record.args, record.exc_info = mask(record.getMessage()), None, None
    return True


_SCRIPT_LOGGER.addFilter(_mask)


class Outcome(Enum):
    """What came of actions, as far as a caller waited for it."""

    DONE = auto()
    FAILED = auto()
    GOES_ON = auto()


@dataclass(frozen=True, slots=True)
class _Ready:
    actions: Actions
    script: Script


_READY: HassKey[dict[tuple[str, str], _Ready]] = HassKey(f"{DOMAIN}_line_actions")
"""By line and key. Home Assistant forgets no script, so a reload makes none anew."""


class LineActions:
    """Runs the actions of the lines of one account."""

    def __init__(self, hass: HomeAssistant, contexts: CallContexts) -> None:
        """Take up the scripts that were made before a reload."""
        self._hass = hass
        self._contexts = contexts
        self._ready = hass.data.setdefault(_READY, {})

    @callback
    def async_start(
        self,
        line: Line,
        key: str,
        actions: Actions,
        variables: Mapping[str, Any],
        token: str,
    ) -> asyncio.Task[Outcome]:
        """Begin to run actions of a line: those of a key or, without one, of the ringing.

        They run in the context of the call with this secret. A reload of the account does not stop them.
        """
        return self._hass.async_create_background_task(
            self._async_run(line, key, actions, variables, token),
            "elks line actions",
        )

    async def async_outcome(self, running: asyncio.Task[Outcome]) -> Outcome:
        """Wait for what comes of actions; they go on when that takes too long."""
        if not running.done():
            async with async_at_most(self._hass, _PATIENCE):
                await asyncio.wait([running])
        return running.result() if running.done() else Outcome.GOES_ON

    async def _async_run(
        self,
        line: Line,
        key: str,
        actions: Actions,
        variables: Mapping[str, Any],
        token: str,
    ) -> Outcome:
        if not actions:
            return Outcome.DONE
        context = self._contexts.async_of(token)
        # Of the script that may have caused the call
        trace_clear()
        try:
            # Activity takes what comes first for the cause: the event of the call
            await asyncio.sleep(0)
            script = await self._async_script(line, key, actions)
            await script.async_run(dict(variables), context)
        except Exception as err:  # noqa: BLE001  Others' code fails in its own ways
            # The script has logged more
            reason = type(err).__name__
        else:
            reason = script_execution_get() or ""
        if reason == _FINISHED:
            return Outcome.DONE
        LOGGER.warning("Actions of the line %s were not done (%s)", line.name, reason)
        return Outcome.FAILED

    async def _async_script(self, line: Line, key: str, actions: Actions) -> Script:
        """Return the script of actions; raises vol.Invalid and what else validation raises."""
        ready = self._ready.get((line.id, key))
        if ready is None or ready.actions != actions:
            sequence = await async_validate_actions_config(
                self._hass, cv.SCRIPT_SCHEMA(actions)
            )
            script = Script(
                self._hass,
                sequence,
                f"{line.name} {key}".strip(),
                DOMAIN,
                running_description="line",
                script_mode=SCRIPT_MODE_PARALLEL,
                max_runs=_MOST_RUNS,
                logger=_SCRIPT_LOGGER,
            )
            ready = self._ready[line.id, key] = _Ready(actions, script)
        return ready.script
