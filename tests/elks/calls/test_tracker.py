"""The tracker, with a provider whose answers the test decides."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from custom_components.elks.api import (
    Call,
    CallRequest,
    CallState,
    OutcomeUnknownError,
    RefusedError,
)
from custom_components.elks.calls import CallPlan, CallStore, CallTracker, new_token
from homeassistant.core import HomeAssistant


class Provider:
    """A provider that answers when it is told to."""

    def __init__(self) -> None:
        """Await the first request."""
        self.answers: asyncio.Queue[Call | Exception] = asyncio.Queue()

    async def place_call(self, request: CallRequest) -> Call:
        """Return the next answer."""
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer


PLAN = CallPlan(
    token="secret",
    request=CallRequest(
        from_number="+46766860001",
        to_number="+46701234567",
        voice_start="{}",
        whenhangup=None,
        timeout=60,
    ),
)
ONGOING = Call.from_api({"id": "c1", "state": "ongoing", "direction": "outgoing"})
ENDED = Call.from_api({"id": "c1", "state": "busy", "duration": "0"})


@pytest.fixture
def provider() -> Provider:
    """Return the provider."""
    return Provider()


@pytest.fixture
def tracker(hass: HomeAssistant, provider: Provider) -> CallTracker:
    """Return a tracker that has nothing to track yet."""
    return CallTracker(provider, CallStore(hass, "entry"))


def test_tokens() -> None:
    """Every call has a secret of its own, which a query can carry."""
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(len(token) >= 32 for token in tokens)
    assert set("".join(tokens)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


async def test_end_before_answer(tracker: CallTracker, provider: Provider) -> None:
    """A callback that comes before the answer ends the call, and the answer fills gaps."""
    placing = asyncio.create_task(tracker.async_place(PLAN))
    await asyncio.sleep(0)
    tracker.async_told("secret", ENDED)
    assert tracker.last is not None
    assert tracker.last.call == ENDED

    provider.answers.put_nowait(ONGOING)
    record = await placing

    assert record.call == replace(ENDED, direction="outgoing")
    assert tracker.last == record


async def test_end_instead_of_answer(tracker: CallTracker, provider: Provider) -> None:
    """A callback proves that the call was placed, whatever became of the answer."""
    placing = asyncio.create_task(tracker.async_place(PLAN))
    await asyncio.sleep(0)
    tracker.async_told("secret", ENDED)

    provider.answers.put_nowait(OutcomeUnknownError("no answer in time"))

    assert (await placing).call == ENDED


async def test_refused(tracker: CallTracker, provider: Provider) -> None:
    """A call that the provider refused is none, and its secret opens nothing."""
    provider.answers.put_nowait(RefusedError("No"))
    with pytest.raises(RefusedError):
        await tracker.async_place(PLAN)

    tracker.async_told("secret", ENDED)

    assert tracker.last is None


async def test_another_call(tracker: CallTracker, provider: Provider) -> None:
    """A call's secret does not end another call."""
    provider.answers.put_nowait(ONGOING)
    await tracker.async_place(PLAN)

    tracker.async_told("secret", replace(ENDED, id="c2"))

    assert tracker.last is not None
    assert tracker.last.call == ONGOING


async def test_listeners(tracker: CallTracker, provider: Provider) -> None:
    """Those who listen are told of every change until they stop."""
    told: list[CallState] = []

    def listener() -> None:
        assert tracker.last is not None
        assert tracker.last.call is not None
        told.append(tracker.last.call.state)

    stop = tracker.async_listen(listener)
    provider.answers.put_nowait(ONGOING)
    await tracker.async_place(PLAN)
    tracker.async_told("secret", ENDED)
    stop()
    tracker.async_told("secret", ENDED)

    assert told == [CallState.ONGOING, CallState.BUSY]


async def test_ended_calls_are_forgotten(
    tracker: CallTracker, provider: Provider
) -> None:
    """Of a thousand ended calls only the newest are remembered."""
    for number in range(1000):
        provider.answers.put_nowait(replace(ENDED, id=f"c{number}"))
        await tracker.async_place(replace(PLAN, token=str(number)))
    told: list[None] = []
    tracker.async_listen(lambda: told.append(None))

    for number in range(1000):
        tracker.async_told(str(number), replace(ENDED, id=f"c{number}", cost=0.1))

    assert len(told) == 100


async def test_restart(
    hass: HomeAssistant, tracker: CallTracker, provider: Provider
) -> None:
    """Calls in progress and the last one are known after a restart; others need not be."""
    for token, answer in (
        ("ended", replace(ENDED, id="c1")),
        ("in progress", replace(ONGOING, id="c2")),
        ("last", replace(ENDED, id="c3")),
    ):
        provider.answers.put_nowait(answer)
        await tracker.async_place(replace(PLAN, token=token))
    await tracker.async_unload()

    restarted = CallTracker(provider, CallStore(hass, "entry"))
    await restarted.async_load()

    assert restarted.last == tracker.last
    told: list[None] = []
    restarted.async_listen(lambda: told.append(None))
    restarted.async_told("ended", replace(ENDED, id="c1", cost=0.1))
    assert told == []
    restarted.async_told("in progress", replace(ENDED, id="c2"))
    assert told == [None]
    # The older call's end does not displace the one placed last
    assert restarted.last == tracker.last


async def test_written_soon(
    tracker: CallTracker,
    provider: Provider,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
) -> None:
    """What happens to a call is written at once: a power cut must not lose it."""
    provider.answers.put_nowait(ONGOING)
    await tracker.async_place(PLAN)
    await asyncio.sleep(0.01)
    await hass.async_block_till_done()

    assert hass_storage["elks.entry"]["data"]["calls"][0]["call"]["id"] == "c1"
