"""The callbacks, as 46elks or anybody else sends them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPMethod
import json
import logging
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.elks.calls import CallStore
from custom_components.elks.calls.store import Kept
from custom_components.elks.const import DOMAIN
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.util.aiohttp import MockRequest
from simulator import CallState, Outcome

from .conftest import PHONE, WEBHOOK_ID, Home, webhook_path
from .speech.conftest import Engine


async def test_hangup(home: Home) -> None:
    """The end of a call comes in through its own address, with its own secret."""
    await home.place_call()
    await home.place_call()
    first, second = (str(call.whenhangup) for call in home.provider.calls)
    assert first != second
    await home.settle()

    assert [callback.status for callback in home.provider.callbacks] == [200, 200]
    assert home.last_call.state == "success"
    assert home.last_call.attributes["duration"] == home.provider.calls[-1].duration


@pytest.mark.parametrize(
    "change",
    [
        {"id": "c00000000000000000000000000000000"},
        {"id": ""},
        {"state": "on fire"},
        {"state": ""},
    ],
)
async def test_wrong_fields(home: Home, change: dict[str, str]) -> None:
    """A callback that does not tell the end of this call changes nothing."""
    home.rings_on()
    response = await home.place_call(timeout=300)

    fields = {"id": response["call_id"], "state": "success", **change}
    assert await home.callback(**fields) == 200

    assert home.last_call.state == "ongoing"


async def test_while_loading(home: Home) -> None:
    """A callback that comes before the calls are read from disk waits for that."""
    home.rings_on()
    response = await home.place_call(timeout=300)
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    read = CallStore.async_load
    readable = asyncio.Event()

    async def slow_read(store: CallStore) -> Kept:
        await readable.wait()
        return await read(store)

    with patch.object(CallStore, "async_load", slow_read):
        home.hass.async_create_task(
            home.hass.config_entries.async_setup(home.entry.entry_id)
        )
        fields = {"id": response["call_id"], "state": "busy"}
        told = asyncio.create_task(home.callback(**fields))
        await asyncio.wait({told}, timeout=0.1)
        assert not told.done()
        readable.set()

        assert await told == 200
    await home.hass.async_block_till_done()
    assert home.last_call.state == "busy"
    assert home.last_call.attributes["to"] == PHONE


async def test_never_loaded(home: Home) -> None:
    """A callback does not wait for ever; 46elks is told to try again."""
    home.rings_on()
    response = await home.place_call(timeout=300)
    home.entry.runtime_data.loaded.clear()

    with patch("custom_components.elks.webhook._PATIENCE", 0.01):
        status = await home.callback(id=response["call_id"], state="busy")

    assert status == 503
    assert home.last_call.state == "ongoing"


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong"])
async def test_wrong_secret(
    home: Home, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the call's secret nothing changes, and the answer is the same."""
    home.rings_on()
    response = await home.place_call(timeout=300)
    fields = {"id": response["call_id"], "state": "success"}

    async with home.client.post(webhook_path() + query, data=fields) as answer:
        assert (answer.status, await answer.read()) == (200, b"")

    assert home.last_call.state == "ongoing"
    assert "Error processing webhook" not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b'{"id": 1}',
        pytest.param(b"id=" + 70_000 * b"x", id="large"),
        b"&&==&",
    ],
)
async def test_odd_bodies(
    home: Home, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A body that is no form, or too large, is ignored without an error."""
    await home.place_call()
    url = str(home.provider.calls[0].whenhangup)

    async with home.client.post(url[url.index("/api/") :], data=body) as answer:
        assert (answer.status, await answer.read()) == (200, b"")

    assert "Error processing webhook" not in caplog.text
    await home.settle()
    assert home.last_call.state == "success"


@pytest.mark.parametrize("method", [HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.PUT])
async def test_other_methods(
    home: Home, method: HTTPMethod, caplog: pytest.LogCaptureFixture
) -> None:
    """Only POST acts; others are answered alike, and the webhook's id is not logged."""
    home.rings_on()
    response = await home.place_call(timeout=300)
    url = str(home.provider.calls[0].whenhangup)
    fields = {"id": response["call_id"], "state": "success"}
    caplog.clear()

    async with home.client.request(
        method, url[url.index("/api/") :], data=fields
    ) as answer:
        assert (answer.status, await answer.read()) == (200, b"")

    assert home.last_call.state == "ongoing"
    told = [line for line in caplog.records if line.levelno > logging.DEBUG]
    assert WEBHOOK_ID not in " ".join(
        line.getMessage() for line in told if line.name != "aiohttp.access"
    )


async def test_through_the_cloud(home: Home) -> None:
    """A callback that comes through Home Assistant Cloud is the same."""
    home.rings_on()
    response = await home.place_call(timeout=300)
    url = str(home.provider.calls[0].whenhangup)

    await async_handle_webhook(
        home.hass,
        WEBHOOK_ID,
        MockRequest(
            content=f"id={response['call_id']}&state=busy".encode(),
            mock_source="cloud",
            method="POST",
            query_string=url.partition("?")[2],
        ),
    )
    await home.hass.async_block_till_done()

    assert home.last_call.state == "busy"


async def test_twice_and_late(home: Home) -> None:
    """A callback that comes again, or tells something else later, changes nothing."""
    await home.place_call()
    await home.settle()
    ended = home.last_call

    call_id = home.provider.calls[0].id
    assert await home.callback(id=call_id, state="failed", duration="99") == 200
    assert await home.callback(id=call_id, state="ongoing") == 200

    assert home.last_call == ended


async def test_no_external_address(home: Home) -> None:
    """A home that cannot be reached phones all the same."""
    home.hass.config.external_url = None

    await home.place_call()

    assert home.provider.calls[0].whenhangup is None
    await home.settle()


@pytest.mark.parametrize(
    "url", ["http://192.168.1.2:8123", "https://203.0.113.7", "http://home.lan"]
)
async def test_any_address(home: Home, url: str) -> None:
    """Plain http, a private host or a bare IP is used as it is."""
    home.rings_on()
    home.hass.config.external_url = url

    with patch.object(home.hass.config.api, "use_ssl", new=True):
        await home.place_call(timeout=300)

    assert str(home.provider.calls[0].whenhangup).startswith(
        f"{url}{webhook_path()}?token="
    )


async def test_unload(home: Home) -> None:
    """A report for an account that is not loaded is to come again."""
    await home.place_call()
    await home.hass.config_entries.async_unload(home.entry.entry_id)

    await home.settle()

    assert home.provider.callbacks[-1].status == 503
    assert home.last_call.state == "unavailable"
    assert DOMAIN in home.hass.config.components


@pytest.mark.parametrize("end", ["disabled", "removed"])
async def test_account_has_gone(home: Home, end: str) -> None:
    """A report for an account that is gone need not come again."""
    home.rings_on()
    response = await home.place_call(timeout=300)
    entries = home.hass.config_entries
    if end == "disabled":
        await entries.async_set_disabled_by(
            home.entry.entry_id, ConfigEntryDisabler.USER
        )
    else:
        await entries.async_remove(home.entry.entry_id)

    assert await home.callback(id=response["call_id"], state="busy") == 200


async def test_unload_meanwhile(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """A callback that the account is unloaded before is to come again, and logs no secret."""
    home.rings_on()
    response = await home.place_call(timeout=300)
    url = str(home.provider.calls[0].whenhangup)
    arriving, unloaded = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield f"id={response['call_id']}".encode()
        arriving.set()
        await unloaded.wait()
        yield b"&state=busy"

    path = url[url.index("/api/") :]
    telling = asyncio.create_task(home.client.post(path, data=slowly()))
    await arriving.wait()
    await asyncio.wait({telling}, timeout=0.5)
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    unloaded.set()

    assert (await telling).status == 503
    assert "Error processing webhook" not in caplog.text


# Calls in progress


@dataclass
class Asking:
    """A call whose callbacks a test sends."""

    home: Home
    url: str
    """Where 46elks asks what comes next."""

    async def next(self, url: str | None = None, **fields: str) -> dict[str, Any]:
        """Ask what comes next and return the action, once all have taken that in."""
        action = await self.at_once(url, **fields)
        await self.home.hass.async_block_till_done()
        return action

    async def at_once(self, url: str | None = None, **fields: str) -> dict[str, Any]:
        """Ask what comes next and return the action."""
        url = url or self.url
        form = {"callid": self.home.provider.calls[-1].id, **fields}
        async with self.home.client.post(
            url[url.index("/api/") :], data=form
        ) as answer:
            assert answer.status == 200
            action = json.loads(await answer.read() or "{}")
        assert isinstance(action, dict)
        return action

    @property
    def digits(self) -> str | None:
        """The keys that the last call shows."""
        digits: str | None = self.home.last_call.attributes["digits"]
        return digits


@pytest.fixture
async def asks(engine: Engine, home: Home) -> Asking:
    """Return a call that asks for a key and is ringing."""
    home.rings_on()
    answers = [{"key": "1", "id": "close"}, {"key": "2", "id": "wait"}]
    await home.act(
        "place_call",
        to=PHONE,
        message="Hello",
        timeout=300,
        answers=answers,
        wait=False,
    )
    return Asking(home, home.provider.calls[-1].voice_start)


@pytest.mark.parametrize(
    "fields", [{"result": "newoutgoing"}, {}, {"result": ""}, {"result": "new"}]
)
async def test_picked_up(asks: Asking, fields: dict[str, str]) -> None:
    """Whoever has not been asked yet has just picked up, whatever 46elks calls it."""
    action = await asks.next(**fields)

    assert action["ivr"].endswith((".wav", ".mp3"))
    assert asks.home.last_call.attributes["answered"] is True


async def test_picked_up_with_the_other_name_of_the_id(asks: Asking) -> None:
    """Some callbacks name the call's id as reports do."""
    action = await asks.next(callid="", id=asks.home.provider.calls[-1].id)

    assert "ivr" in action


async def test_older_answer_again(asks: Asking) -> None:
    """The answer to an earlier question that comes again changes nothing."""
    shown = async_capture_events(asks.home.hass, EVENT_STATE_CHANGED)
    first = (await asks.next())["next"]
    second = (await asks.next(first, result="7"))["next"]
    assert await asks.next(second, result="1") == {"hangup": "reject"}

    again = await asks.next(first, result="7")

    assert asks.digits == "1"
    assert "ivr" in again
    states = [event.data["new_state"] for event in shown]
    assert [
        state.attributes["digits"]
        for state in states
        if state and state.attributes.get("event_type") == "key_pressed"
    ] == ["7", "1"]


async def test_key_while_the_account_is_loaded_anew(asks: Asking) -> None:
    """Who presses a key while the account is not loaded hears something, and is heard."""
    first = (await asks.next(result="newoutgoing"))["next"]
    entries, entry_id = asks.home.hass.config_entries, asks.home.entry.entry_id
    await entries.async_unload(entry_id)

    waiting = await asks.next(first, result="2")
    assert waiting["play"] == "sound/beep"
    waiting = await asks.next(waiting["next"], result="ok")
    await entries.async_setup(entry_id)
    await asks.home.hass.async_block_till_done()

    assert await asks.next(waiting["next"], result="ok") == {"hangup": "reject"}
    assert asks.digits == "2"


async def test_pick_up_while_the_account_is_not_loaded(asks: Asking) -> None:
    """Who picks up while the account is not loaded hears a beep, and then the message."""
    entries, entry_id = asks.home.hass.config_entries, asks.home.entry.entry_id
    await entries.async_unload(entry_id)

    waiting = await asks.next(result="newoutgoing")
    await entries.async_setup(entry_id)

    assert "ivr" in await asks.next(waiting["next"], result="ok")


async def test_pick_up_while_the_account_is_being_loaded(asks: Asking) -> None:
    """A call in progress gets an action within two seconds, however long loading takes."""
    entries, entry_id = asks.home.hass.config_entries, asks.home.entry.entry_id
    await entries.async_unload(entry_id)
    read, readable = CallStore.async_load, asyncio.Event()

    async def slow_read(store: CallStore) -> Kept:
        await readable.wait()
        return await read(store)

    with patch.object(CallStore, "async_load", slow_read):
        loading = asks.home.hass.async_create_task(entries.async_setup(entry_id))
        async with asyncio.timeout(2):
            waiting = await asks.at_once(result="newoutgoing")
        readable.set()
        await loading

    assert waiting["play"] == "sound/beep"
    assert "ivr" in await asks.next(waiting["next"], result="ok")


async def test_account_is_never_loaded(asks: Asking) -> None:
    """A call does not wait for ever."""
    entries, entry_id = asks.home.hass.config_entries, asks.home.entry.entry_id
    await entries.async_unload(entry_id)

    action, beeps = await asks.next(result="newoutgoing"), 0
    while "next" in action:
        beeps += 1
        action = await asks.next(action["next"], result="ok")

    assert action == {"hangup": "reject"}
    assert 20 <= beeps <= 60


async def test_stranger_while_the_account_is_not_loaded(asks: Asking) -> None:
    """A stranger learns nothing of an account that is not loaded either."""
    await asks.home.hass.config_entries.async_unload(asks.home.entry.entry_id)

    assert await asks.next(webhook_path() + "?token=wrong") == {}


async def test_keys_in_the_report(asks: Asking) -> None:
    """Keys that nobody heard are read from the report of the end."""
    actions = [{"ivr": "https://home.example/m.wav", "result": "2"}]
    call_id = asks.home.provider.calls[-1].id

    await asks.home.callback(id=call_id, state="success", actions=json.dumps(actions))
    await asks.home.hass.async_block_till_done()

    assert (asks.home.last_call.state, asks.digits) == ("success", "2")
    event = asks.home.hass.states.get("event.demo_home_call")
    assert event
    assert event.attributes["event_type"] == "success"
    assert event.attributes["answer"] == "wait"


async def test_address_has_gone(asks: Asking) -> None:
    """Who picks up hears the message and can press keys, also if the home has no address then."""
    address = str(asks.home.hass.config.external_url)
    asks.home.hass.config.external_url = None

    action = await asks.next(result="newoutgoing")

    assert action["ivr"].endswith((".wav", ".mp3"))
    assert action["next"].startswith(address)


async def test_report_without_an_end(asks: Asking) -> None:
    """A report that does not say how a call ended makes us ask."""
    [call] = asks.home.provider.calls
    call.state = CallState.BUSY

    await asks.home.callback(id=call.id, state="over")
    await asks.home.hass.async_block_till_done(wait_background_tasks=True)

    assert asks.home.last_call.state == "busy"


async def until(true: Any) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "America/New_York"])
@pytest.mark.parametrize("field", ["created", "start"])
async def test_time_that_is_none(home: Home, zone: str, field: str) -> None:
    """A time that is as good as none ends the call all the same."""
    await home.hass.config.async_set_time_zone(zone)
    home.rings_on()
    calling = asyncio.create_task(home.place_call(wait=True))
    await until(lambda: home.last_call.state == "ongoing")
    status = await home.callback(
        id=home.provider.calls[0].id, state="busy", **{field: "0001-01-01T00:00:00"}
    )
    await home.hass.async_block_till_done()
    async with asyncio.timeout(2):
        assert (await calling)["state"] == "busy"
    assert status == 200
    assert home.last_call.state == "busy"


async def test_chain_goes_on_after_a_time_that_is_none(
    engine: Engine, home: Home
) -> None:
    """A chain goes on after a call whose end names a time that is as good as none."""
    await home.hass.config.async_set_time_zone("America/New_York")
    home.rings_on()
    home.provider.phone("+46709876543", outcome=Outcome.BUSY)
    chain = asyncio.create_task(
        home.act(
            "call_chain", to=[PHONE, "+46709876543"], message="Leak", rounds=1, pause=0
        )
    )
    await until(lambda: home.last_call.state == "ongoing")
    await home.callback(
        id=home.provider.calls[0].id, state="busy", start="0001-01-01T00:00:00"
    )
    async with asyncio.timeout(10):
        assert (await chain)["acknowledged"] is False
    assert len(home.provider.calls) == 2


async def test_pick_up_with_an_odd_direction(engine: Engine, home: Home) -> None:
    """A pick-up of our own call is answered, whatever its direction is called."""
    home.rings_on()
    await home.act("place_call", to=PHONE, message="Leak")
    call = home.provider.calls[-1]
    url = str(call.whenhangup)
    for direction in ("outgoing", "incoming"):
        async with home.client.post(
            url[url.index("/api/") :],
            data={
                "callid": call.id,
                "direction": direction,
                "from": "+46766860001",
                "to": PHONE,
            },
        ) as response:
            assert "play" in await response.text(), direction
