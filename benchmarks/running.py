"""A Home Assistant in this process, started like a real one but with few integrations."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import custom_components
from homeassistant import bootstrap, loader
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntries,
    ConfigEntry,
    ConfigSubentryData,
)
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.setup import async_setup_component
from scripts.home_process import HomeProcess

from .provider import BenchedAccount

custom_components.__path__.append(str(Path(__file__).parent / "integrations"))


@asynccontextmanager
async def running_hass(
    folder: Path, components: Iterable[str], config: dict[str, Any]
) -> AsyncGenerator[HomeAssistant]:
    """Run a Home Assistant with these integrations and a web server on loopback."""
    url = HomeProcess(folder).url
    hass = HomeAssistant(str(folder))
    loader.async_setup(hass)
    hass.config.skip_pip = True
    hass.config_entries = ConfigEntries(hass, config)
    await loader.async_get_custom_components(hass)
    await bootstrap.async_load_base_functionality(hass)
    await async_process_ha_core_config(hass, {"country": "SE", "external_url": url})
    try:
        for component in ("homeassistant", "http", *components):
            if not await async_setup_component(hass, component, config):
                raise RuntimeError(f"{component} cannot be set up")
        await hass.async_start()
        yield hass
    finally:
        await hass.async_stop(force=True)


def config_entry(
    domain: str, account: BenchedAccount, contacts: Iterable[ConfigSubentryData] = ()
) -> ConfigEntry[Any]:
    """Return an account as it is stored when it is added."""
    return ConfigEntry(
        version=1,
        minor_version=1,
        domain=domain,
        title="Demo home",
        unique_id="u" + "0" * 32,
        source=SOURCE_USER,
        data={
            CONF_USERNAME: account.username,
            CONF_PASSWORD: account.password,
            CONF_URL: account.api_url,
            CONF_WEBHOOK_ID: "0" * 64,
            "callback_key": "0" * 64,
            "currency": "SEK",
        },
        options={"from_number": account.from_number},
        discovery_keys=MappingProxyType({}),
        subentries_data=contacts,
    )
