"""Fields of actions as YAML, templates and people write them, from the action to the phone."""

from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.template import Template
from simulator import KeyPress, Outcome

from ..conftest import PHONE, PLAY, Home, make_contact
from ..forms.test_contact import add, form
from ..speech.conftest import Engine

ANNA, ZOE = "+46701111111", "+46703333333"
WEB = "http://127.0.0.1:1/a.mp3"


@pytest.fixture
def contacts() -> list[ConfigSubentryData]:
    """Return two contacts, one stored when accents were taken as they came."""
    return [make_contact("Anna", ANNA), make_contact("Zoe\u0308", ZOE)]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("7\n", "7"),
        ("  7\t", "7"),
        ("\u200e7\u200b", "7"),
        (7, "7"),
        (0, "0"),
        # As a number helper gives it, to a template and inside of one
        (7.0, "7"),
        ("7.0", "7"),
        # Full-width, Arabic, Devanagari
        ("７", "7"),
        ("٧", "7"),
        ("७", "7"),
    ],
)
async def test_keys(engine: Engine, home: Home, written: object, key: str) -> None:
    """Whoever presses the key that was meant acknowledges, and answers."""
    home.provider.phone(ANNA, talk_for=None, keys=[KeyPress(after=1, keys=key)])

    chain = await home.act(
        "call_chain", to="Anna", message="Leak", acknowledge_key=written, rounds=1
    )
    call = await home.speak(
        to="Anna", message="Leak", answers={"key": written, "id": " close\n"}
    )

    assert chain["acknowledged"] is True
    assert (call["digits"], call["answer"]) == (key, "close")


NO_KEYS = ["1\n2", "#", "", "²", "ⅷ", "x", True, None, -1, 1.5]
NO_COUNTS = [float("inf"), float("nan"), "1e999", True, None, "", "a minute", []]
NO_PEOPLE = [float("inf"), float("nan"), 46.5, 0, -1, {}, []]
NO_NUMBERS = [*NO_PEOPLE, "", "\u200b", None]
TALK = {"to": PHONE, "message": "Leak"}
TONE = {"to": PHONE, "voice_start": PLAY}


@pytest.mark.parametrize(
    ("action", "data", "field", "values"),
    [
        ("call_chain", TALK, "acknowledge_key", NO_KEYS),
        ("place_call", TALK, "timeout", NO_COUNTS),
        ("place_call", TALK, "repeat", NO_COUNTS),
        ("place_call", TALK, "digits", NO_COUNTS),
        ("call_chain", TALK, "rounds", NO_COUNTS),
        ("call_chain", TALK, "pause", NO_COUNTS),
        ("call_chain", TALK, "at_once", NO_COUNTS),
        ("place_call", TONE, "to", NO_PEOPLE),
        ("place_call", TONE, "from", NO_NUMBERS),
        ("place_call", {"to": PHONE}, "connect", NO_NUMBERS),
    ],
)
async def test_refused(
    home: Home, action: str, data: dict[str, Any], field: str, values: list[object]
) -> None:
    """What is no key, count or number is refused with the field named, and nobody is called."""
    for value in values:
        with pytest.raises(
            ServiceValidationError, match=rf"(?i)^\w[\w ]*( \({field}\))? must be "
        ):
            await home.act(action, **{**data, field: value})

    assert home.provider.calls == []


@pytest.mark.parametrize(("field", "values"), [("key", NO_KEYS), ("id", ["", " \n"])])
async def test_refused_answers(home: Home, field: str, values: list[object]) -> None:
    """Nor is there an answer without a key, or without a meaning."""
    for value in values:
        answer = {"key": "1", "id": "close", field: value}
        with pytest.raises(
            ServiceValidationError, match=rf"^Answers \(answers #1 {field}\) must"
        ):
            await home.act("place_call", **TALK, answers=[answer])

    assert home.provider.calls == []


@pytest.mark.parametrize(
    ("action", "data", "words"),
    [
        (
            "place_call",
            {"to": []},
            "Number (to) must be a phone number or the name of a contact",
        ),
        ("call_chain", {"to": [PHONE, {}]}, "Numbers (to #2) must be a phone"),
        (
            "call_chain",
            {"to": [PHONE] * 51},
            "Numbers (to) must be a list of at most 50",
        ),
        ("place_call", {"message": None}, "Message must be text"),
        ("place_call", {"language": []}, "Language must be text"),
        (
            "place_call",
            {"answers": "close"},
            "Answers (answers #1) must be names and values, such",
        ),
        ("place_call", {"options": "low"}, "More voice settings (options) must be"),
        (
            "place_call",
            {"answers": [{"key": "1", "id": "a"}, {"key": "#", "id": "b"}]},
            "Answers (answers #2 key) must be up to 16 of the keys 0 to 9 and *",
        ),
        (
            "call_chain",
            {"acknowledge_key": "#"},
            "Key (acknowledge_key) must be one of the keys 0 to 9",
        ),
        (
            "place_call",
            {"timeout": 301},
            "Ring for (timeout) must be a whole number from 1 to 300",
        ),
        ("call_chain", {"pause": -1}, "Pause must be a whole number from 0 to 3600"),
        (
            "place_call",
            {"wait": "maybe"},
            "Wait until the call has ended (wait) must be",
        ),
        (
            "place_call",
            {"whenhangup": "nowhere"},
            "Report the end to (whenhangup) must be a URL that",
        ),
        (
            "place_call",
            {"tts_entity_id": "x"},
            "Text-to-speech (tts_entity_id) must be an entity ID, such",
        ),
        ("place_call", {"media": 3}, "Media must be chosen media, or its ID or URL"),
        (
            "place_call",
            {"voice_start": 3},
            "Call action (voice_start) must be a URL that starts with",
        ),
        ("cancel_chain", {"chain_id": []}, "Chain ID (chain_id) must be text"),
    ],
)
async def test_words(
    home: Home, action: str, data: dict[str, object], words: str
) -> None:
    """An error names the field as the form does, and says in words what it can have."""
    data = data if action == "cancel_chain" else {**TALK, **data}

    with pytest.raises(ServiceValidationError) as raised:
        await home.hass.services.async_call("elks", action, data, blocking=True)

    assert str(raised.value).startswith(words)
    assert home.provider.calls == []


async def test_key_from_a_helper(engine: Engine, home: Home) -> None:
    """The value of a helper for numbers is the key that it shows."""
    home.hass.states.async_set("input_number.key", "3.0")
    home.provider.phone(ANNA, talk_for=None, keys=[KeyPress(after=1, keys="3")])
    template = Template("{{ states('input_number.key') }}", home.hass)

    chain = await home.act(
        "call_chain",
        to="Anna",
        message="Leak",
        acknowledge_key=template.async_render(),
    )

    assert chain["acknowledged"] is True


@pytest.mark.parametrize(
    "who", ["Anna\n", " anna", "notify.anna\n", "\u2068Anna\u2069", "070-111 11 11\n"]
)
async def test_people(home: Home, who: str) -> None:
    """Nobody is mistaken for what stands around a name."""
    await home.place_call(to=who)
    await home.settle()

    assert [call.to for call in home.provider.calls] == [ANNA]
    assert home.hass.states.get("sensor.anna_last_call") is not None


@pytest.mark.parametrize(
    "number",
    [
        46701234567.0,
        "+46\u00a070\u2011123\u00ad45\u200b67\n",
        "\ufeff070\u2212123 45 67",
        "０７０１２３４５６７",
        "٠٧٠١٢٣٤٥٦٧",
    ],
)
async def test_numbers(home: Home, number: object) -> None:
    """A number is read in whatever way it came here."""
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)

    await home.act("place_call", to=number, connect=number)

    [call] = home.provider.calls
    assert (call.to, call.voice_start) == (PHONE, f'{{"connect":"{PHONE}"}}')
    await home.settle()


@pytest.mark.parametrize(
    ("field", "written", "sent"),
    [
        ("voice_start", f"  {WEB}\n", WEB),
        ("voice_start", '\n{"play": "sound/beep"}\n', '{"play":"sound/beep"}'),
        ("media", f"{WEB}\n", f'{{"play":"{WEB}"}}'),
        ("media", {"media_content_id": f"{WEB}\n"}, f'{{"play":"{WEB}"}}'),
    ],
)
async def test_first_action(home: Home, field: str, written: object, sent: str) -> None:
    """What 46elks is given to play or to ask for has nothing around it."""
    home.hass.config.external_url = None
    home.provider.phone(PHONE, outcome=Outcome.DECLINE)
    more = {"repeat": 1} if field == "media" else {}

    await home.act("place_call", to=PHONE, **{field: written}, **more)

    assert home.provider.calls[0].voice_start == sent
    await home.settle()


async def test_characters(engine: Engine, home: Home) -> None:
    """An emoji in two halves is one, and half of one keeps nothing from being written down."""
    home.provider.phone(PHONE, talk_for=None, keys=[KeyPress(after=1, keys="1")])

    response = await home.speak(
        message="Fire \ud83d\udd25", answers=[{"key": "1", "id": "\ud83d\udc4d\ud800"}]
    )

    assert [text for text, *_ in engine.asked] == ["Fire 🔥"]
    assert response["answer"] == "👍\ufffd"
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.LOADED


async def test_accents(home: Home) -> None:
    """A name is the same whether its accent is a character of its own, here or there."""
    added = await add(home, form("Jose\u0301", "070-222 22 22"))
    assert added["title"] == "José"

    for name in ("Jose\u0301", "José", "Zoe\u0308", "Zoë"):
        await home.place_call(to=name)
        await home.settle()

    assert [call.to for call in home.provider.calls] == [
        *2 * ["+46702222222"],
        *2 * [ZOE],
    ]


async def test_half_an_address(home: Home) -> None:
    """What only begins like a URL is refused like anything that is none."""
    with pytest.raises(ServiceValidationError, match=r"\(voice_start\) must be a URL"):
        await home.place_call(voice_start="http://[::1")

    assert home.provider.calls == []


async def test_addresses(home: Home) -> None:
    """Nor do the URL for the end of the call and the account's id."""
    url = "http://127.0.0.1:1/ended"

    await home.place_call(
        whenhangup=f"{url}\n", config_entry_id=f" {home.entry.entry_id}\n"
    )

    assert home.provider.calls[0].whenhangup == url


@pytest.mark.parametrize(
    ("language", "spoken"), [("sv\n", "sv"), (False, "no"), (" ", "en")]
)
async def test_voice(
    engine: Engine,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    language: object,
    spoken: str,
) -> None:
    """A voice is found, and YAML's "no" is Norwegian."""
    monkeypatch.setattr(engine, "_attr_supported_languages", ["en", "no", "sv"])
    home.provider.phone(PHONE, talk_for=None)

    await home.speak(
        message="\n Leak \n",
        language=language,
        tts_entity_id=f"{engine.entity_id}\n",
        answers=[{"key": "1", "id": "ok", "reply": "\u200b"}],
    )

    assert [(text, spoke) for text, spoke, _ in engine.asked] == [("Leak", spoken)]


@pytest.mark.parametrize("seconds", [30, "30\n", 30.0, "30.0", "٣٠", "30.9"])
async def test_whole_numbers(home: Home, seconds: object) -> None:
    """A number is one whether a template made a text of it, a float, or neither."""
    await home.place_call(timeout=seconds)

    assert home.provider.calls[0].timeout == 30
    await home.settle()


async def test_cancel(engine: Engine, home: Home) -> None:
    """A chain is cancelled by its id, whatever stands around that."""
    home.provider.clock.speed = 1
    home.provider.phone(ANNA, outcome=Outcome.NO_ANSWER)
    await home.hass.services.async_call(
        "elks", "call_chain", {"to": "Anna", "message": "Leak"}, blocking=True
    )
    await home.hass.async_block_till_done()
    chain = home.hass.states.get("sensor.demo_home_call_chain")
    assert chain is not None

    await home.hass.services.async_call(
        "elks",
        "cancel_chain",
        {"chain_id": f"{chain.attributes['chain_id']}\n"},
        blocking=True,
    )
    await home.hass.async_block_till_done()

    chain = home.hass.states.get("sensor.demo_home_call_chain")
    assert chain is not None
    assert chain.state == "cancelled"


@pytest.mark.parametrize("odd", [2**70, "\ud83d", object(), {"deep": [2**70]}])
async def test_odd_options(engine: Engine, home: Home, odd: object) -> None:
    """An option that nothing can write is left out, and the phone rings."""
    home.provider.phone(PHONE, talk_for=None)

    response = await home.speak(message="Leak", options={"voice": "low", "odd": odd})

    assert response["spoken"] == "message"
    assert [options["voice"] for *_, options in engine.asked] == ["low"]
