"""What a call plays: text spoken by a voice of the home, media, and sounds that are shipped.

Here a prompt (a text or a media item) becomes a recording: a file that is fit for a telephone
line, kept in a private folder, and served to the provider. What is said, by whom and to whom is
decided elsewhere: this room knows no calls.
"""

from .built_in import Sound
from .changes import VoiceChange
from .files import async_remove_recordings
from .media import content_id, web_url
from .names import RecordingNames, words_of
from .prompt import Prompt
from .recordings import Recordings
from .view import RecordingView, recording_url
from .voice import (
    HOME_VOICE,
    Voice,
    VoiceError,
    async_engine_name,
    async_is_engine,
    async_language,
    async_languages,
    async_resolve,
)

__all__ = [
    "HOME_VOICE",
    "Prompt",
    "RecordingNames",
    "RecordingView",
    "Recordings",
    "Sound",
    "Voice",
    "VoiceChange",
    "VoiceError",
    "async_engine_name",
    "async_is_engine",
    "async_language",
    "async_languages",
    "async_remove_recordings",
    "async_resolve",
    "content_id",
    "recording_url",
    "web_url",
    "words_of",
]
