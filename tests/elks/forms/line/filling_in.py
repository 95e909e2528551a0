"""The form of a line as a person fills it in, and what 46elks then has."""

from typing import Any, cast

from custom_components.elks.const import SUBENTRY_LINE
from homeassistant.config_entries import SOURCE_USER, ConfigSubentry, SubentryFlowResult
from homeassistant.data_entry_flow import FlowResultType

from ...conftest import Home, webhook_path

NUMBER = "+46766860001"
PIN = "48151623"
GATE = {"key": "1", "say": "open the gate"}
NESTED = "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"
"""A template that is nested too deeply."""


def form(
    number: str | None = NUMBER,
    *,
    door: dict[str, Any] | None = None,
    speech: dict[str, Any] | None = None,
    actions: object = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return what a person fills in; a menu with one choice unless it is said otherwise."""
    return {
        **({"number": number} if number else {}),
        "menu": [GATE],
        **fields,
        "door": door or {},
        "speech": speech or {},
        "ringing": {"actions": actions} if actions is not None else {},
    }


async def begin(home: Home) -> SubentryFlowResult:
    """Open the form for a new line."""
    return await home.hass.config_entries.subentries.async_init(
        (home.entry.entry_id, SUBENTRY_LINE), context={"source": SOURCE_USER}
    )


async def submit(
    home: Home, step: SubentryFlowResult, answers: dict[str, Any]
) -> SubentryFlowResult:
    """Submit a form."""
    result = await home.hass.config_entries.subentries.async_configure(
        step["flow_id"], answers
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)
    return result


async def add(home: Home, answers: dict[str, Any]) -> SubentryFlowResult:
    """Open the form for a new line, and submit it."""
    step = await begin(home)
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "user")
    return await submit(home, step, answers)


async def change(home: Home) -> SubentryFlowResult:
    """Open the form of the line."""
    flow = home.entry.start_subentry_reconfigure_flow(home.hass, line(home).subentry_id)
    return cast(SubentryFlowResult, await flow)


def line(home: Home) -> ConfigSubentry:
    """Return the only line."""
    [found] = (
        one
        for one in home.entry.subentries.values()
        if one.subentry_type == SUBENTRY_LINE
    )
    return found


def standing(home: Home, number: str = NUMBER) -> str:
    """Return what answers a number's calls at 46elks."""
    return home.provider.account.numbered(number).voice_start


def stands(home: Home, voice_start: str) -> None:
    """Let something answer the number's calls at 46elks."""
    account = home.provider.account
    account.change(account.numbered(NUMBER), voice_start=voice_start)


def sent(home: Home) -> list[dict[str, str]]:
    """Return what was to be set for numbers."""
    return [dict(one.form) for one in home.provider.requests if one.method == "POST"]


def own_url(home: Home) -> str:
    """Return where the line's calls go."""
    base = str(home.hass.config.external_url)
    return f"{base}{webhook_path()}?line={line(home).data['line_key']}"
