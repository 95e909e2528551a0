"""Speech from espeak-ng; without it, a tone as long as the text would take."""

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
    """Give the home its voice."""
    return DemoVoice()


class DemoVoice(Provider):
    """Speaks as well as this computer can."""

    name = "Demo voice"

    @property
    @override
    def default_language(self) -> str:
        """Return the language of who does not name one."""
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
        """Return a text as speech."""
        program = shutil.which("espeak-ng")
        return "wav", _spoken(program, message, language) if program else _tone(message)


def _spoken(program: str, text: str, language: str) -> bytes:
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
