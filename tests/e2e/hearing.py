"""What is heard on a phone: which sound it is, how long, and how loud."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log10
import subprocess
from typing import Any

from scripts.home_process import ROOT
from scripts.simulator_process import SimulatorControl

_BUILT_IN = ROOT / "custom_components/elks/sounds"
_RATE = 8000
_FULL_SCALE = 32768


@dataclass(frozen=True)
class Heard:
    """A sound that a phone played."""

    built_in: str | None
    """Which of the shipped sounds it is, such as `en/thanks`; None for a recording of the home."""
    seconds: float
    loudness: float
    """On average, in dB below full scale, which is 0."""

    @property
    def is_speech(self) -> bool:
        """Whether it is long and loud enough to have been a sentence."""
        return self.seconds > 1 and -30 < self.loudness < -10


async def heard_in(control: SimulatorControl, call: Mapping[str, Any]) -> list[Heard]:
    """Return what was heard in a call, in order."""
    return [measure(sound) for sound in await control.played(call)]


def measure(sound: bytes) -> Heard:
    """Measure a sound in any format."""
    samples = array("h", _decode(sound))
    power = sum(sample * sample for sample in samples) / max(len(samples), 1)
    loudness = 10 * log10(power / _FULL_SCALE**2) if power else -inf
    return Heard(_built_in(sound), len(samples) / _RATE, loudness)


def _decode(sound: bytes) -> bytes:
    """Return the samples."""
    return subprocess.run(
        f"ffmpeg -v error -i - -f s16le -ac 1 -ar {_RATE} -".split(),
        input=sound,
        capture_output=True,
        check=True,
    ).stdout


def _built_in(sound: bytes) -> str | None:
    for path in _BUILT_IN.glob("*/*.mp3"):
        if path.read_bytes() == sound:
            return f"{path.parent.name}/{path.stem}"
    return None
