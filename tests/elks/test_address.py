"""Where 46elks reaches the home, and what follows when that changes."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import ClientError
from hass_nabucasa import NabuCasaBaseError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.elks.address import Reach
from custom_components.elks.const import DOMAIN
from custom_components.elks.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    EVENT_CORE_CONFIG_UPDATE,
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STARTED,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator import KeyPress, Simulator

from .cloud import HOOK, Cloud, CloudNotAvailableError
from .conftest import PHONE, PLAY, WEBHOOK_ID, Home, webhook_path
from .speech.conftest import Engine

EXTERNAL = "https://home.example"
REMOTE = "https://remote.ui.nabu.casa"


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the account up."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def url(entry: MockConfigEntry) -> str | None:
    """Return where callbacks go."""
    address: str | None = entry.runtime_data.address.webhook_url
    return address


def not_reachable(hass: HomeAssistant, entry: MockConfigEntry) -> bool:
    """Return whether the user is told that there is no address."""
    issue = f"not_reachable_{entry.entry_id}"
    return ir.async_get(hass).async_get_issue(DOMAIN, issue) is not None


async def change_url(hass: HomeAssistant, external_url: str | None) -> None:
    """Change the external URL as the network settings do."""
    hass.config.external_url = external_url
    hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await hass.async_block_till_done()


async def test_external_url(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """The external URL comes first, and no cloudhook is asked for then."""
    hass.config.external_url = EXTERNAL
    cloud.remote = REMOTE

    await set_up(hass, entry)

    assert url(entry) == EXTERNAL + webhook_path()
    assert entry.runtime_data.address.reach is Reach.DIRECT
    assert cloud.hooks == set()
    assert not not_reachable(hass, entry)


async def test_remote_access(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """Without an external URL the cloud's remote address is used."""
    cloud.remote = REMOTE

    await set_up(hass, entry)

    assert url(entry) == REMOTE + webhook_path()
    assert entry.runtime_data.address.reach is Reach.DIRECT
    assert cloud.hooks == set()
    assert not not_reachable(hass, entry)


async def test_cloudhook(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud, provider: Simulator
) -> None:
    """Without either of them a cloudhook is used, and calls carry it."""
    await set_up(hass, entry)

    assert entry.runtime_data.address.reach is Reach.CLOUDHOOK
    assert cloud.hooks == {WEBHOOK_ID}
    assert not not_reachable(hass, entry)
    await hass.services.async_call(
        DOMAIN, "place_call", {"to": PHONE, "voice_start": PLAY}, blocking=True
    )
    assert str(provider.calls[0].whenhangup).startswith(f"{HOOK}?token=")
    await provider.reset()


async def test_key_through_a_cloudhook_during_a_reload(
    hass: HomeAssistant, cloud: Cloud, home: Home
) -> None:
    """A key is kept while the account is not loaded, also where a cloudhook is all there is."""
    home.rings_on()
    await change_url(hass, None)
    await home.act("place_call", to=PHONE, voice_start=PLAY, timeout=300)
    call = home.provider.calls[-1]
    token = str(call.whenhangup).partition("?")[2]
    form = {"callid": call.id, "result": "2"}
    await hass.config_entries.async_unload(home.entry.entry_id)
    cloud.connected = False
    await set_up(hass, home.entry)
    await hass.config_entries.async_unload(home.entry.entry_id)

    async with home.client.post(
        f"{webhook_path()}?{token}&asked=1", data=form
    ) as answer:
        action = await answer.json()

    assert action["play"] == "sound/beep"
    assert action["next"].startswith(f"{HOOK}?{token}")
    assert "keys=2" in action["next"]


async def test_no_address(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Without the cloud and an external URL there is no address, and the user is told."""
    await set_up(hass, entry)

    assert url(entry) is None
    assert entry.runtime_data.address.reach is Reach.NONE
    issue = ir.async_get(hass).async_get_issue(
        DOMAIN, f"not_reachable_{entry.entry_id}"
    )
    assert issue
    assert issue.translation_placeholders == {"account": entry.title}


async def test_internal_url_is_no_address(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """What reaches the home from within does not reach it from outside."""
    hass.config.internal_url = "http://192.168.1.2:8123"

    await set_up(hass, entry)

    assert url(entry) is None


async def test_without_a_subscription(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """A cloud without a subscription gives no cloudhook, and is not asked for one."""
    cloud.subscribed = False

    await set_up(hass, entry)

    assert url(entry) is None
    assert cloud.hooks == set()
    assert not_reachable(hass, entry)


async def test_external_url_changes(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A change of the network settings counts from the next call on."""
    await set_up(hass, entry)
    assert not_reachable(hass, entry)

    await change_url(hass, EXTERNAL)
    assert url(entry) == EXTERNAL + webhook_path()
    assert not not_reachable(hass, entry)

    await change_url(hass, "https://other.example")
    assert url(entry) == "https://other.example" + webhook_path()


async def test_cloud_connects_later(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """Before the cloud is connected nobody knows; then the cloudhook is there."""
    cloud.connected = False
    await set_up(hass, entry)
    assert url(entry) is None
    assert not not_reachable(hass, entry)

    cloud.connected = True
    await cloud.change()

    assert url(entry) == HOOK


async def test_subscription_ends(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """A cloudhook that is there no more is not used, and the user is told."""
    await set_up(hass, entry)
    assert url(entry) == HOOK

    cloud.subscribed = False
    await cloud.change()

    assert url(entry) is None
    assert not_reachable(hass, entry)


@pytest.mark.parametrize(
    "error",
    [
        *(CloudNotAvailableError(), TimeoutError(), ClientError(), ValueError()),
        # What its library raises in truth
        NabuCasaBaseError(),
    ],
)
async def test_cloud_errors(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: Cloud,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A cloud that fails is a home without an address; it disturbs nothing else."""
    cloud.error = error
    await set_up(hass, entry)
    assert url(entry) is None
    assert not_reachable(hass, entry)
    assert "gives no cloudhook" in caplog.text
    assert WEBHOOK_ID not in caplog.text

    cloud.error = None
    await cloud.change()
    assert url(entry) == HOOK
    assert not not_reachable(hass, entry)


async def test_asks_when_home_assistant_has_started(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """While Home Assistant starts, nobody is told that there is no address yet."""
    hass.set_state(CoreState.starting)
    await set_up(hass, entry)
    assert cloud.hooks == set()
    assert not not_reachable(hass, entry)

    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()

    assert url(entry) == HOOK


async def test_unload(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """An account that is unloaded follows nothing any more, and keeps its cloudhook."""
    await set_up(hass, entry)

    await hass.config_entries.async_unload(entry.entry_id)
    assert cloud.hooks == {WEBHOOK_ID}
    assert cloud.listeners == []

    cloud.subscribed = False
    await change_url(hass, None)
    assert not not_reachable(hass, entry)


async def test_remove(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """The cloudhook of an account that is removed is given back."""
    await set_up(hass, entry)

    await hass.config_entries.async_remove(entry.entry_id)

    assert cloud.hooks == set()


@pytest.mark.parametrize(
    "error", [CloudNotAvailableError(), ValueError(), NabuCasaBaseError()]
)
async def test_remove_without_the_cloud(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud, error: Exception
) -> None:
    """An account can be removed when the cloud does not answer."""
    await set_up(hass, entry)
    cloud.error = error

    await hass.config_entries.async_remove(entry.entry_id)

    assert hass.config_entries.async_entries(DOMAIN) == []


async def test_remote_access_is_turned_on(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud, provider: Simulator
) -> None:
    """A cloudhook carries no sounds, which the next message tells; then remote access does."""
    # Nothing is to be reported to an address that is nobody's
    provider.clock.speed = 1
    await set_up(hass, entry)
    call = {"to": PHONE, "media": "media-source://media_source/local/a.mp3"}

    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "place_call", call, blocking=True)
    assert raised.value.translation_key == "not_reachable"
    assert not not_reachable(hass, entry)

    cloud.subscribed = False
    await cloud.change()
    assert not_reachable(hass, entry)
    # The cloud does not tell of this
    cloud.remote = REMOTE
    await hass.services.async_call(DOMAIN, "place_call", call, blocking=True)
    await provider.reset()
    assert not not_reachable(hass, entry)


async def place_call(hass: HomeAssistant) -> None:
    """Place a call."""
    await hass.services.async_call(
        DOMAIN, "place_call", {"to": PHONE, "voice_start": PLAY}, blocking=True
    )


@pytest.mark.parametrize("told", [True, False])
async def test_remote_access_is_turned_off(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: Cloud,
    provider: Simulator,
    told: bool,
) -> None:
    """Then a cloudhook is got at once; at the latest the next call has one.

    It carries no sounds, which are not looked for at the address of before either.
    """
    cloud.remote = REMOTE
    await set_up(hass, entry)

    if told:
        await cloud.turn_remote_access(hass, None)
        assert url(entry) == HOOK
    else:
        cloud.remote = None
    await place_call(hass)

    assert str(provider.calls[0].whenhangup).startswith(f"{HOOK}?token=")
    assert not not_reachable(hass, entry)
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(
            DOMAIN, "place_call", {"to": PHONE, "message": "Leak"}, blocking=True
        )
    assert raised.value.translation_key == "not_reachable"
    await provider.reset()


async def test_remote_access_is_turned_on_again(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """What the user was told is withdrawn at once."""
    cloud.error = TimeoutError()
    await set_up(hass, entry)
    assert not_reachable(hass, entry)

    await cloud.turn_remote_access(hass, REMOTE)

    assert not not_reachable(hass, entry)


async def test_calls_wait_for_one_cloudhook(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud, provider: Simulator
) -> None:
    """Calls that need an address at the same time wait for the first one there is."""
    provider.clock.speed = 1
    cloud.connected = False
    await set_up(hass, entry)
    cloud.connected, cloud.delay = True, asyncio.Event()

    calls = [hass.async_create_task(place_call(hass)) for _ in range(3)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert provider.calls == []
    cloud.delay.set()
    await asyncio.gather(*calls)

    assert [str(call.whenhangup).partition("?")[0] for call in provider.calls] == (
        3 * [HOOK]
    )
    await provider.reset()


async def test_cloud_that_does_not_answer(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: Cloud,
    provider: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No call waits for it for long; it is placed, and its end is found out by asking."""
    cloud.connected = False
    await set_up(hass, entry)
    cloud.connected, cloud.delay = True, asyncio.Event()
    monkeypatch.setattr("custom_components.elks.address._LONGEST_LOOK", 0.01)

    await place_call(hass)

    assert [call.whenhangup for call in provider.calls] == [None]
    await provider.reset()


async def test_cloud_is_disconnected(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: Cloud
) -> None:
    """The cloudhook is the same when the connection is back: calls have it meanwhile too."""
    await set_up(hass, entry)

    cloud.connected = False
    await cloud.change()

    assert url(entry) == HOOK
    assert not not_reachable(hass, entry)


async def write(hass: HomeAssistant) -> None:
    """Wait until what has changed is on disk."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
    await hass.async_block_till_done()


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Restart the home, as far as its address is concerned."""
    await hass.config_entries.async_unload(entry.entry_id)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    hass.data.pop(f"{DOMAIN}_addresses")
    await set_up(hass, entry)


@pytest.mark.parametrize("restarted", [False, True])
async def test_calls_with_the_last_address(
    engine: Engine,
    cloud: Cloud,
    home: Home,
    hass_storage: dict[str, Any],
    restarted: bool,
) -> None:
    """Without the cloud, calls and chains go on with the address it gave, also after a restart."""
    cloud.remote, home.hass.config.external_url = home.hass.config.external_url, None
    await restart(home.hass, home.entry)
    cloud.connected, cloud.remote = False, None
    await cloud.change()
    if restarted:
        await restart(home.hass, home.entry)
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])

    answers = [{"key": "1", "id": "yes", "reply": "Thank you"}]
    response = await home.speak(message="Water!", answers=answers)
    chain = await home.act("call_chain", to=[PHONE], message="Water!")

    assert response["answer"] == "yes"
    assert chain["acknowledged"] is True
    assert home.entry.runtime_data.address.reach is Reach.NONE


async def test_call_does_not_wait(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: Cloud,
    provider: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While another address is looked for, a call goes out with the last one."""
    # Nothing is to be reported to an address that is nobody's
    provider.clock.speed = 1
    cloud.remote = REMOTE
    await set_up(hass, entry)
    cloud.remote, cloud.delay = None, asyncio.Event()
    monkeypatch.setattr("custom_components.elks.address._LONGEST_LOOK", 3600)

    async with asyncio.timeout(20):
        await place_call(hass)
        await place_call(hass)
    cloud.delay.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    await place_call(hass)

    assert [str(call.whenhangup).partition("?")[0] for call in provider.calls] == [
        *(REMOTE + webhook_path(), REMOTE + webhook_path(), HOOK)
    ]
    await provider.reset()


async def test_last_cloudhook(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: Cloud,
    provider: Simulator,
    hass_storage: dict[str, Any],
) -> None:
    """A cloudhook is known over a restart; it is newer than an external URL of before."""
    hass.config.external_url = EXTERNAL
    await set_up(hass, entry)
    await change_url(hass, None)
    assert url(entry) == HOOK
    cloud.connected = False

    await restart(hass, entry)
    await place_call(hass)

    assert str(provider.calls[0].whenhangup).startswith(f"{HOOK}?token=")
    assert entry.runtime_data.address.reach is Reach.NONE
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert HOOK not in str(diagnostics)
    await provider.reset()


async def test_last_cloudhook_without_a_subscription(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: Cloud,
    hass_storage: dict[str, Any],
) -> None:
    """When the subscription has ended, the cloudhook is forgotten, also on disk."""
    await set_up(hass, entry)
    await write(hass)
    assert HOOK in str(hass_storage)
    cloud.subscribed = False

    await restart(hass, entry)
    await write(hass)

    assert url(entry) is None
    assert not_reachable(hass, entry)
    assert HOOK not in str(hass_storage)


async def test_external_url_is_removed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """It is used until there is another one, which takes its place; the user is told."""
    hass.config.external_url = EXTERNAL
    await set_up(hass, entry)
    await change_url(hass, None)
    assert url(entry) == EXTERNAL + webhook_path()
    assert not_reachable(hass, entry)

    await change_url(hass, "https://other.example")
    await change_url(hass, None)
    await restart(hass, entry)

    assert url(entry) == "https://other.example" + webhook_path()
    assert EXTERNAL not in str(hass_storage)


async def test_address_is_written_once(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """Neither calls nor a restart write an address that is known already."""
    await home.place_call()
    await home.settle()
    await write(home.hass)
    kept = hass_storage[f"{DOMAIN}.{home.entry.entry_id}.address"]["data"]
    assert kept == {"base_url": home.hass.config.external_url, "cloudhook": None}
    kept["mark"] = "not overwritten"

    await restart(home.hass, home.entry)
    await home.place_call()
    await home.settle()
    await write(home.hass)

    assert "not overwritten" in str(hass_storage)


async def test_remove_the_last_address(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """The address of an account that is removed is forgotten."""
    hass.config.external_url = EXTERNAL
    await set_up(hass, entry)
    await write(hass)
    assert EXTERNAL in str(hass_storage)

    await hass.config_entries.async_remove(entry.entry_id)

    assert EXTERNAL not in str(hass_storage)


@pytest.mark.parametrize(
    "damaged",
    [
        {"data": {"base_url": 5, "cloudhook": HOOK}},
        {"data": {"base_url": None, "cloudhook": [HOOK]}},
        {"data": [HOOK]},
        {"data": HOOK},
        {"version": 2, "data": {"cloudhook": HOOK}},
        {HOOK: 1},
    ],
)
async def test_damaged_file(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    damaged: dict[str, Any],
) -> None:
    """What cannot be read costs no more than the address, and a log line without a secret."""
    key = f"{DOMAIN}.{entry.entry_id}.address"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key} | damaged

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert url(entry) is None
    assert not_reachable(hass, entry)
    ours = [line.message for line in caplog.records if line.name.endswith(DOMAIN)]
    assert any("while reading the address on disk" in line for line in ours)
    assert HOOK not in str(ours)


async def test_file_of_another_version(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """What a newer version added is passed over, and what is missing was never known."""
    key = f"{DOMAIN}.{entry.entry_id}.address"
    data = {"base_url": EXTERNAL, "more": [1]}
    hass_storage[key] = {"version": 1, "minor_version": 9, "key": key, "data": data}

    await set_up(hass, entry)

    assert url(entry) == EXTERNAL + webhook_path()
