"""Speech by espeak-ng; without it, a tone that lasts as long as the text would."""

from array import array
from dataclasses import dataclass
from io import BytesIO
import json
from math import pi, sin
from pathlib import Path
import shutil
import subprocess
import time
from typing import Any, Self, override
import wave

from homeassistant.components.tts import Provider, TtsAudioType
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType

_TROUBLE = "demo_voice.json"
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
    return DemoVoice(Path(hass.config.path(_TROUBLE)))


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is wrong with the voice, read from a file each time it is to speak."""

    seconds: float = 0.0
    """How long each text takes."""
    error: str | None = None
    """Why nothing is spoken."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the file; without one, nothing is wrong."""
        return cls(**json.loads(file.read_text())) if file.exists() else cls()


class DemoVoice(Provider):
    """A voice that needs no cloud."""

    name = "Demo voice"

    def __init__(self, trouble: Path) -> None:
        """Have the trouble that a file holds."""
        self._trouble = trouble

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
        trouble = Trouble.read(self._trouble)
        time.sleep(trouble.seconds)
        if trouble.error:
            raise HomeAssistantError(trouble.error)
        return "wav", speak(message, language)


def speak(text: str, language: str) -> bytes:
    """Return a text as spoken, in a WAV file."""
    program = shutil.which("espeak-ng")
    return _speak(program, text, language) if program else _tone(text)


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
