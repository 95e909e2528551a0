"""The address at which 46elks reaches this home."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER
from .helpers.listeners import Listeners, Stage
from .helpers.stored_values import text_or_none
from .helpers.unexpected import going_on

QUERY_LINE: Final = "line"
QUERY_TOKEN: Final = "token"
QUERY_QUESTION: Final = "asked"
"""Which question the keys answer, counted from 1; absent from the address of the pick-up."""

_LONGEST_LOOK = 5
"""Seconds that a call waits for an address, if there never was one."""
_STORE_VERSION = 1
_STORE_DELAY = 10
"""Seconds until another address is on disk: before that, a restart would find it again."""


class Reach(StrEnum):
    """How 46elks reaches this home."""

    DIRECT = "direct"
    """At an external URL or Home Assistant Cloud's remote address."""
    CLOUDHOOK = "cloudhook"
    """Through Home Assistant Cloud, which carries callbacks but no audio."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class _Last:
    """The address known last, and all that is kept of it over a restart."""

    base_url: str | None = None
    cloudhook: str | None = None
    """A secret. None if `base_url` was known after it."""


class Address:
    """Where callbacks go: an external URL, else the cloud's, else a cloudhook.

    A plain http address, a private host or a bare IP is used as it is. While there is none, the
    one known last is used, which may still work: the phone rings in any case.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Find the address for the callbacks of an account."""
        self._hass = hass
        self._entry = entry
        self._cloudhook: str | None = None
        self._external: tuple[str | None, str] = (None, "")
        """The external URL as it is set, and as it is used: to find it takes a call 2 % longer."""
        self._last = _Last()
        self._store: Store[dict[str, Any]] = Store(
            hass,
            _STORE_VERSION,
            f"{DOMAIN}.{entry.entry_id}.address",
            private=True,
            atomic_writes=True,
        )
        self._stored = False
        """Whether the last address is kept on disk: not before it was read, nor once removed."""
        self._looking = asyncio.Lock()
        self._notified: Reach | None = None
        """What the listeners know."""
        self._listeners = Listeners(hass)

    @property
    def base_url(self) -> str | None:
        """The URL at which 46elks fetches from this home: the one of now, else the last one.

        None if there never was one, or if it was switched off.
        """
        if (base := self._base_now) is not None:
            return base
        # With a cloudhook since, remote access or the external URL was switched off
        is_gone = self._cloudhook or self._last.cloudhook
        return None if is_gone else self._last.base_url

    @property
    def _base_now(self) -> str | None:
        external = self._hass.config.external_url
        if external and external == self._external[0]:
            return self._external[1]
        try:
            url = get_url(self._hass, allow_internal=False, allow_ip=True)
        except NoURLAvailableError:
            return None
        self._external = external, url
        self._remember(_Last(base_url=url))
        return url

    @property
    def reach(self) -> Reach:
        """How 46elks reaches this home now."""
        if self._base_now is not None:
            return Reach.DIRECT
        return Reach.CLOUDHOOK if self._cloudhook else Reach.NONE

    @property
    def webhook_url(self) -> str | None:
        """The URL for callbacks, without any secret of a call; None if there never was one."""
        if (base := self._base_now) is None:
            if cloudhook := self._cloudhook or self._last.cloudhook:
                return cloudhook
            if (base := self._last.base_url) is None:
                return None
        return base + webhook.async_generate_path(self._entry.data[CONF_WEBHOOK_ID])

    def callback_url(self, token: str, question: int = 0) -> str | None:
        """Return the URL for the callbacks of one call; None if there never was one.

        `question` is the one whose keys go there, counted from 1; 0 for the pick-up and the end.
        """
        if (url := self.webhook_url) is None:
            return None
        asked = f"&{QUERY_QUESTION}={question}" if question else ""
        return f"{url}?{QUERY_TOKEN}={token}{asked}"

    def line_url(self, key: str) -> str | None:
        """Return the URL at which a line is called, by its secret; None if there never was one."""
        url = self.webhook_url
        return url and f"{url}?{QUERY_LINE}={key}"

    async def async_load(self) -> None:
        """Take up the address known last, from before a restart."""
        if self._stored:
            return
        stored = await self._async_read()
        found, self._last, self._stored = self._last, stored, True
        if found.base_url:
            self._remember(found)

    async def _async_read(self) -> _Last:
        """Return what is on disk; what cannot be read is as if it never had been known."""
        with going_on("reading the address on disk"):
            if data := await self._store.async_load():
                return _Last(
                    base_url=text_or_none(data.get("base_url")),
                    cloudhook=text_or_none(data.get("cloudhook")),
                )
        return _Last()

    async def async_remove(self) -> None:
        """Forget the last address, also on disk."""
        self._stored = False
        await self._store.async_remove()

    @callback
    def _remember(self, last: _Last) -> None:
        """Keep an address over a restart, or that there is none any more."""
        if last == self._last:
            return
        self._last = last
        if self._stored:
            self._store.async_delay_save(lambda: asdict(self._last), _STORE_DELAY)

    @callback
    def async_listen(self, listener: Callable[[Reach], None]) -> CALLBACK_TYPE:
        """Notify somebody of what is found when an address is looked for; return what ends that."""
        return self._listeners.async_listen(Reach, Stage.DECISIONS, listener)

    @callback
    def async_start(self) -> None:
        """Follow what changes the address until the entry is unloaded."""
        entry, hass = self._entry, self._hass
        entry.async_on_unload(async_at_started(hass, self._async_refresh))
        entry.async_on_unload(
            hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_refresh)
        )
        if "cloud" not in hass.config.components:
            return
        from homeassistant.components import cloud
        from homeassistant.components.cloud.const import DISPATCHER_REMOTE_UPDATE

        entry.async_on_unload(
            cloud.async_listen_connection_change(hass, self._async_refresh)
        )
        # Sent when remote access is turned on or off, though not in every case
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, DISPATCHER_REMOTE_UPDATE, self._async_refresh
            )
        )

    async def async_look(self) -> None:
        """Look for an address if there is none now.

        That takes some seconds at most, for which only a call waits that has no address at all.
        """
        if (reach := self.reach) is not Reach.NONE:
            if reach is not self._notified:
                self._notify(reach)
        elif self.webhook_url is None:
            await self._async_look_briefly()
        elif not self._looking.locked():
            self._entry.async_create_background_task(
                self._hass, self._async_look_briefly(), "elks address"
            )

    async def _async_look_briefly(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_LOOK):
                await self._async_refresh()

    async def _async_refresh(self, *_: object) -> None:
        """Look for an address, and notify of what was found."""
        async with self._looking:
            if self._base_now is not None or await self._async_find_cloudhook():
                self._notify(self.reach)

    @callback
    def _notify(self, reach: Reach) -> None:
        self._notified = reach
        self._listeners.async_notify(reach)

    async def _async_find_cloudhook(self) -> bool:
        """Look for the cloudhook of the webhook; return whether that could be found out.

        Until it is, the one known before is the best guess: it outlives a lost connection.
        """
        if "cloud" not in self._hass.config.components:
            return True
        # Loaded long ago by then; without the cloud it cannot be imported at all
        from homeassistant.components import cloud

        if not cloud.async_active_subscription(self._hass):
            self._cloudhook = None
            self._remember(replace(self._last, cloudhook=None))
            return True
        if not cloud.async_is_connected(self._hass):
            return False
        try:
            self._cloudhook = await cloud.async_get_or_create_cloudhook(
                self._hass, self._entry.data[CONF_WEBHOOK_ID]
            )
        except Exception as err:  # noqa: BLE001  Others' code fails in its own ways
            self._cloudhook = None
            LOGGER.warning(
                "Home Assistant Cloud gives no cloudhook (%s)", type(err).__name__
            )
        else:
            self._remember(replace(self._last, cloudhook=self._cloudhook))
        return True


_ADDRESSES: HassKey[dict[str, Address]] = HassKey(f"{DOMAIN}_addresses")


@callback
def async_address(hass: HomeAssistant, entry: ConfigEntry) -> Address:
    """Return the address of an account, which is the same each time the account is loaded.

    So an address is known also while it is not loaded, and calls are going on.
    """
    addresses = hass.data.setdefault(_ADDRESSES, {})
    return addresses.setdefault(entry.entry_id, Address(hass, entry))


async def async_remove_address(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget the address of an account that is removed."""
    await async_address(hass, entry).async_remove()
    del hass.data[_ADDRESSES][entry.entry_id]


async def async_remove_cloudhook(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Give back the cloudhook of an account that is removed, if it had one."""
    if "cloud" not in hass.config.components:
        return
    from homeassistant.components import cloud

    try:
        await cloud.async_delete_cloudhook(hass, entry.data[CONF_WEBHOOK_ID])
    except Exception as err:  # noqa: BLE001  Others' code fails in its own ways
        LOGGER.debug("No cloudhook was removed (%s)", type(err).__name__)
