"""Setting up, reloading and removing an account."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.elks import PLATFORMS
from custom_components.elks.const import CONF_FROM_NUMBER
from custom_components.elks.speech import recording_url
from custom_components.elks.speech.files import recordings_folder
from homeassistant.components.webhook import DOMAIN as WEBHOOK
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TIMEOUT, EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from simulator import Fault, FaultKind, Outcome, Simulator

from .conftest import PHONE, WEBHOOK_ID, Home
from .speech.conftest import Engine


async def test_restart_keeps_the_last_call(home: Home) -> None:
    """The state of the last call is there after a restart, without asking for it."""
    await home.place_call()
    await home.settle()
    before = home.last_call

    await _reload(home)

    assert home.last_call.state == "success"
    assert home.last_call.attributes == before.attributes


async def test_restart_during_a_call(home: Home) -> None:
    """A call in progress is still ours after a restart: its end finds it."""
    home.rings_on()
    response = await home.place_call(timeout=300)

    await _reload(home)
    assert home.last_call.state == "ongoing"

    await home.callback(id=response["call_id"], state="busy")
    assert home.last_call.state == "busy"


async def test_calls_after_a_restart_are_newer(home: Home) -> None:
    """The order in which calls were placed goes on over a restart."""
    await home.place_call()
    await home.settle()
    await _reload(home)
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)

    await home.place_call()
    await home.settle()

    assert home.last_call.state == "busy"


async def test_no_folder_for_recordings(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """An account whose recordings cannot be kept is loaded, and places calls all the same."""
    folder = recordings_folder(home.hass, home.entry.entry_id)
    folder.rmdir()
    folder.write_bytes(b"in the way")

    await _reload(home)

    assert home.entry.state is ConfigEntryState.LOADED
    assert "FileExistsError while reading the recordings" in caplog.text
    await home.place_call()
    await home.settle()
    assert home.last_call.state == "success"


async def test_set_up_fails_late(
    engine: Engine, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that is not set up makes no recording again, whoever fetches it."""
    home.rings_on()
    await home.act("place_call", to=PHONE, message="Water!")
    await home.hass.async_block_till_done(wait_background_tasks=True)
    [recording] = recordings_folder(home.hass, home.entry.entry_id).iterdir()
    monkeypatch.setattr("custom_components.elks.Lines.async_start", _fail)
    await _reload(home)
    assert home.entry.state is ConfigEntryState.SETUP_ERROR
    await home.hass.async_block_till_done(wait_background_tasks=True)
    recording.unlink()

    async with home.client.get(recording_url("", recording.name)) as answer:
        assert answer.status == 404

    assert len(engine.asked) == 1
    await home.hass.config_entries.async_unload_platforms(home.entry, PLATFORMS)


async def _fail(_: object) -> None:
    raise RuntimeError("late")


async def test_unload(home: Home) -> None:
    """Nothing is left of an account that is unloaded, and it can be loaded again."""
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)

    assert home.entry.state is ConfigEntryState.NOT_LOADED
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)


async def test_remove(home: Home, hass_storage: dict[str, Any]) -> None:
    """The calls of an account that is removed are forgotten."""
    await home.place_call()
    await home.settle()
    key = f"elks.{home.entry.entry_id}"
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert PHONE in str(hass_storage[key])

    await home.hass.config_entries.async_remove(home.entry.entry_id)

    assert key not in hass_storage


async def test_settings(home: Home) -> None:
    """Options and the title take effect at once, and nothing is loaded anew or unavailable."""
    runtime = home.entry.runtime_data
    shown: list[str] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        shown.append(event.data["new_state"].state)

    home.hass.bus.async_listen(EVENT_STATE_CHANGED, changed)

    home.hass.config_entries.async_update_entry(
        home.entry,
        title="My home",
        options={CONF_FROM_NUMBER: "+46700000001", CONF_TIMEOUT: 20},
    )
    await home.hass.async_block_till_done()

    assert home.entry.runtime_data is runtime
    assert shown
    assert "unavailable" not in shown
    assert home.last_call.name == "My home Last call"
    assert (await home.place_call())["from"] == "+46700000001"
    assert home.provider.calls[0].timeout == 20
    await home.settle()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_start_without_an_answer(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    provider: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    """A home whose line is down starts, and asks every 5 s, then every 30 s."""
    provider.fault(Fault(FaultKind.STATUS, on="GET /me", times=None, status=status))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.state is ConfigEntryState.LOADED
    assert WEBHOOK_ID in hass.data[WEBHOOK]

    async def requests_in(seconds: int) -> int:
        before = len(provider.requests)
        for _ in range(seconds):
            freezer.tick(timedelta(seconds=1))
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)
        return len(provider.requests) - before

    assert await requests_in(60) == 12
    assert await requests_in(120) == 4
    provider.clear_faults()
    assert await requests_in(30) == 1
    assert await requests_in(60) == 0
    assert caplog.text.count("Error fetching 46elks account data") == 1
    assert caplog.text.count("Fetching 46elks account data recovered") == 1


async def test_start_without_a_connection(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """Without a connection the account loads all the same, and unloading ends the asking."""
    await provider.stop_listening()

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED

    assert await hass.config_entries.async_unload(entry.entry_id)
    await provider.start_listening()


async def test_start_with_wrong_credentials(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """Wrong credentials start reauthentication, once."""
    provider.fault(Fault(FaultKind.STATUS, on="GET /me", times=None, status=401))

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.state is ConfigEntryState.LOADED
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    assert len(provider.requests) == 1


async def _reload(home: Home) -> None:
    """Load the account anew, as a restart does."""
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done(wait_background_tasks=True)
