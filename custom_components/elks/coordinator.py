"""The account as 46elks knows it: asked for rarely, never in the way, and lowered by what calls cost."""

from datetime import datetime, timedelta
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import Account, ElksClient, ElksError, InvalidAuthError
from .calls import CallChange, CallTracker, end_of, price
from .client import async_numbers
from .const import LOGGER
from .helpers.listeners import Listeners, Stage
from .helpers.unexpected import log_unexpected

_INTERVAL = timedelta(hours=1)
_SOON = 5
_LATER = 30
_TRIES_SOON = 12
"""Again every 5 s for the first minute, then every 30 s."""
_AGAIN = 5 * 60
"""Seconds until the next look after one that failed, when the account was known before."""
_TOGETHER = 0.1
"""Seconds within which calls that begin update the figures, together."""
_DECIMALS = 4
"""46elks counts in 1/10000 of the currency."""


class AccountCoordinator(DataUpdateCoordinator[Account | None]):
    """Asks for the account at start, until 46elks answers, and then once an hour.

    `data` is None until it has answered. Entities are updated with each answer, and with each
    call that changes a figure.
    """

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        tracker: CallTracker,
        listeners: Listeners,
    ) -> None:
        """Ask for the account of a config entry, which pays for the tracked calls."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="46elks account",
            update_interval=_INTERVAL,
        )
        self._client = client
        self._tracker = tracker
        self._tries = 0
        self._spent_before = 0.0
        self._answered: datetime | None = None
        """When 46elks answered last, by its clock."""
        self._cancel_update: CALLBACK_TYPE | None = None
        self._cancel_retry: CALLBACK_TYPE | None = None
        self.error: Exception | None = None
        """Why 46elks did not answer when it was asked last; None if it did."""
        self._calls = listeners

    @property
    def balance(self) -> float | None:
        """What 46elks reported last, less what calls have cost since, in the account's currency."""
        if self.data is None or self.data.balance is None:
            return None
        spent = self._tracker.book.spent - self._spent_before
        return round(self.data.balance - spent, _DECIMALS)

    @callback
    def async_start(self) -> None:
        """Follow the calls, and ask for the account now; nobody waits for the answer.

        Whoever is to look at a call before the figures show it listens before this.
        """
        self.config_entry.async_on_unload(
            self._calls.async_listen(
                CallChange, Stage.FIGURES, self._async_call_changed
            )
        )
        self._async_ask()

    @callback
    def _async_ask(self, *_: object) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), "elks account"
        )

    async def async_numbers(self) -> list[str]:
        """Return the numbers that the account can call from, in E.164. Raises ElksError."""
        return await async_numbers(self._client, self.data)

    @override
    async def _async_update_data(self) -> Account | None:
        spent = self._tracker.book.spent
        try:
            account = await self._client.account()
        except ElksError as err:
            self.error = err
            retry_after = self._retry_after_error(err)
        except Exception as err:  # noqa: BLE001
            log_unexpected("asking for the account", err)
            self.error, retry_after = err, _AGAIN
        else:
            self.error = None
            self._tries = 0
            self._spent_before = spent
            self._answered = self._tracker.now()
            return account
        if self.data is None and self.config_entry.pref_disable_polling:
            self._async_ask_later(retry_after)
        # What was not expected may hold a secret, and Home Assistant logs causes as well
        known = isinstance(self.error, ElksError)
        reason = str(self.error) if known else type(self.error).__name__
        raise UpdateFailed(reason, retry_after=retry_after)

    @callback
    def _async_ask_later(self, seconds: float) -> None:
        """Ask again: who switched polling off has not switched off the first answer."""
        self._cancel_retry = async_call_later(
            self.hass, seconds, HassJob(self._async_ask, cancel_on_shutdown=True)
        )

    def _retry_after_error(self, err: ElksError) -> float:
        """Return the seconds after which to ask again."""
        if isinstance(err, InvalidAuthError):
            self.config_entry.async_start_reauth(self.hass)
            return _INTERVAL.total_seconds()
        self._tries += 1
        if self.data is not None:
            return _AGAIN
        return _SOON if self._tries <= _TRIES_SOON else _LATER

    @callback
    def _async_call_changed(self, change: CallChange) -> None:
        """Update what a call has changed: its end before others act on that."""
        record = change.record
        if not record.ended:
            self._async_update_together()
            return
        if change.moments and self._answered and end_of(record) < self._answered:
            # What 46elks reported last is what is left without its price
            self._spent_before += price(record)
        self.async_update_listeners()

    @callback
    def _async_update_together(self) -> None:
        """Update what calls that begin have changed, together and out of their way."""
        if self._cancel_update is None:
            self._cancel_update = async_call_later(
                self.hass,
                _TOGETHER,
                HassJob(self._async_update, cancel_on_shutdown=True),
            )

    @callback
    def _async_update(self, *_: object) -> None:
        self._cancel_update = None
        self.async_update_listeners()

    @override
    async def async_shutdown(self) -> None:
        """Ask and update no more."""
        for cancel in (self._cancel_update, self._cancel_retry):
            if cancel is not None:
                cancel()
        await super().async_shutdown()
