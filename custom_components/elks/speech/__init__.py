"""What a call plays: text spoken by a voice of the home, and media.

Here a text or a media item becomes a recording: a file that is fit for a telephone line, kept in a
private folder as long as a call needs it, and served to the provider. What is said, by whom and
to whom is decided elsewhere: this room knows no calls.
"""

from .files import async_remove_recordings
from .media import web_url
from .recordings import Recordings
from .view import RecordingView, recording_url
from .voice import HOME_VOICE, Voice, async_language

__all__ = [
    "HOME_VOICE",
    "RecordingView",
    "Recordings",
    "Voice",
    "async_language",
    "async_remove_recordings",
    "recording_url",
    "web_url",
]
