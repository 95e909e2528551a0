"""From the fields of an action to a chain, and from one of its turns to the plan of a call."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.ulid import ulid_now

from ..api import CallRequest
from ..calls import CallPlan
from ..chains import Chain, ChainEnd, Person, Turn
from ..const import ATTR_ACKNOWLEDGE_KEY, ATTR_MESSAGE, ATTR_PAUSE, ATTR_ROUNDS, ATTR_TO
from ..runtime import ElksConfigEntry, ElksData
from .call import ring_timeout
from .callees import async_find_callees
from .script import async_chain_script, voice_for


async def async_plan_chain(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    data: Mapping[str, Any],
    cancelled: int,
    runtime: ElksData,
) -> Chain:
    """Return the chain that the fields of an action ask for; its recordings begin to be made.

    When all chains are cancelled meanwhile, so is this one. `cancelled` is the count of such
    cancellations when the action was called, which reloads do not reset. Raises ServiceValidationError, which names the field, and HomeAssistantError for all else.
    """
    written = {f"{ATTR_TO} #{n}": who for n, who in enumerate(data[ATTR_TO], 1)}
    from_number, callees = await async_find_callees(hass, entry, data, runtime, written)
    voices = [voice_for(entry, data, callee.contact) for callee in callees]
    nonce = runtime.recordings.new_nonce()
    scripts = [
        await async_chain_script(
            hass, data[ATTR_MESSAGE], data[ATTR_ACKNOWLEDGE_KEY], voice, nonce
        )
        for voice in voices
    ]
    runtime.recordings.async_prepare(p for script in scripts for p in script.prompts)
    return Chain(
        id=ulid_now(),
        started=runtime.tracker.now(),
        people=tuple(
            Person(
                contact=callee.contact.id if callee.contact else None,
                name=callee.contact.name if callee.contact else None,
                number=callee.number,
                script=script,
            )
            for callee, script in zip(callees, scripts, strict=True)
        ),
        from_number=from_number,
        timeout=ring_timeout(entry, data),
        rounds=data[ATTR_ROUNDS],
        pause=data[ATTR_PAUSE],
        end=ChainEnd.CANCELLED if runtime.chains.all_cancelled > cancelled else None,
    )


@callback
def async_plan_turn(entry: ElksConfigEntry, chain: Chain, turn: Turn) -> CallPlan:
    """Return the call of a turn. 46elks reports it only if this home has an address."""
    person = chain.people[turn.person]
    url = entry.runtime_data.address.callback_url(turn.token)
    return CallPlan(
        token=turn.token,
        request=CallRequest(
            from_number=chain.from_number,
            to_number=person.number,
            voice_start=url or "",
            report_url=url,
            timeout=chain.timeout,
        ),
        script=person.script,
        contact=person.contact,
        chain=chain.id,
        reported=url is not None,
    )
