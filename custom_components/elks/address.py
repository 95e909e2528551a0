"""The address at which 46elks reaches this home."""

from enum import StrEnum

from aiohttp import ClientError

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.start import async_at_started

from . import issues
from .const import LOGGER


class Reach(StrEnum):
    """How 46elks reaches this home."""

    DIRECT = "direct"
    """At an external URL or Home Assistant Cloud's remote address."""
    CLOUDHOOK = "cloudhook"
    """Through Home Assistant Cloud, which carries callbacks but no audio."""
    NONE = "none"


class Address:
    """Where callbacks go: an external URL, else the cloud's, else a cloudhook, else nowhere.

    A plain http address, a private host or a bare IP is used as it is.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Find the address for the callbacks of an account."""
        self._hass = hass
        self._entry = entry
        self._cloudhook: str | None = None
        self._external: tuple[str | None, str] = (None, "")
        """The external URL as it is set, and as it is used: each call needs it."""

    @property
    def base_url(self) -> str | None:
        """The URL at which 46elks can fetch from this home; None if there is none."""
        external = self._hass.config.external_url
        if external and external == self._external[0]:
            return self._external[1]
        try:
            url = get_url(self._hass, allow_internal=False, allow_ip=True)
        except NoURLAvailableError:
            return None
        self._external = external, url
        return url

    @property
    def reach(self) -> Reach:
        """How 46elks reaches this home now."""
        if self.base_url is not None:
            return Reach.DIRECT
        return Reach.CLOUDHOOK if self._cloudhook else Reach.NONE

    @property
    def webhook_url(self) -> str | None:
        """The URL for callbacks, without any secret of a call; None if nothing reaches us."""
        if (base := self.base_url) is None:
            return self._cloudhook
        return base + webhook.async_generate_path(self._entry.data[CONF_WEBHOOK_ID])

    @callback
    def async_start(self) -> None:
        """Follow what changes the address until the entry is unloaded."""
        entry, hass = self._entry, self._hass
        entry.async_on_unload(async_at_started(hass, self._async_refresh))
        entry.async_on_unload(
            hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_refresh)
        )
        if "cloud" in hass.config.components:
            from homeassistant.components import cloud

            entry.async_on_unload(
                cloud.async_listen_connection_change(hass, self._async_refresh)
            )

    async def _async_refresh(self, *_: object) -> None:
        """Look for an address."""
        if self.base_url is not None or await self._async_find_cloudhook():
            self.async_report()

    @callback
    def async_report(self) -> Reach:
        """Tell the user when nothing reaches this home, and return what does.

        Home Assistant Cloud does not tell when its remote access is turned on.
        """
        reach = self.reach
        issues.async_report_reach(
            self._hass, self._entry, reachable=reach is not Reach.NONE
        )
        return reach

    async def _async_find_cloudhook(self) -> bool:
        """Look for the cloudhook of the webhook; return whether that could be found out."""
        self._cloudhook = None
        if "cloud" not in self._hass.config.components:
            return True
        # Loaded long ago by then; without the cloud it cannot be imported at all
        from homeassistant.components import cloud

        if not cloud.async_active_subscription(self._hass):
            return True
        if not cloud.async_is_connected(self._hass):
            return False
        try:
            self._cloudhook = await cloud.async_get_or_create_cloudhook(
                self._hass, self._entry.data[CONF_WEBHOOK_ID]
            )
        except (cloud.CloudNotAvailable, ClientError, TimeoutError, ValueError) as err:
            LOGGER.warning(
                "Home Assistant Cloud gives no cloudhook (%s)", type(err).__name__
            )
        return True


async def async_remove_cloudhook(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Give back the cloudhook of an account that is removed, if it had one."""
    if "cloud" not in hass.config.components:
        return
    from homeassistant.components import cloud

    try:
        await cloud.async_delete_cloudhook(hass, entry.data[CONF_WEBHOOK_ID])
    except (cloud.CloudNotAvailable, ClientError, TimeoutError, ValueError) as err:
        LOGGER.debug("No cloudhook was removed (%s)", type(err).__name__)
