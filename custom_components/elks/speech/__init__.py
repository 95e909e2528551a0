"""What is said in calls: recordings, made fit for a telephone, kept and served.

`engine` has the home's text-to-speech speak with a `voice`, `media` finds sounds of the home, and
`telephone` makes either fit. `recordings` keeps what comes of it, in the folder of `files`, at the
`places` where `view` serves it. Knows of no calls.
"""

from .engine import async_language
from .media import web_url
from .places import recording_url
from .recordings import Recordings, async_remove_recordings
from .view import RecordingView
from .voice import HOME_VOICE, Voice

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
