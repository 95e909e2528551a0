"""A prompt: what is to be played in a call, also before there is a recording of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from homeassistant.helpers.json import json_dumps

from ..helpers.stored_values import text
from .voice import HOME_VOICE, Voice


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A text, a media item or a URL; the built-in sentence stands in for one that has none of these."""

    text: str = ""
    """What is spoken."""
    voice: Voice = HOME_VOICE
    """Who speaks the text."""
    media: str = ""
    """The ID of a media item of the home."""
    url: str = ""
    """Where the provider fetches a sound that is ready."""
    nonce: str = ""
    """Set when the recording is for one call only, and is not to be found by its words again."""

    @property
    def is_empty(self) -> bool:
        """Whether only the built-in sentence can be played for it."""
        return not (self.text or self.media or self.url)

    @cached_property
    def key(self) -> str:
        """What distinguishes prompts; it holds the text."""
        return json_dumps(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return the prompt as JSON data."""
        data = {
            "text": self.text,
            "voice": self.voice.as_dict() if self.text else {},
            "media": self.media,
            "url": self.url,
            "nonce": self.nonce,
        }
        return {key: value for key, value in data.items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | str) -> Self:
        """Read what as_dict returned, or the URL of a recording that versions before 1.3 stored.

        Raises AttributeError or TypeError for what cannot be read.
        """
        if isinstance(data, str):
            return cls(url=data)
        return cls(
            text=text(data.get("text", "")),
            voice=Voice.from_dict(data.get("voice", {})),
            media=text(data.get("media", "")),
            url=text(data.get("url", "")),
            nonce=text(data.get("nonce", "")),
        )
