"""What actions do while their account is being loaded, or loaded anew."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import DOMAIN
from homeassistant.config_entries import (
    ConfigEntryDisabler,
    ConfigEntryState,
    ConfigSubentryData,
)
from homeassistant.const import EVENT_SERVICE_REGISTERED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from simulator import Fault, FaultKind, KeyPress, Simulator

from .conftest import PHONE, PLAY, Home, make_contact, make_entry
from .speech.conftest import Engine

ANNA = {"to": "Anna", "message": "Leak"}
CHAIN = "sensor.demo_home_call_chain"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", PHONE)]


class Reload:
    """A reload that stays in its middle until it may go on."""

    def __init__(self, home: Home, entry: MockConfigEntry | None = None) -> None:
        """Begin to load an account anew."""
        self._entry = entry or home.entry
        self._may_go_on = asyncio.Event()
        self._entry.async_on_unload(self._may_go_on.wait)  # type: ignore[arg-type]
        self._reloading = begin(
            home.hass.config_entries.async_reload(self._entry.entry_id)
        )

    async def in_its_middle(self) -> None:
        """Wait until nothing is loaded any more."""
        while self._entry.state is not ConfigEntryState.UNLOAD_IN_PROGRESS:
            await asyncio.sleep(0)
        await turns()

    async def go_on(self) -> None:
        """Let the account be loaded again, and wait for it."""
        self._may_go_on.set()
        await self._reloading


def begin[T](acting: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin something."""
    return asyncio.create_task(acting)


async def turns() -> None:
    """Let everything go as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("action", ["place_call", "call_chain"])
async def test_action_waits(
    engine: Engine, home: Home, action: str, named: bool
) -> None:
    """An action in the middle of a reload waits, and is carried out once, as asked for."""
    home.provider.phone(PHONE, talk_for=None, keys=(KeyPress(2, "1"),))
    reload = Reload(home)
    await reload.in_its_middle()
    account = {"config_entry_id": home.entry.entry_id} if named else {}

    acting = begin(home.act(action, **ANNA, **account))
    await turns()
    assert not acting.done()
    await reload.go_on()
    await acting
    await home.settle()

    assert [call.to for call in home.provider.calls] == [PHONE]


async def test_cancel_waits(engine: Engine, home: Home) -> None:
    """A chain that is cancelled in the middle of a reload is cancelled."""
    home.rings_on()
    chain = begin(home.act("call_chain", **ANNA))
    await until(lambda: home.provider.calls)
    reload = Reload(home)
    await reload.in_its_middle()

    cancelling = begin(
        home.hass.services.async_call(DOMAIN, "cancel_chain", {}, blocking=True)
    )
    await turns()
    await reload.go_on()
    await cancelling

    assert (await chain)["reason"] == "cancelled"


async def test_wait_outlives_a_reload(home: Home) -> None:
    """An action that waits for the end of a call is told of it, also after a reload."""
    home.rings_on()
    calling = begin(home.place_call(wait=True))
    await until(lambda: home.last_call.state == "ongoing")

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await turns()
    assert not calling.done()
    await home.callback(id=home.provider.calls[0].id, state="busy")

    assert (await calling)["state"] == "busy"


async def test_chain_outlives_a_reload(engine: Engine, home: Home) -> None:
    """An action that waits for the end of a chain is told of it, also after a reload."""
    home.rings_on()
    chain = begin(home.act("call_chain", **ANNA, rounds=1))
    await until(lambda: home.last_call.state == "ongoing")

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await turns()
    assert not chain.done()
    await home.callback(id=home.provider.calls[0].id, state="busy")

    outcome = await chain
    assert (outcome["reason"], len(outcome["calls"])) == ("unanswered", 1)


async def test_end_of_home_assistant(home: Home) -> None:
    """Who waits for an end when Home Assistant stops is told that nobody waits any more."""
    home.rings_on()
    calling = begin(home.place_call(wait=True))
    await until(lambda: home.last_call.state == "ongoing")

    home.hass.bus.async_fire("homeassistant_stop")

    with pytest.raises(HomeAssistantError) as raised:
        await calling
    assert raised.value.translation_key == "stopped_waiting"


async def test_request_outlives_a_reload(home: Home) -> None:
    """A call that is asked for just before a reload is not unknown: its answer is awaited."""
    home.provider.clock.speed = 1
    home.provider.fault(Fault(FaultKind.DELAY, on="POST /calls", delay=0.2))
    calling = begin(home.place_call(wait=True))
    await until(lambda: home.provider.requests[-1].path == "/a1/calls")

    await home.hass.config_entries.async_reload(home.entry.entry_id)
    home.provider.clock.speed = 1000

    assert (await calling)["state"] == "success"
    assert len(home.provider.calls) == 1


async def test_notification_before_a_reload(engine: Engine, home: Home) -> None:
    """A notification while a reload waits for the provider calls all the same, once."""
    home.provider.clock.speed = 1
    home.provider.fault(Fault(FaultKind.DELAY, on="POST /calls", delay=0.2))
    calling = begin(home.place_call())
    await until(lambda: home.provider.requests[-1].path == "/a1/calls")
    reloading = begin(home.hass.config_entries.async_reload(home.entry.entry_id))
    await turns()
    assert home.entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS
    home.provider.clock.speed = 1000

    data = {"entity_id": "notify.anna", "message": "Leak"}
    await home.hass.services.async_call("notify", "send_message", data, blocking=True)
    await reloading
    await calling
    await home.settle()

    assert [call.to for call in home.provider.calls] == [PHONE, PHONE]


async def test_start_of_home_assistant(
    hass: HomeAssistant, entry: MockConfigEntry, provider: Simulator
) -> None:
    """An action waits for the account, also before Home Assistant begins to load it."""
    acting: list[asyncio.Task[object]] = []

    @callback
    def registered(event: Event) -> None:
        if event.data["service"] == "place_call":
            assert entry.state is ConfigEntryState.NOT_LOADED
            data = {"to": PHONE, "voice_start": PLAY}
            acting.append(
                hass.async_create_task(
                    hass.services.async_call(DOMAIN, "place_call", data, blocking=True)
                )
            )

    hass.bus.async_listen(EVENT_SERVICE_REGISTERED, registered)
    assert await async_setup_component(hass, DOMAIN, {})
    await acting[0]
    await provider.settled(timeout=5)
    await hass.async_block_till_done()

    assert [call.to for call in provider.calls] == [PHONE]


async def test_two_accounts(home: Home) -> None:
    """With two accounts one must be named, also while one of them is loaded anew."""
    async with (other := Simulator(speed=1000, account_id="u" + 32 * "2")).serve():
        second = make_entry(home.hass, other)
        home.hass.config_entries.async_update_entry(
            second, data={**second.data, "webhook_id": "another-webhook-id"}
        )
        await home.hass.config_entries.async_setup(second.entry_id)
        reload = Reload(home, second)
        await reload.in_its_middle()

        calling = begin(home.place_call())
        await turns()
        assert not calling.done()
        await reload.go_on()

        with pytest.raises(ServiceValidationError, match="config_entry_id"):
            await calling
        assert home.provider.calls == other.calls == []
        await home.hass.async_block_till_done(wait_background_tasks=True)
        await home.hass.config_entries.async_unload(second.entry_id)


@pytest.mark.parametrize("disabled", [True, False])
@pytest.mark.parametrize(
    ("named", "key"),
    [(True, "service_config_entry_not_loaded"), (False, "no_account")],
)
async def test_nothing_to_wait_for(
    home: Home, disabled: bool, named: bool, key: str
) -> None:
    """For an account that is disabled or failed nobody waits."""
    entry, entries = home.entry, home.hass.config_entries
    if disabled:
        await entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    else:
        await entries.async_unload(entry.entry_id)
        entry.mock_state(home.hass, ConfigEntryState.SETUP_ERROR)
    account = {"config_entry_id": entry.entry_id} if named else {}

    async with asyncio.timeout(1):
        with pytest.raises(ServiceValidationError) as raised:
            await home.place_call(**account)

    assert raised.value.translation_key == key
