"""The actions, called as an automation calls them."""

import asyncio
import json
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
import voluptuous as vol

from custom_components.elks.api import ElksClient, ElksError, RefusedError
from custom_components.elks.const import CONF_FROM_NUMBER, DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import CONF_TIMEOUT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component
from simulator import Fault, FaultKind, Outcome, Simulator

from .conftest import PHONE, PLAY, Home, make_entry
from .speech.conftest import Engine


async def test_place_call(home: Home) -> None:
    """A call is placed once, as asked for, and the response gives its state."""
    response = await home.place_call(to="070-123 45 67", timeout=25)

    [call] = home.provider.calls
    assert (call.from_, call.to, call.timeout) == (
        home.provider.voice_number,
        PHONE,
        25,
    )
    assert json.loads(call.voice_start) == PLAY
    assert response == {
        "call_id": call.id,
        "state": "ongoing",
        "direction": "outgoing",
        "from": home.provider.voice_number,
        "to": PHONE,
        "created": call.created.isoformat(),
    }
    await home.settle()


async def test_failed_at_once(home: Home) -> None:
    """A phone that cannot be reached has failed in the response already."""
    home.provider.phone(PHONE, outcome=Outcome.UNREACHABLE)

    assert (await home.place_call())["state"] == "failed"
    await home.settle()
    assert home.last_call.state == "failed"


async def test_without_response(home: Home) -> None:
    """The response is optional."""
    data = {"to": PHONE, "voice_start": PLAY}
    await home.hass.services.async_call(DOMAIN, "place_call", data, blocking=True)

    assert len(home.provider.calls) == 1
    await home.settle()


@pytest.mark.parametrize(
    ("voice_start", "sent"),
    [
        ("https://example.com/start?a=b", "https://example.com/start?a=b"),
        ('{"play": "sound/beep"}', '{"play":"sound/beep"}'),
        # The branches of an ivr action are integers in YAML
        (
            {"ivr": "sound/beep", 1: {"hangup": "reject"}},
            '{"ivr":"sound/beep","1":{"hangup":"reject"}}',
        ),
    ],
)
async def test_voice_start(
    home: Home, voice_start: str | dict[Any, Any], sent: str
) -> None:
    """The first action is a URL, JSON text or a mapping, and is passed on."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)

    await home.place_call(voice_start=voice_start)

    assert home.provider.calls[0].voice_start == sent
    await home.settle()


async def test_connect(home: Home) -> None:
    """The person who answers is connected to another number."""
    response = await home.hass.services.async_call(
        DOMAIN,
        "place_call",
        {"to": PHONE, "connect": "08-12 34 56 78"},
        blocking=True,
        return_response=True,
    )

    assert response is not None
    assert home.provider.calls[0].voice_start == '{"connect":"+46812345678"}'
    await home.settle()


async def test_own_whenhangup(home: Home) -> None:
    """The end is reported to a URL of the user's instead of ours."""
    await home.place_call(whenhangup="http://127.0.0.1:1/ended")

    assert home.provider.calls[0].whenhangup == "http://127.0.0.1:1/ended"


@pytest.mark.parametrize(
    "data",
    [
        {"whenhangup": "http://127.0.0.1:1/ended"},
        {"voice_start": {**PLAY, "whenhangup": "http://127.0.0.1:1/ended"}},
    ],
)
async def test_reported_elsewhere(
    home: Home, freezer: FrozenDateTimeFactory, data: dict[str, Any]
) -> None:
    """A call that is reported to somebody else is asked for soon."""
    home.rings_on()
    response = await home.place_call(timeout=300, **data)

    freezer.tick(3)
    async_fire_time_changed(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    assert home.provider.requests[-1].path == f"/a1/calls/{response['call_id']}"


async def test_options(home: Home) -> None:
    """The account's options are what a call takes that says nothing else."""
    home.hass.config_entries.async_update_entry(
        home.entry, options={CONF_FROM_NUMBER: "+46700000001", CONF_TIMEOUT: 20}
    )
    await home.hass.async_block_till_done()

    await home.place_call()

    [call] = home.provider.calls
    assert (call.from_, call.timeout) == ("+46700000001", 20)
    await home.settle()


async def test_default_timeout(home: Home) -> None:
    """A phone rings for a minute unless something else is said."""
    await home.place_call()

    assert home.provider.calls[0].timeout == 60
    await home.settle()


async def test_number_from_template(home: Home) -> None:
    """A template makes an integer of a number; its plus sign is not lost."""
    number = Template(f"{{{{ '{PHONE}' }}}}", home.hass).async_render()
    assert isinstance(number, int)

    await home.place_call(to=number)

    assert home.provider.calls[0].to == PHONE
    await home.settle()


async def test_home_without_country(home: Home) -> None:
    """Without a country numbers are read as in the from number's."""
    home.hass.config.country = None

    await home.place_call(to="070-123 45 67")

    assert home.provider.calls[0].to == PHONE
    await home.settle()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"to": None}, "to"),
        ({"to": "  "}, "to"),
        ({"to": "0701"}, "to"),
        ({"to": 0o701234567}, "to"),
        ({"to": True}, "to"),
        ({"from": "Anna"}, "from"),
        ({"connect": "+46", "voice_start": None}, "connect"),
        ({"voice_start": None}, "voice_start"),
        ({"connect": "08-12 34 56 78"}, "connect"),
        ({"voice_start": "not a URL"}, "voice_start"),
        ({"voice_start": "[1]"}, "voice_start"),
        ({"voice_start": '{"play": '}, "voice_start"),
        ({"voice_start": "ftp://example.com"}, "voice_start"),
        ({"voice_start": {"play": object()}}, "voice_start"),
    ],
)
async def test_bad_input(home: Home, data: dict[str, Any], field: str) -> None:
    """What no schema can refuse is refused with the field named, and nothing is sent."""
    home.provider.requests.clear()
    data = {"to": PHONE, "voice_start": PLAY, **data}

    with pytest.raises(ServiceValidationError) as error:
        await home.hass.services.async_call(
            DOMAIN,
            "place_call",
            {key: value for key, value in data.items() if value is not None},
            blocking=True,
        )

    assert field in str(error.value).lower()
    assert str(data[field]) not in str(error.value)
    assert home.provider.requests == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"volume": 11}, "volume"),
        ({"answers": [{"key": "1"}]}, "id"),
    ],
)
async def test_schema(home: Home, data: dict[str, Any], field: str) -> None:
    """A field that is missing, or that there is none of, is refused as in any action."""
    home.provider.requests.clear()
    data = {"to": PHONE, "voice_start": PLAY, **data}

    with pytest.raises(vol.Invalid, match=field):
        await home.hass.services.async_call(
            DOMAIN,
            "place_call",
            {key: value for key, value in data.items() if value is not None},
            blocking=True,
        )

    assert home.provider.requests == []


async def test_no_account(
    hass: HomeAssistant, enable_custom_integrations: None
) -> None:
    """Without an account the action says so."""
    assert await async_setup_component(hass, DOMAIN, {})

    with pytest.raises(ServiceValidationError, match="No account is available"):
        await hass.services.async_call(
            DOMAIN, "place_call", {"to": PHONE, "voice_start": PLAY}, blocking=True
        )


async def test_two_accounts(home: Home, socket_enabled: None) -> None:
    """With two accounts, loaded or not, the one to call from must be named."""
    async with (other := Simulator(speed=1000, account_id="u" + 32 * "2")).serve():
        second = make_entry(home.hass, other)
        home.hass.config_entries.async_update_entry(
            second, data={**second.data, "webhook_id": "another-webhook-id"}
        )
        await home.hass.config_entries.async_setup(second.entry_id)
        await home.hass.async_block_till_done(wait_background_tasks=True)

        with pytest.raises(ServiceValidationError, match="config_entry_id"):
            await home.place_call()
        assert home.provider.calls == other.calls == []

        await home.place_call(config_entry_id=second.entry_id)
        assert (len(home.provider.calls), len(other.calls)) == (0, 1)
        await other.settled()

        await home.hass.config_entries.async_unload(second.entry_id)
        with pytest.raises(ServiceValidationError, match="config_entry_id"):
            await home.place_call()
        await home.hass.config_entries.async_set_disabled_by(
            second.entry_id, ConfigEntryDisabler.USER
        )
        await home.place_call()
        assert (len(home.provider.calls), len(other.calls)) == (1, 1)


async def test_account_not_there(home: Home) -> None:
    """An account that does not exist is refused."""
    with pytest.raises(ServiceValidationError):
        await home.place_call(config_entry_id="nowhere")

    assert home.provider.calls == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, "Bad to +46701234567", r"refused the call: Bad to \+46•••••567"),
        (403, '{"error": "Not yours"}', "refused the call: Not yours"),
        (403, "Not enough credits", "does not have enough money: Not enough credits"),
    ],
)
async def test_refusals(home: Home, status: int, body: str, reason: str) -> None:
    """What 46elks refuses reaches the caller with its reason, and no number in full."""
    home.provider.fault(Fault(FaultKind.STATUS, status=status, body=body))
    home.provider.requests.clear()

    with pytest.raises(HomeAssistantError, match=reason) as error:
        await home.place_call()

    assert PHONE not in str(error.value)
    assert [request.path for request in home.provider.requests] == ["/a1/calls"]


class NewRefusalError(RefusedError):
    """A refusal with a consequence of its own."""


class NewError(ElksError):
    """Something else that goes wrong."""


@pytest.mark.parametrize(
    ("error", "key"), [(NewRefusalError, "refused"), (NewError, "outcome_unknown")]
)
async def test_new_error(home: Home, error: type[ElksError], key: str) -> None:
    """An error without words of its own has those of its kind."""
    with (
        patch.object(ElksClient, "place_call", side_effect=error("a reason")),
        pytest.raises(HomeAssistantError, match="a reason") as raised,
    ):
        await home.place_call()

    assert raised.value.translation_key == key


async def test_wait(home: Home) -> None:
    """An action that waits returns when the call has ended, and says how."""
    response = await home.place_call(wait=True)

    [call] = home.provider.calls
    assert call.start
    assert call.cost
    assert response == {
        "call_id": call.id,
        "state": "success",
        "direction": "outgoing",
        "from": home.provider.voice_number,
        "to": PHONE,
        "created": call.created.isoformat(),
        "start": call.start.isoformat(),
        "duration": call.duration,
        "cost": call.cost / 10_000,
        "currency": "SEK",
        "answered": True,
        "spoken": None,
        "digits": None,
        "answer": None,
    }


async def test_wait_not_answered(home: Home) -> None:
    """What is not known of a call that nobody answered is there, and null."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)

    response = await home.place_call(wait=True)

    assert (response["state"], response["answered"]) == ("busy", False)
    assert (response["start"], response["cost"]) == (None, None)


async def test_wait_for_nothing(home: Home) -> None:
    """An action that waits for the end of a call fails when the account is unloaded."""
    home.rings_on()
    waiting = home.hass.async_create_task(home.place_call(wait=True, timeout=300))
    while home.last_call.state != "ongoing":
        await asyncio.sleep(0)

    await home.hass.config_entries.async_unload(home.entry.entry_id)

    with pytest.raises(HomeAssistantError, match="no longer waits"):
        await waiting


async def test_credentials_revoked(home: Home) -> None:
    """Wrong credentials are an error of the action, and are asked for again."""
    home.provider.fault(Fault(FaultKind.STATUS, status=401, body="Wrong password"))

    with pytest.raises(HomeAssistantError, match="API username or password"):
        await home.place_call()

    await home.hass.async_block_till_done()
    [flow] = home.hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"


async def test_refused_for_now_but_it_rings(engine: Engine, home: Home) -> None:
    """A call that 46elks placed, though it answered 503, is not placed a second time."""
    home.provider.phone(PHONE, answer_after=2, talk_for=None)
    home.provider.fault(
        Fault(FaultKind.STATUS_AFTER, on="POST /calls", times=1, status=503)
    )

    await home.act("place_call", to=PHONE, message="Fire")
    await home.settle()

    assert len(home.provider.calls) == 1
    assert home.heard() == 2 * ["play success"]
