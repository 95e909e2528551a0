"""Whether the numbers of lines lead to the home; they are given back when a line is removed."""

import asyncio
from contextlib import suppress

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..address import Reach
from ..api import ElksClient, ElksError, Number
from ..calls.incoming.line import Line, find_line, lines, read_line
from ..client import make_client
from ..const import CONF_VOICE_START_BEFORE, DOMAIN, LOGGER, SUBENTRY_LINE
from ..helpers.unexpected import going_on
from ..helpers.waiting import async_at_most
from ..lines.number import (
    HomeNotReachableError,
    NotSetError,
    async_give_back,
    async_set,
    can_answer,
    describe,
    leads_to,
)
from ..runtime import ElksConfigEntry
from ..words import async_home_words
from . import issues

_LONGEST_RETURN = 20
"""Seconds until a number counts as not given back."""

type _Lines = dict[str, ConfigSubentry]

_KNOWN: HassKey[dict[str, _Lines]] = HassKey(f"{DOMAIN}_lines")
"""The lines of each account, also while it is not loaded."""


@callback
def async_watch_lines(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Look after the numbers of an account's lines until the entry is unloaded.

    46elks is asked with each answer that it gives about the account, and when the home's address
    has changed.
    """
    data = entry.runtime_data
    care = _LineCare(hass, entry)
    answered = data.account.data

    @callback
    def check() -> None:
        if lines(entry):
            entry.async_create_background_task(
                hass, care.async_check(), "elks line numbers"
            )

    @callback
    def account_changed() -> None:
        nonlocal answered
        # Calls change its figures as well; each answer is an account of its own
        if data.account.data is not answered:
            answered = data.account.data
            check()

    @callback
    def address_found(reach: Reach) -> None:
        if reach is not Reach.NONE and care.is_elsewhere:
            check()

    async def settings_changed(_: HomeAssistant, __: ElksConfigEntry) -> None:
        await care.async_give_back_removed()

    entry.async_on_unload(data.account.async_add_listener(account_changed))
    entry.async_on_unload(data.address.async_listen(address_found))
    entry.async_on_unload(entry.add_update_listener(settings_changed))
    # Some may have been removed while the account was not loaded
    hass.async_create_background_task(
        care.async_give_back_removed(), "elks removed lines"
    )


async def async_give_back_all(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Give back the numbers of all lines of an account that is removed."""
    known = hass.data.get(_KNOWN, {}).pop(entry.entry_id, {}) | _subentries(entry)
    await asyncio.gather(*(_async_return(hass, entry, one) for one in known.values()))


async def async_take_again(
    hass: HomeAssistant, entry: ElksConfigEntry, line_id: str
) -> None:
    """Have a line answer its number's calls again, whatever does now.

    What does is put back when the line is removed. Raises ElksError, NotSetError and
    HomeNotReachableError.
    """
    line = find_line(entry, line_id)
    if line is None:
        return
    address, client = entry.runtime_data.address, make_client(hass, entry.data)
    await address.async_look()
    url = address.line_url(line.key)
    if url is None or address.reach is Reach.NONE:
        raise HomeNotReachableError
    number = _find(await client.numbers(), line)
    if number is None:
        raise NotSetError
    number_id = number.id or ""
    standing = (await client.number(number_id)).voice_start or ""
    await async_set(client, number_id, url)
    if not leads_to(line.key, standing):
        subentry = entry.subentries[line_id]
        data = {**subentry.data, CONF_VOICE_START_BEFORE: standing}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)


class _LineCare:
    """Looks after the numbers of one account's lines, one thing at a time."""

    def __init__(self, hass: HomeAssistant, entry: ElksConfigEntry) -> None:
        """Begin without knowing what answers their calls."""
        self._hass = hass
        self._entry = entry
        self._client = make_client(hass, entry.data)
        self._address = entry.runtime_data.address
        self._lock = asyncio.Lock()
        self._standing: dict[str, str] = {}
        """What answered the calls to a line when 46elks was asked last, by line."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether calls to a line go to another address than the home has now."""
        return any(
            leads_to(line.key, self._standing.get(line.id, ""))
            and self._standing[line.id] != self._address.line_url(line.key)
            for line in lines(self._entry)
        )

    async def async_check(self) -> None:
        """Look at the numbers of all lines; what 46elks does not say now, it is asked later."""
        with going_on("looking at the numbers of lines"):
            async with self._lock:
                with suppress(ElksError):
                    numbers = await self._client.numbers()
                    for line in lines(self._entry):
                        # What is not said of one number is said of another
                        with suppress(ElksError):
                            await self._async_check(line, _find(numbers, line))

    async def async_give_back_removed(self) -> None:
        """Give back the numbers of lines that are not there any more."""
        known = self._hass.data.setdefault(_KNOWN, {})
        now = _subentries(self._entry)
        before = known.get(self._entry.entry_id, {})
        known[self._entry.entry_id] = now
        for line_id in before.keys() - now.keys():
            self._standing.pop(line_id, None)
            issues.async_recall_line(self._hass, line_id)
            async with self._lock:
                await _async_return(self._hass, self._entry, before[line_id])

    async def _async_check(self, line: Line, number: Number | None) -> None:
        """Look at one, and set it again if it leads where the home was before."""
        entry, hass = self._entry, self._hass
        if number is None:
            issues.async_report_line_gone(hass, entry, line)
            return
        number_id, url = number.id or "", self._address.line_url(line.key)
        standing = number.voice_start
        if standing is None or standing != url:
            # What a list says may be less than what is so
            standing = (await self._client.number(number_id)).voice_start or ""
        if find_line(entry, line.id) is None:
            return
        self._standing[line.id] = standing
        if not leads_to(line.key, standing):
            what = describe(standing, async_home_words(hass))
            issues.async_report_line_taken(hass, entry, line, what)
            return
        issues.async_recall_line(hass, line.id)
        if url and standing != url and self._address.reach is not Reach.NONE:
            await self._async_move(line, number_id, url)

    async def _async_move(self, line: Line, number_id: str, url: str) -> None:
        try:
            await async_set(self._client, number_id, url)
        except NotSetError:
            LOGGER.warning("46elks did not take the new address of %s", line.name)
        else:
            self._standing[line.id] = url


async def _async_return(
    hass: HomeAssistant, entry: ElksConfigEntry, subentry: ConfigSubentry
) -> None:
    """Give back the number of a line that is removed, or show what is to be done."""
    if (line := read_line(subentry)) is None:
        return
    before = subentry.data.get(CONF_VOICE_START_BEFORE, "")
    client: ElksClient = make_client(hass, entry.data)
    returned = False
    with going_on("giving back a number"), suppress(ElksError, NotSetError):
        async with async_at_most(hass, _LONGEST_RETURN):
            await async_give_back(client, line, before)
            returned = True
    if not returned:
        what = describe(before, async_home_words(hass))
        issues.async_report_not_returned(hass, entry, line, what)


def _find(numbers: list[Number], line: Line) -> Number | None:
    """Return the number of a line; None when it cannot take calls, or is not the account's."""
    own = (one for one in numbers if one.number == line.number and can_answer(one))
    return next(own, None)


def _subentries(entry: ElksConfigEntry) -> _Lines:
    return {
        key: one
        for key, one in entry.subentries.items()
        if one.subentry_type == SUBENTRY_LINE
    }
