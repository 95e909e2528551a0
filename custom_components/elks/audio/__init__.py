"""Speech and media, made ready and served for as long as a call needs them."""

from .clip import Clip, clip_url
from .media import ATTR_MEDIA, web_url
from .speech import ATTR_TTS_ENTITY_ID
from .store import AudioStore, async_remove_audio
from .view import AudioView

__all__ = [
    "ATTR_MEDIA",
    "ATTR_TTS_ENTITY_ID",
    "AudioStore",
    "AudioView",
    "Clip",
    "async_remove_audio",
    "clip_url",
    "web_url",
]
