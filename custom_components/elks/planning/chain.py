"""From the fields of an action to a chain, and from one of its turns to the plan of a call."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.ulid import ulid_now

from ..api import THREE_BEEPS, CallRequest
from ..calls import CallPlan
from ..care import issues
from ..chains import Chain, ChainEnd, Person, Turn
from ..const import (
    ATTR_ACKNOWLEDGE_KEY,
    ATTR_AT_ONCE,
    ATTR_MESSAGE,
    ATTR_PAUSE,
    ATTR_ROUNDS,
    LOGGER,
)
from ..people.contacts import Contact
from ..runtime import ElksConfigEntry, ElksData
from ..speech import Voice, async_language
from ..words import async_words
from .call import ring_timeout
from .callees import Callee, Whom, async_find_possible_callees
from .script import async_chain_script, voice_for
from .targets import Called


async def async_plan_chain(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    data: Mapping[str, Any],
    called: Called,
    cancelled: int,
    runtime: ElksData,
) -> Chain:
    """Return the chain that the fields of an action ask for; its recordings begin to be made.

    `called` are the people in its target and in `to`. When all chains are cancelled meanwhile, so
    is this one: `cancelled` is the count of such cancellations when the action was called, which
    reloads do not reset. Who cannot be called is left out, and a repair says so, as long as there
    is somebody else. Raises ServiceValidationError, which names the field, and HomeAssistantError
    for all else.
    """
    from_number, found = await async_find_possible_callees(
        hass, entry, data, runtime, called.people
    )
    await runtime.address.async_look()
    nonce = runtime.recordings.new_nonce()
    message, key = data[ATTR_MESSAGE], data[ATTR_ACKNOWLEDGE_KEY]
    chain = Chain(
        id=ulid_now(),
        started=runtime.tracker.now(),
        people=tuple(
            [
                await _async_person(
                    hass,
                    callee,
                    message,
                    key,
                    voice_for(entry, data, callee.contact),
                    nonce,
                )
                for callee in _called(found.values(), data[ATTR_AT_ONCE])
            ]
        ),
        from_number=from_number,
        timeout=ring_timeout(entry, data),
        rounds=data[ATTR_ROUNDS],
        pause=data[ATTR_PAUSE],
        at_once=data[ATTR_AT_ONCE],
        end=ChainEnd.CANCELLED if runtime.chains.all_cancelled > cancelled else None,
    )
    missing = {one: who for one, who in called.people.items() if one not in found}
    _async_report_left_out(hass, entry, called.left_out, missing)
    runtime.recordings.async_prepare(chain.prompts)
    return chain


@callback
def async_plan_turn(entry: ElksConfigEntry, chain: Chain, turn: Turn) -> CallPlan:
    """Return the call of a turn; what could not be recorded before is tried again.

    In a home that 46elks cannot reach, it is some beeps, and no key can be asked for.
    """
    person = chain.people[turn.person]
    data = entry.runtime_data
    url = data.address.callback_url(turn.token)
    speaks = url is not None and data.address.base_url is not None
    if speaks:
        data.recordings.async_prepare(person.script.prompts)
    return CallPlan(
        token=turn.token,
        request=CallRequest(
            from_number=chain.from_number,
            to_number=person.number,
            voice_start=url if url and speaks else THREE_BEEPS,
            report_url=url,
            timeout=chain.timeout,
        ),
        script=person.script if speaks else None,
        contact=person.contact,
        chain=chain.id,
        reported=url is not None,
    )


def _called(callees: Iterable[Callee], at_once: int) -> list[Callee]:
    """Return who is called in a round: where several phones ring, each of them rings once."""
    if at_once == 1:
        return list(callees)
    first: dict[str, Callee] = {}
    for callee in callees:
        first.setdefault(callee.number, callee)
    return list(first.values())


async def _async_person(
    hass: HomeAssistant,
    callee: Callee,
    message: str,
    key: str,
    voice: Voice,
    nonce: str,
) -> Person:
    """Return somebody who is called, with what is said to them."""
    words = await async_words(hass, async_language(hass, voice))
    return Person(
        contact=callee.contact.id if callee.contact else None,
        name=callee.contact.name if callee.contact else None,
        number=callee.number,
        script=async_chain_script(hass, message, key, voice, nonce, words),
        taken=words["chain_taken"],
    )


@callback
def _async_report_left_out(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    targeted: Iterable[str],
    missing: Mapping[str, Whom],
) -> None:
    """Say what is targeted, and who by the names of their fields, is not called: others are."""
    names = [
        who.name if isinstance(who, Contact) else who or field
        for field, who in missing.items()
    ]
    if left_out := [*targeted, *names]:
        fields = [*("target" for _ in targeted), *missing]
        LOGGER.warning(
            "A call chain cannot call, and leaves out: %s", ", ".join(fields)
        )
        issues.async_report_left_out(hass, entry, left_out)
