"""What the user is told to put right."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.const import CONF_FROM_NUMBER, DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from simulator import AccountNumber, CallbackKind, Fault, FaultKind

from ..conftest import PHONE, Home


def is_told(home: Home, issue: str) -> bool:
    """Return whether the user is told of something."""
    issue_id = f"{issue}_{home.entry.entry_id}"
    return ir.async_get(home.hass).async_get_issue(DOMAIN, issue_id) is not None


async def lose_callback(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """Place a call whose callback is lost, and settle it by asking."""
    home.provider.fault(Fault(FaultKind.CALLBACK_DROPPED, on=CallbackKind.WHENHANGUP))
    home.provider.phone(PHONE, answer_after=0, talk_for=0)
    await home.place_call(timeout=1)
    while home.provider.calls[-1].state == "ongoing":
        await home.hass.async_block_till_done()
        freezer.tick(timedelta(seconds=1))
    freezer.tick(timedelta(seconds=20))
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert home.last_call.state == "success"


async def test_not_reported(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """Several calls in a row without a callback are told, until the next callback."""
    for _ in range(2):
        await lose_callback(home, freezer)
    assert not is_told(home, "not_reported")

    for _ in range(2):
        await lose_callback(home, freezer)
        assert is_told(home, "not_reported")

    # Nothing has arrived since
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()
    home.rings_on()
    await home.place_call(timeout=300)
    assert is_told(home, "not_reported")

    await home.callback(id=home.provider.calls[-1].id, state="busy")
    await home.hass.async_block_till_done()
    assert not is_told(home, "not_reported")


async def test_late_and_nothing_new(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """Also a callback that comes too late to tell anything shows that they arrive."""
    for _ in range(3):
        await lose_callback(home, freezer)

    await home.callback(id=home.provider.calls[-1].id, state="success")
    await home.hass.async_block_till_done()

    assert not is_told(home, "not_reported")


@pytest.mark.parametrize("disabled", [False, True])
async def test_gone_with_the_account(
    home: Home, freezer: FrozenDateTimeFactory, disabled: bool
) -> None:
    """What was told of an account goes when the account is removed or disabled."""
    for _ in range(3):
        await lose_callback(home, freezer)
    home.hass.config.external_url = None
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()
    assert is_told(home, "not_reachable")
    assert is_told(home, "not_reported")

    entries, entry_id = home.hass.config_entries, home.entry.entry_id
    if disabled:
        await entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)
    else:
        await entries.async_remove(entry_id)

    assert not [key for key in ir.async_get(home.hass).issues if key[0] == DOMAIN]


@pytest.mark.parametrize("issue", ["not_reachable", "not_reported"])
async def test_texts(home: Home, issue: str) -> None:
    """Every issue names the account that it is about."""
    texts = await async_get_translations(home.hass, "en", "issues", [DOMAIN])

    assert texts[f"component.{DOMAIN}.issues.{issue}.title"]
    assert "{account}" in texts[f"component.{DOMAIN}.issues.{issue}.description"]


async def test_low_balance(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """Money below the owner's own alert is told, until there is more again."""
    assert not is_told(home, "low_balance")

    for units, told in ((99_999, True), (100_000, False), (0, True)):
        home.provider.account.balance = units
        freezer.tick(timedelta(hours=1))
        async_fire_time_changed(home.hass)
        await home.hass.async_block_till_done(wait_background_tasks=True)
        assert is_told(home, "low_balance") is told


async def test_less_than_a_call(home: Home) -> None:
    """Money for less than a call like the dearest of late is told as soon as that is so."""
    home.provider.account.creditalert = 0
    home.provider.account.balance = 1500
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    home.provider.phone(PHONE, answer_after=1, talk_for=10)
    assert not is_told(home, "low_balance")

    await home.place_call(voice_start={"ivr": "sound/beep", "timeout": 30})
    await home.settle()

    assert is_told(home, "low_balance")


@pytest.mark.parametrize(
    ("number", "told"), [("+46766860009", True), ("+46766860001", False)]
)
@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, "You are not allowed to call from this"), (400, "Invalid from number")],
)
async def test_from_number(
    home: Home, number: str, told: bool, status: int, reason: str
) -> None:
    """A call refused because of a number that is not the account's is told, until it is."""
    home.hass.config_entries.async_update_entry(
        home.entry, options={CONF_FROM_NUMBER: number}
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)
    home.provider.fault(Fault(FaultKind.STATUS, status=status, body=reason))

    with pytest.raises(HomeAssistantError):
        await home.place_call()
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert is_told(home, "from_number") is told

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert is_told(home, "from_number") is told
    home.provider.account.numbers = (AccountNumber(number),)
    await home.place_call()
    assert not is_told(home, "from_number")


async def test_from_number_chosen(home: Home) -> None:
    """A number that is chosen in the options ends what was told of the one before."""
    options = {CONF_FROM_NUMBER: "+46766860009"}
    home.hass.config_entries.async_update_entry(home.entry, options=options)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body="Wrong from number"))
    with pytest.raises(HomeAssistantError):
        await home.place_call()
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert is_told(home, "from_number")

    options = {CONF_FROM_NUMBER: home.provider.voice_number}
    home.hass.config_entries.async_update_entry(home.entry, options=options)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert not is_told(home, "from_number")


async def test_from_number_not_checked(home: Home) -> None:
    """When 46elks does not tell the numbers, nothing is said of them."""
    home.provider.fault(
        Fault(
            FaultKind.STATUS, status=403, body="You are not allowed to call from this"
        )
    )
    home.provider.fault(Fault(FaultKind.STATUS, on="GET /numbers", status=500))

    with pytest.raises(HomeAssistantError):
        await home.place_call()
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert not is_told(home, "from_number")


@pytest.mark.parametrize(
    "reason",
    ["Destination not allowed", "Missing key from", "Not allowed from this country"],
)
async def test_refused_for_another_reason(home: Home, reason: str) -> None:
    """A refusal that is not about the number we call from is no reason to ask for it."""
    home.provider.requests.clear()
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body=reason))

    with pytest.raises(HomeAssistantError):
        await home.place_call()
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert [request.path for request in home.provider.requests] == ["/a1/calls"]


async def test_no_credit(home: Home) -> None:
    """Money that 46elks calls too little is told, whatever the balance is, until a call is taken."""
    home.provider.fault(Fault(FaultKind.STATUS, status=403, body="Not enough credits"))

    with pytest.raises(HomeAssistantError):
        await home.place_call()
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=1))

    assert is_told(home, "low_balance")

    await home.place_call()
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=1))

    assert not is_told(home, "low_balance")
