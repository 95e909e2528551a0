"""The account as 46elks knows it: asked for until 46elks answers, without holding up the start."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .api import Account, ElksClient, ElksError, InvalidAuthError
from .const import LOGGER

_SOON = 5
_LATER = 30
_TRIES_SOON = 12
"""Once more every 5 s for the first minute, then every 30 s."""


class AccountWatch:
    """Asks for the account at start, and again as long as 46elks does not answer."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, client: ElksClient
    ) -> None:
        """Watch the account of a config entry."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._tries = 0
        self._cancel_timer: CALLBACK_TYPE | None = None
        self.account: Account | None = None
        """None until 46elks has answered."""

    @callback
    def async_start(self) -> None:
        """Ask for the account, and go on until the entry is unloaded or 46elks answers."""
        self._entry.async_on_unload(self._async_stop)
        self._async_ask()

    @callback
    def _async_ask(self, *_: object) -> None:
        self._cancel_timer = None
        self._entry.async_create_background_task(
            self._hass, self._async_read(), "elks account"
        )

    async def _async_read(self) -> None:
        try:
            self.account = await self._client.account()
        except InvalidAuthError:
            self._entry.async_start_reauth(self._hass)
        except ElksError as err:
            self._async_ask_again(err)
        else:
            if self._tries:
                LOGGER.info("46elks answers again")

    @callback
    def _async_ask_again(self, reason: ElksError) -> None:
        if self._tries == 0:
            LOGGER.warning("46elks does not answer (%s); asking again", reason)
        self._tries += 1
        delay = _SOON if self._tries <= _TRIES_SOON else _LATER
        self._cancel_timer = async_call_later(
            self._hass, delay, HassJob(self._async_ask, cancel_on_shutdown=True)
        )

    @callback
    def _async_stop(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
