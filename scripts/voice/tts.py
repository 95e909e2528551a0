"""Speech by espeak-ng; without it, a tone that lasts as long as the text would."""

from array import array
from io import BytesIO
from math import pi, sin
import shutil
import subprocess
from typing import Any, override
import wave

from homeassistant.components.tts import Provider, TtsAudioType
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType

_LANGUAGES = ["en", "sv"]
_TIMEOUT = 20
_SECONDS_PER_LETTER = 0.07
_RATE = 8000
_PITCH = 440
_LOUDNESS = 8000


async def async_get_engine(
    hass: HomeAssistant,
    config: ConfigType,
    discovery_info: DiscoveryInfoType | None = None,
) -> Provider:
    """Return the voice."""
    return DemoVoice()


class DemoVoice(Provider):
    """A voice that needs no cloud."""

    name = "Demo voice"

    @property
    @override
    def default_language(self) -> str:
        """Return the language to use when none is given."""
        return _LANGUAGES[0]

    @property
    @override
    def supported_languages(self) -> list[str]:
        """Return the languages."""
        return _LANGUAGES

    @override
    def get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Return a text as spoken, in a WAV file."""
        program = shutil.which("espeak-ng")
        return "wav", _speak(program, message, language) if program else _tone(message)


def _speak(program: str, text: str, language: str) -> bytes:
    return subprocess.run(
        [program, "--stdin", "--stdout", "-v", language],
        input=text.encode(),
        capture_output=True,
        check=True,
        timeout=_TIMEOUT,
    ).stdout


def _tone(text: str) -> bytes:
    frames = range(int(len(text) * _SECONDS_PER_LETTER * _RATE))
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(
            array(
                "h",
                (int(_LOUDNESS * sin(2 * pi * _PITCH * n / _RATE)) for n in frames),
            ).tobytes()
        )
    return file.getvalue()
