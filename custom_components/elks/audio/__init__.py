"""Speech and media, made ready and served for as long as a call needs them."""

from .clip import Clip, clip_url
from .media import web_url
from .store import AudioStore, async_remove_audio
from .view import AudioView

__all__ = [
    "AudioStore",
    "AudioView",
    "Clip",
    "async_remove_audio",
    "clip_url",
    "web_url",
]
