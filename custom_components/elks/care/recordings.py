"""Recordings are kept while a call or a chain needs them, and released when it has ended."""

from homeassistant.core import callback

from ..calls import CallChange
from ..chains import ChainChange
from ..helpers.listeners import Stage
from ..helpers.unexpected import going_on
from ..runtime import ElksConfigEntry


async def async_keep_recordings(entry: ElksConfigEntry) -> None:
    """Keep the recordings of open calls and running chains; release them as these end.

    A folder that cannot be read or made is logged; the account is loaded all the same.
    """
    data = entry.runtime_data

    def needed() -> set[str]:
        return {name for chain in data.chains.running for name in chain.sounds}

    @callback
    def release(change: CallChange) -> None:
        if (script := change.record.script) and change.record.over:
            data.recordings.async_release(set(script.sounds) - needed())

    @callback
    def release_chain(change: ChainChange) -> None:
        if change.chain.end is not None:
            data.recordings.async_release(change.chain.sounds - needed())

    listen = data.listeners.async_listen
    entry.async_on_unload(listen(CallChange, Stage.FIGURES, release))
    # No callback waits for the end of a chain, as it does for that of a call
    entry.async_on_unload(listen(ChainChange, Stage.DECISIONS, release_chain))
    scripts = [record.script for record in data.book.open() if record.script]
    kept = {name for script in scripts for name in script.sounds}
    # Calls without recordings need no disk; others report the failure when they are placed
    with going_on("cleaning the recordings"):
        await data.recordings.async_clean(kept | needed())
