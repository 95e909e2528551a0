"""Adding and changing contacts, as a person does in the forms."""

from types import MappingProxyType
from typing import Any, cast, override

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.const import SUBENTRY_CONTACT
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigSubentry,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError

from ..conftest import Home, make_contact
from ..speech.conftest import Engine, tone
from .words import CONTACT, in_words, is_open, languages, suggested

ANNA = "+46701111111"
BO = "+46702222222"
SPOKEN = ("wav", tone(1))


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return one contact."""
    return [make_contact("Anna", ANNA, language="sv")]


def form(name: str, number: str, **speech: Any) -> dict[str, Any]:
    """Return what a person fills in."""
    return {"name": name, "number": number, "speech": speech}


async def add(home: Home, answers: dict[str, Any]) -> SubentryFlowResult:
    """Open the form for a new contact, and submit it."""
    flows = home.hass.config_entries.subentries
    step = await flows.async_init(
        (home.entry.entry_id, SUBENTRY_CONTACT), context={"source": SOURCE_USER}
    )
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "user")
    result = await flows.async_configure(step["flow_id"], answers)
    await home.hass.async_block_till_done()
    return result


async def test_add(home: Home) -> None:
    """A contact can be called as soon as it is added, by the number as people write it."""
    speech = {
        "language": "de",
        "tts_entity_id": "tts.home",
        "options": {"voice": "Katja"},
    }
    done = await add(home, form(" Bo ", "070-222 22 22", **speech))

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Bo"
    assert done["data"] == {"name": "Bo", "number": "+46702222222", **speech}
    assert home.hass.states.get("notify.bo") is not None
    await home.place_call(to="Bo")
    await home.settle()
    assert home.provider.calls[-1].to == "+46702222222"


@pytest.mark.parametrize(
    ("number", "error"),
    [
        ("12", "This is not a phone number."),
        ("nobody", "This is not a phone number."),
        ("112", "Elks cannot call emergency services:"),
        ("070-111 11 11", "Anna already has this number."),
    ],
)
async def test_wrong_number(home: Home, number: str, error: str) -> None:
    """A number that cannot be, or is somebody else's, is refused; then another is taken."""
    step = await add(home, form("Bo", number))

    assert in_words(step, CONTACT)["number"].startswith(error)
    assert suggested(step)["number"] == number
    done = await submit(home, step, form("Bo", "070-222 22 22"))
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("name", ["Anna", " anna\n", "ANNA", "\u200bAnna"])
async def test_same_name(home: Home, name: str) -> None:
    """A name belongs to one contact, however it is written."""
    step = await add(home, form(name, "070-222 22 22"))

    assert in_words(step, CONTACT) == {
        "name": "Another contact already has this name. Enter a different one, for example with "
        "the last name."
    }
    done = await submit(home, step, form("Anna B", "070-222 22 22"))
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_same_name_composed(home: Home) -> None:
    """A letter and its accent are one letter."""
    await add(home, form("Ren\u00e9e", "070-222 22 22"))

    step = await add(home, form("RENE\u0301E", "070-333 33 33"))

    assert step["errors"] == {"name": "same_name"}


@pytest.mark.parametrize(
    "contacts", [[make_contact("Anna", ANNA), make_contact("anna", BO)]]
)
async def test_same_name_since_before(home: Home) -> None:
    """Two who have shared a name can be changed, and one of them can be given another."""
    first, second = home.entry.subentries.values()
    step = await change(home, second)
    done = await submit(home, step, form("Anna", "070-333 33 33"))
    assert done["reason"] == "reconfigure_successful"
    with pytest.raises(ServiceValidationError):
        await home.place_call(to="Anna")

    step = await change(home, first)
    done = await submit(home, step, form("Bo", "070-111 11 11"))

    assert done["reason"] == "reconfigure_successful"
    await home.place_call(to="Anna")
    await home.settle()
    assert home.provider.calls[-1].to == "+46703333333"


async def test_changed_to_the_name_of_another(home: Home) -> None:
    """A name that is taken is refused for a contact that is changed, too."""
    await add(home, form("Bo", BO))
    step = await change(home, list(home.entry.subentries.values())[-1])

    step = await submit(home, step, form("anna", BO))

    assert step["errors"] == {"name": "same_name"}


@pytest.mark.parametrize("options", [["voice"], "voice", 1])
async def test_wrong_options(home: Home, options: object) -> None:
    """What nothing could speak with is refused, in a section that is open."""
    step = await add(home, form("Bo", BO, options=options))

    assert in_words(step, CONTACT)["speech"].startswith("Voice > More voice settings")
    assert is_open(step, "speech")
    assert suggested(step, "speech") == {"options": options}


@pytest.mark.parametrize("name", ["  ", "\u200b"])
async def test_everything_wrong(home: Home, name: str) -> None:
    """All that is wrong is said at once."""
    step = await add(home, form(name, "x", options=["voice"]))

    assert in_words(step, CONTACT).keys() == {"name", "number", "speech"}


async def test_folded(home: Home) -> None:
    """The section is folded while nothing in it is wrong."""
    step = await add(home, form("Anna", BO))

    assert step["errors"] == {"name": "same_name"}
    assert not is_open(step, "speech")


async def test_pasted(home: Home) -> None:
    """What nobody sees is no part of a name, nor of a number."""
    done = await add(home, form("\u2068Bo\u2069\n", "\ufeff+46\u00ad702222222 "))

    assert done["title"] == "Bo"
    assert done["data"]["number"] == "+46702222222"


async def test_home_without_a_country(home: Home) -> None:
    """Without a country, a number is read as the account's own number is."""
    home.hass.config.country = None

    done = await add(home, form("Bo", "0702222222"))

    assert done["data"]["number"] == "+46702222222"


async def test_change(home: Home) -> None:
    """What is stored is shown, and what is changed applies to the next call."""
    step = await change(home, subentry(home.entry))
    assert suggested(step) == {"name": "Anna", "number": "070-111 11 11"}
    assert suggested(step, "speech") == {"language": "sv"}

    done = await submit(home, step, form("Anna", "070-333 33 33"))

    assert done["reason"] == "reconfigure_successful"
    changed = subentry(home.entry)
    assert changed.data == MappingProxyType({"name": "Anna", "number": "+46703333333"})
    assert changed.unique_id == "+46703333333"
    await home.place_call(to="Anna")
    await home.settle()
    assert home.provider.calls[-1].to == "+46703333333"


@pytest.mark.parametrize(
    ("country", "number", "shown"),
    [
        ("SE", ANNA, "070-111 11 11"),
        # The account's own number says where the home is
        (None, ANNA, "070-111 11 11"),
        ("NO", ANNA, "+46 70 111 11 11"),
        ("SE", "+14155552671", "+1 415-555-2671"),
        ("US", "+14155552671", "(415) 555-2671"),
    ],
)
async def test_saved_unchanged(
    home: Home, country: str | None, number: str, shown: str
) -> None:
    """A number is shown as people write it; saved as it is shown, it is the same."""
    home.hass.config.country = country
    before = {"name": "Anna", "number": number}
    home.hass.config_entries.async_update_subentry(
        home.entry, subentry(home.entry), data=before
    )
    step = await change(home, subentry(home.entry))
    assert suggested(step)["number"] == shown

    done = await submit(home, step, {**suggested(step), "speech": {}})

    assert done["reason"] == "reconfigure_successful"
    assert subentry(home.entry).data == before


async def test_renamed(home: Home) -> None:
    """Automations mean a contact by its entities, which keep their ids when it is renamed."""
    entities = home.hass.states.async_entity_ids()
    assert "notify.anna" in entities
    step = await change(home, subentry(home.entry))
    await submit(home, step, form("Maria", ANNA))
    assert home.hass.states.async_entity_ids() == entities

    await home.place_call(to="notify.anna")
    await home.settle()
    await home.hass.services.async_call(
        "notify",
        "send_message",
        {"entity_id": "notify.anna", "message": "Fire"},
        blocking=True,
    )
    await home.settle()

    assert [call.to for call in home.provider.calls] == [ANNA, ANNA]
    state = home.hass.states.get("notify.anna")
    assert state is not None
    assert state.name == "Maria"


async def test_same_name_and_number(home: Home) -> None:
    """A contact's own name and number are no reason to refuse a change."""
    step = await change(home, subentry(home.entry))

    done = await submit(home, step, form("ANNA", ANNA, language="sv"))

    assert done["reason"] == "reconfigure_successful"
    assert subentry(home.entry).title == "ANNA"


class Broken(Engine):
    """An engine that fails when it is asked for its languages."""

    @property
    @override
    def supported_languages(self) -> list[str]:
        """Fail."""
        raise RuntimeError


@pytest.fixture
async def swedish(engine: Engine) -> Engine:
    """Give the home, which has a voice that speaks English and Swedish, one for Swedish alone."""
    swedish = Engine("swedish", SPOKEN, languages=["sv-SE"])
    broken = Broken("broken", SPOKEN)
    await engine.hass.data[DATA_COMPONENT].async_add_entities([swedish, broken])
    return swedish


async def test_languages_of_the_home(swedish: Engine, home: Home) -> None:
    """The languages of the home's voice are offered."""
    step = await change(home, subentry(home.entry))

    assert languages(step, "speech") == ["en", "sv"]


@pytest.mark.parametrize("contacts", [[]])
async def test_languages_of_the_account(swedish: Engine, home: Home) -> None:
    """Those of the account's voice are, if it has one."""
    home.hass.config_entries.async_update_entry(
        home.entry, options={**home.entry.options, "tts_entity_id": "tts.swedish"}
    )
    step = await add(home, form("", ""))

    assert languages(step, "speech") == ["sv-SE"]


@pytest.mark.parametrize(
    "contacts",
    [[make_contact("Anna", ANNA, language="sv", tts_entity_id="tts.swedish")]],
)
async def test_language_in_a_variant(swedish: Engine, home: Home) -> None:
    """Those of a contact's own are; a language chosen before that it has in a variant stays."""
    step = await change(home, subentry(home.entry))
    assert languages(step, "speech") == ["sv", "sv-SE"]
    speech = suggested(step, "speech")

    done = await submit(home, step, form("Anna", BO, **speech))

    assert done["reason"] == "reconfigure_successful"
    assert subentry(home.entry).data["language"] == "sv"
    await home.speak(to="Anna", message="Eld")
    assert swedish.asked == [("Eld", "sv-SE", {})]


async def test_another_voice(swedish: Engine, home: Home) -> None:
    """A voice that does not speak the language is refused; then the list shows what it speaks."""
    speech = {"language": "en", "tts_entity_id": "tts.swedish"}
    step = await add(home, form("Bo", BO, **speech))

    assert in_words(step, CONTACT) == {
        "speech": "Voice > Language: swedish does not speak the language that was chosen. Choose "
        "another: the list now shows those that this voice speaks."
    }
    assert is_open(step, "speech")
    assert languages(step, "speech") == ["sv-SE"]
    # The frontend has nothing to clear the field with
    assert suggested(step, "speech") == {"tts_entity_id": "tts.swedish"}
    done = await submit(home, step, form("Bo", BO, **{**speech, "language": "sv-SE"}))
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_voice_without_the_language_of_the_account(
    swedish: Engine, home: Home
) -> None:
    """A contact without a language has the account's, which their voice must speak."""
    home.hass.config_entries.async_update_entry(
        home.entry, options={**home.entry.options, "language": "en"}
    )
    step = await add(home, form("Bo", BO, tts_entity_id="tts.swedish"))

    assert step["errors"] == {"speech": "language_not_spoken"}
    done = await submit(home, step, form("Bo", BO))
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "contacts", [[make_contact("Anna", ANNA, tts_entity_id="tts.tones")]]
)
async def test_no_voice_of_their_own(swedish: Engine, home: Home) -> None:
    """What is wrong with the account's voice is no reason to refuse a contact without one."""
    home.hass.config_entries.async_update_entry(
        home.entry,
        options={
            **home.entry.options,
            "tts_entity_id": "tts.swedish",
            "language": "en",
        },
    )
    done = await add(home, form("Bo", BO))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    step = await change(home, subentry(home.entry))

    done = await submit(home, step, form("Anna", ANNA))

    assert done["reason"] == "reconfigure_successful"


@pytest.mark.parametrize("voice", ["tts.gone", "tts.broken"])
@pytest.mark.parametrize("contacts", [[]])
async def test_voice_that_does_not_say(swedish: Engine, home: Home, voice: str) -> None:
    """An engine that is gone, or fails, keeps nobody from being added or changed."""
    speech = {"language": "fi", "tts_entity_id": voice}
    done = await add(home, form("Bo", BO, **speech))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    step = await change(home, subentry(home.entry))
    assert languages(step, "speech") is None
    assert suggested(step, "speech") == speech

    done = await submit(home, step, form("Bo", ANNA, **speech))

    assert done["reason"] == "reconfigure_successful"
    assert subentry(home.entry).data == {"name": "Bo", "number": ANNA, **speech}


@pytest.mark.parametrize("contacts", [[make_contact("Anna", ANNA, language="de")]])
async def test_voice_that_stands_in(engine: Engine, home: Home) -> None:
    """A language is kept while another voice stands in for the one that spoke it."""
    step = await change(home, subentry(home.entry))
    speech = suggested(step, "speech")
    assert speech == {"language": "de"}
    assert languages(step, "speech") == ["en", "sv"]

    done = await submit(home, step, form("Anna", BO, **speech))

    assert done["reason"] == "reconfigure_successful"
    assert subentry(home.entry).data["language"] == "de"


@pytest.mark.parametrize("pin", ["1234", "0123456789"])
async def test_pin(home: Home, pin: str) -> None:
    """A PIN of their own is stored, shown, and can be taken away."""
    await add(home, {**form("Bo", BO), "calling": {"pin": pin}})
    bo = list(home.entry.subentries.values())[-1]
    assert bo.data == {"name": "Bo", "number": BO, "pin": pin}

    step = await change(home, bo)
    assert suggested(step, "calling") == {"pin": pin}
    done = await submit(home, step, {**form("Bo", BO), "calling": {}})

    assert done["reason"] == "reconfigure_successful"
    assert bo.data == {"name": "Bo", "number": BO}


@pytest.mark.parametrize("pin", ["123", "12345678901", "12a4", "12 34", "１２３４"])
async def test_wrong_pin(home: Home, pin: str) -> None:
    """What no PIN can be is refused, in a section that is open."""
    step = await add(home, {**form("Bo", BO), "calling": {"pin": pin}})

    assert in_words(step, CONTACT) == {
        "calling": "When this person calls > PIN: Enter 4 to 10 digits, or leave it empty."
    }
    assert is_open(step, "calling")
    assert suggested(step, "calling") == {"pin": pin}


async def change(home: Home, contact: ConfigSubentry) -> SubentryFlowResult:
    """Open the form of a contact."""
    flow = home.entry.start_subentry_reconfigure_flow(home.hass, contact.subentry_id)
    return cast(SubentryFlowResult, await flow)


async def submit(
    home: Home, step: SubentryFlowResult, answers: dict[str, Any]
) -> SubentryFlowResult:
    """Submit the form once more."""
    result = await home.hass.config_entries.subentries.async_configure(
        step["flow_id"], answers
    )
    await home.hass.async_block_till_done()
    return result


def subentry(entry: MockConfigEntry) -> ConfigSubentry:
    """Return the first contact."""
    return next(iter(entry.subentries.values()))
