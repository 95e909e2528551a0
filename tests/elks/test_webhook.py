"""The callbacks, as 46elks or anybody else sends them."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPMethod
import logging
from unittest.mock import patch

import pytest

from custom_components.elks.calls import CallStore
from custom_components.elks.calls.store import Kept
from custom_components.elks.const import DOMAIN
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.util.aiohttp import MockRequest

from .conftest import PHONE, WEBHOOK_ID, Home, webhook_path


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

    with patch("custom_components.elks.webhook._MAX_WAIT", 0.01):
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
    """An unloaded account takes no more callbacks."""
    await home.place_call()
    await home.hass.config_entries.async_unload(home.entry.entry_id)

    await home.settle()

    assert home.provider.callbacks[-1].status == 200
    assert home.last_call.state == "unavailable"
    assert DOMAIN in home.hass.config.components


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
