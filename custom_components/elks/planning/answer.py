"""From the fields of an action to what is done next in a call to a line."""

from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import HomeAssistant

from ..api import HangUpSignal
from ..calls import CallRecord, CallsStoppedError
from ..calls.incoming.line import find_line
from ..const import (
    ATTR_ANSWERS,
    ATTR_CONNECT,
    ATTR_DIGITS,
    ATTR_FROM,
    ATTR_HANG_UP,
    ATTR_MEDIA,
    ATTR_MESSAGE,
    ATTR_REPEAT,
)
from ..errors import failed
from ..lines import (
    CallOverError,
    CallStep,
    NotAskedError,
    PickedUpError,
    StepRunningError,
)
from ..people.contacts import contacts
from ..runtime import ElksConfigEntry, ElksData, async_follow
from .call import content_of
from .callees import async_find_callees
from .reloads import async_plan_over_reloads
from .script import async_script, voice_for

_CONTENTS = (ATTR_MESSAGE, ATTR_MEDIA, ATTR_CONNECT, ATTR_HANG_UP)


async def async_answer(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    record: CallRecord,
    data: Mapping[str, Any],
) -> CallRecord:
    """Do in a call what the fields of an action ask for, and return its record when that is over.

    Raises ServiceValidationError, which names the field, and HomeAssistantError for all else.
    """
    step, runtime = await async_plan_over_reloads(
        hass, entry, partial(_async_plan, hass, entry, record, data)
    )
    token = record.token

    async def decide(data: ElksData) -> tuple[int, ElksData]:
        return await data.lines.steps.async_step(token, step), data

    with _in_words():
        number, runtime = await async_follow(entry, runtime, decide)
        return await async_follow(
            entry, runtime, lambda data: data.lines.steps.async_over(token, number)
        )


async def async_reject(
    entry: ElksConfigEntry, record: CallRecord, signal: HangUpSignal
) -> None:
    """Have a call that rings end with a signal. Raises HomeAssistantError."""

    def reject(data: ElksData) -> Awaitable[None]:
        return data.lines.steps.async_reject(record.token, signal)

    with _in_words():
        await async_follow(entry, entry.runtime_data, reject)


async def _async_plan(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    record: CallRecord,
    data: Mapping[str, Any],
    runtime: ElksData,
) -> CallStep:
    """Return what the fields of an action ask for. Raises what async_answer does."""
    content = content_of(data, _CONTENTS)
    if content == ATTR_HANG_UP:
        return CallStep()
    if content == ATTR_CONNECT:
        to = {ATTR_CONNECT: data[ATTR_CONNECT]}
        line_number = {ATTR_FROM: record.to_number}
        _, [callee] = await async_find_callees(hass, entry, line_number, runtime, to)
        return CallStep(connect=callee.number)
    line = find_line(entry, record.line)
    language = line.language if line else None
    known = (one for one in contacts(entry) if one.id == record.contact)
    # A talk has one language: the line's, if it has one
    contact = None if language else next(known, None)
    is_asked = data.get(ATTR_DIGITS) or data.get(ATTR_ANSWERS)
    script = async_script(
        hass,
        {ATTR_REPEAT: 2 if is_asked else 1, **data},
        voice_for(entry, {CONF_LANGUAGE: language, **data}, contact),
        runtime.recordings.new_nonce(),
    )
    await runtime.address.async_look()
    if runtime.address.base_url is None and not script.message.url:
        raise failed("not_reachable")
    return CallStep(script=script)


@contextmanager
def _in_words() -> Iterator[None]:
    """Raise HomeAssistantError for whatever keeps an automation from deciding."""
    try:
        yield
    except CallOverError as err:
        raise failed("call_over") from err
    except NotAskedError as err:
        raise failed("not_asked") from err
    except StepRunningError as err:
        raise failed("step_running") from err
    except PickedUpError as err:
        raise failed("picked_up") from err
    except CallsStoppedError as err:
        raise failed("stopped_waiting") from err
