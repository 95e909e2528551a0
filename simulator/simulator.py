"""The whole simulator: its parts put together, and served over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
import socket
from typing import Unpack

import aiohttp
from aiohttp import web

from .account import AccountDetails, SimulatedAccount
from .api.server import API_PATH, Api
from .call import SimulatedCall
from .calls.exchange import Exchange
from .calls.handsets import Handset
from .calls.incoming import Dialled
from .calls.phones import CallerScript, KeyPress, Outcome, Phones, PhoneScript
from .calls.recordings import Recordings
from .calls.sounds import Sounds
from .clock import Clock
from .control.server import Control
from .faults import Fault, Faults
from .tasks import Tasks
from .traffic import ReceivedRequest, SentCallback
from .watchers import Watchers
from .wire.callbacks import Callbacks
from .wire.dialect import Dialect
from .wire.payloads import Payloads

_HOST = "127.0.0.1"
_SHUTDOWN_TIMEOUT = 0.1


class Simulator:
    """A provider with one account, and all the phones in the world.

    `speed` is how many simulated seconds pass in a real one (see Clock). In manual mode, phones
    without a script ring until somebody answers them on the page. `dialect` is how the provider
    expresses itself. `account` replaces fields of the demo account; money is in 1/10000 of its
    currency.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        manual: bool = False,
        clock_offset: timedelta = timedelta(),
        dialect: Dialect = Dialect(),
        **account: Unpack[AccountDetails],
    ) -> None:
        """Set up the account; nothing is served yet."""
        self.url = ""
        self.clock = Clock(speed, clock_offset)
        self.account = SimulatedAccount(**account)
        self.phones = Phones(manual=manual)
        self.faults = Faults()
        self.watchers = Watchers()
        self.requests: list[ReceivedRequest] = []
        self.callbacks: list[SentCallback] = []
        self._payloads = Payloads(dialect)
        self._first_dialect = dialect
        self._calls: dict[str, SimulatedCall] = {}
        self._tasks = Tasks()
        self._answering = Tasks()
        self._balance = self.account.balance
        self._numbers = self.account.numbers
        self._runner: web.AppRunner | None = None

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncGenerator[str]:
        """Listen on this machine and give the URL; port 0 is any free port."""
        async with aiohttp.ClientSession() as session:
            listener = self._bind(port)
            self._recordings = Recordings(self.api_url)
            self._sounds = Sounds(session)
            self._sender = Callbacks(
                session=session,
                clock=self.clock,
                faults=self.faults,
                tasks=self._tasks,
                payloads=self._payloads,
                sent=self.callbacks,
            )
            self._exchange = Exchange(
                calls=self._calls,
                account=self.account,
                clock=self.clock,
                phones=self.phones,
                sounds=self._sounds,
                callbacks=self._sender,
                recordings=self._recordings,
                tasks=self._tasks,
                payloads=self._payloads,
                changed=self.watchers.changed,
            )
            await self._listen(listener)
            try:
                yield self.url
            finally:
                await self.stop_listening()
                await self._tasks.cancel()

    async def start_listening(self) -> None:
        """Listen again, on the same port as before."""
        if self._runner is None:
            await self._listen(self._bind(int(self.url.rpartition(":")[2])))

    async def stop_listening(self) -> None:
        """Close all connections and refuse new ones; calls continue."""
        if self._runner is not None:
            await self._runner.cleanup()
            # aiohttp forgets the requests whose client has gone
            await self._answering.cancel()
            self._runner = None

    async def settled(self, timeout: float = 60) -> None:
        """Wait until no call is in progress and no callback is left to send.

        Raises TimeoutError when that takes more than `timeout` real seconds.
        """
        async with asyncio.timeout(timeout):
            await self._tasks.settled()

    async def reset(self) -> None:
        """Go back to the start: no calls, scripts or faults; dialect, balance, numbers as first."""
        await self._tasks.cancel()
        self.account.balance = self._balance
        self.account.numbers = self._numbers
        self.account.given_away.clear()
        self.clear_faults()
        self.dialect = self._first_dialect
        self.phones.clear()
        self.requests.clear()
        self.callbacks.clear()
        self._exchange.clear()
        self._sounds.kept.clear()
        self.watchers.changed()

    def phone(
        self,
        number: str,
        *,
        answer_after: float = 2,
        talk_for: float | None = 4,
        outcome: Outcome = Outcome.ANSWER,
        keys: Sequence[KeyPress] = (),
        hangs_up_at: int | None = None,
    ) -> None:
        """Set what the person with a number does, from the next call on (see PhoneScript)."""
        script = PhoneScript(answer_after, talk_for, outcome, tuple(keys), hangs_up_at)
        self.phones.script(number, script)

    def dial(
        self,
        caller: str | None,
        to: str | None = None,
        *,
        waits: float | None = None,
        talk_for: float | None = None,
        keys: Sequence[KeyPress] = (),
        hangs_up_at: int | None = None,
        ago: float = 0,
    ) -> SimulatedCall:
        """Let somebody call the account's number `to`, by default its voice number.

        None as the caller withholds the number; see CallerScript and Dialled for the others.
        Raises ValueError if the account has no such number.
        """
        script = CallerScript(
            waits=waits, talk_for=talk_for, keys=tuple(keys), hangs_up_at=hangs_up_at
        )
        return self._exchange.receive(
            Dialled(caller, to or self.voice_number, script, ago)
        )

    def fault(self, fault: Fault) -> None:
        """Add a fault."""
        self.faults.add(fault)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.faults.clear()

    def handsets(self, call: SimulatedCall) -> list[Handset]:
        """Return the phones that a call rang, that of `call.to` first."""
        return self._exchange.handsets(call.id)

    @property
    def dialect(self) -> Dialect:
        """How the provider expresses itself."""
        return self._payloads.dialect

    @dialect.setter
    def dialect(self, dialect: Dialect) -> None:
        self._payloads.dialect = dialect

    @property
    def api_url(self) -> str:
        """The base URL of the API."""
        return f"{self.url}{API_PATH}"

    @property
    def username(self) -> str:
        """The API username."""
        return self.account.username

    @property
    def password(self) -> str:
        """The API password."""
        return self.account.password

    @property
    def account_id(self) -> str:
        """The account's id."""
        return self.account.account_id

    @property
    def displayname(self) -> str:
        """The account's name."""
        return self.account.displayname

    @property
    def voice_number(self) -> str:
        """The account's first number that can be used to call."""
        return self.account.voice_numbers[0]

    @property
    def given_away(self) -> list[str]:
        """The numbers that the account no longer rents, because it was asked to."""
        return self.account.given_away

    @property
    def calls(self) -> list[SimulatedCall]:
        """All calls, oldest first."""
        return list(self._calls.values())

    def _bind(self, port: int) -> socket.socket:
        listener = socket.create_server((_HOST, port))
        self.url = f"http://{_HOST}:{listener.getsockname()[1]}"
        return listener

    async def _listen(self, listener: socket.socket) -> None:
        api = Api(
            account=self.account,
            exchange=self._exchange,
            callbacks=self._sender,
            recordings=self._recordings,
            faults=self.faults,
            clock=self.clock,
            payloads=self._payloads,
            requests=self.requests,
            tasks=self._answering,
            changed=self.watchers.changed,
        )
        control = Control(
            account=self.account,
            exchange=self._exchange,
            phones=self.phones,
            sounds=self._sounds,
            faults=self.faults,
            payloads=self._payloads,
            clock=self.clock,
            watchers=self.watchers,
            requests=self.requests,
            callbacks=self.callbacks,
            reset=self.reset,
        )
        app = web.Application()
        app.add_subapp(API_PATH, api.application())
        app.add_routes(control.routes())
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
