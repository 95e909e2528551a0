"""The account's numbers: shown, set, and given away."""

import json
from typing import Any

import pytest

from simulator import AccountNumber, Dialect, Fault, FaultKind, Simulator

from .conftest import PERSON, Client

_URL = "https://home.example/call?token=1"


@pytest.fixture
def own(simulator: Simulator) -> AccountNumber:
    """Return the account's voice number."""
    return simulator.account.numbers[0]


async def test_set_and_cleared(
    client: Client, simulator: Simulator, own: AccountNumber
) -> None:
    """The answer shows the number as it is then; only what is sent changes."""
    path = f"/numbers/{own.id}"
    assert "voice_start" not in await client.get(path)
    fields = {"voice_start": _URL, "sms_url": "http://a.example/sms", "name": "Home"}
    status, text = await client.post(path, **fields)
    assert status == 200
    changed = json.loads(text)
    assert {**changed, **fields} == changed
    assert await client.get(path) == changed
    for cleared in ("none", " ", ""):
        await client.post(path, voice_start=_URL)
        await client.post(path, voice_start=cleared)
        del changed["voice_start"]
        assert await client.get(path) == changed
        changed["voice_start"] = _URL
    assert simulator.given_away == []


async def test_action(client: Client, own: AccountNumber) -> None:
    """An action can answer calls too."""
    action = '{"connect": "+46700000000"}'
    await client.post(f"/numbers/{own.id}", voice_start=action)
    assert (await client.get(f"/numbers/{own.id}"))["voice_start"] == action


async def test_list(client: Client, simulator: Simulator, own: AccountNumber) -> None:
    """The list of numbers does not say what answers their calls, unless the dialect does."""
    await client.post(f"/numbers/{own.id}", voice_start=_URL)
    assert "voice_start" not in (await client.get("/numbers"))["data"][0]
    simulator.dialect = Dialect(lists_voice_start=True)
    first, second, _ = (await client.get("/numbers"))["data"]
    assert first["voice_start"] == _URL
    assert "voice_start" not in second


@pytest.mark.parametrize("cleared", ["", "none"])
async def test_how_nothing_is_written(
    client: Client, simulator: Simulator, own: AccountNumber, cleared: str
) -> None:
    """What is not set can be written in several ways."""
    simulator.dialect = Dialect(cleared=cleared)
    number = await client.get(f"/numbers/{own.id}")
    assert (number["voice_start"], number["sms_url"]) == (cleared, cleared)


@pytest.mark.parametrize(
    ("index", "fields", "refused"),
    [
        (0, {"voice_start": "ftp://a"}, (403, "Invalid voice_start")),
        (0, {"voice_start": "{}"}, (403, "Invalid voice_start")),
        (
            0,
            {"sms_url": "a"},
            (403, "The sms_url you tried to use is not a valid URL"),
        ),
        (0, {"name": 51 * "n"}, (403, "Too long name")),
        (1, {"voice_start": _URL}, (403, "Forbidden")),
    ],
)
async def test_refused(
    client: Client,
    simulator: Simulator,
    index: int,
    fields: dict[str, str],
    refused: tuple[int, str],
) -> None:
    """What is invalid, or not possible with the number, changes nothing."""
    own = simulator.account.numbers[index]
    assert await client.post(f"/numbers/{own.id}", **fields) == refused
    assert simulator.account.numbers[index] == own


async def test_unknown(client: Client) -> None:
    """A number that is not the account's is neither shown nor set."""
    assert await client.post("/numbers/n1", voice_start=_URL) == (
        404,
        "Invalid number id",
    )


async def test_active(client: Client, simulator: Simulator, own: AccountNumber) -> None:
    """A number that is active may be called so."""
    await client.post(f"/numbers/{own.id}", active="yes")
    assert simulator.given_away == []


@pytest.mark.parametrize("deletes", [False, True])
async def test_given_away(
    client: Client, simulator: Simulator, own: AccountNumber, deletes: bool
) -> None:
    """Two requests give a number away for good; it is noted until a reset."""
    path = f"/numbers/{own.id}"
    for _ in range(2):
        if deletes:
            await client.delete(path)
        else:
            await client.post(path, active="no", voice_start=_URL)
    number = await client.get(path)
    assert number["active"] == "no"
    assert "voice_start" not in number
    assert simulator.given_away == [own.number]
    order = {"from": own.number, "to": PERSON, "voice_start": _URL}
    assert await client.post("/calls", **order) == (403, "Invalid from number")
    await simulator.reset()
    assert simulator.given_away == []
    assert simulator.account.numbers[0] == own


@pytest.mark.parametrize(
    ("kind", "is_set"), [(FaultKind.STATUS, False), (FaultKind.STATUS_AFTER, True)]
)
async def test_faults(
    client: Client,
    simulator: Simulator,
    own: AccountNumber,
    kind: FaultKind,
    is_set: bool,
) -> None:
    """The requests about a number can go wrong like all others, also for one number alone."""
    fields: dict[str, Any] = {"on": "POST /numbers/{id}", "number": own.number}
    simulator.fault(Fault(kind, **fields))
    other = simulator.account.numbers[1].id
    assert (await client.post(f"/numbers/{other}", name="Other"))[0] == 200
    assert (await client.post(f"/numbers/{own.id}", voice_start=_URL))[0] == 503
    assert ("voice_start" in await client.get(f"/numbers/{own.id}")) is is_set
