"""`elks.place_call`, compared with Home Assistant's own `rest_command` and a bare request."""

import json
from typing import Any
from urllib.parse import urlencode

from aiohttp import encode_basic_auth

from homeassistant.helpers.aiohttp_client import async_get_clientsession
from scripts.connection import Connection

from . import minimum
from .home import PHONE, BenchedHome, call_data
from .provider import BenchedAccount, CallbackConnection
from .result import Comparison, Findings, Side, at_most
from .turns import take_turns

_ROUNDS = 1000
_PAUSED_ROUNDS = 60
_PAUSE = 0.03
"""Seconds in which whatever the previous one has started is finished."""
_FIELDS = ("from", "to", "voice_start", "timeout", "whenhangup")
_OVER_WEBSOCKET = 1.15
_WHY = (
    "The bare minimum in the table below sends the same request and sets the two states that a new "
    "call changes, without entities. The rest is the price of Elks: it has entities, checks the "
    "fields, keeps a record and a secret for the call, carries on when the script is stopped, and "
    "checks the answer. In a profile, no part of this stands out any more."
)
_IN_PROCESS = 2
_OWN = 2
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def rest_command(account: BenchedAccount) -> dict[str, Any]:
    """Return the configuration of a `rest_command` that sends the same request."""
    payload = "&".join(f"{field}={{{{ {field} | urlencode }}}}" for field in _FIELDS)
    command = {
        "url": f"{account.api_url}/calls",
        "method": "post",
        "username": account.username,
        "password": account.password,
        "content_type": "application/x-www-form-urlencoded",
        "payload": payload,
    }
    return {"rest_command": {"place_call": command}}


def _form(home: BenchedHome) -> dict[str, Any]:
    """Return the fields of the request that Elks sends."""
    url = f"http://127.0.0.1:{home.port}/api/webhook/{'0' * 64}?token={'0' * 48}"
    call = call_data()
    return {
        "from": home.provider.account.from_number,
        "to": PHONE,
        "voice_start": json.dumps(call["voice_start"]),
        "timeout": str(call["timeout"]),
        "whenhangup": url,
    }


class _Placing:
    """The ways to place a call."""

    def __init__(
        self, home: BenchedHome, callbacks: CallbackConnection, connection: Connection
    ) -> None:
        self._home = home
        self._callbacks = callbacks
        self._connection = connection
        self._form = _form(home)
        self._session = async_get_clientsession(home.hass)
        account = home.provider.account
        self._url = f"{account.api_url}/calls"
        authorization = encode_basic_auth(account.username, account.password)
        self._headers = {"Authorization": authorization}
        self._body = urlencode(self._form).encode()
        minimum.BareMinimum(home.hass).register_action(
            self._session, self._url, self._headers
        )

    async def bare(self) -> None:
        """Send the request with Home Assistant's session and nothing else."""
        async with self._session.post(
            self._url, data=self._body, headers=self._headers | _FORM
        ) as response:
            await response.json()

    async def rest_command(self) -> None:
        """Send the request with Home Assistant's own action for requests."""
        await self._home.hass.services.async_call(
            *("rest_command", "place_call", self._form),
            blocking=True,
            return_response=True,
        )

    async def elks(self) -> None:
        """Place the call with Elks."""
        await self._home.place_call()

    async def rest_command_over_websocket(self) -> None:
        """Send the request as a browser or an app would."""
        await self._connection.act(
            "rest_command.place_call", self._form, return_response=True
        )

    async def elks_over_websocket(self) -> None:
        """Place the call as a browser or an app would."""
        await self._connection.act("elks.place_call", call_data(), return_response=True)

    async def minimum_over_websocket(self) -> None:
        """Send the request and show the call, with nothing else."""
        await self._connection.act(minimum.ACTION, self._form, return_response=True)

    async def end(self) -> None:
        """End the call of Elks, so that the next one is not one of many."""
        call = self._home.open_call()
        await self._callbacks.post(call.path, call.end)

    async def end_and_pause(self) -> None:
        """End the call and wait until it is stored, so that the next one starts a new write."""
        await self.end()
        await self._home.written()


async def measure(
    home: BenchedHome, callbacks: CallbackConnection, findings: Findings
) -> None:
    """Place the same call in all these ways, one right after another and after a pause."""
    async with home.connect() as connection:
        ways = _Placing(home, callbacks, connection)
        over_websocket = ways.rest_command_over_websocket, ways.elks_over_websocket
        (
            rest_websocket,
            elks_websocket,
            minimum_websocket,
            bare_beside,
        ) = await take_turns(
            *(*over_websocket, ways.minimum_over_websocket, ways.bare),
            rounds=_ROUNDS,
            after=ways.end,
        )
        bare, rest, elks = await take_turns(
            *(ways.bare, ways.rest_command, ways.elks), rounds=_ROUNDS, after=ways.end
        )
        await home.provider.clear()
        rest_paused, elks_paused = await take_turns(
            *over_websocket,
            rounds=_PAUSED_ROUNDS,
            after=ways.end_and_pause,
            pause=_PAUSE,
        )
    in_process = (
        Side("`rest_command`", rest),
        Side("`elks.place_call`", elks),
        Side("A bare request", bare),
    )
    websocket = (
        Side("`rest_command`", rest_websocket),
        Side("`elks.place_call`", elks_websocket),
        Side("The bare minimum", minimum_websocket),
        Side("A bare request, in process", bare_beside),
    )
    paused = (
        Side("`rest_command`", rest_paused),
        Side("`elks.place_call`", elks_paused),
    )
    findings.comparisons += [
        Comparison("Placing a call, over the WebSocket API", websocket),
        Comparison("Placing a call, in process", in_process),
        Comparison("The first call after a pause, over the WebSocket API", paused),
    ]
    findings.goals += [
        at_most(
            "`elks.place_call` compared with `rest_command`, over the WebSocket API",
            *(websocket[1], websocket[0], _OVER_WEBSOCKET, _WHY),
        ),
        at_most(
            "Own cost of `elks.place_call` compared with that of `rest_command`",
            *(websocket[1], websocket[0], _OWN, _WHY),
            bare=websocket[3],
        ),
        at_most(
            "`elks.place_call` compared with `rest_command`, in process",
            *(in_process[1], in_process[0], _IN_PROCESS),
        ),
    ]
