"""What the form of a line shows."""

from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.helpers import config_validation as cv

from ...conftest import Home
from ...speech.conftest import Engine, tone
from ..words import LINE as WORDS, in_words, languages, suggested
from .filling_in import add, begin, change, form, submit


async def test_forward_to_somebody_removed(home: Home) -> None:
    """A contact that has been removed is not shown, and another one is asked for."""
    anna = next(iter(home.entry.subentries))
    await add(home, form(door={"others": "forward", "forward_to": anna}))
    home.hass.config_entries.async_remove_subentry(home.entry, anna)

    step = await change(home)

    assert "forward_to" not in suggested(step, "door")
    step = await submit(home, step, form(None, door=suggested(step, "door")))
    assert step["errors"] == {"door": "no_forward"}


async def test_languages(engine: Engine, home: Home) -> None:
    """The account's voice says which languages there are."""
    swedish = Engine("swedish", ("wav", tone(1)), languages=["sv-SE"])
    await home.hass.data[DATA_COMPONENT].async_add_entities([swedish])
    home.hass.config_entries.async_update_entry(
        home.entry, options={**home.entry.options, "tts_entity_id": "tts.swedish"}
    )
    assert languages(await begin(home), "speech") == ["sv-SE"]

    step = await add(home, form(speech={"language": "en"}))

    assert in_words(step, WORDS)["speech"].startswith("Voice > Language: swedish does")
    assert suggested(step, "speech") == {}


async def test_fields_for_the_frontend(home: Home) -> None:
    """The dialog of a choice has a field for each part, with selectors that are known."""
    step = await begin(home)

    assert step["data_schema"] is not None
    menu = cv.custom_serializer(step["data_schema"].schema["menu"])
    fields = menu["selector"]["object"]["fields"]
    kinds = {key: next(iter(one["selector"])) for key, one in fields.items()}
    assert kinds == {
        "key": "select",
        "say": "text",
        "actions": "action",
        "reply": "template",
    }
