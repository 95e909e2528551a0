"""The chains on disk, as this version and others write them.

What stands in `stored` is as 0.1.0 wrote it, in two minor versions of the store, and is never
changed: all versions to come read it.
"""

from collections.abc import Callable
from copy import deepcopy
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.elks.chains import Chain, ChainEnd, ChainStore
from custom_components.elks.speech import Prompt, Voice
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_dumps

STORED = Path(__file__).parent / "stored"
ENDS = {
    "acknowledged": [ChainEnd.ACKNOWLEDGED],
    "calling": [None],
    "cancelled": [ChainEnd.CANCELLED],
    "expired": [ChainEnd.EXPIRED],
    "invalid_auth": [ChainEnd.INVALID_AUTH],
    "no_credit": [ChainEnd.NO_CREDIT],
    "none": [],
    "not_reachable": [ChainEnd.NOT_REACHABLE],
    "refused": [ChainEnd.REFUSED],
    "several": [None, None, ChainEnd.CANCELLED],
    "three_at_once": [None],
    "unanswered": [ChainEnd.UNANSWERED],
}

type Change = Callable[[dict[str, Any]], object]


def stored(name: str, kind: str = "chains") -> dict[str, Any]:
    """Return a file as it was written."""
    data: dict[str, Any] = json.loads((STORED / f"{name}.{kind}.json").read_text())
    return data


async def read(
    hass: HomeAssistant, storage: dict[str, Any], file: dict[str, Any]
) -> list[Chain]:
    """Return the chains of a file."""
    storage[file["key"]] = deepcopy(file)
    _, entry_id, _ = file["key"].split(".")
    return await ChainStore(hass, entry_id).async_load()


def holds(new: Any, old: Any) -> bool:
    """Return whether data have all that older data have."""
    if isinstance(old, dict):
        return all(key in new and holds(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return len(new) == len(old) and all(map(holds, new, old))
    return bool(new == old)


def as_now(chain: dict[str, Any]) -> dict[str, Any]:
    """Return a chain with what is said as this version writes it: nothing of one that has ended."""
    chain = deepcopy(chain)
    for person in chain["people"]:
        script = person["script"]
        for holder, key in (
            (script, "message"),
            *((answer, "reply") for answer in script["answers"]),
        ):
            if chain["end"] is not None:
                del holder[key]
            elif isinstance(holder[key], str):
                holder[key] = {"url": holder[key]}
    return chain


@pytest.mark.parametrize("name", ENDS)
async def test_written_before(
    hass: HomeAssistant, hass_storage: dict[str, Any], name: str
) -> None:
    """What an older version wrote is read, and nothing of it is lost."""
    file = stored(name)

    chains = await read(hass, hass_storage, file)

    assert [chain.end for chain in chains] == ENDS[name]
    written = json.loads(json_dumps([chain.as_dict() for chain in chains]))
    assert holds(written, [as_now(chain) for chain in file["data"]["chains"]])


async def test_written_before_at_once(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """A chain of a version that let one phone ring after the other goes on so."""
    [chain] = await read(hass, hass_storage, stored("calling"))
    assert chain.at_once == 1

    [chain] = await read(hass, hass_storage, stored("three_at_once"))
    assert (chain.at_once, len(chain.open_turns)) == (3, 3)


async def test_what_is_to_be_said(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Texts and their voices come back as long as the chain runs; from then on there are none."""
    [chain] = await read(hass, hass_storage, stored("three_at_once"))
    anna = chain.people[0]
    voice = Voice(engine="tts.tones", language="sv", options={"voice": "anna"})
    assert anna.script.prompts == [
        Prompt(
            text="Water in the kitchen. Tryck 3 om du tar hand om det.", voice=voice
        ),
        Prompt(text="Tack. Ingen annan rings upp.", voice=voice),
    ]
    assert (anna.script.language, anna.script.any_digit) == ("sv", True)
    closing = chain.closing(chain.turns[0], chain.turns[1])
    assert closing == Prompt(text="Bo tar redan hand om det.", voice=voice)

    [chain] = await read(hass, hass_storage, stored("not_reachable"))
    assert chain.prompts == [Prompt()] * 5


def test_all_are_read() -> None:
    """No file is forgotten."""
    assert {path.name.partition(".")[0] for path in STORED.glob("*.chains.json")} == {
        *ENDS
    }


async def test_written_by_a_newer_version(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """What only a newer version knows is left out; it calls nobody twice, or after an end."""
    before = await read(hass, hass_storage, stored("several"))
    file = stored("several")
    file["minor_version"] = 7
    file["data"]["more"] = 1
    for chain in file["data"]["chains"]:
        chain["more"] = 3
        for part in (*chain["people"], *chain["turns"]):
            part["more"] = {}
        for person in chain["people"]:
            person["script"]["more"] = []
            person["script"]["answers"][0]["more"] = None
    last = file["data"]["chains"][-1]
    last["end"], last["turns"][0]["fate"] = "overslept", "postponed"

    chains = await read(hass, hass_storage, file)

    assert chains[:-1] == before[:-1]
    assert chains[-1].end is ChainEnd.UNANSWERED
    assert [turn.fate for turn in chains[-1].turns] == ["unknown"]


@pytest.mark.parametrize(
    "key", ["timeout", "rounds", "pause", "at_once", "turns", "end", "by"]
)
async def test_no_longer_written(
    hass: HomeAssistant, hass_storage: dict[str, Any], key: str
) -> None:
    """What a newer version no longer writes has a default."""
    file = stored("calling")
    file["data"]["chains"][0].pop(key, None)

    [chain] = await read(hass, hass_storage, file)

    assert chain.id == file["data"]["chains"][0]["id"]


@pytest.mark.parametrize(
    "change",
    [
        lambda chain: chain.clear(),
        lambda chain: chain.pop("people"),
        lambda chain: chain["people"].clear(),
        lambda chain: chain["people"][0].pop("number"),
        lambda chain: chain["people"][0].update(script=None),
        lambda chain: chain["people"][0]["script"]["answers"][0].pop("key"),
        lambda chain: chain.update(turns=None),
        lambda chain: chain["turns"][0].update(person=5),
        lambda chain: chain.update(by=5),
        lambda chain: chain.update(started="2026-11-27T23:53:23"),
        lambda chain: chain.update(rounds="many"),
        lambda chain: chain.update(id=None),
    ],
)
async def test_one_cannot_be_read(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    change: Change,
) -> None:
    """A chain that cannot be read costs no other, and is told in the log without a number."""
    file = stored("several")
    change(file["data"]["chains"][1])

    chains = await read(hass, hass_storage, file)

    ids = [file["data"]["chains"][n]["id"] for n in (0, 2)]
    assert [chain.id for chain in chains] == ids
    [line] = [one for one in caplog.messages if "reading a chain on disk" in one]
    assert "+46" not in line


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"data": []}, {"data": {}}, {"data": {"chains": None}}]
)
async def test_nothing_can_be_read(
    hass: HomeAssistant, hass_storage: dict[str, Any], change: dict[str, Any]
) -> None:
    """A file that cannot be read costs its chains, and not the account."""
    assert await read(hass, hass_storage, stored("several") | change) == []
