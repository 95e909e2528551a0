"""The news of voices that listeners are notified of."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceChange:
    """A voice has spoken, or has failed."""

    engine: str
    """Its entity ID or name."""
    reason: str | None
    """Why it failed; None if it spoke."""
