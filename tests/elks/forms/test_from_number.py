"""The numbers that forms offer to call from."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import CONF_FROM_NUMBER
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import SelectSelector
from simulator import Fault, FaultKind, Simulator

from .setup import credentials, offered, start

pytestmark = pytest.mark.usefixtures("enable_custom_integrations", "in_sweden")


async def test_numbers_not_listed(hass: HomeAssistant, provider: Simulator) -> None:
    """Without the account's numbers, its mobile number or any other can be used."""
    provider.fault(Fault(FaultKind.STATUS, on="GET /numbers", status=403))
    result = await start(hass, credentials(provider))

    assert offered(result) == ["070-000 00 01"]


async def test_numbers_of_an_account(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """All numbers are offered that the account can call from; none when it is not loaded."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    async def offered() -> list[object]:
        form = await hass.config_entries.options.async_init(entry.entry_id)
        assert form["data_schema"] is not None
        selectors: dict[object, SelectSelector] = form["data_schema"].schema
        return list(selectors[CONF_FROM_NUMBER].config["options"])

    assert await offered() == ["076-686 00 01", "070-000 00 01"]
    # A number of another country is written with its code
    hass.config.country = "NO"
    assert await offered() == ["+46 76 686 00 01", "+46 70 000 00 01"]
    await hass.config_entries.async_unload(entry.entry_id)
    assert await offered() == []
