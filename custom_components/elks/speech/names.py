"""The names of recordings: the same sound has the same name, which nobody guesses.

The provider keeps a copy of what it once fetched from a URL, so another sound needs another name.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache, partial
from hashlib import blake2b
import re
from typing import Any

from homeassistant.helpers.json import json_bytes_sorted

from .built_in import Sound
from .prompt import Prompt

_FORM = "1"
"""Raised when other recordings are made of the same speech: 46elks has copies of the old ones."""
_SIZE = 16
"""Bytes of each half of a name: what is played, and in whose voice."""
_WORDS = 22
"""Characters in which base64 writes these."""
_WORDS_KNOWN = 1000
# What versions before 1.3 recorded has 43 characters, and may still be played after an update
_NAME = re.compile(r"([A-Za-z0-9_-]{43,44})\.(mp3|ogg|wav)")


class RecordingNames:
    """Names recordings from what they hold, by a secret key of the account."""

    def __init__(self, key: str) -> None:
        """Use a key."""
        self._key = key.encode()[:64]
        # What lines say is compared with it after every sentence
        self._words = lru_cache(_WORDS_KNOWN)(partial(self._digest, "words"))

    def words(self, prompt: Prompt) -> str:
        """Return the beginning that the recordings of a prompt have in common."""
        if prompt.url:
            return words_of(prompt.url)
        return self._words(prompt.nonce, prompt.text, prompt.media)

    def spoken(self, prompt: Prompt, voice: Mapping[str, Any]) -> str:
        """Return the stem of a text spoken by a voice, given with all that decides how it sounds."""
        rendition = self._digest("voice", _FORM, json_bytes_sorted(voice))
        return self.words(prompt) + rendition

    def copied(self, prompt: Prompt, content: bytes) -> str:
        """Return the stem of a media item that holds this content."""
        return self.words(prompt) + self._digest("content", _FORM, content)

    def built_in(self, language: str, sound: Sound, version: str) -> str:
        """Return the name of a built-in sound; it changes with each version of the integration."""
        sentence = self._digest("built-in", language, sound, version)
        return f"{self.words(Prompt())}{sentence}.mp3"

    def _digest(self, *parts: str | bytes) -> str:
        digest = blake2b(key=self._key, digest_size=_SIZE)
        for part in parts:
            data = part if isinstance(part, bytes) else part.encode()
            digest.update(len(data).to_bytes(8) + data)
        return urlsafe_b64encode(digest.digest()).decode().rstrip("=")


def words_of(name: str) -> str:
    """Return the beginning of a recording's name, or of its URL's last part."""
    return name.rpartition("/")[2].partition(".")[0][:_WORDS]


def suffix_of(name: str) -> str | None:
    """Return which kind of file a recording's name stands for; None for what is no such name."""
    match = _NAME.fullmatch(name)
    return match[2] if match else None
