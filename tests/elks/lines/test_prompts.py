"""What a line says is spoken before anybody rings, and again when it changes."""

import asyncio
from datetime import timedelta
import shutil
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks.const import CONF_TTS_ENTITY_ID
from custom_components.elks.speech.files import recordings_folder
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow
from simulator import KeyPress, Outcome

from ..conftest import PHONE, Home
from ..speech.conftest import Engine, said, tone
from .conftest import MENU_TEXT, Listener, Talking, chained

_DEGREES = "It is {{ states('sensor.outside') }} degrees."
_OWN = {
    "Please enter your PIN.",
    "That PIN is wrong.",
    "There is no such choice.",
    "Done.",
    "That did not work.",
    "This takes a while and carries on.",
    "Goodbye.",
}


async def _settle(hass: HomeAssistant) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)


def _subentry(home: Home, title: str) -> ConfigSubentry:
    [one] = [one for one in home.entry.subentries.values() if one.title == title]
    return one


def _voice_failed(home: Home) -> bool:
    """Return whether a repair says that a voice failed."""
    issues = ir.async_get(home.hass).issues
    return any(issue.startswith("voice_failed") for _, issue in issues)


async def _change(home: Home, title: str, **data: object) -> None:
    """Change a contact or a line, as its form does."""
    one = _subentry(home, title)
    home.hass.config_entries.async_update_subentry(
        home.entry, one, data={**one.data, **data}
    )
    await _settle(home.hass)


async def _greeting(home: Home, listener: Listener) -> str:
    """Let somebody ring; return the greeting they hear, which nobody had to speak then."""
    before = len(listener.spoken)
    call = home.provider.dial(PHONE, hangs_up_at=2)
    await home.settle()
    assert len(listener.spoken) == before
    greeting, _ = listener.heard(call)
    return greeting


async def test_ahead(home: Home, listener: Listener) -> None:
    """Greeting, menu and sentences of ours are spoken once, when the line is there."""
    assert sorted(listener.spoken) == sorted({"test home", MENU_TEXT, *_OWN})

    assert await _greeting(home, listener) == "test home"


@pytest.mark.parametrize(
    "fields", [{"menu": [{"key": "5", "say": "go", "reply": "You go."}]}]
)
async def test_reply_ahead(home: Home, listener: Listener) -> None:
    """So is a reply that is always the same."""
    assert "You go." in listener.spoken


@pytest.mark.parametrize("fields", [{"greeting": _DEGREES}])
async def test_template(talking: Talking, listener: Listener) -> None:
    """A greeting is spoken again when it changes, but at most once a minute."""
    hass, freezer = talking.home.hass, talking.freezer
    for degrees in range(20, 25):
        hass.states.async_set("sensor.outside", str(degrees))
        await _settle(hass)
        freezer.tick(5)
        async_fire_time_changed(hass)
    spoken = [text for text in listener.spoken if "degrees" in text]
    assert spoken == ["It is unknown degrees."]
    freezer.tick(60)
    async_fire_time_changed(hass)
    await _settle(hass)

    [*_, last] = [text for text in listener.spoken if "degrees" in text]
    assert last == "It is 24 degrees."
    before = len(listener.spoken)
    assert listener.said(await talking.ring()) == [last, MENU_TEXT]
    assert len(listener.spoken) == before


@pytest.mark.parametrize(
    "fields",
    [{"greeting": "{{ states('sensor.post') if contact else 'Hi' }} {{ contact }}"}],
)
async def test_template_of_contacts(home: Home, listener: Listener) -> None:
    """What only contacts hear is spoken ahead, and again, too."""
    home.hass.states.async_set("sensor.post", "No post for")
    await _settle(home.hass)
    async_fire_time_changed(home.hass, utcnow() + timedelta(minutes=1))
    await _settle(home.hass)
    assert await _greeting(home, listener) == "No post for Anna"

    await _change(home, "Anna", name="Anna-Lisa")

    assert await _greeting(home, listener) == "No post for Anna-Lisa"


async def test_voice(home: Home, listener: Listener) -> None:
    """Another voice speaks all of it again."""
    other = Engine("other", ("wav", tone(1)))
    await home.hass.data[DATA_COMPONENT].async_add_entities([other])
    options = {**home.entry.options, CONF_TTS_ENTITY_ID: other.entity_id}
    home.hass.config_entries.async_update_entry(home.entry, options=options)
    await _settle(home.hass)

    assert {text for text, _, _ in other.asked} == {"test home", MENU_TEXT, *_OWN}


async def test_name_of_the_home(home: Home, listener: Listener) -> None:
    """The usual greeting is what the home is called now."""
    await home.hass.config.async_update(location_name="Villa")
    await _settle(home.hass)

    assert "Villa" in listener.spoken
    assert await _greeting(home, listener) == "Villa"


async def test_changed(home: Home, listener: Listener) -> None:
    """A line that is changed says what it is to say now."""
    await _change(home, "Home", greeting="Hello", language="sv")

    assert await _greeting(home, listener) == "Hello"
    assert listener.engine.asked[-1][1] == "sv"


async def test_removed(home: Home, listener: Listener) -> None:
    """What a line said is no longer kept when it is removed."""
    needed = home.entry.runtime_data.lines.prompts.needed
    assert len(list(needed())) == len(listener.spoken)

    line = _subentry(home, "Home")
    home.hass.config_entries.async_remove_subentry(home.entry, line.subentry_id)
    await _settle(home.hass)

    assert list(needed()) == []


@pytest.mark.parametrize("fields", [{"greeting": _DEGREES}])
async def test_unloaded(home: Home, listener: Listener) -> None:
    """An account that is not loaded speaks nothing."""
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    before = len(listener.spoken)
    home.hass.states.async_set("sensor.outside", "20")
    await home.hass.config.async_update(location_name="Villa")
    await _settle(home.hass)

    assert len(listener.spoken) == before


@pytest.mark.parametrize(
    "fields", [{"greeting": "{{ (caller ~ '!') | int }}", "callers": "everyone"}]
)
async def test_template_fails(
    home: Home, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """In place of a greeting that fails the home's name is said; it is logged once, without a number."""
    assert await _greeting(home, listener) == "test home"

    assert said(caplog, "A template of a line ") == []
    records = [*caplog.get_records("setup"), *caplog.records]
    logged = [
        caplog.handler.format(one)
        for one in records
        if one.name.startswith(("custom_components", "homeassistant.h"))
    ]
    assert len([one for one in logged if "A template of a line failed" in one]) == 1
    assert PHONE[1:] not in "".join(logged)


@pytest.mark.parametrize(
    "fields",
    [{"menu": [{"key": "1", "say": "go", "reply": "{{ (caller ~ '!') | int }}"}]}],
)
async def test_reply_fails(home: Home, listener: Listener) -> None:
    """A reply that fails makes nothing undone."""
    call = home.provider.dial(PHONE, keys=[KeyPress(0.1, "1", sound=2)], hangs_up_at=4)
    await home.settle()

    assert listener.heard(call)[2] == "Done."


async def test_voice_comes_late(
    home: Home, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A voice that is set up after the account speaks its own language all the same."""
    engine = listener.engine
    monkeypatch.setattr(engine, "_attr_default_language", "sv")
    engine.asked.clear()

    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await _settle(home.hass)

    assert {language for _, language, _ in engine.asked} == {"sv"}
    assert MENU_TEXT not in listener.spoken


async def test_ready_waits_for_nothing(
    home: Home, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is ready is heard at once, also while the voice is busy with other texts."""
    busy, go_on = list[Any](), asyncio.Event()

    async def hang(*asked: Any, **options: Any) -> Any:
        busy.append(asked)
        await go_on.wait()
        return listener.engine.answer

    monkeypatch.setattr(listener.engine, "async_get_tts_audio", hang)
    home.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)
    for number in range(4):
        await home.act("place_call", to=PHONE, message=f"Message {number}", wait=False)
    async with asyncio.timeout(15):
        while len(busy) < 4:
            await asyncio.sleep(0.01)

    call = home.provider.dial(PHONE, keys=[KeyPress(0.1, "*", sound=2)], hangs_up_at=3)
    await home.provider.settled()

    assert not go_on.is_set()
    assert listener.heard(call) == ["test home", MENU_TEXT, MENU_TEXT]
    asked = [one for one in home.provider.callbacks if one.call_id == call.id]
    assert all((one.took or 0) < 2 for one in asked)
    go_on.set()
    await home.settle()


async def test_voice_recovers(home: Home, listener: Listener) -> None:
    """A voice that failed is tried again with each call, until it speaks."""
    other = Engine("other", RuntimeError("hoarse"))
    await home.hass.data[DATA_COMPONENT].async_add_entities([other])
    home.hass.config_entries.async_update_entry(
        home.entry, options={**home.entry.options, CONF_TTS_ENTITY_ID: other.entity_id}
    )
    await _settle(home.hass)
    assert _voice_failed(home)
    other.answer = ("wav", tone(1))
    other.asked.clear()

    home.provider.dial(PHONE, hangs_up_at=2)
    await home.settle()
    await _settle(home.hass)

    assert MENU_TEXT in {text for text, _, _ in other.asked}
    assert not _voice_failed(home)


@pytest.mark.parametrize(
    "fields", [{"menu": [{"key": "1", "say": "go", "actions": [{"event": "gone"}]}]}]
)
async def test_voice_hangs(
    home: Home, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a voice that hangs while another one has said the same."""
    other = Engine("other", RuntimeError("hoarse"))
    await home.hass.data[DATA_COMPONENT].async_add_entities([other])
    home.hass.config_entries.async_update_entry(
        home.entry, options={**home.entry.options, CONF_TTS_ENTITY_ID: other.entity_id}
    )
    await _settle(home.hass)
    go_on = asyncio.Event()

    async def hang(*_: Any, **__: Any) -> Any:
        await go_on.wait()
        return listener.engine.answer

    monkeypatch.setattr(other, "async_get_tts_audio", hang)
    keys = [KeyPress(0.1, "1", sound=2), KeyPress(0.1, "*", sound=4)]
    call = home.provider.dial(PHONE, keys=keys, hangs_up_at=5)
    await home.provider.settled()

    menu = "Press 1 to go."
    assert listener.heard(call) == ["test home", menu, "Done.", menu, menu]
    asked = [one for one in home.provider.callbacks if one.call_id == call.id]
    assert all((one.took or 0) < 2 for one in asked)
    go_on.set()
    await home.settle()


async def test_voice_changes(
    home: Home, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What speaks in another voice by now does so after the next call at the latest."""
    engine = listener.engine
    monkeypatch.setattr(engine, "_attr_default_options", {"voice": "Another"})
    engine.asked.clear()

    home.provider.dial(PHONE, hangs_up_at=2)
    await home.settle()
    await _settle(home.hass)

    assert MENU_TEXT in {text for text, _, _ in engine.asked}


async def test_deleted_by_somebody(home: Home, talking: Talking) -> None:
    """What somebody has deleted is made again when 46elks fetches it: nobody hears silence."""
    folder = recordings_folder(home.hass, home.entry.entry_id)
    shutil.rmtree(folder)

    for action in chained(await talking.ring()):
        url = str(action.get("play") or action["ivr"])
        async with home.client.get(url[url.index("/api/") :]) as answer:
            assert (answer.status, answer.content_type) == (200, "audio/wav")
