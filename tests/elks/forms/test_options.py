"""Changing the options of an account, as the browser does."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import (
    CONF_FROM_NUMBER,
    CONF_KEEP_SPEECH,
    CONF_TTS_ENTITY_ID,
)
from homeassistant.const import CONF_LANGUAGE, CONF_TIMEOUT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import Simulator


async def test_options(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """The from number and the time to ring can be changed."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "init")

    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {CONF_FROM_NUMBER: "x", CONF_TIMEOUT: 30}
    )
    assert result["errors"] == {CONF_FROM_NUMBER: "invalid_number"}

    voice = {CONF_TTS_ENTITY_ID: "tts.home", CONF_LANGUAGE: "sv"}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"],
        {CONF_FROM_NUMBER: "070-000 00 01", CONF_TIMEOUT: 30.0, **voice},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {
        CONF_FROM_NUMBER: "+46700000001",
        CONF_TIMEOUT: 30,
        CONF_KEEP_SPEECH: True,
        **voice,
    }
    await hass.async_block_till_done()
