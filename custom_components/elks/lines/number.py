"""What answers the calls to a line's number at 46elks: looked at, set, and given back."""

from collections.abc import Mapping
from contextlib import suppress
import json
import re

from yarl import URL

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID

from ..address import Address
from ..api import ElksClient, Number, OutcomeUnknownError
from ..calls.incoming.line import Line
from ..helpers.text import shorten

_MOST_SHOWN = 120
_SECRET = re.compile(r"[^/]{16,}")
"""A part of a path that can be one, such as the ID of a webhook."""
_VERB = re.compile(r"[a-z]{2,20}")


class NotSetError(Exception):
    """46elks was asked to have something answer a number's calls, and has something else do it."""


class HomeNotReachableError(Exception):
    """No address lets 46elks reach the home."""


def can_answer(number: Number) -> bool:
    """Return whether calls to a number of the account can be answered, and that be set."""
    return number.active and number.voice and number.id is not None


def leads_to(line_key: str, voice_start: str) -> bool:
    """Return whether calls are answered by the line with a secret in its address."""
    return line_key in voice_start


def leads_home(entry: ConfigEntry, address: Address, voice_start: str) -> bool:
    """Return whether calls are answered by any line of the account, also by a removed one."""
    url = address.webhook_url
    return entry.data[CONF_WEBHOOK_ID] in voice_start or bool(
        url and url in voice_start
    )


def describe(voice_start: str, words: Mapping[str, str]) -> str:
    """Return what answers calls, without the secrets that it may hold.

    Of a URL, that is where it leads; of an action, its kind.
    """
    if not voice_start:
        return words["line_nothing"]
    try:
        action = json.loads(voice_start)
    except ValueError, RecursionError:
        return _where(voice_start) or words["line_unknown"]
    verbs = list(filter(_VERB.fullmatch, action)) if isinstance(action, dict) else []
    if not verbs:
        return words["line_unknown"]
    return words["line_action"].format(action=f"`{verbs[0]}`")


async def async_set(client: ElksClient, number_id: str, voice_start: str) -> None:
    """Have something answer a number's calls, and see that it does.

    Raises ElksError, or NotSetError when 46elks has something else answer them.
    """
    # What answers them then shows what came of it
    with suppress(OutcomeUnknownError):
        await client.set_voice_start(number_id, voice_start)
    standing = (await client.number(number_id)).voice_start or ""
    if _parsed(standing) != _parsed(voice_start):
        raise NotSetError


async def async_give_back(client: ElksClient, line: Line, voice_start: str) -> None:
    """Have what answered a number's calls before answer them again, if the line still does.

    Raises ElksError, or NotSetError when 46elks has something else answer them.
    """
    for number in await client.numbers():
        if number.number != line.number or number.id is None:
            continue
        standing = (await client.number(number.id)).voice_start or ""
        if leads_to(line.key, standing):
            await async_set(client, number.id, voice_start)


def _where(url: str) -> str | None:
    try:
        parsed = URL(url)
    except ValueError:
        return None
    if not parsed.host:
        return None
    origin = parsed.with_user(None).with_path("/")
    path = _SECRET.sub("…", parsed.raw_path)
    return f"`{shorten(f'{origin}{path[1:]}', _MOST_SHOWN)}`"


def _parsed(voice_start: str) -> object:
    """Return what a text means: 46elks may write an action in another way."""
    try:
        return json.loads(voice_start)
    except ValueError, RecursionError:
        return voice_start
