"""The repair that a voice failed, and the log line."""

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import flush_store

from custom_components.elks.const import DOMAIN
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator import Outcome

from ..conftest import PHONE, Home
from ..speech.conftest import Engine, said, tone

TEXT = "Fire. Call +46709876543"


@pytest.fixture
def voiced(engine: Engine, home: Home) -> Home:
    """Return a home whose own voice, tts.tones, was there before its account."""
    return home


async def say(home: Home, text: str = TEXT, **data: Any) -> None:
    """Place a call, and wait until it is known what its voice does."""
    await home.speak(message=text, **data)
    await home.hass.async_block_till_done(wait_background_tasks=True)


def shown(home: Home) -> Mapping[str, str] | None:
    """Return what the repair says; None when it is not shown."""
    issues = ir.async_get(home.hass)
    issue = issues.async_get_issue(DOMAIN, f"voice_failed_{home.entry.entry_id}")
    # One that was stored comes up only when somebody reports it again, unless it is persistent
    return issue.translation_placeholders if issue and issue.active else None


async def test_shown_until_it_speaks(
    voiced: Home, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """The repair names engine and reason, until that engine speaks again."""
    answer = engine.answer
    engine.answer = RuntimeError(f"quota exceeded for '{TEXT}' at https://tts.example/")

    await say(voiced)

    reason = "quota exceeded for '…' at https://•••••"
    placeholders = {"account": "Demo home", "engine": "tones", "reason": reason}
    assert shown(voiced) == placeholders
    lines = said(caplog, "tts.tones did not speak: ")
    assert lines == [reason]
    assert not any("Fire" in line or "+4670" in line for line in said(caplog, ""))

    engine.answer = answer
    await say(voiced)
    assert shown(voiced) is None


async def test_logged_once(
    voiced: Home, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """However often a chain asks, a failure is logged once: until it is another, or comes again."""
    answer = engine.answer
    chain = {"to": PHONE, "pause": 0}
    voiced.provider.phone(PHONE, outcome=Outcome.BUSY)

    for text, outcome in (
        ("Fire", RuntimeError("quota exceeded")),
        ("Ice", RuntimeError("quota exceeded")),
        ("Storm", RuntimeError("no license")),
        ("Flood", answer),
        ("Hail", RuntimeError("no license")),
    ):
        engine.answer = outcome
        await voiced.act("call_chain", **chain, message=text)
        await voiced.settle()
        await voiced.hass.async_block_till_done(wait_background_tasks=True)

    lines = said(caplog, "tts.tones did not speak: ")
    assert lines == ["quota exceeded", "no license", "no license"]


async def test_another_engine(voiced: Home, engine: Engine) -> None:
    """That another engine speaks, in its place or as asked, does not withdraw it."""
    second = Engine("second", ("wav", tone(1)))
    await voiced.hass.data[DATA_COMPONENT].async_add_entities([second])
    answer = engine.answer
    engine.answer = RuntimeError("quota exceeded")

    await say(voiced)
    await say(voiced, "Ice", tts_entity_id="tts.second")

    assert len(second.asked) == 2
    assert shown(voiced) is not None
    # Nor does what is kept of it
    engine.answer = answer
    await say(voiced, "Storm")
    engine.answer = RuntimeError("quota exceeded")
    await say(voiced, "Flood")
    await say(voiced, "Storm")
    assert shown(voiced) is not None


async def test_first_engine(voiced: Home, engine: Engine) -> None:
    """A home that had no voice has one as soon as any speaks."""
    await engine.async_remove()
    await say(voiced)
    assert shown(voiced) == {
        "account": "Demo home",
        "engine": "tts",
        "reason": "no such text-to-speech",
    }

    second = Engine("second", ("wav", tone(1)))
    await voiced.hass.data[DATA_COMPONENT].async_add_entities([second])
    await say(voiced)

    assert shown(voiced) is None


async def test_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    voiced: Home,
    engine: Engine,
) -> None:
    """It is there after a restart, and withdrawn by what is said then."""
    answer = engine.answer
    engine.answer = RuntimeError("quota exceeded")
    await say(voiced)
    before = shown(voiced)
    assert before

    registry = ir.async_get(hass)
    await flush_store(registry._store)  # noqa: SLF001
    await hass.config_entries.async_unload(voiced.entry.entry_id)
    registry.issues.clear()
    await registry._async_load()  # noqa: SLF001
    await hass.config_entries.async_setup(voiced.entry.entry_id)
    await hass.async_block_till_done()

    assert shown(voiced) == before
    engine.answer = answer
    await say(voiced)
    assert shown(voiced) is None


async def test_removed(voiced: Home, engine: Engine) -> None:
    """It goes with the account."""
    engine.answer = RuntimeError("quota exceeded")
    await say(voiced)
    assert shown(voiced)

    await voiced.hass.config_entries.async_remove(voiced.entry.entry_id)

    assert shown(voiced) is None


async def test_engine_gone(voiced: Home, engine: Engine) -> None:
    """That an engine failed is of no use when it is gone, and another one speaks."""
    second = Engine("second", ("wav", tone(1)))
    await voiced.hass.data[DATA_COMPONENT].async_add_entities([second])
    engine.answer = RuntimeError("quota exceeded")
    await say(voiced)
    assert shown(voiced)

    await engine.async_remove()
    await say(voiced, "Ice")

    assert shown(voiced) is None
