"""Recordings are kept as long as a call or a chain needs them."""

from homeassistant.core import callback

from ..calls import CallChange
from ..chains import ChainChange
from ..helpers.listeners import Stage
from ..helpers.unexpected import going_on
from ..runtime import ElksConfigEntry


async def async_keep_recordings(entry: ElksConfigEntry) -> None:
    """Keep those of the calls and chains of before a restart, and let go of those that ended."""
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
    entry.async_on_unload(listen(CallChange, Stage.DECISIONS, release))
    entry.async_on_unload(listen(ChainChange, Stage.DECISIONS, release_chain))
    scripts = [record.script for record in data.book.open() if record.script]
    kept = {name for script in scripts for name in script.sounds}
    # Calls without a sound need no disk, and those with one fail by themselves
    with going_on("cleaning the recordings"):
        await data.recordings.async_clean(kept | needed())
