"""The account as 46elks knows it: its balance and numbers, asked for rarely and never in the way."""

from collections.abc import Callable
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .api import Account, ElksClient, ElksError, InvalidAuthError
from .calls import CallEvent, CallRecord, CallTracker, end_of, price
from .const import LOGGER

_SOON = 5
_LATER = 30
_TRIES_SOON = 12
"""Once more every 5 s for the first minute, then every 30 s."""
_INTERVAL = timedelta(hours=1)
_AGAIN = timedelta(minutes=5)
"""After a look that failed, when the account was known before."""
_DECIMALS = 4
"""46elks counts in 1/10000 of the currency."""
_TOGETHER = 0.1
"""Seconds within which calls that begin are told of, together."""


class AccountWatch:
    """Asks for the account at start, until 46elks answers, and then once an hour.

    Its listeners are told of that, and of what calls change.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        tracker: CallTracker,
    ) -> None:
        """Watch the account of a config entry, whose calls are tracked."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._tracker = tracker
        self._tries = 0
        self._spent_before = 0.0
        self._told: datetime | None = None
        """When 46elks told of the account last, by its clock."""
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._cancel_telling: CALLBACK_TYPE | None = None
        self._listeners: dict[Callable[[], None], None] = {}
        self.account: Account | None = None
        """None until 46elks has answered."""
        self.available = True
        """Whether 46elks told of the account when it was asked last."""

    @property
    def balance(self) -> float | None:
        """What 46elks told last, less what calls have cost since, in the account's currency."""
        if self.account is None or self.account.balance is None:
            return None
        spent = self._tracker.spent - self._spent_before
        return round(self.account.balance - spent, _DECIMALS)

    @callback
    def async_start(self) -> None:
        """Ask for the account, and go on until the entry is unloaded."""
        self._entry.async_on_unload(self._async_stop)
        self._entry.async_on_unload(self._tracker.async_listen(self._async_changed))
        self._async_ask()

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Tell the listener whenever figures of the account may be others; returns what ends that."""
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None)

    async def async_numbers(self) -> list[str]:
        """Return the numbers that the account can call from, in E.164; raises ElksError."""
        numbers = await self._client.voice_numbers()
        own = self.account.mobilenumber if self.account else None
        return [*numbers, own] if own else numbers

    @callback
    def _async_ask(self, *_: object) -> None:
        self._cancel_timer = None
        self._entry.async_create_background_task(
            self._hass, self._async_read(), "elks account"
        )

    async def _async_read(self) -> None:
        spent = self._tracker.spent
        try:
            self.account = await self._client.account()
        except ElksError as err:
            self.available = False
            self._async_ask_after(self._after(err))
        else:
            if self._tries:
                LOGGER.info("46elks answers again")
            self._tries = 0
            self.available = True
            self._spent_before = spent
            self._told = self._tracker.now()
            self._async_ask_after(_INTERVAL.total_seconds())
        self._async_tell()

    def _after(self, err: ElksError) -> float:
        """Return the seconds after which to ask again when that has failed."""
        if isinstance(err, InvalidAuthError):
            self._entry.async_start_reauth(self._hass)
            return _INTERVAL.total_seconds()
        if self._tries == 0:
            LOGGER.warning("46elks does not answer (%s); asking again", err)
        self._tries += 1
        if self.account is not None:
            return _AGAIN.total_seconds()
        return _SOON if self._tries <= _TRIES_SOON else _LATER

    @callback
    def _async_changed(self, record: CallRecord, happened: list[CallEvent]) -> None:
        """Tell of what a call has changed: its end before others act on that."""
        if record.ended:
            if happened and self._told and end_of(record) < self._told:
                # What 46elks told last is what is left without its price
                self._spent_before += price(record)
            self._hass.loop.call_soon(self._async_tell)
        elif self._cancel_telling is None:
            self._cancel_telling = async_call_later(
                self._hass,
                _TOGETHER,
                HassJob(self._async_tell_together, cancel_on_shutdown=True),
            )

    @callback
    def _async_tell_together(self, *_: object) -> None:
        self._cancel_telling = None
        self._async_tell()

    @callback
    def _async_tell(self) -> None:
        for listener in list(self._listeners):
            listener()

    @callback
    def _async_ask_after(self, seconds: float) -> None:
        self._cancel_timer = async_call_later(
            self._hass, seconds, HassJob(self._async_ask, cancel_on_shutdown=True)
        )

    @callback
    def _async_stop(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
        if self._cancel_telling is not None:
            self._cancel_telling()
