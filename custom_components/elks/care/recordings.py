"""Recordings are made anew after a restart, and released when no call or chain needs them."""

from collections.abc import Iterator

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..calls import CallChange, CallRecord
from ..chains import ChainChange
from ..helpers.listeners import Stage
from ..helpers.unexpected import going_on
from ..runtime import ElksConfigEntry
from ..speech import Prompt


def prompts_needed(entry: ElksConfigEntry) -> Iterator[Prompt]:
    """Find what calls and chains that have not ended may still play, and what lines always say."""
    data = entry.runtime_data
    for record in data.book.open():
        yield from _prompts(record)
    for chain in data.chains.running:
        yield from chain.prompts
    yield from data.lines.needed()


async def async_keep_recordings(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Have there be what open calls and running chains play; release it as these end.

    A folder that cannot be read or made is logged; the account is loaded all the same.
    """
    data = entry.runtime_data

    @callback
    def call_changed(change: CallChange) -> None:
        if change.record.over:
            data.recordings.async_release(_prompts(change.record))
        elif change.record.closing:
            data.recordings.async_prepare([change.record.closing])

    @callback
    def chain_changed(change: ChainChange) -> None:
        if change.chain.end is not None:
            data.recordings.async_release(change.chain.prompts)

    listen = data.listeners.async_listen
    entry.async_on_unload(listen(CallChange, Stage.FIGURES, call_changed))
    # No callback waits for the end of a chain, as it does for that of a call
    entry.async_on_unload(listen(ChainChange, Stage.DECISIONS, chain_changed))
    # Calls without recordings need no disk; others have the built-in sounds
    with going_on("reading the recordings"):
        await data.recordings.async_load()

    @callback
    def prepare(_: HomeAssistant) -> None:
        data.recordings.async_prepare(prompts_needed(entry))

    prepare(hass)
    # Voices and media may be set up later than the account
    entry.async_on_unload(async_at_started(hass, prepare))


def _prompts(record: CallRecord) -> list[Prompt]:
    """Return what a call may still play."""
    said = record.script.prompts if record.script else []
    return [*said, record.closing] if record.closing else said
