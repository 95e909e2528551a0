"""Credentials that 46elks refused by mistake."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.const import DOMAIN
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulator import Fault, FaultKind

from ..conftest import PHONE, Home

REFUSED = Fault(
    FaultKind.STATUS, on="POST /calls", status=401, body="API access denied"
)


def is_asked(home: Home) -> bool:
    """Return whether the user is asked for credentials: by a form, and by a repair."""
    flows = home.hass.config_entries.flow.async_progress()
    issue_id = f"config_entry_reauth_{DOMAIN}_{home.entry.entry_id}"
    issue = ir.async_get(home.hass).async_get_issue("homeassistant", issue_id)
    assert (issue is not None) == bool(flows)
    return bool(flows)


async def refuse(home: Home) -> None:
    """Place a call whose credentials are refused."""
    home.provider.fault(REFUSED)
    with pytest.raises(HomeAssistantError):
        await home.place_call()
    await home.hass.async_block_till_done()


async def test_call_works(home: Home) -> None:
    """A call that is placed shows that the credentials are right, as often as that takes."""
    for _ in range(2):
        await refuse(home)
        assert is_asked(home)

        await home.place_call()
        await home.hass.async_block_till_done()
        assert not is_asked(home)
    await home.settle()


async def test_account_is_read(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """So does the account when it can be read."""
    await refuse(home)
    freezer.tick(timedelta(hours=1))
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert not is_asked(home)


async def test_still_wrong(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """What happens to a call of before shows nothing, and no more does a refusal."""
    home.rings_on()
    await home.place_call()
    await refuse(home)

    await home.callback(id=home.provider.calls[-1].id, state="busy")
    home.provider.fault(Fault(FaultKind.STATUS, on="GET /me", status=401))
    freezer.tick(timedelta(hours=1))
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert home.last_call.state == "busy"
    assert is_asked(home)


async def test_other_forms_stay(home: Home) -> None:
    """Who changes the account is not interrupted."""
    await home.entry.start_reconfigure_flow(home.hass)

    await home.place_call(to=PHONE)
    await home.settle()

    [flow] = home.hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reconfigure"
