"""Faults in what is said: late speech, failing voices, lost addresses, and restarts in a call."""

import asyncio
from collections.abc import Awaitable, Callable
import errno
from pathlib import Path
from typing import Any

from homeassistant.components.tts import TtsAudioType
from homeassistant.components.tts.const import DATA_COMPONENT
from simulator import KeyPress, Outcome
from tests.elks.conftest import PHONE
from tests.elks.speech.conftest import Engine, tone

from .row import AT_ONCE, Row, Story
from .scene import Scene

_MESSAGE = "Water in the kitchen"
_REPLY = "It closes."
_ANSWERS = [{"key": "1", "id": "close", "reply": _REPLY}]
_PEOPLE = (PHONE, "+46701234568", "+46701234569")
_HOUR = 3600

_RECORDING = "recording"
_MOMENT = "en/one_moment"
_SUBSTITUTE = "en/substitute"
_ACKNOWLEDGE = "en/substitute_acknowledge"
_THANKS = "en/thanks"
_TAKEN = "en/taken"
_BEEP = "sound/beep"

_TO_THE_END: dict[str, Any] = {"talk_for": None}
_PRESSES: dict[str, Any] = {"talk_for": None, "keys": [KeyPress(1, "1")]}
_HOARSE = RuntimeError("hoarse")
_FAILED = ("tts.tones did not speak",)

type _Prepare = Callable[[Scene], Awaitable[object] | None]
type _Restart = Callable[[Scene], Awaitable[None]]


async def _speak(scene: Scene, **data: object) -> None:
    """Place a call that speaks, and wait for its end; the request waits for no speech."""
    if "media" not in data:
        data = {"message": _MESSAGE, **data}
    await scene.act(repeat=1, wait=False, **data)
    assert scene.took[-1] <= AT_ONCE
    await scene.call_ended()


def _said(
    *heard: str,
    before: _Prepare | None = None,
    phone: dict[str, Any] = _TO_THE_END,
    **data: object,
) -> Story:
    """Place a call after some preparation, and compare what is heard."""

    async def story(scene: Scene) -> None:
        scene.provider.phone(PHONE, **phone)
        if before and (preparing := before(scene)):
            await preparing
        await _speak(scene, **data)
        assert await scene.heard() == list(heard)

    return story


def _fail(scene: Scene) -> None:
    scene.voice.answer = _HOARSE


def _lose_reply(scene: Scene) -> None:
    scene.voice.fails_at = 2


def _takes(seconds: float, text: str = _MESSAGE) -> _Prepare:
    def slow_down(scene: Scene) -> None:
        scene.voice.takes[text] = seconds

    return slow_down


async def _remove_voice(scene: Scene) -> None:
    await scene.voice.async_remove()


async def _add_voice(
    scene: Scene, answer: TtsAudioType | Exception = ("wav", tone(2))
) -> Engine:
    """Give the home another voice, which speaks after the first has failed."""
    engine = Engine("another", answer)
    await scene.home.hass.data[DATA_COMPONENT].async_add_entities([engine])
    return engine


async def _another_voice(scene: Scene) -> None:
    other = await _add_voice(scene)
    await _said(_RECORDING, before=_fail)(scene)
    assert [text for text, *_ in other.asked] == [_MESSAGE]


async def _all_hang(scene: Scene) -> None:
    """Let the home's voice hang, and then the other one, until nobody waits any longer."""
    (await _add_voice(scene)).waits_at = 1
    scene.voice.takes[_MESSAGE] = _HOUR


async def _all_fail(scene: Scene) -> None:
    await _add_voice(scene, _HOARSE)
    _fail(scene)


async def _said_before(scene: Scene) -> None:
    """Say the same once while the voice still speaks."""
    await _speak(scene)
    _fail(scene)


async def _played_before(scene: Scene) -> None:
    """Play a media item once, and then delete it."""
    path = _media(scene, tone(1))
    await _speak(scene, media=_MEDIA)
    path.unlink()


_MEDIA = "media-source://media_source/local/alarm.wav"


def _media(scene: Scene, content: bytes) -> Path:
    path = Path(scene.home.hass.config.media_dirs["local"], "alarm.wav")
    path.write_bytes(content)
    return path


def _spoil_media(scene: Scene) -> None:
    _media(scene, b"no sound")


def _fill_disk(scene: Scene) -> None:
    """Leave no room for any more files."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    scene.monkeypatch.setattr(Path, "write_bytes", full)


async def _lose_address(scene: Scene) -> None:
    """Reach the home once, and then lose its address."""
    await _speak(scene)
    scene.home.hass.config.external_url = None


async def _chain_without_address(scene: Scene) -> None:
    """Call two people who could not report a key: they hear beeps."""
    scene.home.hass.config.external_url = None
    for number in _PEOPLE[:2]:
        scene.provider.phone(number, **_PRESSES)
    await scene.begin_chain(*_PEOPLE[:2], message=_MESSAGE, rounds=1)
    await scene.chain_ended()
    assert [await scene.heard(n) for n in range(2)] == 2 * [3 * [_BEEP]]


async def _chain_without_voice(scene: Scene) -> None:
    """Have the built-in sentence acknowledged with any key."""
    _fail(scene)
    scene.provider.phone(PHONE, talk_for=None, keys=[KeyPress(1, "7")])
    await scene.begin_chain(PHONE, message=_MESSAGE)
    await scene.chain_ended()
    assert await scene.heard() == [_ACKNOWLEDGE, _THANKS]


async def _kill_before_any_key(scene: Scene) -> None:
    """Cut the power while the built-in sentence asks for any key."""
    _fail(scene)
    scene.provider.phone(PHONE, talk_for=None, keys=[KeyPress(8, "7")])
    await scene.begin_chain(PHONE, message=_MESSAGE)
    await asyncio.sleep(5)
    await scene.kill()
    await scene.chain_ended()
    assert await scene.heard() == [_ACKNOWLEDGE, _THANKS]


def _before_speech(restart: _Restart) -> Story:
    """Restart while the phone rings and the message is being spoken, which then begins anew."""

    async def story(scene: Scene) -> None:
        scene.voice.takes[_MESSAGE] = 5
        scene.provider.phone(PHONE, answer_after=20, talk_for=None)
        await scene.act(message=_MESSAGE, repeat=1)
        await asyncio.sleep(2)
        await restart(scene)
        await scene.call_ended()
        assert await scene.heard() == [_RECORDING]

    return story


def _before_pick_up(restart: _Restart) -> Story:
    """Restart when the message is spoken, while the phone rings; it need not be spoken again."""

    async def story(scene: Scene) -> None:
        scene.provider.phone(PHONE, answer_after=20, talk_for=None)
        await scene.act(message=_MESSAGE, repeat=1)
        await asyncio.sleep(10)
        await restart(scene)
        await scene.call_ended()
        assert await scene.heard() == [_RECORDING]
        assert len(scene.voice.asked) == 1

    return story


def _before_message(
    takes: float, after: float, *heard: str
) -> Callable[[_Restart], Story]:
    """Return what restarts `after` so many seconds, while a message that `takes` longer is awaited."""

    def restarted(restart: _Restart) -> Story:
        async def story(scene: Scene) -> None:
            scene.voice.takes[_MESSAGE] = takes
            scene.provider.phone(PHONE, talk_for=None)
            await scene.act(message=_MESSAGE, repeat=1)
            await asyncio.sleep(after)
            await restart(scene)
            await scene.call_ended()
            assert await scene.heard() == list(heard)

        return story

    return restarted


def _before_reply(restart: _Restart) -> Story:
    """Restart while somebody who has pressed a key waits for the reply."""

    async def story(scene: Scene) -> None:
        scene.voice.takes[_REPLY] = 7.5
        scene.provider.phone(PHONE, **_PRESSES)
        await scene.act(message=_MESSAGE, answers=_ANSWERS, wait=False)
        await asyncio.sleep(5)
        await restart(scene)
        await scene.call_ended()
        assert await scene.heard() == [_RECORDING, *3 * [_MOMENT], _RECORDING]
        assert scene.home.last_call.attributes["digits"] == "1"

    return story


def _between_turns(restart: _Restart) -> Story:
    """Restart in the pause between the two calls to one person."""

    async def story(scene: Scene) -> None:
        scene.provider.phone(PHONE, outcome=Outcome.NO_ANSWER)
        await scene.begin_chain(PHONE, message=_MESSAGE, timeout=10, pause=30)
        await asyncio.sleep(20)
        scene.provider.phone(PHONE, **_PRESSES)
        await restart(scene)
        await scene.chain_ended()
        assert await scene.heard() == [_RECORDING, _RECORDING]

    return story


def _three_ringing(restart: _Restart) -> Story:
    """Restart while three phones ring; one person acknowledges, and the others hear it."""

    async def story(scene: Scene) -> None:
        for number, answer_after in zip(_PEOPLE, (20, 30, 40), strict=True):
            scene.provider.phone(number, answer_after=answer_after, **_PRESSES)
        await scene.begin_chain(*_PEOPLE, message=_MESSAGE, at_once=3)
        await asyncio.sleep(10)
        await restart(scene)
        assert (await scene.chain_ended())["by"] == PHONE
        for index, call in enumerate(scene.provider.calls):
            heard = 2 * [_RECORDING] if call.to == PHONE else [_TAKEN]
            assert await scene.heard(index) == heard

    return story


def _restarts(
    name: str,
    goes_wrong: str,
    story: Callable[[_Restart], Story],
    **more: Any,
) -> list[Row]:
    """Return a row for each kind of restart."""
    return [
        Row(
            name=f"{kind}-{name}",
            goes_wrong=f"{what} {goes_wrong}",
            story=story(restart),
            spoken="message",
            **more,
        )
        for kind, what, restart in (
            ("reload", "Reload", Scene.reload),
            ("kill", "A power cut", Scene.kill),
        )
    ]


ROWS = (
    Row(
        name="voice-fails",
        goes_wrong="The voice fails",
        story=_said(_SUBSTITUTE, before=_fail),
        spoken="substitute",
        logs=_FAILED,
    ),
    Row(
        name="voice-missing",
        goes_wrong="The voice asked for does not exist",
        story=_said(_RECORDING, tts_entity_id="tts.gone"),
        spoken="message",
        logs=("tts.gone did not speak",),
    ),
    Row(
        name="no-voice",
        goes_wrong="The home no longer has any voice",
        story=_said(_SUBSTITUTE, before=_remove_voice),
        spoken="substitute",
        logs=("tts did not speak",),
    ),
    Row(
        name="voice-hangs",
        goes_wrong="The voice does not answer",
        story=_said(_MOMENT, _MOMENT, _SUBSTITUTE, before=_takes(_HOUR)),
        spoken="substitute",
        logs=_FAILED,
    ),
    Row(
        name="voice-hangs-ringing",
        goes_wrong="The voice does not answer; the phone rings for 20 s",
        story=_said(
            _SUBSTITUTE,
            before=_takes(_HOUR),
            phone={"answer_after": 20, "talk_for": None},
        ),
        spoken="substitute",
        logs=_FAILED,
    ),
    Row(
        name="language-unknown",
        goes_wrong="No voice of the home speaks the language",
        story=_said("fi/substitute", language="fi"),
        spoken="substitute",
        logs=_FAILED,
    ),
    Row(
        name="said-before",
        goes_wrong="The voice fails, after it has said the same before",
        story=_said(_RECORDING, before=_said_before),
        calls=2,
        outcome="ongoing, ongoing",
        spoken="message",
    ),
    Row(
        name="words-before",
        goes_wrong="The voice fails; another one has said the same before",
        story=_said(_RECORDING, before=_said_before, language="sv"),
        calls=2,
        outcome="ongoing, ongoing",
        spoken="message",
        logs=_FAILED,
    ),
    Row(
        name="another-voice",
        goes_wrong="The voice fails; another one of the home speaks",
        story=_another_voice,
        spoken="message",
        logs=_FAILED,
    ),
    Row(
        name="all-voices-fail",
        goes_wrong="All voices of the home fail",
        story=_said(_SUBSTITUTE, before=_all_fail),
        spoken="substitute",
        logs=_FAILED,
    ),
    Row(
        name="media-missing",
        goes_wrong="The media item does not exist",
        story=_said(_SUBSTITUTE, media=_MEDIA),
        spoken="substitute",
        logs=("Media cannot be played",),
    ),
    Row(
        name="media-unreadable",
        goes_wrong="The media item is not audio",
        story=_said(_SUBSTITUTE, before=_spoil_media, media=_MEDIA),
        spoken="substitute",
        logs=("Media cannot be played",),
    ),
    Row(
        name="media-before",
        goes_wrong="The media item no longer exists, after it was played before",
        story=_said(_RECORDING, before=_played_before, media=_MEDIA),
        calls=2,
        outcome="ongoing, ongoing",
        spoken="message",
        logs=("Media cannot be played",),
    ),
    Row(
        name="disk-full",
        goes_wrong="There is no room on the disk for recordings",
        story=_said(_SUBSTITUTE, before=_fill_disk),
        spoken="substitute",
        logs=("A recording cannot be written",),
    ),
    Row(
        name="speech-late",
        goes_wrong="The phone is answered 3 s before the message is spoken",
        story=_said(_MOMENT, _RECORDING, before=_takes(5)),
        spoken="message",
    ),
    Row(
        name="speech-later",
        goes_wrong="The phone is answered at once, and the voices do not answer",
        story=_said(
            *3 * [_MOMENT],
            _SUBSTITUTE,
            before=_all_hang,
            phone={"answer_after": 0.2, "talk_for": None},
        ),
        spoken="substitute",
        logs=_FAILED,
    ),
    Row(
        name="reply-late",
        goes_wrong="A key is pressed 4.5 s before the reply is spoken",
        story=_said(
            *(_RECORDING, _MOMENT, _RECORDING),
            before=_takes(7.5, _REPLY),
            phone=_PRESSES,
            answers=_ANSWERS,
        ),
        spoken="message",
    ),
    Row(
        name="reply-lost",
        goes_wrong="The voice fails at the reply",
        story=_said(
            *(_RECORDING, _THANKS),
            before=_lose_reply,
            phone=_PRESSES,
            answers=_ANSWERS,
        ),
        spoken="message",
        logs=_FAILED,
    ),
    Row(
        name="address-gone",
        goes_wrong="The home's external address is gone since the call before",
        story=_said(_RECORDING, before=_lose_address),
        calls=2,
        outcome="ongoing, ongoing",
        spoken="message",
    ),
    Row(
        name="chain-no-address",
        goes_wrong="A call chain of a home that never had an external address",
        story=_chain_without_address,
        calls=2,
        outcome="not_reachable",
        chain="unanswered",
        within=3,
    ),
    Row(
        name="chain-no-voice",
        goes_wrong="The voice fails in a call chain, and another key is pressed",
        story=_chain_without_voice,
        outcome="acknowledged",
        chain="acknowledged",
        spoken="substitute",
        logs=_FAILED,
    ),
    Row(
        name="kill-before-any-key",
        goes_wrong="The voice fails in a call chain; a power cut before any key is pressed",
        story=_kill_before_any_key,
        outcome="acknowledged",
        chain="acknowledged",
        spoken="substitute",
        # Once more after the power cut
        logs=2 * _FAILED,
    ),
    *_restarts(
        "before-speech",
        "before the message is spoken, while the phone rings",
        _before_speech,
    ),
    *_restarts(
        "before-pick-up",
        "after the message is spoken, while the phone rings",
        _before_pick_up,
    ),
    *_restarts(
        "at-pick-up",
        "as the phone is answered, before the message is spoken",
        _before_message(5, 2.5, _BEEP, _MOMENT, _RECORDING),
    ),
    *_restarts(
        "in-a-moment",
        "after the phone is answered, before the message is spoken",
        _before_message(5.5, 4, _MOMENT, _MOMENT, _RECORDING),
    ),
    *_restarts(
        "before-reply",
        "after a key is pressed, before the reply is spoken",
        _before_reply,
    ),
    *_restarts(
        "between-turns",
        "in the pause between two calls of a chain",
        _between_turns,
        calls=2,
        outcome="acknowledged",
        chain="acknowledged",
    ),
    *_restarts(
        "three-ringing",
        "while three phones of a chain ring",
        _three_ringing,
        calls=3,
        outcome="acknowledged",
        chain="acknowledged",
    ),
)
