"""What people said in a call: silence of the right length."""

from io import BytesIO
from itertools import count
import wave

_RATE = 8000
_SAMPLE_BYTES = 2


class Recordings:
    """The account's recordings; their URLs begin with the API's."""

    def __init__(self, api_url: str) -> None:
        """Start with no recordings."""
        self._api_url = api_url
        self._seconds: dict[str, int] = {}
        self._ids = count(1)

    def add(self, seconds: int) -> str:
        """Store a recording of so many seconds; return its URL."""
        recording_id = f"r{next(self._ids):032x}"
        self._seconds[recording_id] = seconds
        return f"{self._api_url}/recordings/{recording_id}.wav"

    def wav(self, recording_id: str) -> bytes | None:
        """Return a recording as a WAV file, None if it does not exist."""
        seconds = self._seconds.get(recording_id)
        if seconds is None:
            return None
        file = BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(_SAMPLE_BYTES)
            writer.setframerate(_RATE)
            writer.writeframes(bytes(seconds * _RATE * _SAMPLE_BYTES))
        return file.getvalue()
