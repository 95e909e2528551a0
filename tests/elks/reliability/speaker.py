"""A voice that speaks as slowly as a row wants it to."""

import asyncio
from typing import Any, override

from homeassistant.components.tts import TtsAudioType
from tests.elks.speech.conftest import Engine, tone


class Speaker(Engine):
    """A text-to-speech engine that takes its time."""

    def __init__(self) -> None:
        """Speak at once."""
        super().__init__("tones", ("wav", tone(1)))
        self.takes: dict[str, float | None] = {}
        """Seconds for texts that begin so; None if they are not spoken."""

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Answer, or fail, after a while."""
        answer = await super().async_get_tts_audio(message, language, options)
        for beginning, seconds in tuple(self.takes.items()):
            if message.startswith(beginning):
                if seconds is None:
                    raise RuntimeError("hoarse")
                await asyncio.sleep(seconds)
        return answer
