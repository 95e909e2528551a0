"""Changing the options of an account, as the browser does."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import (
    CONF_FROM_NUMBER,
    CONF_KEEP_SPEECH,
    CONF_TTS_ENTITY_ID,
)
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_LANGUAGE, CONF_TIMEOUT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import Simulator

from ..speech.conftest import Engine
from .words import OPTIONS, in_words, languages, suggested

RIGHT = {CONF_FROM_NUMBER: "076-686 00 01", CONF_TIMEOUT: 60}


async def test_options(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """The from number and the time to ring can be changed."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "init")

    assert suggested(result) == {CONF_FROM_NUMBER: "076-686 00 01"}

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


@pytest.fixture
async def flow(
    hass: HomeAssistant, entry: MockConfigEntry, engine: Engine
) -> ConfigFlowResult:
    """Open the form of an account whose home has a voice for English and Swedish."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return await hass.config_entries.options.async_init(entry.entry_id)


async def submit(
    hass: HomeAssistant, flow: ConfigFlowResult, **answers: Any
) -> ConfigFlowResult:
    """Submit the form."""
    result = await hass.config_entries.options.async_configure(
        flow["flow_id"], {**RIGHT, **answers}
    )
    await hass.async_block_till_done()
    return result


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        (
            {CONF_FROM_NUMBER: "x"},
            {CONF_FROM_NUMBER: "This is not a phone number. Enter"},
        ),
        (
            {CONF_FROM_NUMBER: "112"},
            {CONF_FROM_NUMBER: "Elks cannot call emergency services: "},
        ),
        ({CONF_TIMEOUT: 0}, {CONF_TIMEOUT: "Enter whole seconds, from 1 to 300."}),
        ({CONF_TIMEOUT: 999}, {CONF_TIMEOUT: "Enter whole seconds, from 1 to 300."}),
        ({CONF_TIMEOUT: 1.5}, {CONF_TIMEOUT: "Enter whole seconds, from 1 to 300."}),
        (
            {CONF_LANGUAGE: "fi"},
            {
                CONF_LANGUAGE: "tones does not speak the language that was chosen. Choose another: "
                "the list now shows those that this voice speaks."
            },
        ),
        (
            {CONF_FROM_NUMBER: "x", CONF_TIMEOUT: 301, CONF_LANGUAGE: "fi"},
            {CONF_FROM_NUMBER: "This", CONF_TIMEOUT: "Enter", CONF_LANGUAGE: "tones"},
        ),
    ],
)
async def test_wrong(
    hass: HomeAssistant,
    flow: ConfigFlowResult,
    answers: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """What is wrong is said at its field; then it can be put right."""
    step = await submit(hass, flow, **answers)

    words = in_words(step, OPTIONS)
    assert words.keys() == errors.keys()
    assert all(words[field].startswith(start) for field, start in errors.items())
    assert CONF_LANGUAGE not in suggested(step)
    done = await submit(hass, step)
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("language", ["sv", "sv-SE", "en-GB"])
async def test_language(
    hass: HomeAssistant, flow: ConfigFlowResult, language: str
) -> None:
    """The languages of the voice are offered, and taken in other variants too."""
    assert languages(flow) == ["en", "sv"]

    done = await submit(hass, flow, language=language)

    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("timeout", [None, [], "soon", 0, 1.5, 301])
async def test_wrong_timeout(
    hass: HomeAssistant, flow: ConfigFlowResult, timeout: object
) -> None:
    """Whatever cannot be a number of seconds to ring is refused in words."""
    refused = await submit(hass, flow, timeout=timeout)

    assert refused["errors"] == {CONF_TIMEOUT: "invalid_timeout"}


async def test_language_of_a_voice_that_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry, flow: ConfigFlowResult
) -> None:
    """A language is kept when the voice that spoke it is gone, and may be chosen for it."""
    voice = {CONF_LANGUAGE: "fi", CONF_TTS_ENTITY_ID: "tts.gone"}
    await submit(hass, flow, **voice)
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert languages(flow) is None

    await submit(hass, flow, **voice, timeout=30)

    assert entry.options[CONF_TIMEOUT] == 30
    assert voice.items() <= entry.options.items()
