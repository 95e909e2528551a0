"""Prompts as they are stored with a call."""

import json
from typing import Any

import pytest

from custom_components.elks.speech import Prompt, Voice

VOICE = Voice(engine="tts.tone", language="sv", options={"voice": "Astrid"})


@pytest.mark.parametrize(
    ("prompt", "data"),
    [
        (Prompt(), {}),
        (Prompt(text="Fire"), {"text": "Fire"}),
        (
            Prompt(text="Fire", voice=VOICE, nonce="a"),
            {
                "text": "Fire",
                "voice": {
                    "engine": "tts.tone",
                    "language": "sv",
                    "options": {"voice": "Astrid"},
                },
                "nonce": "a",
            },
        ),
        (Prompt(media="media-source://dlna/1"), {"media": "media-source://dlna/1"}),
        (Prompt(url="https://a.example/"), {"url": "https://a.example/"}),
    ],
)
def test_stored(prompt: Prompt, data: dict[str, Any]) -> None:
    """What is stored is read again, and holds no more than there is."""
    assert prompt.as_dict() == data
    assert Prompt.from_dict(json.loads(json.dumps(data))) == prompt


def test_older_version() -> None:
    """Versions before 1.3 stored the URL of a recording."""
    url = "https://home.example/api/elks/audio/a.wav"

    assert Prompt.from_dict(url) == Prompt(url=url)


def test_newer_version() -> None:
    """What a newer version stored besides is left out."""
    assert Prompt.from_dict({"text": "Fire", "speed": 2}) == Prompt(text="Fire")


@pytest.mark.parametrize(
    "data", [{"text": 1}, {"voice": []}, {"media": ["a"]}, 1, None]
)
def test_unreadable(data: Any) -> None:
    """What cannot be read is refused with the errors that a store expects."""
    with pytest.raises((AttributeError, LookupError, TypeError)):
        Prompt.from_dict(data)


def test_key() -> None:
    """Prompts that differ have different keys."""
    prompts = [
        Prompt(text="Fire"),
        Prompt(text="Fire", voice=VOICE),
        Prompt(text="Fire", nonce="a"),
        Prompt(media="Fire"),
        Prompt(url="Fire"),
        Prompt(),
    ]
    assert len({prompt.key for prompt in prompts}) == len(prompts)
