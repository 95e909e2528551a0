"""Chains that nobody took care of: when they were, what they said, and what became of whom."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..api import CallState, mask_number
from ..api.masking import mask
from ..calls import CallRecord
from ..chains import Chain, ChainChange, Fate, Turn
from ..helpers.listeners import Stage
from ..helpers.text import shorten
from ..runtime import ElksConfigEntry
from ..words import async_home_words, async_words
from . import issues

_MESSAGE_LENGTH = 100


@callback
def async_watch_chains(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Show a repair for each such chain, until the entry is unloaded."""

    @callback
    def report(change: ChainChange) -> None:
        chain = change.chain
        if chain.end is None:
            return
        when = dt_util.as_local(chain.started).strftime("%Y-%m-%d %H:%M")
        people = _people(async_home_words(hass), chain, change.calls)
        issues.async_report_chain(hass, entry, chain, when=when, people=people)

    listeners = entry.runtime_data.listeners
    entry.async_on_unload(listeners.async_listen(ChainChange, Stage.FIGURES, report))


async def async_message(
    hass: HomeAssistant, entry: ElksConfigEntry, chain_id: str
) -> str:
    """Return the beginning of what a chain said; nothing when it is no longer remembered.

    It is private, so it is read when somebody looks, and no repair stores it.
    """
    if entry.state is not ConfigEntryState.LOADED:
        return ""
    chain = entry.runtime_data.chains.last
    if chain is None or chain.id != chain_id:
        return ""
    script = chain.people[0].script
    if not script.answers:
        return ""
    words = await async_words(hass, script.language)
    prompt = words["chain_prompt"].format(key=script.answers[0].key)
    return shorten(script.message.text.removesuffix(prompt), _MESSAGE_LENGTH)


def _people(
    words: Mapping[str, str], chain: Chain, calls: tuple[CallRecord, ...]
) -> str:
    """Return what became of each person at last, as a list in Markdown."""
    records = {record.token: record for record in calls}
    last = {turn.person: turn for turn in chain.turns}
    lines = []
    for place, person in enumerate(chain.people):
        turn = last.get(place)
        record = records.get(turn.token) if turn else None
        name = mask(person.name) if person.name else mask_number(person.number)
        lines.append(f"- {name}: {words[_result(turn, record)]}")
    return "\n".join(lines)


def _result(turn: Turn | None, record: CallRecord | None) -> str:
    """Return the key of the words for what became of a turn."""
    if record is None:
        return f"chain_person_{turn.fate if turn else Fate.OPEN}"
    if record.answered:
        return "logbook_answered"
    state = record.state if record.ended else None
    return f"logbook_{state or CallState.SUCCESS}"
