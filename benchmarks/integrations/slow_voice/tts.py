"""Speech that takes as long to make as that of a cloud: a beep for each text."""

import asyncio
from collections import Counter
from io import BytesIO
from typing import Any, Final, override
import wave

from homeassistant.components.tts import Provider, TtsAudioType
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType
from homeassistant.util.hass_dict import HassKey

LANGUAGES: Final = ["en", "sv", "de"]
"""In which it speaks."""
SECONDS: Final = 1.5
"""How long each text takes."""
SAID: HassKey[Counter[tuple[str, str]]] = HassKey("slow_voice_said")
"""How many times each text was asked for, by its language and itself."""

_RATE = 8000


class SlowVoice(Provider):
    """A voice that takes its time."""

    name = "Slow voice"

    def __init__(self, said: Counter[tuple[str, str]]) -> None:
        """Count what is said."""
        self._said = said

    @property
    @override
    def default_language(self) -> str:
        """Return the language to use when none is given."""
        return LANGUAGES[0]

    @property
    @override
    def supported_languages(self) -> list[str]:
        """Return the languages."""
        return LANGUAGES

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Return a sound of half a second, in a WAV file."""
        self._said[language, message] += 1
        await asyncio.sleep(SECONDS)
        return "wav", _SOUND


async def async_get_engine(
    hass: HomeAssistant,
    config: ConfigType,
    discovery_info: DiscoveryInfoType | None = None,
) -> SlowVoice:
    """Return the voice."""
    return SlowVoice(hass.data.setdefault(SAID, Counter()))


def _square_wave() -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(b"\x00\x10\x00\xf0" * (_RATE // 4))
    return file.getvalue()


_SOUND = _square_wave()
