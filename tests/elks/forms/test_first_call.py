"""The test call at the end of the set-up."""

from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import Fault, FaultKind, Simulator

from .setup import choose_number, credentials, start
from .words import CONFIG, in_words

OWN_NUMBER = "+46700000001"

pytestmark = pytest.mark.usefixtures("enable_custom_integrations", "in_sweden")


async def test_test_call(hass: HomeAssistant, provider: Simulator) -> None:
    """The account's own number is called once, and beeps, though nothing reaches the home."""
    result = await start(hass, credentials(provider))
    result = await choose_number(hass, result, provider.voice_number, test_call=True)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description"] == "test_call"
    assert result["description_placeholders"] == {"number": "070-000 00 01"}
    await provider.settled()
    [call] = provider.calls
    assert (call.from_, call.to) == (provider.voice_number, OWN_NUMBER)
    assert [action["play"] for action in call.actions] == 3 * ["sound/beep"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(provider.calls) == 1


@pytest.mark.parametrize(
    ("kind", "options", "error", "reason"),
    [
        (
            FaultKind.STATUS,
            {"status": 403, "body": "Not allowed"},
            "call_refused",
            "Not allowed",
        ),
        # Taken, and over at once: nothing was refused
        (FaultKind.WRONG_JSON, {"fields": {"state": "failed"}}, "call_failed", ""),
        (FaultKind.WRONG_JSON, {"fields": {"state": "busy"}}, "call_busy", ""),
        (
            FaultKind.WRONG_JSON,
            {"fields": {"id": None}},
            "call_unknown",
            "the answer lacks a field or has a wrong one",
        ),
        (
            FaultKind.STATUS,
            {"status": 503},
            "call_not_taken",
            "503 Service Unavailable",
        ),
        (FaultKind.RESET_AFTER, {}, "call_unknown", "the connection broke"),
    ],
)
async def test_test_call_fails(
    hass: HomeAssistant,
    provider: Simulator,
    kind: FaultKind,
    options: dict[str, Any],
    error: str,
    reason: str,
) -> None:
    """The reason is shown, nothing is sent twice, and the account can still be added."""
    provider.fault(Fault(kind, on="POST /calls", **options))
    result = await start(hass, credentials(provider))
    result = await choose_number(hass, result, provider.voice_number, test_call=True)

    assert (result["step_id"], result["errors"]) == ("number", {"test_call": error})
    assert result["description_placeholders"] is not None
    assert result["description_placeholders"]["reason"] == reason
    assert in_words(result, CONFIG)
    assert [request.method for request in provider.requests].count("POST") == 1

    result = await choose_number(hass, result, provider.voice_number, test_call=False)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
