"""What is heard at a step of a call: its prompt, or what bridges or replaces it."""

from collections.abc import Callable
from dataclasses import dataclass

from ...api import BEEP
from ...speech import Recordings, Sound, recording_url
from .script import Spoken, Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What is played at a step."""

    sound: str
    """A URL, or the provider's own beep."""
    spoken: Spoken | None = None
    """None for a beep."""
    is_bridge: bool = False
    """Whether the prompt is still being made, and the provider is to ask again after this."""


async def async_find_sound(
    recordings: Recordings,
    base: str | None,
    step: Step,
    language: Callable[[], str],
    *,
    patience: float,
    is_last: bool,
) -> Heard:
    """Find what can be played at a step, at an external URL of this home.

    Waits for it for at most `patience` seconds. What is still being made then is bridged, unless
    the person has been kept waiting for too long (`is_last`). What cannot be made is replaced by a
    built-in sound in what `language` returns. Without any URL of this home, all that is left is a beep.
    """
    prompt = step.prompt
    if prompt.url:
        return Heard(sound=prompt.url, spoken=Spoken.MESSAGE)
    if base is None:
        return Heard(sound=BEEP)
    is_known = prompt.is_empty or await recordings.async_wait(prompt, patience)
    name = recordings.find(prompt)
    # Under the same ID a media item may hold something else by now
    if name is None and (prompt.text or is_known or is_last):
        name = await recordings.async_find_words(prompt)
    if name is not None:
        return Heard(sound=recording_url(base, name), spoken=Spoken.MESSAGE)
    is_bridge = not is_known and not is_last
    sound = Sound.ONE_MOMENT if is_bridge else step.substitute
    return Heard(
        sound=recording_url(base, recordings.built_in(language(), sound)),
        spoken=None if is_bridge else Spoken.SUBSTITUTE,
        is_bridge=is_bridge,
    )
