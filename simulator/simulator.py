"""The whole simulator, as tests and the command line use it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
import socket
from typing import Unpack

import aiohttp
from aiohttp import web

from .account import Account, AccountDetails
from .callbacks import Callbacks
from .clock import Clock
from .control import Control
from .dialect import Dialect
from .exchange import Exchange
from .faults import Fault, Faults
from .line import Handset
from .models import ReceivedRequest, SentCallback, SimulatedCall
from .phones import KeyPress, Outcome, Phones, PhoneScript
from .recordings import Recordings
from .server import API_PATH, Api
from .sounds import Sound, Sounds
from .tasks import Tasks
from .telling import Telling
from .watchers import Watchers

_HOST = "127.0.0.1"
_SHUTDOWN_TIMEOUT = 0.1


class Simulator:
    """A provider with one account, and all the phones in the world.

    `speed` is how many simulated seconds pass in a real one (see Clock). In manual mode, the
    phones without a script ring until somebody answers them on the page. `dialect` is how it
    speaks. `account` is what differs from the demo account; money is in 1/10000 of its currency.
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
        """Set the account up; nothing is served yet."""
        self.url = ""
        self.clock = Clock(speed, clock_offset)
        self.account = Account(**account)
        self.phones = Phones(manual=manual)
        self.faults = Faults()
        self.watchers = Watchers()
        self.requests: list[ReceivedRequest] = []
        self.callbacks: list[SentCallback] = []
        self._telling = Telling(dialect)
        self._first_dialect = dialect
        self._calls: dict[str, SimulatedCall] = {}
        self._tasks = Tasks()
        self._answering = Tasks()
        self._balance = self.account.balance
        self._runner: web.AppRunner | None = None

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncGenerator[str]:
        """Listen on this machine, and give the URL; 0 is any free port."""
        async with aiohttp.ClientSession() as session:
            listener = self._bind(port)
            self._recordings = Recordings(self.api_url)
            self._sounds = Sounds(session)
            self._delivery = Callbacks(
                session=session,
                clock=self.clock,
                faults=self.faults,
                tasks=self._tasks,
                telling=self._telling,
                sent=self.callbacks,
            )
            self._exchange = Exchange(
                calls=self._calls,
                account=self.account,
                clock=self.clock,
                phones=self.phones,
                sounds=self._sounds,
                callbacks=self._delivery,
                recordings=self._recordings,
                tasks=self._tasks,
                telling=self._telling,
                changed=self.watchers.changed,
            )
            await self._listen(listener)
            try:
                yield self.url
            finally:
                await self.stop_listening()
                await self._tasks.cancel()

    async def start_listening(self) -> None:
        """Listen again, where it was before."""
        if self._runner is None:
            await self._listen(self._bind(int(self.url.rpartition(":")[2])))

    async def stop_listening(self) -> None:
        """Refuse all connections and break those there are; calls go on."""
        if self._runner is not None:
            await self._runner.cleanup()
            # aiohttp forgets the requests whose client has gone
            await self._answering.cancel()
            self._runner = None

    async def settled(self, timeout: float = 60) -> None:
        """Wait until no call is in progress and no callback is to be made.

        Raises TimeoutError when that takes more than `timeout` real seconds.
        """
        async with asyncio.timeout(timeout):
            await self._tasks.settled()

    async def reset(self) -> None:
        """Forget all that happened and all that was to happen."""
        await self._tasks.cancel()
        self.account.balance = self._balance
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
    ) -> None:
        """Tell what the person with a number does, from the next call on (see PhoneScript)."""
        script = PhoneScript(answer_after, talk_for, outcome, tuple(keys))
        self.phones.script(number, script)

    def fault(self, fault: Fault) -> None:
        """Let something go wrong."""
        self.faults.add(fault)

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self.faults.clear()

    def handsets(self, call: SimulatedCall) -> list[Handset]:
        """Return the phones that a call rang, that of `call.to` first."""
        line = self._exchange.lines.get(call.id)
        return line.handsets if line else []

    def handset(self, handset_id: str) -> Handset | None:
        """Return a phone that a call rang."""
        return self._exchange.handset(handset_id)

    def sound(self, sound_id: str) -> Sound | None:
        """Return a sound that a call played."""
        return self._sounds.by_id(sound_id)

    @property
    def dialect(self) -> Dialect:
        """How the provider speaks."""
        return self._telling.dialect

    @dialect.setter
    def dialect(self, dialect: Dialect) -> None:
        self._telling.dialect = dialect

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
        return next(
            own.number
            for own in self.account.numbers
            if self.account.may_call_from(own.number)
        )

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
            callbacks=self._delivery,
            recordings=self._recordings,
            faults=self.faults,
            clock=self.clock,
            telling=self._telling,
            requests=self.requests,
            tasks=self._answering,
        )
        app = web.Application()
        app.add_subapp(API_PATH, api.application())
        app.add_routes(Control(self).routes())
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
