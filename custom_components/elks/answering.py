"""What 46elks is to do next in a call, when it asks: in time, with whatever can be played by then."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
import re
from typing import Final

from yarl import URL

from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow

from .address import QUERY_LINE, QUERY_QUESTION, QUERY_TOKEN, Address, async_address
from .api import BEEP, CallAction, HangUp, HangUpSignal, Incoming, Play, read_keys
from .calls import (
    CallRecord,
    Heard,
    Spoken,
    Step,
    async_find_sound,
    is_of_line,
    is_ours,
)
from .calls.incoming.line import line_with_key
from .const import CONF_CALLBACK_KEY
from .lines import Say, going_on
from .runtime import ElksConfigEntry, ElksData, async_wait_settled
from .speech import Sound, recording_url

_PATIENCE_IN_CALL = 1.5
"""Seconds that a call in progress waits for the account: without an answer, 46elks ends the call."""
_PATIENCE_FOR_SOUND = 1.5
"""Seconds that it waits for all, the account and what is to be played."""
_PATIENCE_FOR_OWN = 0.2
"""Seconds that it waits for a voice to say what a built-in sound says, too."""
_PATIENCE_AT_DOOR = 2.5
"""Seconds that a call waits that rings, and that an automation may decide about."""
_MOST_WAITS = 40
"""How many times a call in progress waits; each lasts a beep at least."""
_KEYS = "keys"
"""Those that were pressed when the account was not loaded."""
_SECRET = "secret"
"""Set where the keys are a PIN, which is written into no address."""
_WAITED = "waited"
_SINCE = "since"
"""When somebody in the call began to wait for a sound, in seconds since 1970."""
_LONGEST_MOMENT = 15
"""Seconds that they wait for it, at most."""
_ONE_MOMENT = 4
"""Seconds of these that pass until they can be asked again."""
_NUMBER = re.compile(r"[0-9]{1,11}")
_BUSY: Final = HangUp(signal=HangUpSignal.BUSY)


class NextAction:
    """Finds what 46elks is to do next in one call."""

    def __init__(
        self, hass: HomeAssistant, entry: ElksConfigEntry, query: Mapping[str, str]
    ) -> None:
        """Answer a callback to an address with this query."""
        self._hass = hass
        self._entry = entry
        self._query = query
        self._question = _number(query, QUERY_QUESTION)
        self._since = _number(query, _SINCE) or int(utcnow().timestamp())
        self._until = hass.loop.time() + _PATIENCE_FOR_SOUND
        self._keys: str | None = None

    async def async_find(self, call_id: str, pressed: str | None) -> CallAction | None:
        """Return what comes next in a call, if it is ours and its secret came along."""
        entry, token = self._entry, self._query.get(QUERY_TOKEN, "")
        key = entry.data[CONF_CALLBACK_KEY]
        if not is_ours(token, key):
            return None
        # After a PIN was asked for, what follows a sound in between is none
        if self._question and not (_SECRET in self._query and _WAITED in self._query):
            self._keys = read_keys(self._query.get(_KEYS)) or pressed
        if (data := await async_loaded(entry, _PATIENCE_IN_CALL)) is None:
            return self._ask_again(BEEP, async_address(self._hass, entry))
        record = data.book.find(token)
        if record and record.line:
            data.tracker.arrivals.async_note()
            is_on = record.can_be(call_id) and not record.over
            return await self._in_talk(data, record) if is_on else HangUp()
        if record is None and is_of_line(token, call_id, key):
            # A power cut made us forget it
            return HangUp()
        return await self._in_script(data, token, call_id)

    async def async_first(self, incoming: Incoming) -> CallAction | None:
        """Return what a caller gets who rings, if the secret of the line came along."""
        key = self._query[QUERY_LINE]
        while (line := line_with_key(self._entry, key)) is not None:
            if (data := await async_loaded(self._entry, _PATIENCE_IN_CALL)) is None:
                return _BUSY
            data.tracker.arrivals.async_note()
            record = await data.lines.async_ring(line, incoming)
            # Whoever bridges the time picks up: nobody does while it is decided whether to
            self._until = self._hass.loop.time() + _PATIENCE_AT_DOOR
            action: CallAction = _BUSY
            if record is not None:
                self._query = {QUERY_TOKEN: record.token}
                action = await self._in_talk(data, record)
            # A reload picks nothing up: it rings as before
            if not self._is_unloaded(data):
                return action
        return None

    async def _in_script(
        self, data: ElksData, token: str, call_id: str
    ) -> CallAction | None:
        """Return what comes next in a call that we placed."""
        question, keys = self._question, self._keys
        record = data.tracker.reports.async_question(token, call_id, question, keys)
        if record is None or (record.script is None and not record.hang_up):
            return None
        if (step := record.step(question, keys)) is None:
            return HangUp()
        next_url = data.address.callback_url(token, question + 1)
        heard = await self._heard(data, record, step)
        if self._is_unloaded(data):
            # What is noted now would be lost
            return self._ask_again(BEEP, data.address)
        if heard.is_bridge:
            return self._ask_again(heard.sound, data.address, since=self._since)
        if step.is_message and heard.spoken:
            data.tracker.reports.async_spoken(token, heard.spoken)
        return step.action(heard.sound, next_url, heard.spoken)

    async def _in_talk(self, data: ElksData, record: CallRecord) -> CallAction:
        """Return what comes next in a call to a line."""
        address, token = data.address, record.token
        if _WAITED in self._query and not record.picked_up:
            # What bridged the time was heard
            record = replace(record, picked_up=True)
            data.book.put(record)
        patience = max(0, self._until - self._hass.loop.time())
        decided = await data.lines.async_decide(
            record, self._question, self._keys, patience
        )
        if self._is_unloaded(data):
            return self._ask_again(BEEP, address)
        if decided is None:
            # The sound that follows has a time of its own
            return self._bridge(data, record, since=None)
        if isinstance(decided, Say):
            return await self._said(data, record, decided)
        next_url = self._next_url(data, record)
        report_url = address.callback_url(token)
        return going_on(decided, next_url=next_url, report_url=report_url)

    async def _said(self, data: ElksData, record: CallRecord, say: Say) -> CallAction:
        """Return what a caller hears, or what bridges the time until it can be heard."""
        address, token = data.address, record.token
        sounds: list[str] = []
        for step in say.steps:
            heard = await self._heard(data, record, step)
            if self._is_unloaded(data):
                return self._ask_again(BEEP, address)
            if heard.is_bridge:
                return self._bridge(data, record, since=self._since)
            if step.is_message and heard.spoken:
                data.tracker.reports.async_spoken(token, heard.spoken)
                if heard.spoken is Spoken.SUBSTITUTE:
                    # Nobody has heard what the keys mean
                    say = replace(say, digits=0)
            sounds.append(heard.sound)
        next_url = self._next_url(data, record)
        if say.is_secret and next_url:
            next_url += f"&{_SECRET}=1"
        action = say.action(sounds, next_url)
        report_url = address.callback_url(token)
        return going_on(action, next_url=next_url, report_url=report_url)

    def _next_url(self, data: ElksData, record: CallRecord) -> str | None:
        """Return where the next keys go: a late question is answered with what is asked now."""
        known = data.book.find(record.token) or record
        question = max(self._question, known.talk.question)
        return data.address.callback_url(record.token, question + 1)

    async def _heard(self, data: ElksData, record: CallRecord, step: Step) -> Heard:
        """Find what can be played at a step in time."""
        waited = utcnow().timestamp() - self._since
        is_same = step.substitute_is_same
        patience = max(0, self._until - self._hass.loop.time())
        return await async_find_sound(
            data.recordings,
            data.address.base_url,
            step,
            partial(self._language, data, record),
            patience=min(patience, _PATIENCE_FOR_OWN) if is_same else patience,
            is_last=is_same or not 0 <= waited < _LONGEST_MOMENT - _ONE_MOMENT,
        )

    def _bridge(
        self, data: ElksData, record: CallRecord, since: int | None
    ) -> CallAction:
        """Return what bridges the time until it is known what a caller hears next."""
        base, sound = data.address.base_url, BEEP
        if base is not None:
            language = self._language(data, record)
            name = data.recordings.built_in(language, Sound.ONE_MOMENT)
            sound = recording_url(base, name)
        report_url = data.address.callback_url(record.token)
        return self._ask_again(sound, data.address, since, report_url)

    def _language(self, data: ElksData, record: CallRecord) -> str:
        """Return the language of the built-in sounds in a call."""
        return data.lines.language(record) or self._hass.config.language

    def _ask_again(
        self,
        sound: str,
        address: Address,
        since: int | None = None,
        report_url: str | None = None,
    ) -> CallAction:
        """Return what bridges the time until more is known: a sound, then the same again."""
        waited = _number(self._query, _WAITED) + 1
        url = address.webhook_url
        if url is None or waited > _MOST_WAITS:
            return HangUp()
        again = {**self._query, _WAITED: str(waited)}
        if self._keys and _SECRET not in self._query:
            again[_KEYS] = self._keys
        if since is not None:
            again[_SINCE] = str(since)
        next_url = str(URL(url).with_query(again))
        return Play(sound=sound, next=next_url, report_url=report_url)

    def _is_unloaded(self, data: ElksData) -> bool:
        """Return whether the account was reloaded meanwhile."""
        return _loaded(self._entry) is not data


async def async_loaded(entry: ElksConfigEntry, seconds: float) -> ElksData | None:
    """Return what the account holds once its calls are known; None if that takes too long."""
    if data := _loaded(entry):
        return data
    await async_wait_settled(entry, seconds)
    return _loaded(entry)


def _loaded(entry: ElksConfigEntry) -> ElksData | None:
    data: ElksData | None = getattr(entry, "runtime_data", None)
    return data if data and data.loaded.is_set() else None


def _number(query: Mapping[str, str], name: str) -> int:
    """Read a number of our own from a query; 0 when it is absent."""
    text = query.get(name, "")
    return int(text) if _NUMBER.fullmatch(text) else 0
