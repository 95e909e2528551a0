"""Speech and media, made ready and served for as long as a call needs them."""

from .engine import HOME_VOICE, Voice, async_language
from .media import web_url
from .recording import clip_url
from .recordings import AudioStore, async_remove_audio
from .view import AudioView

__all__ = [
    "HOME_VOICE",
    "AudioStore",
    "AudioView",
    "Voice",
    "async_language",
    "async_remove_audio",
    "clip_url",
    "web_url",
]
